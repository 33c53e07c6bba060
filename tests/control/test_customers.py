"""Customers: the system default stays, and each may read and change its own."""

from collections import Counter

import pytest

from dialplane.control import accesskeys, agents, bulk, customers, lifecycle, providers, revisions, trunks, undo
from dialplane.control.bulk import Item
from dialplane.control.customers import OWNED
from dialplane.control.permissions import PermissionDenied
from dialplane.control.units import Database
from dialplane.domain.customer import Customer
from dialplane.domain.errors import ChangedSince, InvalidValue, ObjectDeleted, Protected
from dialplane.domain.ids import SYSTEM_DEFAULT_CUSTOMER
from dialplane.domain.permission import SUPER_ADMIN
from dialplane.domain.provider import Provider
from dialplane.store import objects
from dialplane.store.objects import CUSTOMERS
from tests.control.making import (
    ADMIN,
    add_route,
    admin_of,
    make_agent,
    make_customer,
    make_provider,
    make_trunk,
    manager_of,
)

pytestmark = pytest.mark.anyio


async def test_a_customer_is_made_with_empty_defaults(db: Database) -> None:
    async with db.change(ADMIN, "customer.create") as unit:
        made = await customers.create(unit, ADMIN, {})
    assert (made.name, made.email, made.webhook_method, made.status) == ("", "", "", "active")
    async with db.read() as reading:
        assert await customers.get(reading, ADMIN, made.id) == made


async def test_the_system_default_can_be_renamed_but_neither_deleted_nor_frozen(db: Database) -> None:
    async with db.change(ADMIN, "customer.update") as unit:
        await customers.update(unit, ADMIN, SYSTEM_DEFAULT_CUSTOMER, {"name": "Everybody"})
        with pytest.raises(Protected):
            await customers.update(unit, ADMIN, SYSTEM_DEFAULT_CUSTOMER, {"status": "frozen"})
        with pytest.raises(Protected):
            await customers.delete(unit, ADMIN, SYSTEM_DEFAULT_CUSTOMER)


async def test_deleting_sets_the_status_and_only_deleting_does(db: Database) -> None:
    customer = await make_customer(db)
    async with db.change(ADMIN, "customer.update") as unit:
        assert (await customers.update(unit, ADMIN, customer.id, {"status": "frozen"})).status == "frozen"
        with pytest.raises(InvalidValue):
            await customers.update(unit, ADMIN, customer.id, {"status": "deleted"})
        assert (await customers.delete(unit, ADMIN, customer.id)).status == "deleted"
        with pytest.raises(ObjectDeleted):
            await customers.update(unit, ADMIN, customer.id, {"status": "active"})


async def test_a_customer_reads_and_changes_its_own_but_not_its_status(db: Database) -> None:
    acme = await make_customer(db)
    async with db.change(ADMIN, "customer.update_own") as unit:
        assert await customers.get_own(unit, manager_of(acme)) == acme
        changed = await customers.update_own(unit, admin_of(acme), {"email": "noc@acme.example"})
        assert (changed.id, changed.email) == (acme.id, "noc@acme.example")
        with pytest.raises(InvalidValue):
            await customers.update_own(unit, admin_of(acme), {"status": "active"})
        with pytest.raises(PermissionDenied):
            await customers.update_own(unit, manager_of(acme), {"email": ""})
        with pytest.raises(PermissionDenied):
            await customers.get(unit, admin_of(acme), acme.id)
        with pytest.raises(PermissionDenied):
            await customers.list_(unit, admin_of(acme))


async def filled(db: Database, provider: Provider) -> Customer:
    """A customer with an object of each kind that can belong to one."""
    customer = await make_customer(db)
    await make_trunk(db, customer, allowed_ips=["192.0.2.1"], username="pbx", password="s3cret")
    await make_agent(db, customer_id=customer.id, username="ann")
    async with db.change(ADMIN, "route.create") as unit:
        for n in range(3):
            await add_route(unit, provider, customer_id=customer.id, target=f"+4{n}")
        await accesskeys.create(unit, ADMIN, {"customer_id": customer.id, "expire": 86_400, "permission": "edge"})
    return customer


