"""Closes calls that cannot be going on any more although no edge has reported their end (decision 6).

Corrects first what was written while a clock was ahead: it says nothing about which calls go on.
"""

from collections.abc import Callable, Collection

import structlog

from dialplane.control import future_instants, lost_calls
from dialplane.control.units import Database
from dialplane.jobs.supervisor import Job
from dialplane.system.clock import now_us

EVERY_S = 15.0

log = structlog.get_logger("dialplane.jobs")


def lost_calls_job(db: Database, *, max_call_s: int, on_closed: Callable[[Collection[str]], None]) -> Job:
    """`max_call_s`: longest call of an edge that has not reported its own. `on_closed` gets the ids of calls."""

    async def run_round() -> None:
        if await future_instants.correct(db):
            log.warning("instants ahead of the clock corrected: a clock was ahead")
        async for closed in lost_calls.close(db, now=now_us(), max_call_s=max_call_s):
            on_closed(closed)
            log.warning("calls closed whose end no edge reported", count=len(closed))

    return Job(name="lost_calls", every_s=EVERY_S, run_round=run_round)
