"""First start: what must be there is made once, however often and by however many processes it is asked for."""

import asyncio

import pytest

from dialplane.control import accesskeys, agents, bootstrap, customers
from dialplane.control.login.credentials import InvalidCredentials, actor_of_accesskey, check_login
from dialplane.domain.errors import InvalidValue
from dialplane.domain.ids import SYSTEM_DEFAULT_CUSTOMER
from dialplane.domain.permission import EDGE, SUPER_ADMIN
from tests.control.making import ADMIN
from tests.databases import open_database

pytestmark = pytest.mark.anyio


async def test_the_first_start_makes_the_default_customer_and_an_administrator(migrated_url: str) -> None:
    db = open_database(migrated_url)
    started = await bootstrap.prepare(db)
    assert (started.created, started.username) == (True, "admin@localhost")
    agent, _ = await check_login(db, "admin@localhost", started.password)
    assert (agent.permission, agent.customer_id) == (SUPER_ADMIN, SYSTEM_DEFAULT_CUSTOMER)
    async with db.read() as unit:
        assert (await customers.get(unit, ADMIN, SYSTEM_DEFAULT_CUSTOMER)).status == "active"
    again = await bootstrap.prepare(db, username="other", password="other password")
    assert again == bootstrap.FirstStart(created=False)
    assert started.password not in repr(started)
    await db.close()


async def test_a_given_password_is_used_and_not_repeated(migrated_url: str) -> None:
    db = open_database(migrated_url)
    started = await bootstrap.prepare(db, username="root", password="given password")
    assert started == bootstrap.FirstStart(created=True, username="root", password="")
    assert (await check_login(db, "root", "given password"))[0].username == "root"
    await db.close()


async def test_a_bad_password_makes_nothing(migrated_url: str) -> None:
    db = open_database(migrated_url)
    with pytest.raises(InvalidValue):
        await bootstrap.prepare(db, password="short")
    assert (await db.clock()).revision == 0
    await db.close()


async def test_processes_that_start_at_once_make_one_administrator(migrated_url: str) -> None:
    dbs = [open_database(migrated_url) for _ in range(3)]
    started = await asyncio.gather(*(bootstrap.prepare(db) for db in dbs))
    assert [start.created for start in started].count(True) == 1
    async with dbs[0].read() as unit:
        assert len(await agents.list_(unit, ADMIN)) == 1
    for db in dbs:
        await db.close()


async def test_a_local_edge_gets_one_key_and_the_older_one_ends(migrated_url: str) -> None:
    db = open_database(migrated_url)
    await bootstrap.prepare(db)
    older = await bootstrap.edge_access_key(db, "local")
    other = await bootstrap.edge_access_key(db, "elsewhere")
    newer = await bootstrap.edge_access_key(db, "local")
    async with db.read() as unit:
        for token in (newer, other):
            assert (await actor_of_accesskey(unit, token, now=db.now())).permission == EDGE
        with pytest.raises(InvalidCredentials):
            await actor_of_accesskey(unit, older, now=db.now())
        assert len(await accesskeys.list_(unit, ADMIN)) == 2
    await db.close()
