"""Stores which access keys and sessions this process has seen in use."""

from functools import partial

from dialplane.control.login.uses import Uses
from dialplane.control.units import Database
from dialplane.jobs.supervisor import Job

EVERY_S = 5.0


def uses_job(db: Database, uses: Uses) -> Job:
    """`uses` is filled by the process that looks at credentials."""
    return Job(name="uses", every_s=EVERY_S, run_round=partial(uses.store, db))
