"""Customers: who calls belong to. The system default is one of them and stays active."""

from dialplane.control import agents
from dialplane.control.actor import Actor
from dialplane.control.lifecycle import Fields, UseCases, delete_all, refuse_unknown
from dialplane.control.units import Change, Unit
from dialplane.domain.customer import Customer, CustomerStatus
from dialplane.domain.errors import ChangedSince, Protected
from dialplane.domain.ids import SYSTEM_DEFAULT_CUSTOMER
from dialplane.domain.instants import NEVER
from dialplane.domain.kinds import CUSTOMER
from dialplane.store import objects
from dialplane.store.objects import CUSTOMERS, STORAGES

OWN_FIELDS = CUSTOMER.changeable - {"status"}
"""The fields that a customer's own administrator may change."""


OWNED = tuple(storage for storage in STORAGES.values() if CUSTOMER.name in storage.kind.references.values())
"""Kinds whose objects belong to a customer, and are deleted with it."""

OBJECTS_NAMED = 100
"""Objects that a refused undo names, at most."""


class Customers(UseCases[Customer]):
    """A customer is deleted with all that belongs to it, in the same revision: an undo brings all of it back."""

    async def check(self, unit: Change, actor: Actor, before: Customer | None, after: Customer) -> None:
        """Raises Protected if the system default would be frozen or deleted."""
        if after.id == SYSTEM_DEFAULT_CUSTOMER and after.status != CustomerStatus.ACTIVE:
            act = "deleted" if after.status == CustomerStatus.DELETED else "frozen"
            raise Protected("customer", f"the system default customer cannot be {act}")

    async def remove(self, unit: Change, actor: Actor, before: Customer, *, if_version: int | None) -> Customer:
        """Marks a customer and all that belongs to it as deleted, also what an older version has left of a deleted one.

        Raises StaleVersion, Protected (the system default, the last administrator).
        """
        after = await super().remove(unit, actor, before, if_version=if_version)
        for storage in OWNED:
            await delete_all(unit, storage, customer_id=after.id)
        await agents.require_administrator(unit)
        return after

    async def check_undo(self, unit: Change, after: Customer) -> None:
        """Raises ChangedSince if a creation would be undone and objects of other revisions belong to the customer."""
        if after.tm_delete == NEVER:
            return
        left = [
            (storage.kind.name, value.id, unit.version_of(value.id))
            for storage in OWNED
            for value in await objects.page(
                unit, storage, page_size=OBJECTS_NAMED, before=None, filters={"customer_id": after.id}
            )
        ]
        if left:
            raise ChangedSince(left[:OBJECTS_NAMED])


USE_CASES = Customers(CUSTOMERS)
create, get, list_ = USE_CASES.create, USE_CASES.get, USE_CASES.list_
update, delete = USE_CASES.update, USE_CASES.delete


async def get_own(unit: Unit, actor: Actor) -> Customer:
    """The caller's own customer (`GET /v1.0/customer`). Raises PermissionDenied."""
    return await USE_CASES.obtain(unit, actor, "customer.get_own", actor.customer_id)


async def update_own(unit: Change, actor: Actor, fields: Fields, *, if_version: int | None = None) -> Customer:
    """Changes the caller's own customer (`PUT /v1.0/customer`).

    Raises PermissionDenied, StaleVersion, InvalidValue (`status` is not theirs to change).
    """
    before = await USE_CASES.obtain(unit, actor, "customer.update_own", actor.customer_id)
    refuse_unknown(fields, OWN_FIELDS)
    return await USE_CASES.change(unit, actor, before, fields, if_version=if_version)
