"""The use cases that all kinds have alike: create, get, list, update and delete one object.

A noun with rules of its own overrides `check`, which also holds for bulk changes and undo.
"""

import random
import time
import uuid
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Generic

from dialplane.control import list_filter, permissions
from dialplane.control.actor import Actor
from dialplane.control.permissions import Scope
from dialplane.control.units import Change, Unit
from dialplane.domain.errors import InvalidValue, NotFound, ObjectDeleted, StaleVersion
from dialplane.domain.ids import parse_id
from dialplane.domain.instants import NEVER
from dialplane.domain.kinds import Kind, T
from dialplane.domain.value import applied
from dialplane.store import objects
from dialplane.store.objects import STORAGES, Storage
from dialplane.store.queries import lists
from dialplane.system.clock import now_us
from dialplane.system.turns import in_turns

OBJECTS_AT_ONCE = 2_000
"""Objects that `delete_all` holds in memory at once."""

Fields = Mapping[str, Any]


@dataclass(frozen=True)
class UseCases(Generic[T]):
    """Create, get, list, update and delete objects of one kind.

    `fields` hold values by the names of the kind's fields. Every method raises PermissionDenied, and NotFound for
    another customer's object as for an absent one.
    """

    storage: Storage[T]

    async def check(self, unit: Change, actor: Actor, before: T | None, after: T) -> None:
        """Raises if the object must not become `after` (deleted: tm_delete is not NEVER); `before` is None if new.

        Of the rules that one object cannot keep alone: references are checked before.
        """

    async def check_undo(self, unit: Change, after: T) -> None:
        """Raises ChangedSince if an undo must not make the object `after`, though its own row has not changed since."""

    def restored(self, unit: Change, present: T, before: T) -> T:
        """The present object after an undo: as it was before, but for what must not come back."""
        return before

    def check_fields(self, fields: Fields) -> None:
        """Raises InvalidValue for a value that stored objects may have, but that no request may set."""
        for name, rule in self.storage.kind.request_rules.items():
            if name in fields:
                applied(rule, fields[name], field=name)

    async def create(self, unit: Change, actor: Actor, fields: Fields, *, id_: str | None = None) -> T:
        """The new object. Without a customer_id it belongs to the actor's customer, unless its kind needs one.

        Raises InvalidValue, NotFound for an object that it refers to, and what `check` raises.
        """
        permissions.require(actor, f"{self.storage.kind.name}.create")
        self.check_fields(fields)
        kind = self.storage.kind
        owner = {"customer_id": actor.customer_id} if kind.owned_by_default else {}
        value = new(kind, {**owner, **fields}, id_=id_ or new_id(), tm_create=unit.next_instant())
        return await self.add(unit, actor, value)

    async def add(self, unit: Change, actor: Actor, value: T) -> T:
        """Stores a new object. Raises NotFound for an object that it refers to, and what `check` raises."""
        await self.check_references(unit, actor, f"{self.storage.kind.name}.create", None, value)
        await self.check(unit, actor, None, value)
        return await objects.add(unit, self.storage, value)

    async def get(self, unit: Unit, actor: Actor, id_: str) -> T:
        """The object; deleted ones too, which `tm_delete` shows. Raises NotFound."""
        return await self.obtain(unit, actor, f"{self.storage.kind.name}.get", id_)

    async def list_(
        self,
        unit: Unit,
        actor: Actor,
        *,
        page_size: int = 100,
        before: int | None = None,
        filter: str | None = None,
        **filters: str | None,
    ) -> list[T]:
        """Live objects of the actor's scope, newest first. `before`: the tm_create of the last of the page before.

        `filter`: as people type it; `filters`: field -> the value it must have; None for any. Raises InvalidValue.
        """
        scope = permissions.require(actor, f"{self.storage.kind.name}.list")
        if scope is Scope.OWN:
            if filters.get("customer_id") not in (None, actor.customer_id):
                return []
            filters["customer_id"] = actor.customer_id
        now = now_us()
        meant = await list_filter.meant(unit, actor, self.storage.kind.name, filter, now=now) if filter else []
        also = lists.where(self.storage, meant, now=now)
        return await objects.page(unit, self.storage, page_size=page_size, before=before, filters=filters, also=also)

    async def update(self, unit: Change, actor: Actor, id_: str, fields: Fields, *, if_version: int | None = None) -> T:
        """Changes the fields that are named.

        Raises NotFound, ObjectDeleted, InvalidValue, StaleVersion, and what `check` raises.
        """
        before = await self.obtain(unit, actor, f"{self.storage.kind.name}.update", id_)
        return await self.change(unit, actor, before, fields, if_version=if_version)

    async def change(self, unit: Change, actor: Actor, before: T, fields: Fields, *, if_version: int | None) -> T:
        """Stores `before` with these fields changed. Raises as `update` does, but for NotFound of the object itself."""
        kind = self.storage.kind
        refuse_unknown(fields, kind.changeable)
        self.check_fields(fields)
        if before.tm_delete != NEVER:
            raise ObjectDeleted(kind.name)
        after = changed(kind, before, fields, now=unit.next_instant())
        check_version(unit, before.id, if_version)
        await self.check_references(unit, actor, f"{kind.name}.update", before, after)
        await self.check(unit, actor, before, after)
        return await objects.put(unit, self.storage, before, after)

    async def delete(self, unit: Change, actor: Actor, id_: str, *, if_version: int | None = None) -> T:
        """The object as deleted; one that was already is answered as it is.

        Raises NotFound, StaleVersion, and what `check` raises.
        """
        before = await self.obtain(unit, actor, f"{self.storage.kind.name}.delete", id_)
        return await self.remove(unit, actor, before, if_version=if_version)

    async def remove(self, unit: Change, actor: Actor, before: T, *, if_version: int | None) -> T:
        """Marks an object as deleted. Raises StaleVersion, and what `check` raises."""
        check_version(unit, before.id, if_version)
        is_deleted = before.tm_delete != NEVER
        after = before if is_deleted else deleted(before, unit.next_instant())
        await self.check(unit, actor, before, after)
        return before if is_deleted else await objects.put(unit, self.storage, before, after)

    async def obtain(self, unit: Unit, actor: Actor, operation: str, id_: str) -> T:
        """The object that an operation is about, deleted ones too. Raises PermissionDenied, NotFound, InvalidValue."""
        permissions.require(actor, operation)
        value = await objects.find(unit, self.storage, parse_id(id_))
        if value is None:
            raise NotFound(self.storage.kind.name)
        permissions.require(
            actor, operation, customer_id=self.storage.kind.owner_of(value), kind=self.storage.kind.name
        )
        return value

    async def check_references(self, unit: Unit, actor: Actor, operation: str, before: T | None, after: T) -> None:
        """Raises NotFound for an object that `after` newly refers to: absent, deleted or not the actor's."""
        for name, kind in self.storage.kind.references.items():
            id_ = getattr(after, name)
            if id_ is None or (before is not None and getattr(before, name) == id_):
                continue
            if name == self.storage.kind.owner:
                permissions.require(actor, operation, customer_id=id_, kind=kind)
            await live(unit, STORAGES[kind], id_)


