"""A reading unit's snapshot holds all that was committed before it, by any process; so does the cache of objects."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from sqlalchemy import select

from dialplane.control import customers
from dialplane.store import objects, tables
from dialplane.store.database import Database
from dialplane.store.objects import CUSTOMERS
from tests.control.making import ADMIN, make_customer
from tests.databases import open_database

pytestmark = pytest.mark.anyio

EVERYBODY = select(tables.customers.c.id)


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
        return len(await unit.fetch(EVERYBODY, short=True))


async def test_what_another_process_has_committed_is_in_the_next_read(mine: Database, other: Database) -> None:
    for _ in range(20):
        before = await count(mine)
        await make_customer(other)
        assert await count(mine) == before + 1


async def test_what_this_process_has_committed_is_in_the_next_read_at_once(mine: Database) -> None:
    for _ in range(20):
        before = await count(mine)
        await make_customer(mine)
        assert await count(mine) == before + 1
        assert await count(mine) == before + 1


async def test_a_snapshot_that_was_held_for_longer_is_not_handed_on(mine: Database, other: Database) -> None:
    await count(mine)
    async with mine.read() as held:
        before = len(await held.fetch(EVERYBODY, short=True))
        await make_customer(other)
        assert len(await held.fetch(EVERYBODY, short=True)) == before
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


async def test_cached_objects_hold_until_anybody_commits(mine: Database, other: Database) -> None:
    async with mine.read() as unit:
        (await unit.cached("customer"))["kept"] = True
    for writer in (mine, other):
        async with mine.read() as unit:
            (await unit.cached("customer"))["kept"] = True
        async with mine.read() as unit:
            assert await unit.cached("customer") == {"kept": True}
            assert await unit.cached("provider") == {}
        await make_customer(writer)
        async with mine.read() as unit:
            assert await unit.cached("customer") == {}


async def test_a_write_that_is_no_revision_ends_what_is_cached_too(mine: Database, other: Database) -> None:
    for writer in (mine, other):
        async with mine.read() as unit:
            (await unit.cached("health"))["kept"] = True
        async with writer.write():
            pass
        async with mine.read() as unit:
            assert await unit.cached("health") == {}


async def test_an_older_snapshot_neither_finds_nor_ends_what_a_later_one_has_cached(mine: Database) -> None:
    async with mine.read() as older:
        (await older.cached("customer"))["of the older"] = True
        await make_customer(mine)
        async with mine.read() as later:
            (await later.cached("customer"))["of the later"] = True
        assert await older.cached("customer") == {}
    async with mine.read() as last:
        assert await last.cached("customer") == {"of the later": True}


async def test_what_is_read_in_a_snapshot_is_what_it_shows_however_it_is_read(mine: Database) -> None:
    """Of an object that has changed since, the old state out of the old snapshot, the new one out of a new one."""
    customer = await make_customer(mine, name="before")
    async with mine.read() as older:
        await older.cached("customer")
        async with mine.change(ADMIN, "customer.update") as unit:
            await customers.update(unit, ADMIN, customer.id, {"name": "after"})
        async with mine.read() as later:
            found = await objects.find_cached(later, CUSTOMERS, [customer.id])
            assert found[customer.id].name == "after"
        found = await objects.find_cached(older, CUSTOMERS, [customer.id])
        assert found[customer.id].name == "before"
