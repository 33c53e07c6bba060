"""Adding up what records count for into the sums that statistics are made of."""

import asyncio
from collections.abc import Iterable

from dialplane.control.retention import Periods
from dialplane.control.units import JOBS, Database
from dialplane.domain.instants import MINUTE_US
from dialplane.domain.rollups import MINUTE_S, STEPS_S, Blocks, floored, sums_of
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
            made_until = await queries.made_until(unit)
        if not changes:
            return folded
        sums = await asyncio.to_thread(_sums_of, changes, made_until)
        async with db.write() as writing:
            if await queries.fold(writing, changes, sums, made_until=made_until):
                folded += len(changes)


MADE_AFTER_US = MINUTE_US
"""How long after its end a minute is added to its hour and its day: most events of it are there by then."""

MOST_MADE = 60
"""Minutes of a round that are added."""


async def make_longer(db: Database, *, now: int) -> None:
    """Makes hours and days of the minutes that are over, each in a transaction of its own. Raises Unavailable."""
    until = floored(now - MADE_AFTER_US, MINUTE_S)
    async with db.read(JOBS) as unit:
        is_due = await queries.made_until(unit) < until
    left = MOST_MADE
    while is_due and left:
        left -= 1
        async with db.write() as writing:
            is_due = await queries.make_longer(writing, until=until)


MOST_FORGOTTEN = 50
"""Transactions of a round that delete sums; in a round's time one minute grows old, at most."""


async def forget(db: Database, periods: Periods, *, now: int) -> None:
    """Deletes sums that are older than they are kept. Raises Unavailable."""
    left = MOST_FORGOTTEN
    async with db.read(JOBS) as reading:
        made_until = await queries.made_until(reading)
    for step_s in STEPS_S:
        before, there = periods.sums_before(step_s, now=now), True
        if step_s == MINUTE_S:
            before = min(before, made_until)
        while there and left:
            left -= 1
            async with db.write() as unit:
                there = await queries.forget(unit, step_s=step_s, before=before)


def _sums_of(changes: Iterable[PendingChange], made_until: int) -> Blocks:
    counted = (one for change in changes for one in queries.decoded(change.contribution))
    return sums_of(counted, made_until=made_until)
