"""Rollups: sums of what records count for, by minute, hour and day, one for each key of each grouping.

A sum of all customers has "" as its customer, and each customer has its own; by customer, its key is enough. There, a
call counts once under the provider "", and once more under each that it had an attempt to; by trunk and edge under ""
alone. An attempt counts under its own provider. All sums of a grouping, a customer and a length of time are one block.
"""

import struct
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache
from typing import Any, NamedTuple

from dialplane.domain.instants import SECOND_US
from dialplane.domain.statistics import NO_DELAY, Counts, Figures, percentile_ms

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

WAITING_S = 0
"""Stands for the length of sums of an hour's changes that are still to be added to those of the hour and the day."""

_BITS = 64
_MIDDLE = 1 << (_BITS - 1)


def vector_of(figures: Sequence[int]) -> int:
    """Figures as one integer, each 64 bits above the one before: sums of figures are sums of such integers.

    Each is less than 2**63, also when it is negative. There may be more of them than this version knows.
    """
    words, middles = _words(len(figures))
    return (int.from_bytes(words.pack(*figures), "little") ^ middles) - middles


_vector_of: Callable[[Counts], int] = lru_cache(1_000)(vector_of)
"""The same, of what single attempts count for: most count for the same as some before."""


def figures_in(vector: int) -> list[int]:
    """The figures of a vector, with zeros for those that it lacks."""
    words, middles = _words(max(len(Figures._fields), vector.bit_length() // _BITS + 1))
    return list(words.unpack(((vector + middles) ^ middles).to_bytes(words.size, "little")))


@cache
def _words(count: int) -> tuple[struct.Struct, int]:
    """So many figures in bytes, and the vector of which each figure is the middle one.

    Two's complement is a figure above the middle one, with the highest bit turned.
    """
    return struct.Struct(f"<{count}q"), sum(_MIDDLE << (_BITS * n) for n in range(count))


@dataclass(slots=True)
class Total:
    """Sums of figures as a vector, and the histogram of their delays: bucket -> count."""

    vector: int = 0
    delays: dict[int, int] = field(default_factory=dict)

    def add(self, vector: int, delays: Mapping[int, int]) -> None:
        """Adds other sums."""
        self.vector += vector
        for bucket, count in delays.items():
            self.delays[bucket] = self.delays.get(bucket, 0) + count

    @property
    def is_zero(self) -> bool:
        """Whether nothing is counted: all that was has been subtracted."""
        return not self.vector and not any(self.delays.values())

    @property
    def sums(self) -> Figures:
        """The figures by their names."""
        return Figures(*figures_in(self.vector)[: len(Figures._fields)])

    def pdd_ms(self, percent: int) -> int | None:
        """A percentile of the delays, at most 1/32 off; None if there are none."""
        return percentile_ms(self.delays, percent)


class Block(NamedTuple):
    """All sums of a grouping for one customer ("" for all) over `step_s` seconds from `instant` (us) on."""

    grouped_by: str
    customer_id: str
    step_s: int
    instant: int


Entry = tuple[str, str]
"""Key (a provider's, route's, customer's or trunk's id, a target, status or edge) and provider of a sum in a block."""

Sums = dict[Entry, Total]
Blocks = dict[Block, Sums]
Counted = tuple[tuple[Any, ...], Counts]
"""A place (`AttemptPlace` or `CallPlace`, with or without names), and the figures that count there."""


def sums_of(counted: Iterable[Counted]) -> Blocks:
    """All sums to which these figures are added at first: those of minutes, and those that wait for hours and days."""
    minutes = minutes_of(counted)
    waiting: dict[Block, list[Sums]] = {}
    for block, sums in minutes.items():
        of_hour = block._replace(step_s=WAITING_S, instant=floored(block.instant, HOUR_S))
        waiting.setdefault(of_hour, []).append(sums)
    return minutes | {block: parts[0] if len(parts) == 1 else _together(parts) for block, parts in waiting.items()}


def _together(parts: Iterable[Sums]) -> Sums:
    whole: Sums = {}
    for sums in parts:
        _add_all(whole, sums)
    return whole


def longer_of(waiting: Blocks) -> Blocks:
    """The sums of hours and days to which those that wait are added."""
    blocks: Blocks = {}
    for block, sums in waiting.items():
        for step_s in (HOUR_S, DAY_S):
            longer = block._replace(step_s=step_s, instant=floored(block.instant, step_s))
            _add_all(blocks.setdefault(longer, {}), sums)
    return blocks


def minutes_of(counted: Iterable[Counted], *, groupings: Collection[str] = GROUPINGS) -> Blocks:
    """The sums of minutes that figures make up, of these groupings: each customer's, and those of all."""
    blocks: Blocks = {}
    for (minute, customer_id), totals in _by_place(counted).items():
        own = _of_customer(customer_id, totals, groupings)
        for grouped_by, sums in ((grouped_by, sums) for grouped_by, sums in own.items() if sums):
            if customer_id and grouped_by != CUSTOMERS:
                blocks[Block(grouped_by, customer_id, MINUTE_S, minute)] = sums
            _add_all(blocks.setdefault(Block(grouped_by, "", MINUTE_S, minute), {}), sums)
    return blocks


Keys = tuple[Any, ...]
"""A place but for its minute, its customer and its delay."""


def _by_place(counted: Iterable[Counted]) -> dict[tuple[int, str], dict[Keys, Total]]:
    """By minute and customer, and then by keys."""
    found: dict[tuple[int, str], dict[Keys, Total]] = {}
    for place, figures in counted:
        of_customer = found.get(place[:2])
        if of_customer is None:
            of_customer = found[place[:2]] = {}
        total = of_customer.get(keys := place[2:-1])
        if total is None:
            total = of_customer[keys] = Total()
        total.vector += _vector_of(figures)
        if (delay := place[-1]) != NO_DELAY and (seized := figures[0]):
            total.delays[delay] = total.delays.get(delay, 0) + seized
    return found


def _of_customer(customer_id: str, totals: Mapping[Keys, Total], groupings: Collection[str]) -> dict[str, Sums]:
    """Grouping -> sums of one customer's minute."""
    own: dict[str, Sums] = {grouped_by: {} for grouped_by in groupings}
    for keys, total in totals.items():
        for grouped_by, key, provider_id in _sums_at(customer_id, keys):
            if key and grouped_by in own:
                _add(own[grouped_by], (key, provider_id), total)
    return own


def _sums_at(customer_id: str, keys: Keys) -> list[tuple[str, str, str]]:
    """Grouping, key and provider of all sums that count what counts at an attempt's keys, or at a call's."""
    if len(keys) == len(OF_ATTEMPTS):
        provider_id, route_id, target, status = keys
        return [
            (PROVIDERS, provider_id, provider_id), (ROUTES, route_id, provider_id),
            (TARGETS, target, provider_id), (STATUSES, status, provider_id),
        ]  # fmt: skip
    trunk_id, edge, provider_ids = keys
    of_customer = [(CUSTOMERS, customer_id, provider_id) for provider_id in ("", *provider_ids)]
    return [(TRUNKS, trunk_id, ""), (EDGES, edge, ""), *of_customer]


def _add_all(sums: Sums, others: Sums) -> None:
    for entry, total in others.items():
        _add(sums, entry, total)


def _add(sums: Sums, entry: Entry, total: Total) -> None:
    present = sums.get(entry)
    if present is None:
        sums[entry] = Total(total.vector, total.delays.copy())
    else:
        present.add(total.vector, total.delays)


class Range(NamedTuple):
    """The sums of this length that begin from `since` to before `until`, both in us and multiples of it."""

    step_s: int
    since: int
    until: int


def ranges(since: int, until: int, *, finest_s: int = MINUTE_S) -> list[Range]:
    """The fewest sums that make up a window, which begins and ends with a sum of the finest length."""
    return list(_ranges(since, until, [step for step in reversed(STEPS_S) if step >= finest_s]))


def waiting_beside(made: Iterable[Range]) -> list[Range]:
    """The sums that wait to be added to those of hours and days in these ranges."""
    return [one._replace(step_s=WAITING_S) for one in made if one.step_s > MINUTE_S]


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
