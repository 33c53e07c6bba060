"""Undo: everything is as it was before the revision, or nothing is done and the reason is named."""

from typing import Any

import pytest

from dialplane.control import agents, bulk, customers, feed, providers, revisions, routes, undo
from dialplane.control.bulk import Item
from dialplane.control.permissions import PermissionDenied
from dialplane.control.units import Database
from dialplane.domain.errors import AlreadyExists, ChangedSince, NotFound, Protected, ProviderInUse
from dialplane.domain.ids import SYSTEM_DEFAULT_CUSTOMER
from dialplane.domain.instants import NEVER
from dialplane.domain.permission import CUSTOMER_ADMIN, SUPER_ADMIN
from tests.control.making import (
    ADMIN,
    EDGE_ACTOR,
    add_route,
    admin_of,
    make_agent,
    make_customer,
    make_provider,
    make_route,
)

pytestmark = pytest.mark.anyio


async def last(db: Database) -> int:
    return (await db.clock()).revision


async def undo_(db: Database, number: int) -> int:
    async with db.change(ADMIN, "revision.undo") as unit:
        return await undo.undo(unit, ADMIN, number)


async def test_an_update_is_taken_back_with_its_secret(db: Database) -> None:
    before = await make_provider(db, name="old", password="hunter2", failover={404: "stop"})
    async with db.change(ADMIN, "provider.update") as unit:
        await providers.update(unit, ADMIN, before.id, {"name": "new", "password": "changed", "failover": {}})
    changed = await last(db)
    assert await undo_(db, changed) == 1
    async with db.read() as reading:
        after = await providers.get(reading, ADMIN, before.id)
        (change,) = (await revisions.get(reading, ADMIN, changed + 1)).changes
    assert (after.name, after.password, after.failover) == ("old", "hunter2", {404: "stop"})
    assert (after.tm_create, after.tm_delete) == (before.tm_create, NEVER)
    assert before.tm_create < after.tm_update < NEVER
    assert set(change.changed) == {"name", "password", "failover", "tm_update"}


async def test_a_create_is_taken_back_by_a_delete_and_again_by_an_undo(db: Database) -> None:
    provider = await make_provider(db)
    route = await make_route(db, provider)
    created = await last(db)
    await undo_(db, created)
    async with db.read() as reading:
        assert (await routes.get(reading, ADMIN, route.id)).tm_delete != NEVER
    await undo_(db, created + 1)
    async with db.read() as reading:
        assert (await routes.get(reading, ADMIN, route.id)).tm_delete == NEVER


async def test_a_forced_delete_comes_back_with_all_its_routes(db: Database) -> None:
    provider = await make_provider(db)
    async with db.change(ADMIN, "route.create") as unit:
        made = [await add_route(unit, provider, priority=n) for n in range(30)]
    async with db.change(ADMIN, "provider.delete") as unit:
        await providers.delete(unit, ADMIN, provider.id, force=True)
    deleted = await last(db)
    assert await undo_(db, deleted) == 31
    async with db.read() as reading:
        epoch = (await reading.clock()).epoch
        back = await routes.list_(reading, ADMIN)
        assert [route.id for route in back] == [route.id for route in made[::-1]]
        assert (await providers.get(reading, ADMIN, provider.id)).tm_delete == NEVER
    chunks = [chunk async for chunk in feed.stream(db, EDGE_ACTOR, since=deleted, epoch=epoch)]
    assert b"".join(chunks).count(b'"kind"') == 31


async def test_an_object_changed_twice_in_a_revision_goes_back_to_its_first_state(db: Database) -> None:
    route = await make_route(db, await make_provider(db), priority=1)
    async with db.change(ADMIN, "route.update") as unit:
        await routes.update(unit, ADMIN, route.id, {"priority": 2})
        await routes.update(unit, ADMIN, route.id, {"priority": 3})
        made = await customers.create(unit, ADMIN, {})
        await customers.update(unit, ADMIN, made.id, {"name": "named"})
    await undo_(db, await last(db))
    async with db.read() as reading:
        assert (await routes.get(reading, ADMIN, route.id)).priority == 1
        gone = await customers.get(reading, ADMIN, made.id)
        assert (gone.tm_delete != NEVER, gone.status) == (True, "deleted")


