"""Adding up what records count for into the sums that statistics are made of."""

import asyncio
from collections.abc import Iterable

from dialplane.control.units import JOBS, Database
from dialplane.domain.rollups import Block, Sums, sums_of
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
        sums = await asyncio.to_thread(_sums_of, changes)
        async with db.write() as writing:
            if await queries.fold(writing, changes, sums):
                folded += len(changes)


def _sums_of(changes: Iterable[PendingChange]) -> dict[Block, Sums]:
    return sums_of(counted for one in changes for counted in queries.decoded(one.contribution))
