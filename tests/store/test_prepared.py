"""Prepared statements: on SQLite they must answer what SQLAlchemy's own execution answers."""

import pytest
from sqlalchemy import bindparam, insert, select, update

from dialplane.store import tables
from dialplane.store.database import Database
from dialplane.store.prepared import Prepared
from tests.control.making import make_customer

pytestmark = pytest.mark.anyio

NAMED = select(tables.customers).where(
    tables.LIVE, tables.customers.c.name == bindparam("name"), tables.customers.c.status == "active"
)


async def test_a_prepared_select_answers_the_same_rows(db: Database) -> None:
    await make_customer(db, name="one")
    await make_customer(db, name="two")
    statement = NAMED.order_by(tables.customers.c.tm_create).limit(bindparam("most"))
    parameters = {"name": "two", "most": 5}
    async with db.read() as unit:
        prepared = await unit.fetch(Prepared(statement), parameters)
        plain = await unit.fetch(statement, parameters)
    assert [row._asdict() for row in prepared] == [row._asdict() for row in plain]
    assert [row.name for row in prepared] == ["two"]


async def test_values_written_into_a_statement_are_its_constants(db: Database) -> None:
    prepared = Prepared(select(tables.customers.c.id).where(tables.customers.c.status == "frozen"))
    await make_customer(db, status="frozen")
    async with db.read() as unit:
        assert len(await unit.fetch(prepared)) == 1


async def test_a_missing_parameter_is_an_error(db: Database) -> None:
    async with db.read() as unit:
        with pytest.raises(Exception, match="name"):
            await unit.fetch(Prepared(NAMED), {})


@pytest.mark.parametrize("count", [1, 100])
async def test_few_and_many_rows_are_written_alike(db: Database, count: int) -> None:
    keys = tables.idempotency_keys
    rows = [
        {"actor_id": "a", "key": str(n), "fingerprint": "", "status": n, "answer": "", "tm_create": n}
        for n in range(count)
    ]
    async with db.write() as unit:
        await unit.execute(Prepared(insert(keys), columns=keys.c.keys()), rows)
        by_key = update(keys).where(keys.c.key == bindparam("key_"))
        changed = [{"key_": str(n), "status": n + 1} for n in range(count)]
        await unit.execute(Prepared(by_key, columns=["status"]), changed)
    async with db.read() as reading:
        found = await reading.fetch(select(keys.c.status).order_by(keys.c.status))
    assert [row.status for row in found] == list(range(1, count + 1))


async def test_direct_and_threaded_statements_see_one_snapshot(db: Database) -> None:
    everything = select(tables.customers.c.id)
    for first, second in ((Prepared(everything), everything), (everything, Prepared(everything))):
        async with db.read() as unit:
            before = await unit.fetch(first)
            await make_customer(db)
            assert len(await unit.fetch(second)) == len(before)
