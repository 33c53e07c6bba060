"""Routes as people look through them: filtered, sorted, a page at a time, counted as far as that is cheap.

Of a million routes a filter may mean a dozen or half. Where few are meant, an index of the filter finds them, and they
are sorted; where many are, the order's own index is walked, and the next that is meant is never far. Which it is, is
found out by counting no further than FEW, or FEW_OF_LONG.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, TextClause, and_, func, literal_column, not_, or_, select, tuple_

from dialplane.domain.ids import FIRST_OF_ID, is_beginning_of_id
from dialplane.domain.instants import NEVER
from dialplane.domain.route import DISABLED, EXPIRED, EXPIRING, EXPIRING_US, LIVE, NOT_YET, Route
from dialplane.domain.target import ALL
from dialplane.store import objects, tables
from dialplane.store.backend import Backend
from dialplane.store.objects import ROUTES
from dialplane.store.unit import Unit
from dialplane.store.written import first

FEW = 5_000
"""Routes that are sorted sooner than the order's index is walked past all others to the few of a short page."""

FEW_OF_LONG = 20_000
"""The same for a page of LONG or more. Rate decks are imported in the order of their targets, so the routes of a prefix
are next to each other, and may all be at the index's far end."""

LONG = 50
"""Routes of a page for which many others may be passed."""

COUNTED = 10_000
"""Up to how many are counted exactly."""

Columns = Mapping[str, ColumnElement[Any]]
Where = list[ColumnElement[bool] | TextClause]

_NONE: ColumnElement[int] = literal_column("0")
_NEVER: ColumnElement[int] = literal_column(str(NEVER))
_EMPTY: ColumnElement[str] = literal_column("''")
"""Written out, as in the partial indexes."""

_INDEXED: Columns = dict(tables.routes.c)
_PLAIN: Columns = {
    name: func.coalesce(column, _NONE if column.type.python_type is int else _EMPTY)
    for name, column in tables.routes.c.items()
}
"""The columns in a form that no index has."""

SORTS = {"target": "target", "priority": "priority", "tm_update": "revision", "tm_create": "tm_create"}
"""Order -> its column. `tm_update`: by the last change; a route that was never changed has NEVER there."""


class Condition(NamedTuple):
    """One more condition: a field of Filters with its value, or, `is_not`, all routes that do not meet it."""

    name: str
    value: Any
    is_not: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """Conditions on live routes; None does not count. `covers`: a number that the target matches. `now`: of `state`.

    `priorities`: the least and the greatest. `created`, `changed`: from this instant on, and before that one; to create
    a route is to change it. `state`: one of STATES, or EXPIRING.
    `text`: what the name begins with, in whatever case; or the target, if it is digits or `all`; or the id.
    `ids`: one of these, few enough for one statement. `also`: conditions that hold in addition.
    """

    ids: Sequence[str] | None = None
    customer_id: str | None = None
    customer_ids: Sequence[str] | None = None
    provider_ids: Sequence[str] | None = None
    target: str | None = None
    target_prefix: str | None = None
    covers: str | None = None
    priority: int | None = None
    priorities: tuple[int, int] | None = None
    created: tuple[int, int] | None = None
    changed: tuple[int, int] | None = None
    enabled: bool | None = None
    state: str | None = None
    text: str | None = None
    now: int = 0
    also: Sequence[Condition] = ()

    @property
    def active(self) -> Sequence[Condition]:
        """Those that count, without `also`."""
        values = {name: getattr(self, name) for name in self.__dataclass_fields__ if name not in ("now", "also")}
        return [Condition(name, value) for name, value in values.items() if value is not None]

    @property
    def mean_all(self) -> bool:
        """Whether every live route meets them."""
        return not self.active and not self.also

    def plus(self, name: str, value: Any, *, is_not: bool = False) -> "Filters":
        """The same with one more condition."""
        if not is_not and getattr(self, name) is None:
            return replace(self, **{name: value})
        return replace(self, also=(*self.also, Condition(name, value, is_not)))

    def conditions(self, c: Columns, backend: Backend) -> Where:
        """The same in SQL, by these columns; where they are those of an order, `also` leads to no other index."""
        apart = c if c is _INDEXED else _PLAIN
        met = [condition for one in self.active for condition in self._met(one, c, backend)]
        return [tables.LIVE, *met, *(condition for one in self.also for condition in self._met(one, apart, backend))]

    def _met(self, condition: Condition, c: Columns, backend: Backend) -> Where:
        name, value, is_not = condition
        if is_not and (ranges := _other_than(c, name, value)) is not None:
            return [ranges]
        builders: Mapping[str, Callable[[Any], Where]] = {
            "ids": lambda value: [c["id"].in_(value)],
            "customer_id": lambda value: [c["customer_id"] == value],
            "customer_ids": lambda value: [c["customer_id"].in_(value)],
            "provider_ids": lambda value: [c["provider_id"].in_(value)],
            "target": lambda value: [c["target"] == value],
            "target_prefix": lambda value: _from_to(c["target"], value),
            "covers": lambda value: [c["target"].in_([ALL, *(value[:end] for end in range(2, len(value) + 1))])],
            "priority": lambda value: [c["priority"] == value],
            "priorities": lambda value: [c["priority"] >= value[0], c["priority"] <= value[1]],
            "created": lambda value: [c["tm_create"] >= value[0], c["tm_create"] < value[1]],
            "changed": lambda value: [c["revision"] >= _first_from(value[0]), c["revision"] < _first_from(value[1])],
            "enabled": lambda value: [c["enabled"] == literal_column(str(int(value)))],
            "state": lambda value: self._of_state(c, value),
            "text": lambda value: _of_text(c, value, backend),
        }
        found = builders[name](value)
        return [not_(and_(*found))] if is_not else found

    def _of_state(self, c: Columns, state: str) -> Where:
        enabled = c["enabled"] == literal_column("1")
        where: Mapping[str, Where] = {
            LIVE: [enabled, c["valid_from"] <= self.now, c["valid_until"] > self.now],
            DISABLED: [c["enabled"] == _NONE],
            NOT_YET: [enabled, c["valid_from"] > _NONE, c["valid_from"] > self.now],
            EXPIRED: [enabled, c["valid_until"] < _NEVER, c["valid_until"] <= self.now],
            EXPIRING: [
                enabled,
                c["valid_from"] <= self.now,
                c["valid_until"] < _NEVER,
                c["valid_until"] > self.now,
                c["valid_until"] <= self.now + EXPIRING_US,
            ],
        }
        return where[state]


