"""Routes: their rules, and with them the conventions that all nouns share."""

from dataclasses import replace
from typing import Any

import pytest

from dialplane.control import bulk, customers, providers, routes
from dialplane.control.bulk import ChangeRefused, Item
from dialplane.control.permissions import PermissionDenied
from dialplane.control.units import Database
from dialplane.domain.errors import InvalidValue, NotFound, ObjectDeleted, StaleVersion
from dialplane.domain.ids import SYSTEM_DEFAULT_CUSTOMER
from dialplane.domain.instants import NEVER
from dialplane.domain.permission import SUPER_ADMIN
from dialplane.domain.provider import Provider
from dialplane.domain.route import Route
from dialplane.store import objects
from dialplane.store.objects import ROUTES
from tests.control.making import (
    ADMIN,
    UNKNOWN_ID,
    actor,
    add_route,
    admin_of,
    make_customer,
    make_provider,
    make_route,
    manager_of,
)

pytestmark = pytest.mark.anyio


async def test_a_created_route_has_its_times_and_is_read_back_equal(db: Database) -> None:
    provider = await make_provider(db)
    route = await make_route(db, provider, target="+82", name="Korea 🇰🇷", weight=3, valid_from=5)

    assert (route.tm_update, route.tm_delete) == (NEVER, NEVER)
    assert provider.tm_create < route.tm_create <= db.now()
    async with db.read() as unit:
        assert await routes.get(unit, ADMIN, route.id.upper()) == route


async def test_without_a_customer_it_is_the_callers_own(db: Database) -> None:
    acme, provider = await make_customer(db), await make_provider(db)
    author = actor(SUPER_ADMIN, acme.id)
    async with db.change(author, "route.create") as unit:
        route = await routes.create(unit, author, {"provider_id": provider.id, "priority": 1, "target": "all"})
    assert route.customer_id == acme.id


@pytest.mark.parametrize("missing", ["provider_id", "priority", "target"])
async def test_a_create_needs_its_other_fields(db: Database, missing: str) -> None:
    provider = await make_provider(db)
    fields = {"customer_id": SYSTEM_DEFAULT_CUSTOMER, "provider_id": provider.id, "priority": 1, "target": "all"}
    del fields[missing]
    with pytest.raises(InvalidValue) as refused:
        async with db.change(ADMIN, "route.create") as unit:
            await routes.create(unit, ADMIN, fields)
    assert (refused.value.field, refused.value.code) == (missing, "required")


async def test_customer_and_provider_must_exist_and_live(db: Database) -> None:
    provider, customer = await make_provider(db), await make_customer(db)
    gone_provider, gone_customer = await make_provider(db), await make_customer(db)
    async with db.change(ADMIN, "provider.delete") as unit:
        await providers.delete(unit, ADMIN, gone_provider.id)
        await customers.delete(unit, ADMIN, gone_customer.id)

    for bad, kind in (
        ({"customer_id": UNKNOWN_ID}, "customer"),
        ({"customer_id": gone_customer.id}, "customer"),
        ({"provider_id": UNKNOWN_ID}, "provider"),
        ({"provider_id": gone_provider.id}, "provider"),
    ):
        with pytest.raises(NotFound) as absent:
            await make_route(db, provider, **{"customer_id": customer.id, **bad})
        assert absent.value.kind == kind


