"""The order of SRV targets: lower priority first, those of one priority drawn by weight (RFC 2782)."""

from bisect import bisect_left
from collections.abc import Iterable
from itertools import accumulate, groupby
from operator import attrgetter
from random import Random
from typing import Protocol, TypeVar


class Weighted(Protocol):
    """What an SRV record says of its place. `priority`: lower is tried first; `weight`: higher is drawn more often."""

    @property
    def priority(self) -> int: ...
    @property
    def weight(self) -> int: ...


T = TypeVar("T", bound=Weighted)


def drawn(records: Iterable[T], draw: Random) -> list[T]:
    """All the records, in the order in which they are to be tried this time."""
    by_priority = sorted(records, key=attrgetter("priority"))
    return [record for _, equals in groupby(by_priority, attrgetter("priority")) for record in _drawn(equals, draw)]


def _drawn(equals: Iterable[T], draw: Random) -> list[T]:
    """One after the other, each with a chance in proportion to its weight; weight 0 has next to none beside others."""
    left, order = list(equals), []
    draw.shuffle(left)
    left.sort(key=lambda record: record.weight > 0)
    while left:
        sums = list(accumulate(record.weight for record in left))
        order.append(left.pop(bisect_left(sums, draw.randint(0, sums[-1]))))
    return order
