"""Customers: who calls belong to. The system default is one of them and stays active."""

from dialplane.control.actor import Actor
from dialplane.control.lifecycle import Fields, UseCases, refuse_unknown
from dialplane.control.units import Change, Unit
from dialplane.domain.customer import Customer, CustomerStatus
from dialplane.domain.errors import Protected
from dialplane.domain.ids import SYSTEM_DEFAULT_CUSTOMER
from dialplane.domain.kinds import CUSTOMER
from dialplane.store.objects import CUSTOMERS

OWN_FIELDS = CUSTOMER.changeable - {"status"}
"""The fields that a customer's own administrator may change."""


class Customers(UseCases[Customer]):
    """A customer's agents, keys and trunks are refused once it is deleted."""

    async def check(self, unit: Change, actor: Actor, before: Customer | None, after: Customer) -> None:
        """Raises Protected if the system default would be frozen or deleted."""
        if after.id == SYSTEM_DEFAULT_CUSTOMER and after.status != CustomerStatus.ACTIVE:
            act = "deleted" if after.status == CustomerStatus.DELETED else "frozen"
            raise Protected("customer", f"the system default customer cannot be {act}")


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