def _from_to(column: ColumnElement[Any], digits: str) -> Where:
    """Targets that begin with these digits, as a range: before the first that does not, or before `all`."""
    left = digits.rstrip("9")
    end = f"{left[:-1]}{int(left[-1]) + 1}" if len(left) > 1 else ALL
    return [column >= digits, column < end]


def _other_than(c: Columns, name: str, value: Any) -> ColumnElement[bool] | None:
    """What lies before, between and behind these values: as ranges, which an index finds; None for other filters."""
    if name == "target_prefix":
        return or_(*(not_(condition) for condition in _from_to(c["target"], value)))
    if name not in _EQUALS:
        return None
    column, values = c[_EQUALS[name]], sorted(value) if isinstance(value, tuple) else [value]
    between = [and_(column > one, column < other) for one, other in pairwise(values)]
    return or_(column < values[0], *between, column > values[-1])


_EQUALS = {
    "customer_id": "customer_id",
    "customer_ids": "customer_id",
    "provider_ids": "provider_id",
    "target": "target",
    "priority": "priority",
}
"""Filter -> the column that must have its value, or one of them."""


def _first_from(instant: int) -> ColumnElement[int]:
    """The number of the first revision from this instant (us) on; beyond all if there is none."""
    revisions = tables.revisions.c
    first = select(revisions.number).where(revisions.instant >= instant).order_by(revisions.instant).limit(1)
    return func.coalesce(first.scalar_subquery(), _NEVER)


def _of_text(c: Columns, wanted: str, backend: Backend) -> Where:
    digits = wanted.removeprefix("+")
    if wanted.lower() == ALL:
        return [c["target"] == ALL]
    if digits.isdecimal() and digits.isascii() and len(digits) < FIRST_OF_ID:
        return _from_to(c["target"], f"+{digits}")
    if is_beginning_of_id(wanted):
        return [c["id"] >= wanted.lower(), c["id"] < f"{wanted.lower()}g"]
    return [c["name"] != _EMPTY, backend.begins(c["name"], wanted)]