def new(kind: Kind[T], fields: Fields, *, id_: str, tm_create: int = 0) -> T:
    """An object that is not stored yet; nothing that it refers to was looked up. Raises InvalidValue."""
    require_fields(fields, [kind.argument_of.get(name, name) for name in kind.needed if name not in fields])
    refuse_unknown(fields, kind.settable)
    return kind.cls(id=id_, tm_create=tm_create, **fields)


def changed(kind: Kind[T], before: T, fields: Fields, *, now: int) -> T:
    """The object with these fields changed at this instant; only its own rules are checked. Raises InvalidValue."""
    after = with_fields(before, **fields, tm_update=now)
    if kind.owner_of(after) != kind.owner_of(before):
        raise InvalidValue("customer_id", "immutable", "must equal the stored one: an object cannot change customers")
    return after


def with_fields(value: T, **fields: Any) -> T:
    """The object with these fields changed. Raises InvalidValue."""
    any_dataclass: Any = value
    changed: T = replace(any_dataclass, **fields)
    return changed


def deleted(value: T, now: int) -> T:
    """The object as deleted at this instant."""
    return with_fields(value, tm_update=now, tm_delete=now)


async def live(unit: Unit, storage: Storage[T], id_: str) -> T:
    """The object that another one refers to. Raises NotFound if it is absent or deleted."""
    value = await objects.find(unit, storage, id_)
    if value is None or value.tm_delete != NEVER:
        raise NotFound(storage.kind.name)
    return value


async def delete_all(unit: Change, storage: Storage[Any], **filters: str) -> None:
    """Marks all live objects with these values of fields as deleted; no rule of their noun is checked."""
    now = unit.next_instant()
    while found := await objects.page(unit, storage, page_size=OBJECTS_AT_ONCE, before=None, filters=filters):
        await objects.put_all(unit, storage, await in_turns(found, lambda value: (value, deleted(value, now))))
        await unit.flush()


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


def check_version(unit: Unit, id_: str, if_version: int | None) -> None:
    """Raises StaleVersion if the object is not at the version that the request names."""
    if if_version is not None and unit.version_of(id_) != if_version:
        raise StaleVersion


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