async def live_of(db: Database, customer: Customer) -> Counter[str]:
    found = Counter[str]()
    async with db.read() as unit:
        for storage in OWNED:
            live = await objects.page(unit, storage, page_size=9, before=None, filters={"customer_id": customer.id})
            found[storage.kind.name] = len(live)
    return found


@pytest.mark.parametrize("in_bulk", [False, True])
async def test_a_customer_goes_with_all_that_belongs_to_it_and_comes_back_with_it(
    db: Database, monkeypatch: pytest.MonkeyPatch, in_bulk: bool
) -> None:
    monkeypatch.setattr(lifecycle, "OBJECTS_AT_ONCE", 2)
    assert {storage.kind.name for storage in OWNED} == {"trunk", "route", "agent", "accesskey"}
    provider, other = await make_provider(db), await make_customer(db)
    await make_trunk(db, other, allowed_ips=["192.0.2.9"])
    customer = await filled(db, provider)
    before = await live_of(db, customer)
    assert before == {"trunk": 1, "route": 3, "agent": 1, "accesskey": 1}

    async with db.change(ADMIN, "customer.delete") as unit:
        if in_bulk:
            await bulk.apply(
                unit,
                ADMIN,
                bulk.prepare([Item(action="delete", kind="customer", id=customer.id)], customer_id=ADMIN.customer_id),
            )
        else:
            await customers.delete(unit, ADMIN, customer.id)
    deleting = await db.clock()
    assert (await live_of(db, customer)).total() == 0
    assert (await live_of(db, other)).total() == 1
    async with db.read() as reading:
        changes = (await revisions.get(reading, ADMIN, deleting.revision)).changes
    assert {change.kind for change in changes} == {"customer", "trunk", "route", "agent", "accesskey"}

    async with db.change(ADMIN, "revision.undo") as unit:
        assert await undo.undo(unit, ADMIN, deleting.revision) == len(changes) == 7
    assert await live_of(db, customer) == before


async def test_the_addresses_and_user_names_of_a_deleted_customer_are_free(db: Database) -> None:
    provider = await make_provider(db)
    gone = await filled(db, provider)
    async with db.change(ADMIN, "customer.delete") as unit:
        await customers.delete(unit, ADMIN, gone.id)
    next_one = await make_customer(db)
    async with db.change(ADMIN, "trunk.create") as unit:
        await trunks.create(unit, admin_of(next_one), {"allowed_ips": ["192.0.2.1"], "username": "pbx"})
    await make_agent(db, customer_id=next_one.id, username="ann")
    async with db.change(ADMIN, "provider.delete") as unit:
        await providers.delete(unit, ADMIN, provider.id)


async def test_a_second_delete_removes_what_an_older_version_has_left(db: Database) -> None:
    customer = await filled(db, await make_provider(db))
    async with db.change(ADMIN, "customer.delete") as unit:
        await objects.put(unit, CUSTOMERS, customer, lifecycle.deleted(customer, unit.next_instant()))
    assert (await live_of(db, customer)).total() == 6
    async with db.change(ADMIN, "customer.delete") as unit:
        await customers.delete(unit, ADMIN, customer.id)
    assert (await live_of(db, customer)).total() == 0


async def test_the_customer_of_the_last_administrator_stays(db: Database) -> None:
    async with db.read() as reading:
        (first,) = await agents.list_(reading, ADMIN)
    customer = await make_customer(db)
    await make_agent(db, customer_id=customer.id, permission=SUPER_ADMIN)
    async with db.change(ADMIN, "agent.delete") as unit:
        await agents.delete(unit, ADMIN, first.id)
    with pytest.raises(Protected):
        async with db.change(ADMIN, "customer.delete") as unit:
            await customers.delete(unit, ADMIN, customer.id)
    assert (await live_of(db, customer)).total() == 1


async def test_the_creation_of_a_customer_that_has_something_by_now_is_not_undone(db: Database) -> None:
    customer = await make_customer(db)
    created = await db.clock()
    trunk = await make_trunk(db, customer)
    with pytest.raises(ChangedSince) as refused:
        async with db.change(ADMIN, "revision.undo") as unit:
            await undo.undo(unit, ADMIN, created.revision)
    assert [object_[:2] for object_ in refused.value.objects] == [("trunk", trunk.id)]
