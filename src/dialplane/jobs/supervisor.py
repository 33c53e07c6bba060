"""Supervision of background jobs: a round that fails is reported and tried again later, and ends nothing else."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

import structlog

from dialplane.domain.errors import Unavailable
from dialplane.system.backoff import Backoff

LARGEST_SHARE = 0.05
"""Share of the time that a job's rounds may take, if its own is no other: one whose rounds take long pauses longer."""

LONGEST_PAUSE_S = 60.0
"""But no longer than this: metrics and lost calls must not wait for minutes because one round met a busy database."""

SILENT_AFTER_S = 300.0
"""A job whose round has not ended so long after it was due is stuck: the longest round, over the calls of a busy day,
takes seconds."""

LONGEST_WAIT_S = 60.0
"""Longest pause after a failed round."""

LEFT_OUT_S = 1.0
"""Shortest pause after a round that could not reach the database."""

log = structlog.get_logger("dialplane.jobs")


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """`run_round` does the work once; the next round begins `every_s` seconds after its end.

    `largest_share`: of the time that its rounds may take. `when_stopped` is called once no round will follow.
    """

    name: str
    every_s: float
    run_round: Callable[[], Awaitable[object]]
    largest_share: float = LARGEST_SHARE
    when_stopped: Callable[[], Awaitable[object]] | None = None


@dataclass(slots=True)
class JobState:
    """`due`: time.monotonic() at which its round began, or begins next. `failures`: rounds failed in a row.

    `left_out`: rounds in a row that could not reach the database.
    """

    due: float
    failures: int = 0
    left_out: int = 0


class Supervisor:
    """Runs jobs side by side. `states` by the job's name, for readiness.

    A round that cannot reach the database (Unavailable) is left out: the database has its own check, and the job goes
    on at its interval, or after LEFT_OUT_S; of several in a row the first is logged. Any other exception is a failure:
    logged with its traceback, counted by `on_failure`, and followed by pauses that double up to LONGEST_WAIT_S until a
    round succeeds.
    """

    def __init__(
        self,
        jobs: Sequence[Job],
        *,
        on_success: Callable[[str], None] = lambda job: None,
        on_failure: Callable[[str], None] = lambda job: None,
        longest_wait_s: float = LONGEST_WAIT_S,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._jobs = jobs
        self._on_success = on_success
        self._on_failure = on_failure
        self._longest_wait_s = longest_wait_s
        self._sleep = sleep
        self.states = {job.name: JobState(due=time.monotonic()) for job in jobs}

    def stuck(self) -> list[str]:
        """Names of the jobs whose round has not ended SILENT_AFTER_S after it was due."""
        now = time.monotonic()
        return sorted(name for name, state in self.states.items() if now - state.due > SILENT_AFTER_S)

    def failing(self) -> list[str]:
        """Names of the jobs whose last round failed."""
        return sorted(name for name, state in self.states.items() if state.failures)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """All jobs run until the block ends; rounds in progress are cancelled then, and `when_stopped` is called."""
        tasks = [asyncio.create_task(self._run(job), name=f"job {job.name}") for job in self._jobs]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            for job in self._jobs:
                if job.when_stopped is not None and (error := await _error_of(job.when_stopped)) is not None:
                    log.warning("job not wound up", job=job.name, exc_info=error)

    async def _run(self, job: Job) -> None:
        backoff = Backoff(first_s=job.every_s, longest_s=self._longest_wait_s)
        state = self.states[job.name]
        while True:
            began = time.monotonic()
            error = await _error_of(job.run_round)
            pause_s = pause_after(time.monotonic() - began, every_s=job.every_s, share=job.largest_share)
            self._report(job, state, error)
            if state.failures:
                pause_s = backoff.next_s(at_least_s=pause_s)
            else:
                backoff.reset()
                pause_s = max(pause_s, LEFT_OUT_S) if state.left_out else pause_s
            state.due = time.monotonic() + pause_s
            await self._sleep(pause_s)

    def _report(self, job: Job, state: JobState, error: Exception | None) -> None:
        if isinstance(error, Unavailable):
            if not state.left_out:
                log.warning("job left out a round", job=job.name, reason=error.code)
            state.left_out += 1
            return
        state.left_out = 0
        if error is None:
            state.failures = 0
            self._on_success(job.name)
        else:
            state.failures += 1
            log.error("job failed", job=job.name, failures=state.failures, exc_info=error)
            self._on_failure(job.name)


async def _error_of(work: Callable[[], Awaitable[object]]) -> Exception | None:
    try:
        await work()
    except Exception as error:
        return error
    return None


def pause_after(round_s: float, *, every_s: float, share: float = LARGEST_SHARE) -> float:
    """Seconds from the end of a round to the next: the interval, or longer so that rounds take their share at most.

    Not longer than LONGEST_PAUSE_S for that.
    """
    return max(every_s, min(round_s / share - round_s, LONGEST_PAUSE_S))
