"""Adding up what records count for into the sums that statistics are made of."""

import asyncio
from collections.abc import Iterable

from dialplane.control.retention import Periods
from dialplane.control.units import JOBS, Database
from dialplane.domain.rollups import STEPS_S, Blocks, sums_of
from dialplane.store.queries import rollups as queries
from dialplane.store.queries.rollups import PendingChange

AT_ONCE = 50
"""Transactions' changes that are added up at one time: those of some 15,000 calls at most."""


async def fold(db: Database) -> int:
    """Adds all changes to the sums that are still to be added; how many. Raises Unavailable.

    Any process may do so at any time: a change that another one has added meanwhile is not added again.
    """
    folded = 0
    while True:
        async with db.read(JOBS) as unit:
            changes = await queries.pending(unit, limit=AT_ONCE)
            if not changes:
                return folded
            addition = await queries.addition(unit, await asyncio.to_thread(_sums_of, changes))
        async with db.write() as writing:
            if await queries.fold(writing, changes, addition):
                folded += len(changes)


MOST_MADE = 60
"""Transactions of a round that add to hours and days."""


async def make_longer(db: Database) -> None:
    """Adds what waits to hours and days, hour by hour, each in a transaction of its own. Raises Unavailable."""
    for _ in range(MOST_MADE):
        async with db.read(JOBS) as reading:
            waiting = await queries.waiting(reading)
        if waiting is None:
            return
        async with db.write() as unit:
            await queries.make_longer(unit, waiting)


MOST_FORGOTTEN = 50
"""Transactions of a round that delete sums; in a round's time one minute grows old, at most."""


async def forget(db: Database, periods: Periods, *, now: int) -> None:
    """Deletes sums that are older than they are kept. Raises Unavailable."""
    left = MOST_FORGOTTEN
    for step_s in STEPS_S:
        before, there = periods.sums_before(step_s, now=now), True
        while there and left:
            left -= 1
            async with db.write() as unit:
                there = await queries.forget(unit, step_s=step_s, before=before)


def _sums_of(changes: Iterable[PendingChange]) -> Blocks:
    return sums_of(counted for one in changes for counted in queries.decoded(one.contribution))
