"""Overload control inside Kamailio: a timer process of its own reads the queues and says how many new calls to refuse.

The refusing itself is native (kamailio.cfg, route SHED), before any Python runs.
"""

import json
import time
from collections.abc import Callable, Collection
from contextlib import suppress
from pathlib import Path

from dialplane.edge.limits.queues import Queues
from dialplane.edge.sip import COUNTERS_TABLE, Sip
from dialplane.engine.overload import Load, Reading
from dialplane.system.datafolder import KamailioFolder
from dialplane.system.files import replace_file

LOAD_TABLE = "load"
LIMITED = "limited"
SHARE = "share"
OFFERED = "offered"
SHED = "shed"
EVENTS_LOST = "events_lost"
TOLD_COUNTERS = ("script_errors", "strangers", "flooded", "auth_failures", "unparsable")
"""What else is counted since the start and told: by the script (worker.py, door.py), and by kamailio.cfg itself."""

_TELL_S = 1.0
_LONGEST_S = 1.0  # a longer pause between two readings says nothing about rates


class Shedding:
    """`sample` is to be called some fifty times a second, always in the same process."""

    def __init__(
        self,
        sip: Sip,
        *,
        sockets: Collection[str],
        run: Path,
        warn: Callable[[str], None],
        monotonic_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._sip = sip
        self._addresses = frozenset(sockets)
        self._file = KamailioFolder(run).load
        self._warn = warn
        self._monotonic_s = monotonic_s
        self._queues: Queues | None = None
        self._load = Load()
        self._sampled_s = monotonic_s()
        self._told_s = -_TELL_S
        self._told = ""
        self._offered = 0

    def sample(self) -> None:
        """Read the queues, and set the share where it has changed."""
        if self._queues is None:
            self._queues = Queues(self._addresses)
        now_s, before = self._monotonic_s(), self._load
        elapsed_s, self._sampled_s = now_s - self._sampled_s, now_s
        reading = self._reading(self._queues, elapsed_s)
        if not 0 < elapsed_s < _LONGEST_S:
            return
        self._load = before.after(reading)
        if self._load.share_counted != before.share_counted:
            self._sip.put_number(LOAD_TABLE, SHARE, self._load.share_counted)
        if self._load.is_limited != before.is_limited:
            self._sip.put_number(LOAD_TABLE, LIMITED, self._load.is_limited)
            if self._load.is_limited:
                limit = round(self._load.limit_cps)
                self._warn(f"dialplane: overload, new calls are refused beyond {limit} a second")
        if now_s - self._told_s >= _TELL_S:
            self._told_s = now_s
            self._tell()

    def _reading(self, queues: Queues, elapsed_s: float) -> Reading:
        offered = self._sip.counted(COUNTERS_TABLE, OFFERED)
        before, self._offered = self._offered, offered
        return Reading(
            elapsed_s=elapsed_s,
            fullness=queues.fullness(),
            is_losing=queues.newly_dropped() > 0,
            offered=(offered - before) & 0x7FFF_FFFF,
        )

    def _tell(self) -> None:
        told = {
            "calls_shed": self._sip.counted(COUNTERS_TABLE, SHED),
            "shed_percent": round(100 * self._load.share),
            "events_lost": self._sip.counted(COUNTERS_TABLE, EVENTS_LOST),
            "counters": {name: self._sip.counted(COUNTERS_TABLE, name) for name in TOLD_COUNTERS},
        }
        text = json.dumps(told)
        if text != self._told:
            with suppress(OSError):  # a full disk hides the figures and stops nothing
                replace_file(self._file, text, durable=False)
                self._told = text
