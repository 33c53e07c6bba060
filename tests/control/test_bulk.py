"""Many changes in one request: all or none, one revision, and a dry run that changes nothing."""

import asyncio
import threading
from typing import Any

import pytest
from sqlalchemy import Connection

from dialplane.control import bulk, providers, revisions, routes
from dialplane.control.bulk import ChangeRefused, Item
from dialplane.control.permissions import PermissionDenied
from dialplane.control.units import Database
from dialplane.domain.errors import InvalidValue, NotFound, ObjectDeleted, ProviderInUse, StaleVersion
from dialplane.domain.ids import SYSTEM_DEFAULT_CUSTOMER
from dialplane.domain.instants import NEVER
from dialplane.store import bulk as bulk_inserts
from dialplane.store.backend import Backend
from dialplane.store.bulk import BulkInsert
from dialplane.store.objects import ROUTES
from tests.control.making import ADMIN, UNKNOWN_ID, admin_of, make_customer, make_provider, make_route

pytestmark = pytest.mark.anyio

CARRIER = {"type": "sip", "hostname": "a.example"}


@pytest.fixture(params=[1, bulk_inserts.STAGED_FROM], ids=["staged", "direct"], autouse=True)
def large(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """From how many on new routes wait for the writer's lock in a temporary table."""
    monkeypatch.setattr(bulk_inserts, "STAGED_FROM", request.param)


def new_route(provider_id: str, **fields: Any) -> Item:
    values = {"customer_id": SYSTEM_DEFAULT_CUSTOMER, "provider_id": provider_id, "priority": 1, "target": "all"}
    return Item(action="create", kind="route", fields=values | fields)


async def apply(db: Database, *items: Item) -> list[str]:
    batch = bulk.prepare(items, customer_id=ADMIN.customer_id)
    async with db.change(ADMIN, "changes.apply", inserts=batch.inserts) as unit:
        return list(await bulk.apply(unit, ADMIN, batch))


async def test_creates_updates_and_deletes_are_one_revision(db: Database) -> None:
    provider = await make_provider(db)
    old, gone = await make_route(db, provider), await make_route(db, provider)
    before = await db.clock()
    ids = await apply(
        db,
        new_route(provider.id, target="+82"),
        Item(action="update", kind="route", id=old.id, fields={"priority": 5}),
        Item(action="delete", kind="route", id=gone.id),
        Item(action="create", kind="customer", fields={"name": "new"}),
    )
    assert ids[1:3] == [old.id, gone.id]
    async with db.read() as unit:
        assert (await unit.clock()).revision == before.revision + 1
        revision = await revisions.get(unit, ADMIN, before.revision + 1)
        assert [change.object_id for change in revision.changes] == ids
        assert [route.id for route in await routes.list_(unit, ADMIN)] == [ids[0], old.id]
        assert (await routes.get(unit, ADMIN, old.id)).priority == 5


async def test_later_items_refer_to_earlier_creates(db: Database) -> None:
    ids = await apply(
        db,
        Item(action="create", kind="provider", fields=CARRIER, ref="alpha"),
        Item(action="create", kind="customer", fields={}, ref="acme"),
        new_route("@alpha", customer_id="@acme"),
        new_route("@alpha"),
        Item(action="update", kind="provider", id="@alpha", fields={"name": "Alpha"}),
    )
    async with db.read() as unit:
        assert (await providers.get(unit, ADMIN, ids[0])).name == "Alpha"
        assert [route.provider_id for route in await routes.list_(unit, ADMIN)] == [ids[0]] * 2
        assert (await routes.get(unit, ADMIN, ids[2])).customer_id == ids[1]


@pytest.mark.parametrize(
    ("bad", "error"),
    [
        (new_route(UNKNOWN_ID), NotFound),
        (new_route("@nobody"), InvalidValue),
        (Item(action="create", kind="route", fields={"priority": 1}), InvalidValue),
        (Item(action="update", kind="route", id=UNKNOWN_ID, fields={}), NotFound),
        (Item(action="delete", kind="provider", id=UNKNOWN_ID), NotFound),
        (Item(action="explode", kind="route"), InvalidValue),
        (Item(action="create", kind="agent", fields={}), InvalidValue),
        (Item(action="update", kind="route", fields={}), InvalidValue),
    ],
)
async def test_one_bad_item_undoes_all_and_is_named(db: Database, bad: Item, error: type[Exception]) -> None:
    provider = await make_provider(db)
    clock = await db.clock()
    with pytest.raises(ChangeRefused) as refused:
        await apply(db, new_route(provider.id), Item(action="create", kind="customer"), bad, new_route(provider.id))
    assert refused.value.index == 2
    assert isinstance(refused.value.error, error)
    assert await db.clock() == clock
    async with db.read() as unit:
        assert await routes.list_(unit, ADMIN) == []


async def test_the_rules_of_single_changes_hold(db: Database) -> None:
    provider = await make_provider(db)
    route = await make_route(db, provider)
    for items, error in (
        ([Item(action="delete", kind="provider", id=provider.id)], ProviderInUse),
        ([Item(action="update", kind="route", id=route.id, fields={"priority": 2}, if_version=1)], StaleVersion),
        (
            [
                Item(action="delete", kind="route", id=route.id),
                Item(action="update", kind="route", id=route.id, fields={"priority": 2}),
            ],
            ObjectDeleted,
        ),
        ([Item(action="delete", kind="provider", id=provider.id, force=True), new_route(provider.id)], NotFound),
    ):
        with pytest.raises(ChangeRefused) as refused:
            await apply(db, *items)
        assert isinstance(refused.value.error, error)
    await apply(
        db,
        new_route(provider.id),
        Item(action="delete", kind="provider", id=provider.id, force=True),
    )
    async with db.read() as unit:
        assert (await routes.get(unit, ADMIN, route.id)).tm_delete != NEVER
        assert await routes.list_(unit, ADMIN) == []


async def test_a_dry_run_tells_the_changes_and_makes_none(db: Database) -> None:
    provider = await make_provider(db)
    clock = await db.clock()
    update = Item(action="update", kind="provider", id=provider.id, fields={"name": "would be"})
    batch = bulk.prepare([new_route(provider.id), update], customer_id=ADMIN.customer_id)
    async with db.change(ADMIN, "changes.apply", inserts=batch.inserts) as unit:
        await bulk.apply(unit, ADMIN, batch)
        await unit.flush()
        told = await revisions.get(unit, ADMIN, unit.revision)
        unit.discard()
    assert [(change.kind, list(change.changed)[:1]) for change in told.changes] == [
        ("route", ["id"]),
        ("provider", ["name"]),
    ]
    assert await db.clock() == clock
    async with db.read() as reading:
        assert await routes.list_(reading, ADMIN) == []
        assert (await providers.get(reading, ADMIN, provider.id)).name == ""


async def test_an_empty_or_boundless_request_is_refused(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk, "MAX_CHANGES", 2)
    for items in ([], [Item(action="create", kind="customer")] * 3):
        with pytest.raises(InvalidValue):
            await apply(db, *items)


async def test_only_administrators_change_in_bulk(db: Database) -> None:
    acme = admin_of(await make_customer(db))
    with pytest.raises(PermissionDenied):
        async with db.change(acme, "changes.apply") as unit:
            await bulk.apply(
                unit, acme, bulk.prepare([Item(action="create", kind="trunk")], customer_id=ADMIN.customer_id)
            )


async def test_thousands_of_routes_are_stored_and_paged(db: Database) -> None:
    provider = await make_provider(db)
    started = asyncio.get_running_loop().time()
    ids = await apply(db, *(new_route(provider.id, target=f"+1{n}") for n in range(1, 2_501)))
    assert asyncio.get_running_loop().time() - started < 5
    async with db.read() as unit:
        newest = await routes.list_(unit, ADMIN)
        assert [route.id for route in newest] == ids[:-101:-1]
        assert (await revisions.get(unit, ADMIN, (await unit.clock()).revision)).change_count == 2_500


async def test_of_many_wrong_routes_the_first_is_named_in_whatever_order_they_are_stored(db: Database) -> None:
    provider = await make_provider(db)
    good = [new_route(provider.id, target=f"+{n}") for n in range(9, 1, -1)]
    dangling = new_route(UNKNOWN_ID, target="+1")
    for items, index in (
        ([*good, new_route(provider.id, target="x"), *good, new_route(provider.id, target="+1", priority=-1)], 8),
        ([*good, dangling, *good, new_route(provider.id, customer_id=UNKNOWN_ID, target="+10")], 8),
        ([*good, new_route(provider.id, customer_id=UNKNOWN_ID, target="+7"), dangling], 8),
    ):
        with pytest.raises(ChangeRefused) as refused:
            await apply(db, *items)
        assert refused.value.index == index


async def test_routes_keep_the_order_of_the_list_and_their_texts(db: Database) -> None:
    provider = await make_provider(db)
    names = ['"tm_create":0', "\\", "a\tb", "Zürich \U0001f600", "\\N", "'"]
    ids = await apply(db, *(new_route(provider.id, target=f"+{9 - n}", name=name) for n, name in enumerate(names)))
    async with db.read() as unit:
        made = [await routes.get(unit, ADMIN, id_) for id_ in ids]
        assert [route.name for route in made] == names
        assert sorted(made, key=lambda route: route.tm_create) == made
        revision = await revisions.get(unit, ADMIN, (await unit.clock()).revision)
    assert [change.object_id for change in revision.changes] == ids
    assert [(change.after or {})["name"] for change in revision.changes] == names
    assert [(change.after or {})["tm_create"] for change in revision.changes] == [route.tm_create for route in made]


class Slow(BulkInsert):
    """New objects that take as long to be staged as the test wants."""

    is_large = True

    def __init__(self) -> None:
        super().__init__(ROUTES)
        self.has_begun = threading.Event()
        self.may_end = threading.Event()

    def stage(self, backend: Backend, connection: Connection, name: str) -> None:
        self.has_begun.set()
        assert self.may_end.wait(30)


async def test_others_write_while_a_large_change_is_made_ready(db: Database) -> None:
    slow = Slow()

    async def change() -> None:
        async with db.change(ADMIN, "changes.apply", inserts=[slow]):
            pass

    changing = asyncio.create_task(change())
    await asyncio.to_thread(slow.has_begun.wait, 30)
    try:
        await make_customer(db)
    finally:
        slow.may_end.set()
        await changing
