"""Short reads of one turn of the event loop share a snapshot, and none misses what its caller may know of."""

import asyncio

import pytest
from sqlalchemy import Connection, select, text

from dialplane.domain.errors import Unavailable
from dialplane.store import tables
from dialplane.store.backend_sqlite import Sqlite
from dialplane.store.database import Database
from dialplane.store.work import JOBS
from tests.control.making import make_customer

pytestmark = pytest.mark.anyio

CUSTOMERS = select(tables.customers.c.id)


async def customers(db: Database) -> int:
    async with db.read() as unit:
        return len(await unit.fetch(CUSTOMERS, short=True))


def commit_elsewhere(db: Database) -> None:
    """A commit of another process, within this turn of the loop."""
    engine = db.backend.writer_engine()
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM customers WHERE name = 'going'"))
    engine.dispose()


async def in_flight(db: Database) -> tuple[int, int]:
    """What two reads find that follow each other in one turn, with a commit of another process between them."""
    before = await customers(db)
    commit_elsewhere(db)
    return before, await customers(db)


async def test_reads_of_one_turn_share_a_snapshot_and_those_of_the_next_see_what_was_committed(db: Database) -> None:
    await make_customer(db, name="going")
    there = await customers(db)
    await asyncio.sleep(0)
    assert await in_flight(db) == (there, there if isinstance(db.backend, Sqlite) else there - 1)
    await asyncio.sleep(0)
    assert await customers(db) == there - 1


async def test_a_read_after_a_commit_of_this_process_sees_it_though_a_snapshot_has_just_begun(db: Database) -> None:
    before = await customers(db)
    await asyncio.sleep(0)
    changes = [asyncio.ensure_future(make_customer(db, name=f"customer {n}")) for n in range(20)]
    for done, change in enumerate(changes, 1):
        while not change.done():
            await customers(db)
            await asyncio.sleep(0)
        assert await customers(db) >= before + done


async def test_a_snapshot_that_is_kept_over_turns_is_nobody_elses(db: Database) -> None:
    await make_customer(db, name="going")
    async with db.read() as kept:
        there = len(await kept.fetch(CUSTOMERS, short=True))
        await asyncio.sleep(0)
        commit_elsewhere(db)
        await asyncio.sleep(0)
        assert len(await kept.fetch(CUSTOMERS, short=True)) == there
    assert await customers(db) == there - 1


async def test_a_snapshot_that_is_kept_for_others_is_in_nobodys_way(db: Database) -> None:
    """Whatever is kept: for this kind of work there is but one connection."""
    for short in (False, True, False):
        async with db.read(JOBS) as unit:
            await unit.fetch(CUSTOMERS, short=short)


async def test_a_snapshot_whose_unit_has_failed_is_nobody_elses(db: Database) -> None:
    await make_customer(db, name="going")
    there = await customers(db)
    await asyncio.sleep(0)

    def fails(connection: Connection) -> None:
        connection.execute(CUSTOMERS).all()
        raise OSError("a disk that fails")

    with pytest.raises((OSError, Unavailable)):
        async with db.read() as unit:
            await unit.run(fails, short=True)
    commit_elsewhere(db)
    assert await customers(db) == there - 1