class Order(NamedTuple):
    """One of SORTS, from the least on or from the greatest; routes that are alike in it by tm_create, the same way."""

    key: str = "tm_create"
    descending: bool = True

    def columns_with(self, filters: Filters) -> set[str]:
        """The columns by each of which, as these filters bound it, an index finds routes in this order, or a few."""
        found = {"id", "revision"} if self.key == "tm_update" else {"id", self.key}
        found |= {"customer_id"} if filters.customer_ids is None else set()
        found |= {"provider_id"} if filters.provider_ids is None or len(filters.provider_ids) == 1 else set()
        found |= {"target"} if self.key == "tm_create" and filters.target is not None else set()
        return found


class After(NamedTuple):
    """Where a page begins: behind the route with this value in the order's column, and this tm_create."""

    value: str | int
    tm_create: int


class Count(NamedTuple):
    """How many routes are meant; `is_exact`, or else about so many."""

    routes: int
    is_exact: bool


async def count(unit: Unit, filters: Filters) -> Count:
    """Up to COUNTED exactly, beyond by the database's statistics or a sample. Raises Unavailable."""
    counted = await _count(unit, filters, most=COUNTED + 1)
    if counted <= COUNTED:
        return Count(counted, True)
    where, plain = (filters.conditions(columns, unit.backend) for columns in (_INDEXED, _PLAIN))
    about = await unit.run(lambda connection: unit.backend.estimate(connection, tables.routes, where, plain=plain))
    return Count(max(_rounded(about), COUNTED), False)


def _rounded(number: int) -> int:
    """Two digits of it: it is no more exact."""
    return round(number, 2 - len(str(number)))


async def _count(unit: Unit, filters: Filters, *, most: int) -> int:
    where = filters.conditions(_INDEXED, unit.backend)
    some = first(select(literal_column("1")).select_from(tables.routes).where(*where), most).subquery()
    return int((await unit.fetch(select(func.count()).select_from(some)))[0][0])


class Found(NamedTuple):
    """A page of routes, and where the next one begins; None after an empty page."""

    routes: Sequence[Route]
    next: After | None


async def page(unit: Unit, filters: Filters, order: Order, *, page_size: int, after: After | None = None) -> Found:
    """Live routes in this order. Raises Unavailable."""
    are_few = await _are_few(unit, filters, order, most=FEW if page_size < LONG else FEW_OF_LONG)
    keyed = _PLAIN if are_few else _INDEXED
    keys = [keyed[name] for name in dict.fromkeys((SORTS[order.key], "tm_create"))]
    where = filters.conditions(_INDEXED, unit.backend) if are_few else walked(filters, order, unit.backend)
    if after is not None:
        place = tuple_(*after[-len(keys) :])
        where.append(tuple_(*keys) < place if order.descending else tuple_(*keys) > place)
    ordered = [key.desc() if order.descending else key.asc() for key in keys]
    statement = select(tables.routes).where(*where).order_by(*ordered)
    rows = await unit.fetch(first(statement, page_size))
    last = After(getattr(rows[-1], SORTS[order.key]), rows[-1].tm_create) if rows else None
    return Found(objects.objects_of(unit, ROUTES, rows), last)


TARGETS_AT_ONCE = 500
"""Targets of one statement."""


async def to_targets(unit: Unit, customer_id: str, targets: Sequence[str]) -> list[Route]:
    """A customer's live routes to these targets. Raises Unavailable."""
    found, c = list[Route](), tables.routes.c
    for begin in range(0, len(targets), TARGETS_AT_ONCE):
        its_own = c.customer_id == customer_id, c.target.in_(targets[begin : begin + TARGETS_AT_ONCE])
        found += await objects.select_objects(unit, ROUTES, tables.LIVE, *its_own)
    return found


def walked(filters: Filters, order: Order, backend: Backend) -> Where:
    """The conditions for a walk along this order, which they lead to no other index from."""
    return filters.conditions({**_PLAIN, **{name: _INDEXED[name] for name in order.columns_with(filters)}}, backend)


async def _are_few(unit: Unit, filters: Filters, order: Order, *, most: int) -> bool:
    """Whether the filter means so few routes that they are found first, and sorted then."""
    columns = {_COLUMN_OF.get(name, name) for name, *_ in filters.active}
    if not filters.also and len(columns) == len(filters.active) <= 1 and columns <= order.columns_with(filters):
        return False
    return await _count(unit, filters, most=most + 1) <= most


_COLUMN_OF = {
    "ids": "id",
    "provider_ids": "provider_id",
    "target_prefix": "target",
    "priorities": "priority",
    "created": "tm_create",
    "changed": "revision",
}
"""Filter -> the column that it bounds, if that has another name and one index finds all that it means in order."""
