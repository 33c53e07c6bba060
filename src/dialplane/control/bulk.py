"""Many changes in one request: creates, updates and deletes, all or none, as one revision.

A batch is prepared as far as it can be before the writer's lock is taken: items are checked, ids are chosen, and the
routes among the creates are built, of which there may be 200,000.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from dialplane.control import lifecycle, permissions
from dialplane.control.actor import Actor
from dialplane.control.lifecycle import Fields
from dialplane.control.nouns import NOUNS
from dialplane.control.units import BulkInsert, Change
from dialplane.domain.errors import DialplaneError, InvalidValue, NotFound, Unavailable
from dialplane.domain.ids import parse_id
from dialplane.domain.kinds import KINDS as ALL_KINDS
from dialplane.domain.kinds import PROVIDER, ROUTE
from dialplane.domain.route import require_period
from dialplane.store import objects
from dialplane.store.objects import ROUTES, STORAGES
from dialplane.system.turns import Turn

CREATE, UPDATE, DELETE = ACTIONS = ("create", "update", "delete")
KINDS = tuple(sorted(kind.name for kind in ALL_KINDS.values() if kind.in_bulk))
REFERENCES = frozenset().union(*(ALL_KINDS[kind].references for kind in KINDS))
"""The fields that may name an earlier create of the batch."""

MAX_CHANGES = 200_000
"""Items of one request: bounds how long one of them can keep the others from writing."""

Reference = tuple[str, str]
"""Kind and id of an object that another one refers to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One change. `id` for updates and deletes, `fields` for creates and updates, `force` for a provider's delete.

    A create may name itself (`ref`); later items hold `@ref` in place of its id: in `id` and in references.
    """

    action: str
    kind: str
    id: str = ""
    fields: Fields = field(default_factory=dict)
    if_version: int | None = None
    force: bool = False
    ref: str = ""


class ChangeRefused(DialplaneError):
    """Item number `index` (from 0) was refused for the reason in `error`; nothing of the request was done."""

    def __init__(self, index: int, error: DialplaneError) -> None:
        super().__init__(f"change {index}: {error}")
        self.index = index
        self.error = error


class NewRoutes:
    """Routes that are created one after the other. `ids` are theirs, in that order; `inserts` may be staged."""

    def __init__(self, first: int, fields: Sequence[Fields]) -> None:
        """Checks all that needs no database. `first`: the index of the first of them in the batch.

        Raises ChangeRefused for the first that breaks a rule.
        """
        self.inserts = BulkInsert(ROUTES)
        self._first = first
        self._first_with: dict[Reference, int] = {}
        order = sorted(range(len(fields)), key=lambda place: _place_in_indexes(fields[place]))
        ids = dict(zip(order, lifecycle.new_ids(len(order)), strict=True))
        self.ids = [ids[place] for place in range(len(order))]
        refused: list[ChangeRefused] = []
        for place in order:
            try:
                self._add(place, fields[place])
            except DialplaneError as error:
                refused.append(ChangeRefused(first + place, error))
        if refused:
            raise min(refused, key=lambda refusal: refusal.index)

    def _add(self, place: int, fields: Fields) -> None:
        route = lifecycle.new(ROUTE, fields, id_=self.ids[place])
        require_period(route)
        self.inserts.add(place, route)
        for name, kind in ROUTE.references.items():
            if (id_ := getattr(route, name)) is not None:
                self._first_with[kind, id_] = min(place, self._first_with.get((kind, id_), place))

    async def store(self, unit: Change, live: "LiveReferences") -> None:
        """Stores them, as part of the unit's revision. Raises ChangeRefused if one refers to an object that is not."""
        if missing := await live.missing(unit, self._first_with):
            reference = min(missing, key=lambda missed: (self._first_with[missed], missed))
            raise ChangeRefused(self._first + self._first_with[reference], NotFound(reference[0]))
        await self.inserts.store(unit)


class LiveReferences:
    """The objects, referred to by new routes, that this unit has seen to be live."""

    def __init__(self) -> None:
        self._live: set[Reference] = set()

    async def missing(self, unit: Change, references: Iterable[Reference]) -> list[Reference]:
        """The references to absent or deleted objects; one query for each kind."""
        unseen = [reference for reference in references if reference not in self._live]
        for kind in dict.fromkeys(ROUTE.references.values()):
            if ids := [id_ for of, id_ in unseen if of == kind]:
                self._live |= {(kind, id_) for id_ in await objects.live_ids(unit, STORAGES[kind], ids)}
        return [reference for reference in unseen if reference not in self._live]

    def forget(self, kind: str) -> None:
        """To be called when objects of a kind have changed."""
        self._live = {reference for reference in self._live if reference[0] != kind}


@dataclass(frozen=True, slots=True)
class Batch:
    """Changes, prepared as far as they can be without the database.

    `ids` are those of their objects, in the order of the items. A step is one item, or all the route creates that
    follow one another; with it stands the index of its (first) item.
    """

    ids: Sequence[str]
    steps: Sequence[tuple[int, Item | NewRoutes]]

    @property
    def inserts(self) -> list[BulkInsert]:
        """The new routes, for the opening of the unit to stage."""
        return [step.inserts for _, step in self.steps if isinstance(step, NewRoutes)]


