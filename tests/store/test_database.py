"""Units of work: whole or not at all, one after the other, each reading of one moment."""

import asyncio

import pytest
from sqlalchemy import insert, select, text, update

from dialplane.control import customers
from dialplane.domain.errors import StaleVersion, Unavailable
from dialplane.store import database, tables
from dialplane.store.database import Database
from tests.control.making import ADMIN, make_customer
from tests.databases import open_database

pytestmark = pytest.mark.anyio

WRITERS = 20  # the last of them waits for all others, on a busy machine too, and a writer is refused after two seconds


async def names(db: Database) -> set[str]:
    async with db.read() as unit:
        return {customer.name for customer in await customers.list_(unit, ADMIN)} - {"System default"}


async def revision_numbers(db: Database) -> list[int]:
    async with db.read() as unit:
        return [row.number for row in await unit.fetch(select(tables.revisions).order_by(tables.revisions.c.number))]


async def test_a_change_is_one_revision_and_is_read_by_the_next_unit(db: Database) -> None:
    before = await db.clock()
    await make_customer(db, name="one")
    after = await db.clock()
    assert (after.revision, after.epoch) == (before.revision + 1, before.epoch)
    assert after.instant > before.instant
    assert await names(db) == {"one"}


async def test_an_exception_leaves_nothing_behind(db: Database) -> None:
    before = await db.clock()

    async def create_and_fail() -> None:
        async with db.change(ADMIN, "customer.create") as unit:
            await customers.create(unit, ADMIN, {"name": "never"})
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await create_and_fail()
    assert await names(db) == set()
    assert await db.clock() == before


async def test_a_change_that_recorded_nothing_makes_no_revision(db: Database) -> None:
    before = await db.clock()
    async with db.change(ADMIN, "nothing"):
        pass
    assert await db.clock() == before


async def test_a_cancelled_change_is_whole_or_nothing_wherever_it_is_cancelled(db: Database) -> None:
    """HARDENING 4: a cancelled write must neither be split nor be finished by the next one."""

    async def two_customers(n: int) -> None:
        async with db.change(ADMIN, "customer.create") as unit:
            await customers.create(unit, ADMIN, {"name": f"{n} first"})
            await customers.create(unit, ADMIN, {"name": f"{n} second"})

    outcomes = set()
    for n in range(60):
        task = asyncio.create_task(two_customers(n))
        await asyncio.sleep(n * 0.000_1)
        task.cancel()
        (result,) = await asyncio.gather(task, return_exceptions=True)
        found = {name for name in await names(db) if name.startswith(f"{n} ")}
        assert found in (set(), {f"{n} first", f"{n} second"})
        assert result is not None or found
        outcomes.add(bool(found))
    assert False in outcomes
    await two_customers(1000)
    assert {"1000 first", "1000 second"} <= await names(db)
    numbers = await revision_numbers(db)
    assert numbers == list(range(1, len(numbers) + 1))


async def test_many_writers_make_one_gapless_row_of_revisions_and_instants(db: Database) -> None:
    await asyncio.gather(*(make_customer(db, name=f"c{n}") for n in range(WRITERS)))
    async with db.read() as unit:
        rows = await unit.fetch(select(tables.revisions).order_by(tables.revisions.c.number))
        creations = await unit.fetch(select(tables.customers.c.tm_create))
    assert [row.number for row in rows] == list(range(1, WRITERS + 2))
    instants = [row.instant for row in rows]
    assert instants == sorted(set(instants))
    assert len({row.tm_create for row in creations}) == WRITERS + 1


