"""Each kind of reading work has readers of its own, and a statement that nobody waits for ends."""

import asyncio
import os
import threading
import time
from contextlib import AsyncExitStack

import pytest

from dialplane.domain.errors import Unavailable
from dialplane.store.database import Database
from dialplane.store.work import ALL, FEED, LISTS, LOGINS, REQUESTS, STATISTICS, Work
from tests.store.endless import RUNNING, endless

pytestmark = pytest.mark.anyio
SOON_S = 5.0
"""Far less than the statement would take."""


async def clock_of(db: Database, work: Work, caller: str = "") -> int:
    async with db.read(work, caller=caller) as unit:
        return (await unit.clock()).revision


@pytest.mark.parametrize("full", [STATISTICS, LISTS, FEED, REQUESTS, LOGINS])
async def test_work_of_one_kind_keeps_no_other_waiting(db: Database, full: Work) -> None:
    async with AsyncExitStack() as stack:
        for number in range(full.readers):
            unit = await stack.enter_async_context(db.read(full, caller=f"caller {number}"))
            await unit.clock()
        for work in ALL:
            if work is not full:
                async with asyncio.timeout(SOON_S):
                    await clock_of(db, work, "another")


@pytest.mark.parametrize("work", [STATISTICS, LISTS, FEED, REQUESTS])
async def test_one_caller_does_not_have_all_readers(db: Database, work: Work) -> None:
    async with AsyncExitStack() as stack:
        for _ in range(work.each):
            await stack.enter_async_context(db.read(work, caller="greedy"))
        more = asyncio.create_task(clock_of(db, work, "greedy"))
        await asyncio.sleep(0)
        async with asyncio.timeout(SOON_S):
            await clock_of(db, work, "modest")
        assert not more.done()
    await more


async def test_no_reader_is_nicer_than_the_event_loop(db: Database) -> None:
    """It holds the interpreter's lock now and then; one that waits for the processor then keeps all others waiting."""
    for work in ALL:
        async with db.read(work) as unit:
            niceness = await unit.run(lambda _: os.getpriority(os.PRIO_PROCESS, threading.get_native_id()))
        assert niceness == os.getpriority(os.PRIO_PROCESS, 0)


async def test_a_statement_ends_with_the_request_that_wanted_it(db: Database) -> None:
    async def read() -> None:
        async with db.read(STATISTICS, caller="gone") as unit:
            await unit.run(endless)

    requests = [asyncio.create_task(read()) for _ in range(3)]
    await asyncio.sleep(0.2)
    for request in requests:
        request.cancel()
    async with asyncio.timeout(SOON_S):
        ended = await asyncio.gather(*requests, return_exceptions=True)
    assert all(isinstance(one, asyncio.CancelledError) for one in ended)
    assert await clock_of(db, STATISTICS, "gone") == 1
    await none_runs(db)


@pytest.mark.parametrize(("work", "code"), [(STATISTICS, {"too_long"}), (REQUESTS, {"too_long", "unreachable"})])
async def test_a_statement_that_takes_too_long_is_ended(db: Database, work: Work, code: set[str]) -> None:
    began = time.monotonic()
    async with db.read(work) as unit:
        with pytest.raises(Unavailable) as error:
            await unit.run(endless, within_s=0.3)
    assert error.value.code in code
    assert time.monotonic() - began < SOON_S
    assert await clock_of(db, work) == 1
    await none_runs(db)


async def test_what_was_read_before_it_is_not_harmed(db: Database) -> None:
    """A statement of another unit, on a connection that came free meanwhile, is not the one that is interrupted."""
    for _ in range(5):
        async with db.read(STATISTICS) as unit:
            with pytest.raises(Unavailable):
                await unit.run(endless, within_s=0.02)
        assert await clock_of(db, STATISTICS) == 1


async def none_runs(db: Database) -> None:
    """PostgreSQL has ended the statement too, and not only left it alone."""
    if db.backend.url.get_backend_name() != "postgresql":
        return
    for _ in range(100):
        if not await running(db):
            return
        await asyncio.sleep(SOON_S / 100)
    raise AssertionError("the server goes on with it")


async def running(db: Database) -> int:
    async with db.read() as unit:
        return int((await unit.fetch(RUNNING))[0][0])