def prepare(items: Iterable[Item], *, customer_id: str) -> Batch:
    """Checks the items, chooses the ids of what they create, and creates the routes among them.

    `customer_id`: whose new routes are that name no customer. Takes seconds for 100,000: call it in a thread, before
    the unit is opened. Raises ChangeRefused, InvalidValue (too many, or none).
    """
    preparation = _Preparation(customer_id)
    for index, item in enumerate(items):
        if index >= MAX_CHANGES:
            raise _wrong_count()
        preparation.add(index, item)
    batch = preparation.batch()
    if not batch.ids:
        raise _wrong_count()
    return batch


async def apply(unit: Change, actor: Actor, batch: Batch) -> Sequence[str]:
    """Carries the batch out, in order, as part of the unit's revision; the ids of its objects.

    For a dry run, call `unit.discard()`: what would have changed is `revisions.get(unit, actor, unit.revision)` after
    `unit.flush()`. Raises ChangeRefused, PermissionDenied, Unavailable.
    """
    permissions.require(actor, "changes.apply")
    live, turn = LiveReferences(), Turn()
    for index, step in batch.steps:
        await turn.end_if_due()
        try:
            if isinstance(step, NewRoutes):
                await step.store(unit, live)
            else:
                await _carry_out(unit, actor, step, new_id=batch.ids[index])
                live.forget(step.kind)
        except (Unavailable, ChangeRefused):
            raise
        except DialplaneError as error:
            raise ChangeRefused(index, error) from None
    return batch.ids


async def _carry_out(unit: Change, actor: Actor, item: Item, *, new_id: str) -> None:
    noun = NOUNS[item.kind]
    if item.action == CREATE:
        await noun.create(unit, actor, item.fields, id_=new_id)
    elif item.action == UPDATE:
        await noun.update(unit, actor, item.id, item.fields, if_version=item.if_version)
    else:
        force: Mapping[str, Any] = {"force": item.force} if item.kind == PROVIDER.name else {}
        await noun.delete(unit, actor, item.id, if_version=item.if_version, **force)


class _Preparation:
    """A batch being prepared; route creates are collected until another change comes."""

    def __init__(self, customer_id: str) -> None:
        self._owner = {"customer_id": customer_id}
        self._ids: list[str] = []
        self._steps: list[tuple[int, Item | NewRoutes]] = []
        self._routes: list[Fields] = []
        self._refs: dict[str, int] = {}

    def add(self, index: int, item: Item) -> None:
        """The next item. Raises ChangeRefused."""
        is_route = item.kind == ROUTE.name and item.action == CREATE
        if not is_route:
            self._make_routes()
        try:
            _check(item)
            resolved = self._resolved(item)
            if is_route:
                self._routes.append({**self._owner, **resolved.fields})
            else:
                self._ids.append(lifecycle.new_id() if item.action == CREATE else parse_id(resolved.id))
                self._steps.append((index, resolved))
        except ChangeRefused:
            raise
        except DialplaneError as error:
            raise ChangeRefused(index, error) from None
        if item.ref:
            self._refs[item.ref] = index

    def batch(self) -> Batch:
        """All items so far. Raises ChangeRefused."""
        self._make_routes()
        return Batch(self._ids, self._steps)

    def _make_routes(self) -> None:
        if self._routes:
            first, fields = len(self._ids), self._routes
            self._routes = []
            new_routes = NewRoutes(first, fields)
            self._steps.append((first, new_routes))
            self._ids += new_routes.ids

    def _resolved(self, item: Item) -> Item:
        """The item with ids in place of `@ref`. Raises InvalidValue for a ref that no earlier create has."""
        named = {name: item.fields[name] for name in REFERENCES if _is_ref(item.fields.get(name))}
        if not named and not _is_ref(item.id):
            return item
        fields = {**item.fields, **{name: self._id_of(name, ref) for name, ref in named.items()}}
        return replace(item, fields=fields, id=self._id_of("id", item.id) if _is_ref(item.id) else item.id)

    def _id_of(self, name: str, ref: str) -> str:
        index = self._refs.get(ref[1:])
        if index is None:
            raise InvalidValue(name, "unknown_ref", "must name the ref of a create earlier in the list")
        if index >= len(self._ids):
            self._make_routes()
        return self._ids[index]


def _place_in_indexes(fields: Fields) -> tuple[str, str]:
    return str(fields.get("customer_id")), str(fields.get("target"))


def _wrong_count() -> InvalidValue:
    return InvalidValue("changes", "out_of_range", f"must hold 1 to {MAX_CHANGES} changes")


def _check(item: Item) -> None:
    if item.action not in ACTIONS:
        raise InvalidValue("action", "invalid_choice", "must be one of create, update, delete")
    if item.kind not in KINDS:
        raise InvalidValue("kind", "invalid_choice", "must be one of " + ", ".join(KINDS))
    if item.action != CREATE and not item.id:
        raise InvalidValue("id", "required", "must be given for an update or a delete")


def _is_ref(value: object) -> bool:
    return isinstance(value, str) and value.startswith("@")
