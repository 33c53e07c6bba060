"""Deletes jobs that are kept no longer."""

from dialplane.control import jobs
from dialplane.control.units import Database
from dialplane.jobs.supervisor import Job
from dialplane.system.clock import now_us

EVERY_S = 600.0


def old_jobs_job(db: Database) -> Job:
    """Once in ten minutes."""

    async def run_round() -> None:
        await jobs.delete_old(db, now=now_us())

    return Job(name="old_jobs", every_s=EVERY_S, run_round=run_round)
