"""Correction of instants that lie ahead of the clock, after a clock that was ahead was set right."""

from dialplane.control.units import JOBS, Database
from dialplane.store import records
from dialplane.store.queries import future_instants as queries

TOLERANCE_US = 5_000_000
"""How far ahead an instant may be: those that another node stores meanwhile are later than this round's clock, and its
clock may be a little ahead. Seconds later they are so no more."""


async def correct(db: Database) -> bool:
    """Lets edges, health, breakers and open calls of a time ahead grow old from now on; whether there were any.

    Raises Unavailable.
    """
    now = db.now()
    latest = now + TOLERANCE_US
    async with db.read(JOBS) as unit:
        if not await queries.exist(unit, latest=latest):
            return False
    async with db.write() as writing:
        async with records.recounted(writing, await queries.calls_ahead(writing, latest=latest)):
            await queries.correct(writing, latest=latest, now=now)
    return True
