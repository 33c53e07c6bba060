"""Statements of a unit of work: short ones and others answer and write alike, in one snapshot."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import pytest
from sqlalchemy import Connection, bindparam, insert, select, update

from dialplane.domain.errors import NotFound
from dialplane.store import tables
from dialplane.store.address import parse_address, sqlite_url
from dialplane.store.backend_sqlite import Sqlite
from dialplane.store.database import Database
from dialplane.store.pool import Pool
from tests.control.making import make_customer

pytestmark = pytest.mark.anyio

NAMED = select(tables.customers).where(
    tables.LIVE, tables.customers.c.name == bindparam("name"), tables.customers.c.status == "active"
)
EVERYBODY = select(tables.customers.c.id)


class Named(NamedTuple):
    id: str
    name: str


async def test_a_short_select_answers_the_same_rows(db: Database) -> None:
    await make_customer(db, name="one")
    await make_customer(db, name="two")
    statement = NAMED.order_by(tables.customers.c.tm_create).limit(bindparam("most"))
    parameters = {"name": "two", "most": 5}
    async with db.read() as unit:
        short = await unit.fetch(statement, parameters, short=True)
        plain = await unit.fetch(statement, parameters)
    assert [row._asdict() for row in short] == [row._asdict() for row in plain]
    assert [row.name for row in short] == ["two"]


async def test_rows_come_as_named_tuples_whose_fields_are_the_columns(db: Database) -> None:
    made = await make_customer(db, name="one")
    two = select(tables.customers.c.id, tables.customers.c.name).where(tables.customers.c.name == "one")
    async with db.read() as unit:
        assert await unit.fetch_as(Named, two) == [Named(made.id, "one")]
    async with db.read() as unit:
        with pytest.raises(AssertionError):
            await unit.fetch_as(Named, select(tables.customers.c.name, tables.customers.c.id))


async def test_values_written_into_a_statement_are_its_constants(db: Database) -> None:
    await make_customer(db, status="frozen")
    async with db.read() as unit:
        frozen = select(tables.customers.c.id).where(tables.customers.c.status == "frozen")
        assert len(await unit.fetch(frozen, short=True)) == 1


async def test_a_missing_parameter_is_an_error(db: Database) -> None:
    async with db.read() as unit:
        with pytest.raises(Exception, match="name"):
            await unit.fetch(NAMED, {}, short=True)


async def test_on_sqlite_short_work_needs_no_other_thread(db: Database) -> None:
    def thread(_: Connection) -> threading.Thread:
        return threading.current_thread()

    async with db.read() as unit:
        assert await unit.run(thread) is not threading.current_thread()
        is_here = await unit.run(thread, short=True) is threading.current_thread()
    assert is_here == isinstance(db.backend, Sqlite)


@pytest.mark.parametrize("count", [1, 100])
async def test_few_and_many_rows_are_written_alike(db: Database, count: int) -> None:
    keys = tables.idempotency_keys
    rows = [
        {"actor_id": "a", "key": str(n), "fingerprint": "", "status": n, "answer": "", "tm_create": n}
        for n in range(count)
    ]
    async with db.write() as unit:
        await unit.execute(insert(keys), rows, short=True)
        by_key = update(keys).where(keys.c.key == bindparam("key_"))
        changed = [{"key_": str(n), "status": n + 1} for n in range(count)]
        await unit.execute(by_key, changed, short=True)
    async with db.read() as reading:
        found = await reading.fetch(select(keys.c.status).order_by(keys.c.status))
    assert [row.status for row in found] == list(range(1, count + 1))


@pytest.mark.parametrize("first", [True, False])
async def test_short_statements_and_others_see_one_snapshot(db: Database, first: bool) -> None:
    async with db.read() as unit:
        before = await unit.fetch(EVERYBODY, short=first)
        await make_customer(db)
        assert len(await unit.fetch(EVERYBODY, short=not first)) == len(before)


class FailsToEnd(Sqlite):
    """A server that dies while a connection is given back, before or after it is closed."""

    closes = True

    def end(self, connection: Connection) -> bool:
        if self.closes:
            connection.close()
        raise OSError("server closed the connection")


@pytest.mark.parametrize("closes", [True, False])
def test_a_connection_that_fails_while_it_is_given_back_fails_nobody_and_is_replaced(
    tmp_path: Path, closes: bool
) -> None:
    backend = FailsToEnd(parse_address(sqlite_url(tmp_path / "file.db")))
    backend.closes = closes
    with ThreadPoolExecutor(1) as threads:
        pool = Pool(backend, backend.reader_engine(1), threads)
        for _ in range(3):
            connection = pool.take()
            assert connection.execute(select(1)).scalar_one() == 1
            pool.give_back(connection)
        pool.close()


async def test_a_step_carries_out_all_its_statements_in_one_thread(db: Database) -> None:
    made = await make_customer(db, name="one")
    seen = set[threading.Thread]()

    def look(connection: Connection) -> int:
        seen.add(threading.current_thread())
        return len(connection.execute(NAMED, {"name": "one"}).all())

    async with db.read() as unit:

        async def work() -> tuple[int, list[str]]:
            found = await unit.run(look) + await unit.run(look, short=True)
            return found, [row.id for row in await unit.fetch(EVERYBODY)]

        found, ids = await unit.in_one_step(work)
        assert len(await unit.fetch(EVERYBODY)) == len(ids), "the unit goes on"
    assert found == 2
    assert made.id in ids
    assert len(seen) == 1
    assert threading.current_thread() not in seen


async def test_what_a_step_raises_is_raised_and_ends_nothing(db: Database) -> None:
    async def fails() -> None:
        raise NotFound("customer")

    async with db.read() as unit:
        with pytest.raises(NotFound):
            await unit.in_one_step(fails)
        assert await unit.fetch(EVERYBODY)


async def test_a_step_awaits_nothing_but_statements(db: Database) -> None:
    async with db.read() as unit:
        with pytest.raises(RuntimeError, match="something else"):
            await unit.in_one_step(lambda: asyncio.sleep(0))


async def test_a_whole_unit_is_over_after_its_step(db: Database) -> None:
    async with db.read() as unit:
        assert await unit.whole(lambda: unit.fetch(EVERYBODY))
        with pytest.raises(RuntimeError, match="has ended"):
            await unit.fetch(EVERYBODY)
    async with db.read() as unit:
        assert await unit.fetch(EVERYBODY)


@pytest.mark.parametrize("fails", [False, True])
async def test_the_last_work_of_a_transaction_is_committed_with_it(db: Database, *, fails: bool) -> None:
    row = {"actor_id": "a", "key": "k", "fingerprint": "", "status": 200, "answer": "", "tm_create": 1}
    with suppress(NotFound):
        async with db.write() as unit:

            async def work() -> None:
                await unit.execute(insert(tables.idempotency_keys), [row])
                if fails:
                    raise NotFound("customer")

            await unit.last(work)
    async with db.read() as reading:
        assert len(await reading.fetch(select(tables.idempotency_keys))) == (not fails)