async def test_what_has_changed_since_is_named_and_nothing_is_done(db: Database) -> None:
    provider = await make_provider(db)
    one, two = await make_route(db, provider), await make_route(db, provider)
    async with db.change(ADMIN, "route.update") as unit:
        for route in (one, two):
            await routes.update(unit, ADMIN, route.id, {"priority": 2})
    target = await last(db)
    async with db.change(ADMIN, "route.update") as unit:
        await routes.update(unit, ADMIN, two.id, {"priority": 3})
    with pytest.raises(ChangedSince) as changed:
        await undo_(db, target)
    assert changed.value.objects == (("route", two.id, target + 1),)
    async with db.read() as reading:
        assert (await routes.get(reading, ADMIN, one.id)).priority == 2
    assert await last(db) == target + 1


async def test_a_route_does_not_come_back_to_a_provider_that_is_gone(db: Database) -> None:
    provider = await make_provider(db)
    route = await make_route(db, provider)
    async with db.change(ADMIN, "route.delete") as unit:
        await routes.delete(unit, ADMIN, route.id)
    target = await last(db)
    async with db.change(ADMIN, "provider.delete") as unit:
        await providers.delete(unit, ADMIN, provider.id)
    with pytest.raises(ChangedSince) as changed:
        await undo_(db, target)
    assert changed.value.objects == (("provider", provider.id, target + 1),)


async def test_a_provider_that_is_used_by_now_stays(db: Database) -> None:
    provider = await make_provider(db)
    target = await last(db)
    await make_route(db, provider)
    with pytest.raises(ProviderInUse):
        await undo_(db, target)


async def test_a_username_that_was_given_away_since_does_not_come_back(db: Database) -> None:
    agent = await make_agent(db, username="ann")
    async with db.change(ADMIN, "agent.delete") as unit:
        await agents.delete(unit, ADMIN, agent.id)
    target = await last(db)
    await make_agent(db, username="ann")
    with pytest.raises(AlreadyExists):
        await undo_(db, target)


async def test_the_first_start_and_the_last_administrator_stay(db: Database) -> None:
    with pytest.raises(Protected):
        await undo_(db, 1)
    async with db.read() as reading:
        (first,) = await agents.list_(reading, ADMIN)
    second = await make_agent(db, permission=SUPER_ADMIN)
    made = await last(db)
    async with db.change(ADMIN, "agent.update") as unit:
        await agents.update(unit, ADMIN, first.id, {"permission": CUSTOMER_ADMIN})
    with pytest.raises(Protected):
        await undo_(db, made)
    async with db.read() as reading:
        assert (await agents.get(reading, ADMIN, second.id)).tm_delete == NEVER


async def test_an_unknown_revision_is_not_found(db: Database) -> None:
    for number in (0, -1, 99):
        with pytest.raises(NotFound) as absent:
            await undo_(db, number)
        assert absent.value.kind == "revision"


async def test_only_administrators_undo(db: Database) -> None:
    acme = admin_of(await make_customer(db))
    with pytest.raises(PermissionDenied):
        async with db.change(acme, "revision.undo") as unit:
            await undo.undo(unit, acme, 1)


async def test_a_large_change_is_undone_whole(db: Database) -> None:
    provider = await make_provider(db)
    fields: dict[str, Any] = {"customer_id": SYSTEM_DEFAULT_CUSTOMER, "provider_id": provider.id, "priority": 1}
    items = [Item(action="create", kind="route", fields=fields | {"target": f"+1{n}"}) for n in range(1, 2_201)]
    async with db.change(ADMIN, "changes.apply") as unit:
        await bulk.apply(unit, ADMIN, bulk.prepare(items, customer_id=ADMIN.customer_id))
    assert await undo_(db, await last(db)) == 2_200
    async with db.read() as reading:
        assert await routes.list_(reading, ADMIN) == []