async def test_an_update_changes_what_it_names_and_leaves_the_rest(db: Database) -> None:
    provider = await make_provider(db)
    route = await make_route(db, provider, target="+82", detail="kept")
    async with db.change(ADMIN, "route.update") as unit:
        updated = await routes.update(unit, ADMIN, route.id, {"priority": 2, "customer_id": route.customer_id})

    assert (updated.priority, updated.target, updated.detail) == (2, "+82", "kept")
    assert (updated.tm_create, updated.tm_delete) == (route.tm_create, NEVER)
    assert route.tm_create < updated.tm_update < NEVER
    async with db.read() as unit:
        assert await routes.get(unit, ADMIN, route.id) == updated


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"customer_id": UNKNOWN_ID}, "customer_id"),
        ({"target": "44"}, "target"),
        ({"priority": -1}, "priority"),
        ({"id": UNKNOWN_ID}, "id"),
        ({"tm_create": 1}, "tm_create"),
        ({"provider_id": "x"}, "provider_id"),
    ],
)
async def test_a_bad_update_names_its_field_and_changes_nothing(
    db: Database, fields: dict[str, object], field: str
) -> None:
    route = await make_route(db, await make_provider(db))
    before = await db.clock()
    with pytest.raises(InvalidValue) as refused:
        async with db.change(ADMIN, "route.update") as unit:
            await routes.update(unit, ADMIN, route.id, fields)
    assert refused.value.field == field
    assert await db.clock() == before
    async with db.read() as unit:
        assert await routes.get(unit, ADMIN, route.id) == route


async def test_a_route_cannot_move_to_a_provider_that_is_not_there(db: Database) -> None:
    route = await make_route(db, await make_provider(db))
    with pytest.raises(NotFound) as absent:
        async with db.change(ADMIN, "route.update") as unit:
            await routes.update(unit, ADMIN, route.id, {"provider_id": UNKNOWN_ID})
    assert absent.value.kind == "provider"


async def test_a_deleted_route_is_found_by_id_not_listed_and_cannot_change(db: Database) -> None:
    route = await make_route(db, await make_provider(db))
    async with db.change(ADMIN, "route.delete") as unit:
        deleted = await routes.delete(unit, ADMIN, route.id)

    assert route.tm_create < deleted.tm_delete == deleted.tm_update < NEVER
    async with db.read() as reading:
        assert await routes.get(reading, ADMIN, route.id) == deleted
        assert await routes.list_(reading, ADMIN) == []
    with pytest.raises(ObjectDeleted):
        async with db.change(ADMIN, "route.update") as unit:
            await routes.update(unit, ADMIN, route.id, {"priority": 2})


async def test_deleting_again_answers_the_same_and_makes_no_revision(db: Database) -> None:
    route = await make_route(db, await make_provider(db))
    async with db.change(ADMIN, "route.delete") as unit:
        deleted = await routes.delete(unit, ADMIN, route.id)
    clock = await db.clock()
    async with db.change(ADMIN, "route.delete") as unit:
        assert await routes.delete(unit, ADMIN, route.id) == deleted
    assert await db.clock() == clock


async def test_an_unknown_route_is_not_found(db: Database) -> None:
    async with db.read() as unit:
        with pytest.raises(NotFound):
            await routes.get(unit, ADMIN, UNKNOWN_ID)
        with pytest.raises(InvalidValue):
            await routes.get(unit, ADMIN, "{" + UNKNOWN_ID + "}")


async def test_the_version_guards_updates_and_deletes(db: Database) -> None:
    route = await make_route(db, await make_provider(db))
    async with db.read() as reading:
        await routes.get(reading, ADMIN, route.id)
        version = reading.version_of(route.id)
    async with db.change(ADMIN, "route.update") as unit:
        await routes.update(unit, ADMIN, route.id, {"priority": 2}, if_version=version)
        newer = unit.version_of(route.id)
    assert newer > version
    with pytest.raises(StaleVersion):
        async with db.change(ADMIN, "route.update") as unit:
            await routes.update(unit, ADMIN, route.id, {"priority": 3}, if_version=version)
    with pytest.raises(StaleVersion):
        async with db.change(ADMIN, "route.delete") as unit:
            await routes.delete(unit, ADMIN, route.id, if_version=version)
    async with db.change(ADMIN, "route.delete") as unit:
        assert (await routes.delete(unit, ADMIN, route.id, if_version=newer)).priority == 2


async def test_lists_page_newest_first_without_gaps_or_repeats(db: Database) -> None:
    provider = await make_provider(db)
    async with db.change(ADMIN, "route.create") as unit:
        made = [await add_route(unit, provider, priority=n) for n in range(25)]
    seen, before = [], None
    async with db.read() as reading:
        while page := await routes.list_(reading, ADMIN, page_size=10, before=before):
            seen += page
            before = page[-1].tm_create
    assert seen == made[::-1]


