"""Customers: who calls belong to. The system default is one of them and cannot be deleted."""

from collections.abc import Mapping
from typing import Any

from dialplane.control import lifecycle, permissions
from dialplane.control.actor import Actor
from dialplane.control.units import Change, Unit
from dialplane.domain.customer import ACTIVE, DELETED, FROZEN, Customer
from dialplane.domain.errors import InvalidValue, Protected
from dialplane.domain.ids import SYSTEM_DEFAULT_CUSTOMER
from dialplane.store import objects
from dialplane.store.objects import CUSTOMERS

OWN_FIELDS = frozenset({"name", "detail", "email", "phone_number", "address", "webhook_method", "webhook_uri"})
FIELDS = OWN_FIELDS | {"status"}


async def create(unit: Change, actor: Actor, fields: Mapping[str, Any], *, id_: str | None = None) -> Customer:
    """The new customer. Raises InvalidValue."""
    permissions.require(actor, "customer.create")
    _check(fields, FIELDS)
    return await objects.add(
        unit, CUSTOMERS, Customer(id=id_ or lifecycle.new_id(), tm_create=unit.next_instant(), **fields)
    )


async def get(unit: Unit, actor: Actor, id_: str) -> Customer:
    """The customer, deleted ones too (`tm_delete` tells). Raises NotFound."""
    return await lifecycle.obtain(unit, actor, "customer.get", CUSTOMERS, id_)


async def list_(unit: Unit, actor: Actor, *, page_size: int = 100, before: int | None = None) -> list[Customer]:
    """Live ones, newest first; `before` is the tm_create of the last one of the page before."""
    return await lifecycle.page(unit, actor, "customer.list", CUSTOMERS, page_size=page_size, before=before, filters={})


async def update(
    unit: Change, actor: Actor, id_: str, fields: Mapping[str, Any], *, if_version: int | None = None
) -> Customer:
    """Changes the fields that are named. Raises NotFound, ObjectDeleted, StaleVersion, InvalidValue."""
    before = await lifecycle.obtain(unit, actor, "customer.update", CUSTOMERS, id_)
    _check(fields, FIELDS)
    if before.id == SYSTEM_DEFAULT_CUSTOMER and fields.get("status", ACTIVE) != ACTIVE:
        raise Protected("customer", "the system default customer cannot be frozen")
    return await lifecycle.change(unit, CUSTOMERS, before, fields, if_version=if_version)


async def delete(unit: Change, actor: Actor, id_: str, *, if_version: int | None = None) -> Customer:
    """The customer as deleted; its agents, keys and trunks are refused from then on; once more answers the same.

    Raises NotFound, StaleVersion, Protected for the system default.
    """
    before = await lifecycle.obtain(unit, actor, "customer.delete", CUSTOMERS, id_)
    if before.id == SYSTEM_DEFAULT_CUSTOMER:
        raise Protected("customer", "the system default customer cannot be deleted")
    return await lifecycle.delete(unit, CUSTOMERS, before, if_version=if_version, status=DELETED)


async def get_own(unit: Unit, actor: Actor) -> Customer:
    """The caller's own customer (`GET /v1.0/customer`)."""
    return await lifecycle.obtain(unit, actor, "customer.get_own", CUSTOMERS, actor.customer_id)


async def update_own(
    unit: Change, actor: Actor, fields: Mapping[str, Any], *, if_version: int | None = None
) -> Customer:
    """Changes the caller's own customer (`PUT /v1.0/customer`); `status` is not theirs to change."""
    before = await lifecycle.obtain(unit, actor, "customer.update_own", CUSTOMERS, actor.customer_id)
    _check(fields, OWN_FIELDS)
    return await lifecycle.change(unit, CUSTOMERS, before, fields, if_version=if_version)


def _check(fields: Mapping[str, Any], allowed: frozenset[str]) -> None:
    lifecycle.refuse_unknown(fields, allowed)
    if fields.get("status", ACTIVE) not in (ACTIVE, FROZEN):
        raise InvalidValue("status", "invalid_choice", "must be 'active' or 'frozen'; DELETE deletes a customer")
