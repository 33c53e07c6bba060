"""Carries jobs out, a few at a time, and knows how far each has come.

Progress is kept in memory and told to whoever watches: a job that changes much holds the writer's lock, so its progress
cannot be stored meanwhile. What a job has come to is stored when it begins and when it ends: if it is done, within its
own transaction, so that its row never says anything else than what was kept of it.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import structlog

from dialplane.control import jobs
from dialplane.control.actor import Actor
from dialplane.control.job_kinds import Course, Result, Work
from dialplane.control.units import Database, Writing
from dialplane.domain.errors import DialplaneError, Unavailable
from dialplane.domain.job import OVER, Job, JobState
from dialplane.system.clock import now_us
from dialplane.system.slots import NoFreeSlot, Slots

AT_ONE_TIME = 2
"""Jobs that are carried out side by side."""

MOST_WAITING = 32
MOST_OF_A_CALLER = 16
"""Jobs that wait for their turn; one more is refused. Of one caller fewer, those that are carried out among them."""

TELLS_EVERY_S = 0.25
STORED_AGAIN_S = 1.0

log = structlog.get_logger("dialplane.jobs")

Describe = Callable[[Exception], Mapping[str, Any]]
"""An error as a job's `error` has it."""


class TooManyJobs(DialplaneError):
    """As many jobs wait as may, of all callers or of this one."""


class JobElsewhere(DialplaneError):
    """Another node's process carries the job out."""


@dataclass(slots=True)
class _Running:
    """`end`: what the job is once `unit`, its transaction, is committed."""

    job: Job
    task: "asyncio.Task[None]"
    unit: Writing | None = None
    end: Job | None = None

    @property
    def committed(self) -> Job | None:
        """The job that is done, whatever has happened since; None while it is not."""
        return self.end if self.unit is not None and self.unit.is_committed else None


class Runner:
    """The jobs of this process. `node` names it, the same after a restart; `tell` gets a job that has come further."""

    def __init__(self, db: Database, *, node: str, tell: Callable[[Job], None], describe: Describe) -> None:
        self.node = node
        self._db = db
        self._tell = tell
        self._describe = describe
        self._turns = asyncio.Semaphore(AT_ONE_TIME)
        self._slots = Slots(AT_ONE_TIME + MOST_WAITING, each=MOST_OF_A_CALLER)
        self._running: dict[str, _Running] = {}
        self._told_at: dict[str, float] = {}
        self._is_ending = False

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Jobs that an earlier process has left are ended first; those of this one are at the end of the block."""
        with suppress(Unavailable):
            if left := await jobs.interrupt(self._db, node=self.node, now=now_us()):
                log.warning("jobs interrupted by a restart", count=left)
        try:
            yield
        finally:
            await self._interrupt_all()

    async def start(self, actor: Actor, kind: str, parameters: Mapping[str, Any], work: Work) -> Job:
        """A new job, carried out in its turn. Raises TooManyJobs, PermissionDenied, Unavailable."""
        try:
            self._slots.enter(actor.caller)
        except NoFreeSlot:
            raise TooManyJobs from None
        try:
            job = await jobs.create(self._db, actor, kind, parameters, node=self.node)
        except BaseException:
            self._slots.leave(actor.caller)
            raise
        task = asyncio.create_task(self._carry_out(job.id, actor, work))
        self._running[job.id] = _Running(job, task)
        return job

    def latest(self, job: Job) -> Job:
        """The job as far as it has come, if it is one of this process's."""
        running = self._running.get(job.id)
        return job if running is None else running.job

    async def cancel(self, job: Job) -> Job:
        """The job, ended: as cancelled, unless it was over already. Raises JobElsewhere."""
        running = self._running.get(job.id)
        if running is None:
            if job.state not in OVER and job.node != self.node:
                raise JobElsewhere
            return job
        _cancel(running)
        await asyncio.wait({running.task})
        return running.job

    async def _carry_out(self, id_: str, actor: Actor, work: Work) -> None:
        """From its turn to its end. A job that is over is cancelled no more, so its end is stored and published."""
        running = self._running[id_]
        try:
            outcome = await self._outcome(id_, actor, work)
            running.job = running.committed or replace(running.job, **outcome, tm_end=now_us())
            if running.committed is None:
                await self._store(id_)
        finally:
            self._slots.leave(actor.caller)
            self._told_at.pop(id_, None)
            self._tell(running.job)
            del self._running[id_]

    async def _outcome(self, id_: str, actor: Actor, work: Work) -> Mapping[str, Any]:
        """How it ends unless it was committed."""
        course = Course(partial(self._progress, id_), partial(self._end, id_))
        try:
            async with self._turns:
                self._note(id_, state=JobState.RUNNING, tm_start=now_us())
                await self._store(id_)
                return {"state": JobState.DONE, "result": await work(self._db, actor, course)}
        except asyncio.CancelledError:
            if self._is_ending:
                return {"state": JobState.INTERRUPTED, "error": jobs.INTERRUPTED}
            return {"state": JobState.CANCELLED, "error": jobs.CANCELLED}
        except Exception as error:
            if not isinstance(error, DialplaneError):
                log.exception("job failed", job=id_)
            return {"state": JobState.FAILED, "error": self._describe(error)}

    async def _end(self, id_: str, unit: Writing, result: Result) -> None:
        running = self._running[id_]
        running.end = replace(running.job, state=JobState.DONE, result=result, tm_end=now_us())
        await jobs.put_end(unit, running.end)
        running.unit = unit

    def _progress(self, id_: str, done: int, total: int | None) -> None:
        self._note(id_, done=done, total=total)
        if time.monotonic() - self._told_at.get(id_, 0.0) >= TELLS_EVERY_S:
            self._told_at[id_] = time.monotonic()
            self._tell(self._running[id_].job)

    def _note(self, id_: str, **fields: Any) -> None:
        running = self._running[id_]
        running.job = replace(running.job, **fields)

    async def _store(self, id_: str) -> None:
        """As often as it takes: the database may be away."""
        while True:
            try:
                await jobs.put(self._db, self._running[id_].job)
                return
            except Unavailable:
                await asyncio.sleep(STORED_AGAIN_S)

    async def _interrupt_all(self) -> None:
        """The process stops: what is not done is undone."""
        self._is_ending = True
        for running in list(self._running.values()):
            _cancel(running)
        if tasks := [running.task for running in self._running.values()]:
            await asyncio.wait(tasks, timeout=STORED_AGAIN_S)


def _cancel(running: _Running) -> None:
    """One that is over stays as it is: only its end is still to be stored."""
    if running.job.state not in OVER:
        running.task.cancel()