async def test_lists_filter_by_customer_provider_and_target(db: Database) -> None:
    one, two, customer = await make_provider(db), await make_provider(db), await make_customer(db)
    default = await make_route(db, one, target="+1")
    own = await make_route(db, two, target="+1", customer_id=customer.id)
    other = await make_route(db, two, target="+44", customer_id=customer.id)
    async with db.read() as unit:
        assert await routes.list_(unit, ADMIN, customer_id=customer.id) == [other, own]
        assert await routes.list_(unit, ADMIN, provider_id=one.id) == [default]
        assert await routes.list_(unit, ADMIN, target="+1") == [own, default]
        assert await routes.list_(unit, ADMIN, target="+1", provider_id=two.id, customer_id=customer.id) == [own]
        assert await routes.list_(unit, ADMIN, customer_id=UNKNOWN_ID) == []


async def test_a_customer_reads_its_own_routes_and_no_others(db: Database) -> None:
    provider, acme, rival = await make_provider(db), await make_customer(db), await make_customer(db)
    own = await make_route(db, provider, customer_id=acme.id)
    foreign = await make_route(db, provider, customer_id=rival.id)
    default = await make_route(db, provider)
    for reader in (admin_of(acme), manager_of(acme)):
        async with db.read() as unit:
            assert await routes.get(unit, reader, own.id) == own
            assert await routes.list_(unit, reader) == [own]
            assert await routes.list_(unit, reader, customer_id=rival.id) == []
            for hidden in (foreign.id, default.id, UNKNOWN_ID):
                with pytest.raises(NotFound) as absent:
                    await routes.get(unit, reader, hidden)
                assert absent.value.kind == "route"


async def test_a_customer_may_not_change_routes(db: Database) -> None:
    acme = await make_customer(db)
    route = await make_route(db, await make_provider(db), customer_id=acme.id)
    async with db.change(ADMIN, "route.update") as unit:
        with pytest.raises(PermissionDenied):
            await routes.update(unit, admin_of(acme), route.id, {"priority": 9})
        with pytest.raises(PermissionDenied):
            await routes.delete(unit, admin_of(acme), UNKNOWN_ID)
        with pytest.raises(PermissionDenied):
            await routes.create(unit, admin_of(acme), {})


async def test_a_period_that_ends_before_it_begins_is_refused(db: Database) -> None:
    provider = await make_provider(db)
    route = await make_route(db, provider, valid_from=5, valid_until=6)
    for period in ({"valid_from": 7, "valid_until": 6}, {"valid_from": 7, "valid_until": 7}):
        item = Item(action="create", kind="route", fields=fields_of_route(provider, **period))
        with pytest.raises(InvalidValue) as refused:
            await make_route(db, provider, **period)
        with pytest.raises(ChangeRefused):
            bulk.prepare([item], customer_id=ADMIN.customer_id)
        with pytest.raises(InvalidValue):
            await update(db, route, **period)
        assert refused.value.field == "valid_until"
    with pytest.raises(InvalidValue):
        await update(db, route, valid_until=5)


async def test_a_route_of_an_older_version_that_never_holds_can_be_changed_and_deleted(db: Database) -> None:
    route = await make_route(db, await make_provider(db))
    async with db.change(ADMIN, "route.update") as unit:
        await objects.put(unit, ROUTES, route, replace(route, valid_from=7, valid_until=6))
    assert (await update(db, route, name="renamed")).valid_from == 7
    async with db.change(ADMIN, "route.delete") as unit:
        await routes.delete(unit, ADMIN, route.id)


def fields_of_route(provider: Provider, **fields: Any) -> dict[str, Any]:
    return {
        "customer_id": SYSTEM_DEFAULT_CUSTOMER,
        "provider_id": provider.id,
        "priority": 1,
        "target": "all",
        **fields,
    }


async def update(db: Database, route: Route, **fields: Any) -> Route:
    async with db.change(ADMIN, "route.update") as unit:
        return await routes.update(unit, ADMIN, route.id, fields)
