"""Adds up what calls count for in statistics. Statistics are right without it, but would read ever more."""

from dialplane.control import rollups
from dialplane.control.units import Database
from dialplane.jobs.supervisor import Job

EVERY_S = 5.0


def rollups_job(db: Database) -> Job:
    """Each node has one; whichever comes first does the work."""

    async def run_round() -> None:
        await rollups.fold(db)

    return Job(name="rollups", every_s=EVERY_S, run_round=run_round)