async def test_writers_that_are_told_to_come_again_are_all_stored_and_leave_no_gap(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on a busy machine: the last of forty waits for longer than anybody may."""
    monkeypatch.setattr(database, "LOCK_WAIT_S", 0.001)
    refused = set[str]()

    async def make(name: str) -> None:
        while True:
            try:
                await make_customer(db, name=name)
            except Unavailable as error:
                refused.add(error.code)
                await asyncio.sleep(0.001)
            else:
                return

    await asyncio.gather(*(make(f"c{n}") for n in range(2 * WRITERS)))
    assert refused == {"busy"}, "somebody has waited in vain"
    assert await names(db) == {f"c{n}" for n in range(2 * WRITERS)}
    numbers = await revision_numbers(db)
    assert numbers == list(range(1, 2 * WRITERS + 2)), "who was refused has stored nothing"


async def test_no_update_is_lost_between_two_processes(database_url: str) -> None:
    """Two `Database` objects share nothing but the database, as two API processes do."""
    one, two = open_database(database_url), open_database(database_url)
    customer = await make_customer(one, detail="0")

    async def count_up(db: Database) -> None:
        for _ in range(15):
            async with db.change(ADMIN, "customer.update") as unit:
                found = await customers.get(unit, ADMIN, customer.id)
                await customers.update(unit, ADMIN, customer.id, {"detail": str(int(found.detail) + 1)})

    await asyncio.gather(count_up(one), count_up(two))
    async with two.read() as unit:
        assert (await customers.get(unit, ADMIN, customer.id)).detail == "30"
    await one.close()
    await two.close()


async def test_of_many_updates_of_one_version_one_wins_and_the_others_are_told(database_url: str) -> None:
    dbs = [open_database(database_url) for _ in range(2)]
    customer = await make_customer(dbs[0], detail="0")

    async def count_up(db: Database) -> int:
        """Reads, then writes what it has read plus one, if nobody has written in between."""
        async with db.read() as reading:
            found = await customers.get(reading, ADMIN, customer.id)
            version = reading.version_of(customer.id)
        fields = {"detail": str(int(found.detail) + 1)}
        try:
            async with db.change(ADMIN, "customer.update") as unit:
                await customers.update(unit, ADMIN, customer.id, fields, if_version=version)
        except StaleVersion:
            return 0
        return 1

    won = sum(await asyncio.gather(*(count_up(db) for _ in range(40) for db in dbs)))
    async with dbs[1].read() as unit:
        assert int((await customers.get(unit, ADMIN, customer.id)).detail) == won
    assert 1 <= won < 80
    for db in dbs:
        await db.close()


async def test_all_that_is_read_in_one_unit_is_of_one_moment(db: Database) -> None:
    await make_customer(db, name="before")
    async with db.read() as unit:
        seen = await customers.list_(unit, ADMIN)
        await make_customer(db, name="meanwhile")
        assert await customers.list_(unit, ADMIN) == seen
        assert (await unit.clock()).revision == (await db.clock()).revision - 1
    assert await names(db) == {"before", "meanwhile"}


async def test_a_reading_unit_cannot_write(db: Database) -> None:
    async with db.read() as unit:
        with pytest.raises(Exception, match=r"read-?\s?only"):
            await unit.run(lambda connection: connection.execute(update(tables.clock).values(revision=9)))


async def test_strict_tables_refuse_a_value_of_the_wrong_type(db: Database) -> None:
    row = {"actor_id": "a", "key": "k", "fingerprint": "f", "status": "not a number", "answer": "", "tm_create": 1}
    with pytest.raises(Exception, match=r"INTEGER|integer"):
        async with db.write() as unit:
            await unit.execute(insert(tables.idempotency_keys), [row])


async def test_a_failed_statement_spoils_only_its_own_unit(db: Database) -> None:
    for _ in range(10):
        with pytest.raises(Exception, match="nonsense"):
            async with db.read() as unit:
                await unit.fetch(text("SELECT * FROM nonsense"))
        with pytest.raises(Exception, match="nonsense"):
            async with db.write() as writing:
                await writing.execute(text("DELETE FROM nonsense"))
    await make_customer(db, name="still works")
    assert await names(db) == {"still works"}


async def test_a_busy_database_is_answered_in_time(db: Database) -> None:
    async with db.change(ADMIN, "customer.create"):
        started = asyncio.get_running_loop().time()
        with pytest.raises(Unavailable) as busy:
            await make_customer(db)
        assert asyncio.get_running_loop().time() - started < 2
    assert busy.value.code == "busy"
    await make_customer(db, name="later")
    assert await names(db) == {"later"}


async def test_waiting_for_writers_here_and_in_another_process_takes_no_longer_than_for_one(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "LOCK_WAIT_S", 1.0)
    here, elsewhere = open_database(database_url), open_database(database_url)
    clock = asyncio.get_running_loop().time

    async def refused_after(asked_after_s: float) -> float:
        await asyncio.sleep(asked_after_s)
        asked = clock()
        with pytest.raises(Unavailable):
            await make_customer(here)
        return clock() - asked

    async with elsewhere.change(ADMIN, "customer.create"):
        longest = max(await asyncio.gather(*(refused_after(0.1 * n) for n in range(4))))
    assert longest < 2.4, "it has waited for its turn, and then as long again for the other process"
    await make_customer(elsewhere, name="later")
    assert await names(here) == {"later"}
    await here.close()
    await elsewhere.close()


async def test_waiting_for_a_revision_ends_with_a_change_of_this_process(db: Database) -> None:
    since = (await db.clock()).revision
    waiting = asyncio.create_task(db.wait_for_revision(since=since, wait_s=20))
    await asyncio.sleep(0.05)
    assert not waiting.done()
    await make_customer(db)
    await asyncio.wait_for(waiting, 10)


async def test_waiting_for_a_revision_ends_with_a_change_of_another_process(database_url: str) -> None:
    here, there = open_database(database_url), open_database(database_url)
    since = (await here.clock()).revision
    waits = [asyncio.create_task(here.wait_for_revision(since=since, wait_s=20)) for _ in range(20)]
    await asyncio.sleep(0.05)
    await make_customer(there)
    await asyncio.wait_for(asyncio.gather(*waits), 10)
    await here.close()
    await there.close()


async def test_waiting_for_a_revision_ends_by_itself(db: Database) -> None:
    since = (await db.clock()).revision
    started = asyncio.get_running_loop().time()
    await db.wait_for_revision(since=since, wait_s=0.3)
    assert 0.25 < asyncio.get_running_loop().time() - started < 1
    await db.wait_for_revision(since=since - 1, wait_s=20)


async def test_versions_are_known_for_what_the_unit_has_seen(db: Database) -> None:
    customer = await make_customer(db)
    async with db.read() as unit:
        with pytest.raises(KeyError):
            unit.version_of(customer.id)
        await customers.get(unit, ADMIN, customer.id)
        assert unit.version_of(customer.id) == (await unit.clock()).revision


async def test_a_unit_in_which_something_failed_can_not_go_on_and_commit(db: Database) -> None:
    """Whoever catches the failure and goes on must not get half of the change stored."""
    before = await db.clock()

    async def catch_and_go_on() -> None:
        async with db.change(ADMIN, "customer.create") as unit:
            await customers.create(unit, ADMIN, {"name": "first half"})
            with pytest.raises(Exception, match="nonsense"):
                await unit.execute(text("DELETE FROM nonsense"))

    with pytest.raises(RuntimeError, match="failed"):
        await catch_and_go_on()
    assert await names(db) == set()
    assert await db.clock() == before
