"""Customers: the system default stays, and each may read and change its own."""

import pytest

from dialplane.control import customers
from dialplane.control.permissions import PermissionDenied
from dialplane.control.units import Database
from dialplane.domain.errors import InvalidValue, ObjectDeleted, Protected
from dialplane.domain.ids import SYSTEM_DEFAULT_CUSTOMER
from tests.control.making import ADMIN, admin_of, make_customer, manager_of

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
