"""Reading units of one turn of the event loop share a snapshot, and it is never older than who asks."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from sqlalchemy import select

from dialplane.store import tables
from dialplane.store.database import Database
from dialplane.store.prepared import Prepared
from tests.control.making import make_customer
from tests.databases import open_database

pytestmark = pytest.mark.anyio

EVERYBODY = Prepared(select(tables.customers.c.id))


@pytest.fixture
async def other(migrated_url: str) -> AsyncIterator[Database]:
    """Another process's view of the same database."""
    opened = open_database(migrated_url)
    yield opened
    await opened.close()


@pytest.fixture
async def mine(migrated_url: str) -> AsyncIterator[Database]:
    opened = open_database(migrated_url)
    yield opened
    await opened.close()


async def count(db: Database) -> int:
    async with db.read() as unit:
        return len(await unit.fetch(EVERYBODY))


async def test_what_another_process_has_committed_is_in_the_next_read(mine: Database, other: Database) -> None:
    for _ in range(20):
        before = await count(mine)
        await make_customer(other)
        assert await count(mine) == before + 1


async def test_what_this_process_has_committed_is_in_the_next_read_of_the_same_turn(mine: Database) -> None:
    for _ in range(20):
        before = await count(mine)
        await make_customer(mine)
        assert await count(mine) == before + 1
        assert await count(mine) == before + 1


async def test_a_snapshot_that_was_held_for_longer_is_not_handed_on(mine: Database, other: Database) -> None:
    await count(mine)
    async with mine.read() as held:
        before = len(await held.fetch(EVERYBODY))
        await make_customer(other)
        assert len(await held.fetch(EVERYBODY)) == before
    assert await count(mine) == before + 1


async def test_readers_at_once_read_while_others_write(mine: Database, other: Database) -> None:
    before = await count(mine)

    async def write(db: Database) -> None:
        for _ in range(10):
            await make_customer(db)

    async def read() -> None:
        last = before
        while last < before + 20:
            found = await count(mine)
            assert found >= last
            last = found
            await asyncio.sleep(0)

    async with asyncio.timeout(30):
        await asyncio.gather(write(mine), write(other), *(read() for _ in range(12)))


async def test_what_is_kept_of_a_state_goes_with_it(mine: Database, other: Database) -> None:
    async with mine.read() as unit:
        (await unit.standing())["kept"] = True
    for writer in (mine, other):
        async with mine.read() as unit:
            (await unit.standing())["kept"] = True
        await make_customer(writer)
        async with mine.read() as unit:
            assert await unit.standing() == {}


async def test_nothing_is_kept_where_rows_may_be_uncommitted(mine: Database) -> None:
    async with mine.write() as unit:
        (await unit.standing())["kept"] = True
        assert await unit.standing() == {}
    async with mine.read() as reading:
        assert "kept" not in await reading.standing()
