"""Correction of instants that lie ahead of the clock, after a clock that was ahead was set right."""

from dialplane.control.units import Database
from dialplane.store.queries import future_instants as queries


async def correct(db: Database) -> bool:
    """Lets edges, health, breakers and open calls of a time ahead grow old from now on; whether there were any.

    Raises Unavailable.
    """
    now = db.now()
    async with db.read() as unit:
        if not await queries.exist(unit, now=now):
            return False
    async with db.write() as writing:
        await queries.correct(writing, now=now)
    return True
