"""The counters that an edge tells of itself, and how fast they go up."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

from dialplane.domain.instants import MINUTE_US, SECOND_US

REPLICA_DAMAGES = "replica_damages"

COUNTERS: Mapping[str, str] = {
    "script_errors": "requests that met an error of the edge's own, and were answered 500",
    "strangers": "requests from sources that no trunk names",
    "flooded": "requests beyond the limits per second, of one source or of all together",
    "auth_failures": "wrong passwords",
    "unparsable": "messages that begin like SIP and cannot be parsed",
    REPLICA_DAMAGES: "since its companion started: how often its table was found damaged, and was loaded again",
}
"""Counter -> what it counts; all but the last since Kamailio's start."""

SHED = "calls_shed"
"""Stands among the counts of a report for the calls that were refused because the edge was too busy."""

RATE_OVER_S = 300
"""A rate is over so much time at least, once an edge has told for so long: bursts have none of a second."""

_APART_US = MINUTE_US
_HOUR_S = 3_600


class Report(NamedTuple):
    """What an edge had counted at an instant (us) since its Kamailio was `started`, None where that does not run."""

    at: int
    started: int | None
    counts: Mapping[str, int]


class History(NamedTuple):
    """The last report of an edge, and those before it that rates are counted from, the earliest first."""

    last: Report | None = None
    earlier: tuple[Report, ...] = ()

    @property
    def over_s(self) -> float | None:
        """The time that rates are over, in s; None before the second report."""
        if self.last is None or not self.earlier or self.last.at <= self.earlier[0].at:
            return None
        return (self.last.at - self.earlier[0].at) / SECOND_US

    @property
    def per_hour(self) -> dict[str, float]:
        """How much Kamailio's counters went up in an hour, by the rate of the last reports."""
        if self.last is None or self.over_s is None:
            return {}
        total = Counter[str]()
        for before, after in pairwise((*self.earlier, self.last)):
            total.update(gained(before, after))
        names = self.last.counts.keys() - {REPLICA_DAMAGES, SHED}
        return {name: round(total[name] * _HOUR_S / self.over_s, 1) for name in self.last.counts if name in names}


def gained(before: Report, after: Report) -> dict[str, int]:
    """How much each counter went up. One that begins anew, as all do with Kamailio, went up from nothing."""
    counted = {name: 0 for name in after.counts} if _is_anew(before, after) else before.counts
    known = {name: count for name, count in after.counts.items() if name in counted}
    return {name: count - counted[name] if count >= counted[name] else count for name, count in known.items()}


def followed(history: History, reports: Iterable[Report], *, now: int) -> tuple[History, dict[int, int]]:
    """The history with the reports that are later than its last, and the calls shed: instant of a report -> how many.

    A last report from ahead of the clock (us) is none. Of an edge's first one nobody knows when its calls were shed.
    """
    shed: dict[int, int] = {}
    if history.last is not None and history.last.at > now:
        history = History()
    for report in sorted(reports, key=lambda one: one.at):
        last = history.last
        if last is None:
            history = History(report)
        elif report.at > last.at:
            if calls := gained(last, report).get(SHED):
                shed[report.at] = calls
            history = History(report, _kept(history.earlier, last, report))
    return history, shed


def _is_anew(before: Report, after: Report) -> bool:
    """Whether Kamailio was started between them."""
    return after.started is not None and after.started > before.at


def _kept(earlier: Sequence[Report], last: Report, new: Report) -> tuple[Report, ...]:
    """A report each minute, and the last of each Kamailio, of the time that rates are over."""
    is_kept = not earlier or last.at >= earlier[-1].at + _APART_US or _is_anew(last, new)
    apart = (*earlier, last) if is_kept else tuple(earlier)
    lately = sum(one.at > new.at - RATE_OVER_S * SECOND_US for one in apart)
    return apart[-lately - 1 :]
