"""Many changes in one request: creates, updates and deletes, all or none, as one revision."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from dialplane.control import customers, lifecycle, permissions, providers, routes, trunks
from dialplane.control.actor import Actor
from dialplane.control.bulk_routes import Live, NewRoutes, RouteRefused
from dialplane.control.units import Change, Drafts
from dialplane.domain.errors import DialplaneError, InvalidValue, Unavailable
from dialplane.domain.ids import parse_id

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


@dataclass(frozen=True, slots=True)
class Plan:
    """Changes, made as far as they can be without the database.

    `ids` are those of their objects, in the order of the items. A step is one item, or all the route creates that
    follow one another; with it stands the number of its (first) item.
    """

    ids: Sequence[str]
    steps: Sequence[tuple[int, Item | NewRoutes]]

    @property
    def drafts(self) -> list[Drafts]:
        """What the unit's opening may stage."""
        return [step.drafts for _, step in self.steps if isinstance(step, NewRoutes)]


def plan(items: Iterable[Item]) -> Plan:
    """Checks the items, chooses the ids of what they create, and makes the routes among them.

    Takes seconds for 100,000: call it in a thread, before the unit is opened. Raises ChangeRefused, InvalidValue (too
    many, or none).
    """
    planning = _Planning()
    for index, item in enumerate(items):
        if index >= MAX_CHANGES:
            raise _not_so_many()
        planning.add(index, item)
    made = planning.made()
    if not made.ids:
        raise _not_so_many()
    return made


async def apply(unit: Change, actor: Actor, planned: Plan) -> Sequence[str]:
    """Carries the plan out, in order, as part of the unit's revision; the ids of its objects.

    For a dry run, call `unit.discard()`: what would have changed is `revisions.get(unit, actor, unit.revision)` after
    `unit.flush()`. Raises ChangeRefused, PermissionDenied, Unavailable.
    """
    permissions.require(actor, "changes.apply")
    live = Live()
    for index, step in planned.steps:
        try:
            if isinstance(step, NewRoutes):
                await step.store(unit, live)
            else:
                await _carry_out(unit, actor, step, new_id=planned.ids[index])
        except Unavailable:
            raise
        except RouteRefused as refused:
            raise ChangeRefused(index + refused.place, refused.error) from None
        except DialplaneError as error:
            raise ChangeRefused(index, error) from None
        if isinstance(step, Item) and step.kind in ("provider", "customer"):
            live.forget()
    return planned.ids


async def _carry_out(unit: Change, actor: Actor, item: Item, *, new_id: str) -> None:
    noun = _NOUNS[item.kind]
    if item.action == CREATE:
        await noun.create(unit, actor, item.fields, id_=new_id)
    elif item.action == UPDATE:
        await noun.update(unit, actor, item.id, item.fields, if_version=item.if_version)
    else:
        more = {"force": item.force} if item.kind == "provider" else {}
        await noun.delete(unit, actor, item.id, if_version=item.if_version, **more)


class _Planning:
    """A plan in the making; route creates are collected until something else comes."""

    def __init__(self) -> None:
        self._ids: list[str] = []
        self._steps: list[tuple[int, Item | NewRoutes]] = []
        self._routes: list[Mapping[str, Any]] = []
        self._refs: dict[str, int] = {}

    def add(self, index: int, item: Item) -> None:
        """The next item. Raises ChangeRefused."""
        is_route = item.kind == "route" and item.action == CREATE
        if not is_route:
            self._make_routes()
        try:
            _check(item)
            resolved = self._resolved(item)
            new_id = "" if is_route else lifecycle.new_id() if item.action == CREATE else parse_id(resolved.id)
        except ChangeRefused:
            raise
        except DialplaneError as error:
            raise ChangeRefused(index, error) from None
        if is_route:
            self._routes.append(resolved.fields)
        else:
            self._steps.append((index, resolved))
            self._ids.append(new_id)
        if item.ref:
            self._refs[item.ref] = index

    def made(self) -> Plan:
        """The plan of all items so far. Raises ChangeRefused."""
        self._make_routes()
        return Plan(self._ids, self._steps)

    def _make_routes(self) -> None:
        if self._routes:
            first, fields, self._routes = len(self._ids), self._routes, []
            try:
                made = NewRoutes(fields)
            except RouteRefused as refused:
                raise ChangeRefused(first + refused.place, refused.error) from None
            self._steps.append((first, made))
            self._ids += made.ids

    def _resolved(self, item: Item) -> Item:
        named = {name: item.fields[name] for name in _REFERENCES if _is_reference(item.fields.get(name))}
        if not named and not _is_reference(item.id):
            return item
        fields = {**item.fields, **{name: self._lookup(name, text) for name, text in named.items()}}
        return replace(item, fields=fields, id=self._lookup("id", item.id) if _is_reference(item.id) else item.id)

    def _lookup(self, name: str, text: str) -> str:
        index = self._refs.get(text[1:])
        if index is None:
            raise InvalidValue(name, "unknown_ref", "must name the ref of a create earlier in the list")
        if index >= len(self._ids):
            self._make_routes()
        return self._ids[index]


def _not_so_many() -> InvalidValue:
    return InvalidValue("changes", "out_of_range", f"must hold 1 to {MAX_CHANGES} changes")


def _check(item: Item) -> None:
    if item.action not in ACTIONS:
        raise InvalidValue("action", "invalid_choice", "must be one of create, update, delete")
    if item.kind not in KINDS:
        raise InvalidValue("kind", "invalid_choice", "must be one of " + ", ".join(KINDS))
    if item.action != CREATE and not item.id:
        raise InvalidValue("id", "required", "must be given for an update or a delete")


def _is_reference(value: object) -> bool:
    return isinstance(value, str) and value.startswith("@")
