"""The sources whose calls were refused last, and why: why is this PBX refused?

They stand in a table that all workers share, in one of SLOTS places by their address: whatever strangers send, it takes
no more memory than that, and a new source takes the place of an old one. A timer process reports them when they change.
"""

import json
import time
import zlib
from collections.abc import Callable
from typing import Any

from dialplane.edge.sip import BANNED_TABLE, Sip
from dialplane.engine.refusals import SourceFault
from dialplane.eventlog.kinds import MOST_REFUSED, RefusedSource
from dialplane.eventlog.writer import EventLog, printable
from dialplane.system.clock import now_us

TABLE = "refused"
SLOTS = MOST_REFUSED
LOOK_S = 1.0
REPORT_INTERVAL_S = 10.0

_LONGEST_DIALLED = 64
_HIGHEST_COUNT = 1 << 31


class RefusedSources:
    """`report` is called often, always in the same process. `now_us` is the wall clock."""

    def __init__(
        self,
        sip: Sip,
        log: EventLog,
        *,
        now_us: Callable[[], int] = now_us,
        monotonic_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._sip = sip
        self._log = log
        self._now_us = now_us
        self._monotonic_s = monotonic_s
        self._next_look_s = 0.0
        self._reported: tuple[RefusedSource, ...] = ()

    def note(self, fault: SourceFault, *, dialled: str) -> None:
        """Note that the request, to what was `dialled`, is refused."""
        sip = self._sip
        address, now = sip.text("$si"), self._now_us()
        slot = slot_of(address)
        with sip.locked(TABLE, slot):
            before = self._at(slot)
            is_same = before is not None and before["address"] == address
            entry = {
                "address": address,
                "count": min(before["count"] + 1, _HIGHEST_COUNT) if before and is_same else 1,
                "reason": fault,
                "dialled": printable(dialled, longest=_LONGEST_DIALLED),
                "first": before["first"] if before and is_same else now,
                "last": now,
            }
            sip.put(TABLE, slot, json.dumps(entry))

    def forget(self, address: str) -> None:
        """Forget a source whose call was let in after all: it was asked for its password, and knew it."""
        slot = slot_of(address)
        with self._sip.locked(TABLE, slot):
            entry = self._at(slot)
            if entry is not None and entry["address"] == address:
                self._sip.forget(TABLE, slot)

    def report(self) -> None:
        """Report the sources, the last one first, soon after they have changed; at most each REPORT_INTERVAL_S."""
        now_s = self._monotonic_s()
        if now_s < self._next_look_s:
            return
        self._next_look_s = now_s + LOOK_S
        entries = [entry for n in range(SLOTS) if (entry := self._at(str(n))) is not None]
        sources = tuple(
            RefusedSource(**entry, banned=self._sip.counted(BANNED_TABLE, entry["address"]) > 0)
            for entry in sorted(entries, key=lambda entry: -entry["last"])
        )
        if sources != self._reported:
            self._reported = sources
            self._next_look_s = now_s + REPORT_INTERVAL_S
            self._log.edge_refusals(sources)

    def _at(self, slot: str) -> dict[str, Any] | None:
        text = self._sip.get(TABLE, slot)
        return None if text is None else json.loads(text)


def slot_of(address: str) -> str:
    """The place of a source in the table."""
    return str(zlib.crc32(address.encode()) % SLOTS)
