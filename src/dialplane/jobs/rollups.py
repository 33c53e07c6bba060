"""Adds up what calls count for in statistics, and deletes old sums. Without it statistics are right, but read more."""

import itertools

from dialplane.control import rollups
from dialplane.control.retention import Periods
from dialplane.control.units import Database
from dialplane.jobs.supervisor import Job

EVERY_S = 5.0
OTHERS_EACH = 12
"""Rounds after which hours and days are written, and sums that are kept no longer deleted: a minute."""


def rollups_job(db: Database, periods: Periods) -> Job:
    """Each node has one; whichever comes first does the work. `periods`: how long sums are kept.

    As with records, none is deleted by a clock that somebody has set within the hour.
    """

    rounds = itertools.count()

    async def run_round() -> None:
        await rollups.fold(db)
        if next(rounds) % OTHERS_EACH == 0:
            await rollups.make_longer(db)
            if db.clock_watch.is_believed(db.now()):
                await rollups.forget(db, periods, now=db.now())

    return Job(name="rollups", every_s=EVERY_S, run_round=run_round)
