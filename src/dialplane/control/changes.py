"""Many changes in one request: creates, updates and deletes, all or none, as one revision."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from dialplane.control import customers, permissions, providers, routes, trunks
from dialplane.control.actor import Actor
from dialplane.control.bulk_routes import BulkRoutes
from dialplane.control.units import Change
from dialplane.domain.errors import DialplaneError, InvalidValue

CREATE, UPDATE, DELETE = "create", "update", "delete"
ACTIONS = (CREATE, UPDATE, DELETE)
KINDS = ("customer", "provider", "route", "trunk")
"""What can be changed in bulk. Agents and access keys are credentials and are made one at a time."""

MAX_CHANGES = 200_000
"""Items of one request: bounds how long one of them can keep the others from writing."""

_NOUNS: Mapping[str, Any] = {"customer": customers, "provider": providers, "route": routes, "trunk": trunks}
_REFERENCES = ("customer_id", "provider_id")


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One change. `id` for updates and deletes, `fields` for creates and updates, `force` for a provider's delete.

    A create may name itself (`ref`); later items say `@ref` where its id belongs: in `id`, customer_id, provider_id.
    """

    action: str
    kind: str
    id: str = ""
    fields: Mapping[str, Any] = field(default_factory=dict)
    if_version: int | None = None
    force: bool = False
    ref: str = ""


class ChangeRefused(DialplaneError):
    """Item number `index` (from 0) was refused for the reason in `error`; nothing of the request was done."""

    def __init__(self, index: int, error: DialplaneError) -> None:
        super().__init__(f"change {index}: {error}")
        self.index = index
        self.error = error


async def apply(unit: Change, actor: Actor, items: Sequence[Item]) -> list[str]:
    """Carries the items out in order, as part of the unit's revision; the ids of their objects.

    For a dry run, call `unit.discard()`: what would have changed is `revisions.get(unit, actor, unit.revision)` after
    `unit.flush()`. Raises ChangeRefused, PermissionDenied, InvalidValue (too many).
    """
    permissions.require(actor, "changes.apply")
    if not 1 <= len(items) <= MAX_CHANGES:
        raise InvalidValue("changes", "out_of_range", f"must hold 1 to {MAX_CHANGES} changes")
    return await _Application(unit, actor).run(items)


class _Application:
    def __init__(self, unit: Change, actor: Actor) -> None:
        self._unit = unit
        self._actor = actor
        self._refs: dict[str, str] = {}
        self._routes = BulkRoutes(unit)

    async def run(self, items: Sequence[Item]) -> list[str]:
        ids = []
        for index, item in enumerate(items):
            try:
                ids.append(await self._one(self._resolved(item)))
            except DialplaneError as error:
                raise ChangeRefused(index, error) from None
            if item.ref:
                self._refs[item.ref] = ids[-1]
        await self._routes.store()
        return ids

    async def _one(self, item: Item) -> str:
        if item.kind == "route" and item.action == CREATE and item.if_version is None:
            return await self._routes.create(item.fields)
        await self._routes.store()
        if item.kind in ("provider", "customer"):
            self._routes.forget_references()
        return str((await self._ordinary(item)).id)

    async def _ordinary(self, item: Item) -> Any:
        noun = _NOUNS[item.kind]
        if item.action == CREATE:
            return await noun.create(self._unit, self._actor, item.fields)
        if item.action == UPDATE:
            return await noun.update(self._unit, self._actor, item.id, item.fields, if_version=item.if_version)
        more = {"force": item.force} if item.kind == "provider" else {}
        return await noun.delete(self._unit, self._actor, item.id, if_version=item.if_version, **more)

    def _resolved(self, item: Item) -> Item:
        _check(item)
        named = {name: item.fields[name] for name in _REFERENCES if _is_reference(item.fields.get(name))}
        if not named and not _is_reference(item.id):
            return item
        fields = {**item.fields, **{name: self._lookup(name, text) for name, text in named.items()}}
        return replace(item, fields=fields, id=self._lookup("id", item.id) if _is_reference(item.id) else item.id)

    def _lookup(self, name: str, text: str) -> str:
        try:
            return self._refs[text[1:]]
        except KeyError:
            raise InvalidValue(name, "unknown_ref", "must name the ref of a create earlier in the list") from None


def _check(item: Item) -> None:
    if item.action not in ACTIONS:
        raise InvalidValue("action", "invalid_choice", "must be one of create, update, delete")
    if item.kind not in KINDS:
        raise InvalidValue("kind", "invalid_choice", "must be one of " + ", ".join(KINDS))
    if item.action != CREATE and not item.id:
        raise InvalidValue("id", "required", "must be given for an update or a delete")


def _is_reference(value: object) -> bool:
    return isinstance(value, str) and value.startswith("@")
