"""Routes as people look through them: filtered, sorted, a page at a time, counted as far as that is cheap.

Of a million routes a filter may mean a dozen or half. Where few are meant, an index of the filter finds them, and they
are sorted; where many are, the order's own index is walked, and the next that is meant is never far. Which it is, is
found out by counting no further than FEW, or FEW_OF_LONG.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, TextClause, func, literal_column, select, tuple_

from dialplane.domain.ids import FIRST_OF_ID, is_beginning_of_id
from dialplane.domain.instants import NEVER
from dialplane.domain.route import DISABLED, EXPIRED, LIVE, NOT_YET, Route
from dialplane.domain.target import ALL
from dialplane.store import objects, tables
from dialplane.store.backend import Backend
from dialplane.store.objects import ROUTES
from dialplane.store.unit import Unit

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """Conditions on live routes; None does not count. `covers`: a number that the target matches. `now`: of `state`.

    `text`: what the name begins with, in whatever case; or the target, if it is digits or `all`; or the id.
    """

    customer_id: str | None = None
    provider_ids: Sequence[str] | None = None
    target: str | None = None
    target_prefix: str | None = None
    covers: str | None = None
    priority: int | None = None
    enabled: bool | None = None
    state: str | None = None
    text: str | None = None
    now: int = 0

    @property
    def active(self) -> Mapping[str, Any]:
        """Those that count, by name."""
        values = {name: getattr(self, name) for name in self.__dataclass_fields__ if name != "now"}
        return {name: value for name, value in values.items() if value is not None}

    def conditions(self, c: Columns, backend: Backend) -> Where:
        """The same in SQL, by these columns."""
        builders: Mapping[str, Callable[[Any], Where]] = {
            "customer_id": lambda value: [c["customer_id"] == value],
            "provider_ids": lambda value: [c["provider_id"].in_(value)],
            "target": lambda value: [c["target"] == value],
            "target_prefix": lambda value: _from_to(c["target"], value),
            "covers": lambda value: [c["target"].in_([ALL, *(value[:end] for end in range(2, len(value) + 1))])],
            "priority": lambda value: [c["priority"] == value],
            "enabled": lambda value: [c["enabled"] == literal_column(str(int(value)))],
            "state": lambda value: self._of_state(c, value),
            "text": lambda value: _of_text(c, value, backend),
        }
        conditions = (condition for name, value in self.active.items() for condition in builders[name](value))
        return [tables.LIVE, *conditions]

    def _of_state(self, c: Columns, state: str) -> Where:
        enabled = c["enabled"] == literal_column("1")
        where: Mapping[str, Where] = {
            LIVE: [enabled, c["valid_from"] <= self.now, c["valid_until"] > self.now],
            DISABLED: [c["enabled"] == _NONE],
            NOT_YET: [enabled, c["valid_from"] > _NONE, c["valid_from"] > self.now],
            EXPIRED: [enabled, c["valid_until"] < _NEVER, c["valid_until"] <= self.now],
        }
        return where[state]


def _from_to(column: ColumnElement[Any], digits: str) -> Where:
    """Targets that begin with these digits, as a range: before the first that does not, or before `all`."""
    left = digits.rstrip("9")
    end = f"{left[:-1]}{int(left[-1]) + 1}" if len(left) > 1 else ALL
    return [column >= digits, column < end]


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
        """The columns by each of which, as these filters bound it, an index finds routes in this order."""
        found = {"customer_id", self.key}
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
    some = select(literal_column("1")).select_from(tables.routes).where(*where).limit(most).subquery()
    return int((await unit.fetch(select(func.count()).select_from(some)))[0][0])


class Found(NamedTuple):
    """A page of routes, and where the next one begins; None after an empty page."""

    routes: Sequence[Route]
    next: After | None


async def page(unit: Unit, filters: Filters, order: Order, *, page_size: int, after: After | None = None) -> Found:
    """Live routes in this order. Raises Unavailable."""
    are_few = await _are_few(unit, filters, order, most=FEW if page_size < LONG else FEW_OF_LONG)
    keyed = _PLAIN if are_few else _INDEXED
    columns = _INDEXED if are_few else {**_PLAIN, **{name: _INDEXED[name] for name in order.columns_with(filters)}}
    keys = [keyed[name] for name in dict.fromkeys((SORTS[order.key], "tm_create"))]
    where = filters.conditions(columns, unit.backend)
    if after is not None:
        place = tuple_(*after[-len(keys) :])
        where.append(tuple_(*keys) < place if order.descending else tuple_(*keys) > place)
    ordered = [key.desc() if order.descending else key.asc() for key in keys]
    statement = select(tables.routes).where(*where).order_by(*ordered).limit(page_size)
    rows = await unit.fetch(statement)
    last = After(getattr(rows[-1], SORTS[order.key]), rows[-1].tm_create) if rows else None
    return Found(objects.objects_of(unit, ROUTES, rows), last)


async def _are_few(unit: Unit, filters: Filters, order: Order, *, most: int) -> bool:
    """Whether the filter means so few routes that they are found first, and sorted then."""
    columns = {_COLUMN_OF.get(name, name) for name in filters.active}
    if len(columns) == len(filters.active) <= 1 and columns <= order.columns_with(filters):
        return False
    return await _count(unit, filters, most=most + 1) <= most


_COLUMN_OF = {"provider_ids": "provider_id", "target_prefix": "target"}
"""Filter -> the column that it bounds, if that has another name and one index finds all that it means in order."""
