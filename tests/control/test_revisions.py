"""Revisions: every change with who, from where, before and after, and no secret in them."""

from dataclasses import replace

import pytest

from dialplane.control import agents, providers, revisions, routes
from dialplane.control.permissions import PermissionDenied
from dialplane.control.units import Database
from dialplane.domain.errors import InvalidValue, NotFound
from dialplane.domain.records import record_of
from tests.control.making import ADMIN, admin_of, make_agent, make_customer, make_provider, make_route

pytestmark = pytest.mark.anyio

WHO = replace(ADMIN, kind="agent", id="11111111-2222-4333-8444-555555555555", name="ann", source_ip="192.0.2.7")


async def test_a_change_tells_who_from_where_before_and_after(db: Database) -> None:
    route = await make_route(db, await make_provider(db))
    author = replace(WHO, request_id="req-1")
    async with db.change(author, "route.update") as unit:
        updated = await routes.update(unit, author, route.id, {"priority": 7})
    async with db.read() as reading:
        number = (await reading.clock()).revision
        revision = await revisions.get(reading, ADMIN, number)
    assert (revision.number, revision.operation, revision.change_count) == (number, "route.update", 1)
    assert (revision.actor_kind, revision.actor_id, revision.actor_name) == ("agent", WHO.id, "ann")
    assert (revision.source_ip, revision.request_id) == ("192.0.2.7", "req-1")
    assert revision.instant <= updated.tm_update
    (change,) = revision.changes
    assert (change.kind, change.object_id) == ("route", route.id)
    assert (change.before, change.after) == (record_of(route), record_of(updated))
    assert list(change.changed) == ["priority", "tm_update"]


async def test_a_create_has_no_before(db: Database) -> None:
    provider = await make_provider(db)
    async with db.read() as unit:
        (change,) = (await revisions.get(unit, ADMIN, (await unit.clock()).revision)).changes
    assert change.before is None
    assert change.after == record_of(provider)


async def test_secrets_are_masked_but_their_change_is_told(db: Database) -> None:
    provider = await make_provider(db, password="hunter2")
    async with db.change(ADMIN, "provider.update") as unit:
        await providers.update(unit, ADMIN, provider.id, {"password": "hunter3"})
    agent = await make_agent(db, password_hash="argon-one")
    async with db.change(ADMIN, "agent.update") as unit:
        await agents.update(unit, ADMIN, agent.id, {"password_hash": "argon-two"})
    async with db.read() as reading:
        newest = await revisions.list_(reading, ADMIN)
        told = [await revisions.get(reading, ADMIN, revision.number) for revision in newest]
    assert "hunter" not in repr(told)
    assert "argon-" not in repr(told)
    assert "password" in told[2].changes[0].changed
    assert "password_hash" in told[0].changes[0].changed


async def test_an_unchanged_secret_is_not_told_as_changed(db: Database) -> None:
    provider = await make_provider(db, password="hunter2")
    async with db.change(ADMIN, "provider.update") as unit:
        await providers.update(unit, ADMIN, provider.id, {"name": "x"})
    async with db.read() as reading:
        (change,) = (await revisions.get(reading, ADMIN, (await reading.clock()).revision)).changes
    assert list(change.changed) == ["name", "tm_update"]


async def test_revisions_are_listed_newest_first_and_filtered(db: Database) -> None:
    provider = await make_provider(db)
    route = await make_route(db, provider)
    async with db.change(WHO, "route.update") as unit:
        await routes.update(unit, WHO, route.id, {"priority": 7})
    async with db.read() as reading:
        everything = await revisions.list_(reading, ADMIN)
        assert [revision.number for revision in everything] == [4, 3, 2, 1]
        assert [r.number for r in await revisions.list_(reading, ADMIN, object_id=route.id)] == [4, 3]
        assert [r.number for r in await revisions.list_(reading, ADMIN, actor_id=WHO.id)] == [4]
        second = everything[2].instant
        assert [r.number for r in await revisions.list_(reading, ADMIN, before=second)] == [1]
        assert [r.number for r in await revisions.list_(reading, ADMIN, since=second)] == [4, 3, 2]
        assert [r.number for r in await revisions.list_(reading, ADMIN, until=second)] == [1]
        assert [r.number for r in await revisions.list_(reading, ADMIN, page_size=1)] == [4]
        assert all(revision.changes == () for revision in everything)
        with pytest.raises(NotFound):
            await revisions.get(reading, ADMIN, 99)


async def test_only_administrators_read_revisions(db: Database) -> None:
    acme = admin_of(await make_customer(db))
    async with db.read() as unit:
        with pytest.raises(PermissionDenied):
            await revisions.list_(unit, acme)
        with pytest.raises(PermissionDenied):
            await revisions.get(unit, acme, 1)


async def test_two_revisions_are_compared_object_by_object(db: Database) -> None:
    """Changes of an object are folded together; what is as it was, and what came and went, is no difference."""
    provider = await make_provider(db, name="Alpha")
    route, same = await make_route(db, provider), await make_route(db, provider, target="+44")
    first = await db.latest_revision()
    await put_route(db, route.id, priority=5)
    await put_route(db, route.id, priority=9, name="last")
    await put_route(db, same.id, priority=3)
    await put_route(db, same.id, priority=same.priority)
    gone = await make_route(db, provider, target="+1")
    async with db.change(ADMIN, "route.delete") as unit:
        await routes.delete(unit, ADMIN, gone.id)
    made = await make_route(db, provider, target="+49")
    last = await db.latest_revision()
    async with db.read() as unit:
        difference = await revisions.compare(unit, ADMIN, first, last)
        assert await revisions.compare(unit, ADMIN, last, first) == difference
        assert (await revisions.compare(unit, ADMIN, last, last)).changes == []
        whole = await revisions.compare(unit, ADMIN, 0, last)
        with pytest.raises(NotFound):
            await revisions.compare(unit, ADMIN, first, last + 1)
    assert (difference.first, difference.last, difference.revisions) == (first, last, last - first)
    assert difference.has_contents
    changed, created = difference.changes
    assert (changed.object_id, {*changed.changed}) == (route.id, {"priority", "name", "tm_update"})
    assert changed.before is not None
    assert changed.after is not None
    assert (changed.before["priority"], changed.after["priority"]) == (route.priority, 9)
    assert (created.object_id, created.before) == (made.id, None)
    assert {change.object_id for change in whole.changes} >= {provider.id, route.id, same.id, made.id}


async def test_revisions_too_far_apart_are_not_compared(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    await make_route(db, await make_provider(db))
    monkeypatch.setattr(revisions, "MOST_COMPARED", 1)
    async with db.read() as unit:
        with pytest.raises(InvalidValue):
            await revisions.compare(unit, ADMIN, 0, 3)


async def test_revisions_are_listed_by_the_kind_that_they_changed(db: Database) -> None:
    await make_route(db, await make_provider(db))
    async with db.read() as unit:
        assert [one.operation for one in await revisions.list_(unit, ADMIN, kind="route")] == ["route.create"]
        assert [one.operation for one in await revisions.list_(unit, ADMIN, kind="provider")] == ["provider.create"]
        assert await revisions.list_(unit, ADMIN, kind="trunk") == []


async def put_route(db: Database, id_: str, **fields: object) -> None:
    async with db.change(ADMIN, "route.update") as unit:
        await routes.update(unit, ADMIN, id_, fields)
