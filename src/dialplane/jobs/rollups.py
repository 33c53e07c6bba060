"""Adds up what calls count for in statistics, and deletes old sums. Without it statistics are right, but read more."""

import itertools

from dialplane.control import rollups
from dialplane.control.retention import Periods
from dialplane.control.units import Database
from dialplane.jobs.supervisor import Job

EVERY_S = 5.0
FORGETS_EACH = 12
"""Rounds after which sums that are kept no longer are deleted: a minute."""


def rollups_job(db: Database, periods: Periods) -> Job:
    """Each node has one; whichever comes first does the work. `periods`: how long sums are kept."""

    rounds = itertools.count()

    async def run_round() -> None:
        await rollups.fold(db)
        await rollups.make_longer(db, now=db.now())
        if next(rounds) % FORGETS_EACH == 0:
            await rollups.forget(db, periods, now=db.now())

    return Job(name="rollups", every_s=EVERY_S, run_round=run_round)
