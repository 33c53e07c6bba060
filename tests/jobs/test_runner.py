"""Jobs are carried out to one end: what is committed is done, whenever somebody cancels it."""

import asyncio
import threading
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, event

from dialplane.control import jobs
from dialplane.control.actor import Actor
from dialplane.control.job_kinds import ChangeRoutes, Course, Result, Work
from dialplane.control.many_routes import Updated
from dialplane.control.routes import Filters
from dialplane.control.units import Database, Writing
from dialplane.domain.job import Job
from dialplane.jobs.runner import Runner
from tests.control.making import ADMIN, make_provider, make_route

pytestmark = pytest.mark.anyio


async def change_routes(db: Database, actor: Actor, course: Course) -> Result:
    filters = Filters(target="+49")
    work = ChangeRoutes(filters=filters, becoming=Updated({"priority": 7}), is_rehearsal=False, show=str)
    return await work(db, actor, course)


async def change_nothing(_db: Database, _actor: Actor, _course: Course) -> Result:
    return {"revision": None}


class NextCommit:
    """Holds up the next commit of a transaction until `meanwhile` has begun; `outcome` is what that comes to."""

    def __init__(self, meanwhile: Callable[[], Coroutine[Any, Any, Job]]) -> None:
        self._loop, self._meanwhile = asyncio.get_running_loop(), meanwhile
        self._has_begun = threading.Event()
        self.outcome: asyncio.Future[asyncio.Task[Job]] = self._loop.create_future()

    def hold_up(self) -> None:
        event.listen(Engine, "commit", self._on_commit, once=True)

    def _on_commit(self, _connection: Connection) -> None:
        self._loop.call_soon_threadsafe(self._begin)
        assert self._has_begun.wait(10)

    def _begin(self) -> None:
        self.outcome.set_result(self._loop.create_task(self._meanwhile()))
        self._loop.call_soon(self._loop.call_soon, self._has_begun.set)


@pytest.mark.parametrize("work", [change_routes, change_nothing])
async def test_a_job_that_is_cancelled_during_its_last_commit_is_done(db: Database, work: Work) -> None:
    async def held_up(db: Database, actor: Actor, course: Course) -> Result:
        async def end(unit: Writing, result: Result) -> None:
            commit.hold_up()
            await course.end(unit, result)

        if work is change_nothing:  # the next commit is then that of its end alone
            commit.hold_up()
        return await work(db, actor, Course(course.progress, end))

    await make_route(db, await make_provider(db), target="+49")
    told: list[Job] = []
    runner = Runner(db, node="here", tell=told.append, describe=lambda error: {"reason": str(error)})
    async with runner.running():
        commit = NextCommit(lambda: runner.cancel(job))
        job = await runner.start(ADMIN, "routes.change", {}, held_up)
        async with asyncio.timeout(20):
            seen = await (await commit.outcome)
        async with db.read() as unit:
            stored = await jobs.get(unit, ADMIN, job.id)
    assert (seen.state, stored.state, told[-1].state) == ("done", "done", "done")
    assert stored.result == seen.result
    assert runner.latest(stored) is stored, "it is carried out no more"
