"""What edges report of calls, as records keep it: the same in whatever order, and however often, the reports come.

The columns of a record are in groups. Each group is brought by one kind of report, whole; its first column is the
instant of that report. Of several reports of a kind the earliest stays.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import chain
from operator import itemgetter
from typing import Any, NamedTuple

from dialplane.domain.statistics import CountedAttempt, CountedCall

Values = tuple[Any, ...]
Reports = list[Values]
"""The values of each group, in the order of its columns; each None of one that nothing has been reported of."""


Groups = tuple[int, ...]
"""Numbers of groups."""


class Group(NamedTuple):
    """Columns, the instant first; the first `counted` of them are those that statistics are made of."""

    columns: tuple[str, ...]
    counted: int


class Kind:
    """Records of calls or of attempts: the columns that name one, and the groups of all others.

    `columns`: those of all groups. `counted`: those of them that statistics are made of.
    """

    def __init__(self, identity: tuple[str, ...], groups: Sequence[Group]) -> None:
        self.identity = identity
        self.columns = tuple(name for group in groups for name in group.columns)
        self.counted = tuple(name for group in groups for name in group.columns[: group.counted])
        self._groups = groups
        self._nothing = [(None,) * len(group.columns) for group in groups]
        self._places = list(_places(groups))
        self._counted_of: Callable[[Values], Values] = itemgetter(*map(self.columns.index, self.counted))

    def nothing(self) -> Reports:
        """The reports of a record before the first."""
        return self._nothing.copy()

    def row(self, reports: Reports) -> Values:
        """The values of `columns`."""
        return tuple(chain.from_iterable(reports))

    def counted_of(self, row: Values) -> Values:
        """The values of `counted`, of those of `columns`."""
        return self._counted_of(row)

    def brought(self, counted: Sequence[Any], reports: Reports) -> Groups:
        """The groups that are reported for the first time, or from earlier than what `counted` are the values of."""
        news = [
            (n, values[0], place.start) for n, (values, place) in enumerate(zip(reports, self._places, strict=True))
        ]
        return tuple([n for n, at, old in news if at is not None and (counted[old] is None or at < counted[old])])

    def taken_over(self, counted: Sequence[Any], groups: Groups, reports: Reports) -> list[Any]:
        """The values of `counted` once these groups are those of the reports."""
        after = list(counted)
        for n in groups:
            after[self._places[n]] = reports[n][: self._groups[n].counted]
        return after

    def columns_of(self, groups: Groups) -> list[str]:
        """The columns of these groups."""
        return [name for n in groups for name in self._groups[n].columns]

    def values_of(self, groups: Groups, reports: Reports) -> list[Any]:
        """The reports' values of these columns."""
        return [value for n in groups for value in reports[n]]


def _places(groups: Sequence[Group]) -> Iterator[slice]:
    """Where the values of each group are among those that count."""
    begin = 0
    for group in groups:
        yield slice(begin, begin + group.counted)
        begin += group.counted


def put(reports: Reports, group: int, values: Values) -> None:
    """Folds one report in."""
    present = reports[group][0]
    if present is None or values[0] < present:
        reports[group] = values


STARTED, RINGING, ANSWERED, ENDED = range(4)
"""Groups of a call."""

CALLS = Kind(
    ("id", "edge"),
    (
        Group(
            (
                *("tm_start", "mono_start", "customer_id", "trunk_id"),
                *("sip_call_id", "source", "source_address", "dialled", "number", "routing_number"),
                *("table_revision", "decision"),
            ),
            counted=4,
        ),
        Group(("tm_ringing", "mono_ringing"), counted=2),
        Group(("tm_answered", "mono_answered"), counted=2),
        Group(("tm_ended", "mono_ended", "sip_status", "reason", "hangup_by"), counted=2),
    ),
)

PLACED, ATTEMPT_RINGING, ATTEMPT_ANSWERED, ATTEMPT_ENDED, LATE = range(5)
"""Groups of an attempt."""

ATTEMPTS = Kind(
    ("call_id", "number"),
    (
        Group(("tm_placed", "skipped", "provider_id", "route_id", "target", "uri", "why", "identity"), counted=5),
        Group(("tm_ringing",), counted=1),
        Group(("tm_answered", "answered_status"), counted=2),
        Group(("tm_ended", "ended_status", "verdict", "action", "sip_reason"), counted=4),
        Group(("tm_late_answer", "late_status"), counted=1),
    ),
)

assert (*CALLS.counted, "edge", "tm_lost") == CountedCall._fields
assert ATTEMPTS.counted == CountedAttempt._fields

_ROUTE, _TARGET = 3, 4


class ReportedCall:
    """What a batch reports of a call: of itself, and of its attempts by number. `events`: how many reports."""

    __slots__ = ("attempts", "edge", "events", "id", "reports")

    def __init__(self, id_: str, edge: str) -> None:
        self.id = id_
        self.edge = edge
        self.events = 0
        self.reports = CALLS.nothing()
        self.attempts: dict[int, Reports] = {}

    def attempt(self, number: int) -> Reports:
        """The reports of one of its attempts."""
        found = self.attempts.get(number)
        if found is None:
            found = self.attempts[number] = ATTEMPTS.nothing()
        return found

    @property
    def start(self) -> int | None:
        """When it began (us), if that is among the reports."""
        start: int | None = self.reports[STARTED][0]
        return start

    def routes(self) -> Iterator[str]:
        """Ids of the routes that its attempts took."""
        return (route_id for reports in self.attempts.values() if (route_id := reports[PLACED][_ROUTE]))

    def name_targets(self, targets: Mapping[str, str]) -> None:
        """Keep with each attempt the target that its route has now: id of the route -> target."""
        for reports in self.attempts.values():
            placed = reports[PLACED]
            if placed[_ROUTE]:
                reports[PLACED] = (*placed[:_TARGET], targets.get(placed[_ROUTE], ""), *placed[_TARGET + 1 :])
