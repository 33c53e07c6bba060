"""Overload control: a timer process inside Kamailio measures queues and memory, and sets the share of calls to refuse.

Kamailio refuses them natively (kamailio.cfg, route SHED), before any Python runs. The control law is
`engine/overload.py`.
"""

import json
import time
from collections.abc import Callable, Collection
from contextlib import suppress
from pathlib import Path

from dialplane.edge.limits.queues import Queues
from dialplane.edge.sip import COUNTERS_TABLE, KsrError, Sip
from dialplane.engine.overload import SHARES, Load, Reading, share_by_memory
from dialplane.system.datafolder import KamailioFolder
from dialplane.system.files import replace_file

LOAD_TABLE = "load"
LIMITED = "limited"
SHARE = "share"
OFFERED = "offered"
SHED = "shed"
EVENTS_LOST = "events_lost"
REPORTED_COUNTERS = ("script_errors", "strangers", "flooded", "auth_failures", "unparsable")
"""Counted since the start, by the script (worker.py, trunk.py) and by kamailio.cfg."""

_REPORT_INTERVAL_S = 1.0
_WARNING_INTERVAL_S = 10.0  # memory that is full to the same mark for long is one warning
_LONGEST_S = 1.0  # a longer pause between two readings says nothing about rates


class Shedding:
    """`sample` is called some fifty times a second, always in the same process."""

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
        self._reported_s = -_REPORT_INTERVAL_S
        self._reported = ""
        self._offered = 0
        self._full_s = -_WARNING_INTERVAL_S
        self._share = 0.0
        self._memory_share = 0.0
        self._set: dict[str, int] = {}

    def sample(self) -> None:
        """Measure the queues and the memory, and set the share if it has changed."""
        if self._queues is None:
            self._queues = Queues(self._addresses)
        now_s, before = self._monotonic_s(), self._load
        elapsed_s, self._sampled_s = now_s - self._sampled_s, now_s
        reading = self._reading(self._queues, elapsed_s)
        if not 0 < elapsed_s < _LONGEST_S:
            return
        self._load = before.after(reading)
        if self._load.is_limited and not before.is_limited:
            limit = round(self._load.limit_cps)
            self._warn(f"dialplane: overload, new calls are refused beyond {limit} a second")
        self._share = max(self._load.share, self._share_by_memory(now_s))
        self._refuse()
        if now_s - self._reported_s >= _REPORT_INTERVAL_S:
            self._reported_s = now_s
            self._report()

    def _share_by_memory(self, now_s: float) -> float:
        with suppress(KsrError):  # it takes memory to read it: the last share stands meanwhile
            self._memory_share = share_by_memory(self._sip.memory_fullness())
        share = self._memory_share
        if share:
            if now_s - self._full_s > _WARNING_INTERVAL_S:
                self._warn("dialplane: Kamailio's shared memory is nearly full, new calls are refused")
            self._full_s = now_s
        return share

    def _refuse(self) -> None:
        """Have the script refuse the share, where that is another one than before."""
        now = {SHARE: int(self._share * SHARES), LIMITED: int(self._load.is_limited or self._share > 0)}
        for name, number in now.items():
            if number != self._set.get(name, 0):
                self._sip.put_number(LOAD_TABLE, name, number)
        self._set = now

    def _reading(self, queues: Queues, elapsed_s: float) -> Reading:
        offered = self._sip.counted(COUNTERS_TABLE, OFFERED)
        before, self._offered = self._offered, offered
        return Reading(
            elapsed_s=elapsed_s,
            fullness=queues.fullness(),
            is_losing=queues.newly_dropped() > 0,
            offered=(offered - before) & 0x7FFF_FFFF,
        )

    def _report(self) -> None:
        """Write the figures for the companion, if they have changed."""
        figures = {
            "calls_shed": self._sip.counted(COUNTERS_TABLE, SHED),
            "shed_percent": round(100 * self._share),
            "events_lost": self._sip.counted(COUNTERS_TABLE, EVENTS_LOST),
            "counters": {name: self._sip.counted(COUNTERS_TABLE, name) for name in REPORTED_COUNTERS},
        }
        text = json.dumps(figures)
        if text != self._reported:
            with suppress(OSError):  # a full disk loses the figures and stops nothing
                replace_file(self._file, text, durable=False)
                self._reported = text
