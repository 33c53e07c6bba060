"""What every noun does alike: be found by who may see it, change, be deleted, and be checked for its version."""

import random
import time
import uuid
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from typing import Any

from dialplane.control import permissions
from dialplane.control.actor import Actor
from dialplane.control.permissions import Scope
from dialplane.control.units import Change, Unit
from dialplane.domain.customer import Customer
from dialplane.domain.errors import InvalidValue, NotFound, ObjectDeleted, StaleVersion
from dialplane.domain.ids import parse_id
from dialplane.domain.instants import NEVER
from dialplane.domain.kinds import T
from dialplane.store import objects
from dialplane.store.objects import Shape

Fields = Mapping[str, Any]


def new_id() -> str:
    """A fresh object id (UUID version 4)."""
    return str(uuid.uuid4())


def new_ids(count: int) -> Iterator[str]:
    """Fresh object ids in ascending order, at most 2^20: neighbours in the indexes, which random ones would scatter.

    UUID version 7 with a counter (RFC 9562, sections 5.7 and 6.2 method 1): milliseconds, counter, 54 random bits.
    """
    head, chosen = (time.time_ns() // 1_000_000 << 80) | (7 << 76) | (2 << 62), random.SystemRandom()
    for n in range(count):
        yield str(uuid.UUID(int=head | (n >> 8 << 64) | ((n & 0xFF) << 54) | chosen.getrandbits(54)))


def refuse_unknown(fields: Fields, allowed: Collection[str]) -> None:
    """Raises InvalidValue for a field that this operation does not take."""
    for name in fields:
        if name not in allowed:
            raise InvalidValue(name, "unknown_field", "is not a field that can be set here")


def require_fields(fields: Fields, needed: Collection[str]) -> None:
    """Raises InvalidValue for a field that is missing."""
    for name in needed:
        if name not in fields:
            raise InvalidValue(name, "required", "must be given")


async def obtain(unit: Unit, actor: Actor, operation: str, shape: Shape[T], id_: str) -> T:
    """The object, deleted ones too. Raises PermissionDenied, NotFound (another customer's object is one)."""
    permissions.require(actor, operation)
    value = await objects.find(unit, shape, parse_id(id_))
    if value is None:
        raise NotFound(shape.kind)
    permissions.require(actor, operation, customer_id=owner_of(value), kind=shape.kind)
    return value


async def page(
    unit: Unit,
    actor: Actor,
    operation: str,
    shape: Shape[T],
    *,
    page_size: int,
    before: int | None,
    filters: Mapping[str, Any],
) -> list[T]:
    """Live objects in the actor's scope, newest first."""
    scope = permissions.require(actor, operation)
    if scope is Scope.OWN:
        if filters.get("customer_id") not in (None, actor.customer_id):
            return []
        filters = {**filters, "customer_id": actor.customer_id}
    return await objects.page(unit, shape, page_size=page_size, before=before, filters=filters)


async def change(unit: Change, shape: Shape[T], before: T, fields: Mapping[str, Any], *, if_version: int | None) -> T:
    """Stores `before` with these fields changed. Raises ObjectDeleted, InvalidValue, StaleVersion."""
    return await objects.put(unit, shape, before, changed(unit, shape, before, fields, if_version=if_version))


def changed(unit: Change, shape: Shape[T], before: T, fields: Mapping[str, Any], *, if_version: int | None) -> T:
    """`before` with these fields changed, not yet stored. Raises ObjectDeleted, InvalidValue, StaleVersion."""
    if before.tm_delete != NEVER:
        raise ObjectDeleted(shape.kind)
    check_customer_unchanged(before, fields)
    after = _with(before, **fields, tm_update=unit.next_instant())
    check_version(unit, before.id, if_version)
    return after


async def delete(unit: Change, shape: Shape[T], before: T, *, if_version: int | None, **fields: Any) -> T:
    """Marks the object deleted; one that was already is answered as it is. Raises StaleVersion."""
    check_version(unit, before.id, if_version)
    if before.tm_delete != NEVER:
        return before
    now = unit.next_instant()
    return await objects.put(unit, shape, before, _with(before, **fields, tm_update=now, tm_delete=now))


def _with(value: T, **fields: Any) -> T:
    any_object: Any = value
    changed: T = replace(any_object, **fields)
    return changed


def check_version(unit: Unit, id_: str, if_version: int | None) -> None:
    """Raises StaleVersion where a version is asked for and is not the present one."""
    if if_version is not None and unit.version_of(id_) != if_version:
        raise StaleVersion


def check_customer_unchanged(before: Any, fields: Mapping[str, Any]) -> None:
    """Raises InvalidValue where the fields name another customer than the object's own."""
    if "customer_id" in fields and fields["customer_id"] != getattr(before, "customer_id", None):
        raise InvalidValue("customer_id", "immutable", "must equal the stored one: an object cannot change customers")


def owner_of(value: Any) -> str | None:
    """The customer that an object belongs to; None for a provider, which is nobody's."""
    if isinstance(value, Customer):
        return value.id
    owner: str | None = getattr(value, "customer_id", None)
    return owner


async def live(unit: Unit, shape: Shape[T], id_: str) -> T:
    """The object that another one refers to. Raises NotFound for an absent and for a deleted one."""
    value = await objects.find(unit, shape, id_)
    if value is None or value.tm_delete != NEVER:
        raise NotFound(shape.kind)
    return value


async def owner_for_new(unit: Unit, actor: Actor, operation: str, fields: Fields) -> str:
    """The customer of a new object: the one that is named, by default the actor's own.

    Raises PermissionDenied, NotFound("customer") for one that is absent, deleted or not the actor's.
    """
    customer_id = fields.get("customer_id", actor.customer_id)
    permissions.require(actor, operation, customer_id=customer_id, kind="customer")
    await live(unit, objects.CUSTOMERS, customer_id)
    return str(customer_id)
