"""Agents: usernames are one of a kind, nobody raises anybody above themselves, one administrator stays."""

import pytest

from dialplane.control import agents
from dialplane.control.permissions import PermissionDenied
from dialplane.control.units import Database
from dialplane.domain.agent import Agent
from dialplane.domain.errors import AlreadyExists, InvalidValue, NotFound, Protected
from dialplane.domain.permission import CUSTOMER_ADMIN, CUSTOMER_MANAGER, EDGE, SUPER_ADMIN
from tests.control.making import ADMIN, admin_of, make_agent, make_customer

pytestmark = pytest.mark.anyio


async def administrator(db: Database) -> Agent:
    async with db.read() as unit:
        return next(agent for agent in await agents.list_(unit, ADMIN) if agent.permission == SUPER_ADMIN)


async def test_a_password_becomes_a_hash_before_the_unit_opens() -> None:
    fields = await agents.with_password_hash({"username": "a", "password": "long enough"})
    assert set(fields) == {"username", "password_hash"}
    assert fields["password_hash"].startswith("$argon2id$")
    assert await agents.with_password_hash({"name": "no password"}) == {"name": "no password"}


@pytest.mark.parametrize("password", ["short", "x" * 1025, "with \x00 NUL", "é" * 600, "lone \ud800 surrogate"])
async def test_a_bad_password_is_refused_and_not_repeated(password: str) -> None:
    with pytest.raises(InvalidValue) as refused:
        await agents.with_password_hash({"password": password})
    assert refused.value.field == "password"
    assert password not in str(refused.value)


@pytest.mark.parametrize("missing", ["username", "permission", "password"])
async def test_a_create_needs_username_permission_and_password(db: Database, missing: str) -> None:
    fields = {"username": "a", "permission": CUSTOMER_ADMIN, "password_hash": "h"}
    del fields["password_hash" if missing == "password" else missing]
    with pytest.raises(InvalidValue) as refused:
        async with db.change(ADMIN, "agent.create") as unit:
            await agents.create(unit, ADMIN, fields)
    assert refused.value.field == missing


async def test_a_username_belongs_to_one_living_agent(db: Database) -> None:
    first, other = await make_agent(db, username="a"), await make_agent(db, username="b")
    with pytest.raises(AlreadyExists):
        await make_agent(db, username="a")
    with pytest.raises(AlreadyExists):
        async with db.change(ADMIN, "agent.update") as unit:
            await agents.update(unit, ADMIN, other.id, {"username": "a"})
    async with db.change(ADMIN, "agent.update") as unit:
        await agents.update(unit, ADMIN, first.id, {"username": "a", "name": "same name again"})
        await agents.delete(unit, ADMIN, first.id)
    assert (await make_agent(db, username="a")).id != first.id


async def test_the_last_administrator_cannot_go(db: Database) -> None:
    last = await administrator(db)
    async with db.change(ADMIN, "agent.update") as unit:
        with pytest.raises(Protected):
            await agents.delete(unit, ADMIN, last.id)
        for change in ({"permission": CUSTOMER_ADMIN}, {"password_hash": ""}):
            with pytest.raises(Protected):
                await agents.update(unit, ADMIN, last.id, change)
    second = await make_agent(db, username="second", permission=SUPER_ADMIN)
    async with db.change(ADMIN, "agent.update") as unit:
        await agents.update(unit, ADMIN, second.id, {"password_hash": ""})
        with pytest.raises(Protected):
            await agents.delete(unit, ADMIN, last.id)
        await agents.update(unit, ADMIN, second.id, {"password_hash": "h"})
        assert (await agents.update(unit, ADMIN, last.id, {"permission": CUSTOMER_ADMIN})).permission == CUSTOMER_ADMIN


async def test_nobody_gives_or_takes_a_permission_above_their_own(db: Database) -> None:
    acme = await make_customer(db)
    boss = admin_of(acme)
    above = await make_agent(db, username="above", customer_id=acme.id, permission=SUPER_ADMIN)
    below = await make_agent(db, username="below", customer_id=acme.id, permission=CUSTOMER_MANAGER)
    async with db.change(ADMIN, "agent.update") as unit:
        with pytest.raises(PermissionDenied):
            await agents.update(unit, boss, above.id, {"password_hash": "taken over"})
        with pytest.raises(PermissionDenied):
            await agents.delete(unit, boss, above.id)
        with pytest.raises(PermissionDenied):
            await agents.update(unit, boss, below.id, {"permission": SUPER_ADMIN})
        new = {"username": "new", "password_hash": "h"}
        with pytest.raises(PermissionDenied):
            await agents.create(unit, boss, {**new, "permission": SUPER_ADMIN})
        assert (await agents.create(unit, boss, {**new, "permission": CUSTOMER_ADMIN})).customer_id == acme.id


async def test_people_do_not_get_the_permission_of_edges(db: Database) -> None:
    with pytest.raises(InvalidValue):
        await make_agent(db, permission=EDGE)


async def test_agents_of_another_customer_look_absent(db: Database) -> None:
    acme, rival = await make_customer(db), await make_customer(db)
    foreign = await make_agent(db, customer_id=rival.id)
    async with db.change(ADMIN, "agent.update") as unit:
        assert await agents.list_(unit, admin_of(acme)) == []
        for act in (agents.get, agents.delete):
            with pytest.raises(NotFound):
                await act(unit, admin_of(acme), foreign.id)
        with pytest.raises(NotFound) as absent:
            await agents.create(
                unit,
                admin_of(acme),
                {"username": "u", "password_hash": "h", "permission": CUSTOMER_ADMIN, "customer_id": rival.id},
            )
        assert absent.value.kind == "customer"
