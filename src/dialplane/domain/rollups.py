"""Rollups: sums of what records count for, by minute, hour and day, one for each key of each grouping.

A sum of all customers has "" as its customer, and each customer has its own; by customer, its key is enough. There, a
call counts once under the provider "", and once more under each that it had an attempt to; by trunk and edge under ""
alone. An attempt counts under its own provider. All sums of a grouping, a customer and a length of time are one block.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from dialplane.domain.instants import DAY_US, SECOND_US
from dialplane.domain.statistics import NO_DELAY, AttemptPlace, Figures, Place, percentile_ms

PROVIDERS = "providers"
ROUTES = "routes"
TARGETS = "targets"
STATUSES = "statuses"
CUSTOMERS = "customers"
TRUNKS = "trunks"
EDGES = "edges"
OF_ATTEMPTS = (PROVIDERS, ROUTES, TARGETS, STATUSES)
OF_CALLS = (CUSTOMERS, TRUNKS, EDGES)
GROUPINGS = (*OF_ATTEMPTS, *OF_CALLS)

MINUTE_S, HOUR_S, DAY_S = 60, 3_600, 86_400
STEPS_S = (MINUTE_S, HOUR_S, DAY_S)
"""Lengths of time that are summed up, each a multiple of the one before. Days are those of UTC."""

KEPT_DAYS = {MINUTE_S: 8, HOUR_S: 100, DAY_S: 1_100}
"""Length of sums -> days that they are kept: a week of charts by the minute, a quarter by the hour, three years."""


def kept_from(step_s: int, *, now: int) -> int:
    """The instant from which on all sums of a length are there."""
    return now - KEPT_DAYS[step_s] * DAY_US


class Cell(NamedTuple):
    """Whose sums they are: `key` is a provider's, route's, customer's or trunk's id, a target, status or edge.

    `customer_id`: whose sums count it besides those of all, "" for nobody's.
    """

    grouped_by: str
    customer_id: str
    provider_id: str
    key: str


@dataclass(slots=True)
class Total:
    """Sums of figures, and the histogram of their delays: bucket -> count."""

    figures: list[int] = field(default_factory=lambda: [0] * len(Figures._fields))
    delays: dict[int, int] = field(default_factory=dict)

    def add(self, figures: Iterable[int], delays: Mapping[int, int]) -> None:
        """Adds other sums."""
        self.figures = [a + b for a, b in zip(self.figures, figures, strict=True)]
        for bucket, count in delays.items():
            self.delays[bucket] = self.delays.get(bucket, 0) + count

    @property
    def is_zero(self) -> bool:
        """Whether nothing is counted: all that was has been subtracted."""
        return not any(self.figures) and not any(self.delays.values())

    @property
    def sums(self) -> Figures:
        """The figures by their names."""
        return Figures(*self.figures)

    def pdd_ms(self, percent: int) -> int | None:
        """A percentile of the delays, at most 1/32 off; None if there are none."""
        return percentile_ms(self.delays, percent)


def cells_of(place: Place) -> list[Cell]:
    """All that count what counts at this place."""
    customer_id = place.customer_id
    if isinstance(place, AttemptPlace):
        provider_id = place.provider_id
        keys = ((PROVIDERS, provider_id), (ROUTES, place.route_id), (TARGETS, place.target), (STATUSES, place.status))
        return [Cell(by, customer_id, provider_id, key) for by, key in keys if key]
    cells = [Cell(by, customer_id, "", key) for by, key in ((TRUNKS, place.trunk_id), (EDGES, place.edge)) if key]
    if customer_id:
        cells += [Cell(CUSTOMERS, "", provider_id, customer_id) for provider_id in ("", *place.provider_ids)]
    return cells


class Block(NamedTuple):
    """All sums of a grouping for one customer ("" for all) over `step_s` seconds from `instant` (us) on."""

    grouped_by: str
    customer_id: str
    step_s: int
    instant: int


Entry = tuple[str, str]
"""Key and provider of one sum of a block."""

Sums = dict[Entry, Total]


def sums_of(counted: Iterable[tuple[Place, Figures]]) -> dict[Block, Sums]:
    """All sums that these figures belong to, of each of STEPS_S."""
    by_minute: dict[tuple[Cell, int], Total] = defaultdict(Total)
    for place, figures in counted:
        present = [(n, figure) for n, figure in enumerate(figures) if figure]
        delay, seized = place.delay, figures.seized
        for cell in cells_of(place):
            total = by_minute[cell, place.minute]
            for n, figure in present:
                total.figures[n] += figure
            if delay != NO_DELAY:
                total.delays[delay] = total.delays.get(delay, 0) + seized
    blocks: dict[Block, Sums] = defaultdict(lambda: defaultdict(Total))
    for (cell, minute), total in by_minute.items():
        for step_s in STEPS_S:
            begin = floored(minute, step_s)
            for customer_id in {"", cell.customer_id}:
                sums = blocks[Block(cell.grouped_by, customer_id, step_s, begin)]
                sums[cell.key, cell.provider_id].add(total.figures, total.delays)
    return blocks


def delays_of(place: Place, figures: Figures) -> dict[int, int]:
    """The histogram of what counts at one place: all of it has the same delay, or none."""
    return {} if place.delay == NO_DELAY else {place.delay: figures.seized}


class Range(NamedTuple):
    """The sums of this length that begin from `since` to before `until`, both in us and multiples of it."""

    step_s: int
    since: int
    until: int


def ranges(since: int, until: int, *, finest_s: int = MINUTE_S) -> list[Range]:
    """The fewest sums that make up a window, which begins and ends with a sum of the finest length."""
    return list(_ranges(since, until, [step for step in reversed(STEPS_S) if step >= finest_s]))


def _ranges(since: int, until: int, steps_s: list[int]) -> Iterator[Range]:
    if since >= until:
        return
    step_s, *finer = steps_s
    first, last = ceiled(since, step_s), floored(until, step_s)
    if first >= last:
        yield from _ranges(since, until, finer)
        return
    yield from _ranges(since, first, finer)
    yield Range(step_s, first, last)
    yield from _ranges(last, until, finer)


def floored(instant: int, step_s: int) -> int:
    """The last multiple of a length that is not after an instant."""
    return instant - instant % (step_s * SECOND_US)


def ceiled(instant: int, step_s: int) -> int:
    """The first multiple of a length that is not before an instant."""
    return -floored(-instant, step_s)
