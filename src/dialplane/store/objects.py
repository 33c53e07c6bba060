"""Objects and their rows: how each kind is kept, found, paged and changed."""

import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Generic

from sqlalchemy import ColumnElement, ScalarSelect, Table, TextClause, bindparam, func, insert, select, update

from dialplane.domain import kinds
from dialplane.domain.kinds import Kind, T
from dialplane.domain.records import fields_of, record_of
from dialplane.store import tables
from dialplane.store.box import Box
from dialplane.store.known import MOST_KNOWN
from dialplane.store.prepared import Prepared
from dialplane.store.revision_log import Change
from dialplane.store.unit import Rows, Unit

Condition = ColumnElement[bool] | TextClause


REMEMBERED = 20_000
"""Providers and trunks that are kept in memory as they are in the database, some 2 KB each."""

IDS_AT_ONCE = 12
"""Ids in one prepared statement: as many as a dialroute usually has providers."""

IDS_AT_MOST = 5_000
"""Ids in one statement that is made for them: PostgreSQL takes 65,535 parameters, SQLite half as many."""


@dataclass(frozen=True, slots=True)
class Shape(Generic[T]):
    """How objects of one kind are kept: a row each, flags as 0 or 1, lists and mappings as JSON, secrets sealed."""

    of: Kind[T]

    @property
    def kind(self) -> str:
        """The name of the kind."""
        return self.of.name

    @property
    def table(self) -> Table:
        return tables.metadata.tables[self.of.collection]

    @property
    def sealed(self) -> Collection[str]:
        """Secrets, encrypted in rows and in revisions."""
        return self.of.sealed

    def stored(self, value: T, box: Box) -> dict[str, Any]:
        """The object's record with its secrets sealed: what revisions keep."""
        record = record_of(value)
        for name in self.of.sealed:
            record[name] = box.seal(record[name])
        return record

    def row(self, stored: Mapping[str, Any], revision: int) -> dict[str, Any]:
        """The table's row of a stored record."""
        row = {name: value for name, value in stored.items() if name not in self.of.computed}
        for name in self.of.documents:
            row[name] = json.dumps(row[name])
        for name in self.of.flags:
            row[name] = int(row[name])
        row["revision"] = revision
        return row

    def record(self, row: Any, box: Box) -> dict[str, Any]:
        """The object's record, secrets open, of a row that was selected whole; `revision` is left in."""
        record: dict[str, Any] = row._asdict()
        for name in self.of.documents:
            record[name] = json.loads(record[name])
        for name in self.of.flags:
            record[name] = record[name] == 1
        for name in self.of.sealed:
            record[name] = box.open(record[name])
        return record

    def value(self, row: Any, box: Box) -> T:
        """The object of a row that was selected whole."""
        record = self.record(row, box)
        for name in self.of.computed:
            record[name] = ""
        return _trusted(self, fields_of(self.of.cls, record))


CUSTOMERS = Shape(kinds.CUSTOMER)
AGENTS = Shape(kinds.AGENT)
ACCESSKEYS = Shape(kinds.ACCESSKEY)
PROVIDERS = Shape(kinds.PROVIDER)
ROUTES = Shape(kinds.ROUTE)
TRUNKS = Shape(kinds.TRUNK)
SHAPES: Mapping[str, Shape[Any]] = {name: Shape(kind) for name, kind in kinds.KINDS.items()}

KNOWN: Sequence[Shape[Any]] = (CUSTOMERS, PROVIDERS)
"""Kinds for `find_known`."""


async def find(unit: Unit, shape: Shape[T], id_: str) -> T | None:
    """The object of this id, deleted ones too, or None."""
    found = values_of(unit, shape, await unit.fetch(_by_id(shape), {"id": id_}))
    return found[0] if found else None


async def find_all(unit: Unit, shape: Shape[T], ids: Iterable[str]) -> dict[str, T]:
    """Those of these ids that exist, deleted ones too, by id."""
    wanted, found = list(ids), dict[str, T]()
    for start in range(0, len(wanted), IDS_AT_ONCE):
        padded = (wanted[start : start + IDS_AT_ONCE] * IDS_AT_ONCE)[:IDS_AT_ONCE]
        parameters = {f"id{n}": id_ for n, id_ in enumerate(padded)}
        for value in values_of(unit, shape, await unit.fetch(_by_ids(shape), parameters)):
            found[value.id] = value
    return found


async def find_known(unit: Unit, shape: Shape[T], ids: Collection[str]) -> dict[str, T]:
    """The same, without reading again what a unit of this process has read since the kind's latest change.

    Of the kinds in KNOWN, for reading units; their versions are not kept. What is found may hold others too.
    """
    if unit.known is None:
        return await find_all(unit, shape, ids)
    standing = await unit.standing()
    if (known := standing.get(shape)) is None or len(known) >= MOST_KNOWN:
        (latest,) = await unit.fetch(_latest())
        known = standing[shape] = unit.known.at(shape.kind, getattr(latest, shape.kind))
    if missing := [id_ for id_ in ids if id_ not in known]:
        known.update(await find_all(unit, shape, missing))
    found: dict[str, T] = known
    return found


async def live_ids(unit: Unit, shape: Shape[Any], ids: Collection[str]) -> set[str]:
    """Those of these ids whose objects are there and not deleted; one question for each IDS_AT_MOST of them."""
    wanted, found = list(ids), set[str]()
    for start in range(0, len(wanted), IDS_AT_MOST):
        is_wanted = shape.table.c.id.in_(wanted[start : start + IDS_AT_MOST])
        found |= {row.id for row in await unit.fetch(select(shape.table.c.id).where(is_wanted, tables.LIVE))}
    return found


async def select_(unit: Unit, shape: Shape[T], *where: Condition, limit: int | None = None) -> list[T]:
    """The objects that meet all conditions, newest first."""
    statement = select(shape.table).where(*where).order_by(shape.table.c.tm_create.desc()).limit(limit)
    return values_of(unit, shape, await unit.fetch(statement))


async def page(
    unit: Unit, shape: Shape[T], *, page_size: int, before: int | None, filters: Mapping[str, Any]
) -> list[T]:
    """Live objects, newest first; filters that are None do not count."""
    wanted = {name: value for name, value in filters.items() if value is not None}
    statement = _page(shape, tuple(wanted), before is not None)
    parameters = {**wanted, "before_": before, "page_size_": page_size}
    is_bounded = len(wanted) <= 1  # by one index; with two filters, one of them may have to read far for the other
    return values_of(unit, shape, await unit.fetch(statement if is_bounded else statement.statement, parameters))


def values_of(unit: Unit, shape: Shape[T], rows: Rows) -> list[T]:
    """The objects of rows that were selected whole; the unit keeps their versions."""
    for row in rows:
        unit.see(row.id, row.revision)
    if unit.remembered is None or not shape.sealed:
        return [shape.value(row, unit.box) for row in rows]
    return [_remembered(shape, row, unit.box, unit.remembered) for row in rows]


def _remembered(shape: Shape[T], row: Any, box: Box, remembered: dict[tuple[str, int], Any]) -> T:
    """The object of a committed row. Opening its secrets costs more than all the rest, so it is done once."""
    key = (row.id, row.revision)
    value: T | None = remembered.get(key)
    if value is None:
        if len(remembered) >= REMEMBERED:
            remembered.clear()
        value = remembered[key] = shape.value(row, box)
    return value


async def add(unit: Change, shape: Shape[T], value: T) -> T:
    """Stores a new object, as part of the unit's revision."""
    await add_all(unit, shape, [value])
    return value


async def add_all(unit: Change, shape: Shape[T], values: Sequence[T]) -> None:
    """Stores new objects of one kind, as part of the unit's revision."""
    rows = []
    for value in values:
        stored = shape.stored(value, unit.box)
        rows.append(shape.row(stored, unit.revision))
        unit.record(shape.kind, value.id, None, stored)
        unit.see(value.id, unit.revision)
    await unit.execute(_insert(shape), rows)


async def put(unit: Change, shape: Shape[T], before: T, after: T) -> T:
    """Stores the new state of an object, as part of the unit's revision."""
    await put_all(unit, shape, [(before, after)])
    return after


async def put_all(unit: Change, shape: Shape[T], pairs: Sequence[tuple[T, T]]) -> None:
    """Stores the new states (before, after) of objects of one kind, as part of the unit's revision."""
    rows = []
    for before, after in pairs:
        stored = shape.stored(after, unit.box)
        rows.append({**shape.row(stored, unit.revision), "key_": after.id})
        unit.record(shape.kind, after.id, shape.stored(before, unit.box), stored)
        unit.see(after.id, unit.revision)
    await unit.execute(_update(shape), rows)


@cache
def _by_id(shape: Shape[Any]) -> Prepared:
    return Prepared(select(shape.table).where(shape.table.c.id == bindparam("id")))


@cache
def _by_ids(shape: Shape[Any]) -> Prepared:
    ids: list[Any] = [bindparam(f"id{n}") for n in range(IDS_AT_ONCE)]
    return Prepared(select(shape.table).where(shape.table.c.id.in_(ids)))


@cache
def _latest() -> Prepared:
    """The revision of the latest change of each kind in KNOWN, in one row."""
    latest: Any = select(*(_latest_of(shape).label(shape.kind) for shape in KNOWN))
    return Prepared(latest)


def _latest_of(shape: Shape[Any]) -> ScalarSelect[int]:
    return select(func.coalesce(func.max(shape.table.c.revision), 0)).scalar_subquery()


@cache
def _page(shape: Shape[Any], names: tuple[str, ...], is_continued: bool) -> Prepared:
    columns = shape.table.c
    where: list[Condition] = [tables.LIVE, *(columns[name] == bindparam(name) for name in names)]
    if is_continued:
        where.append(columns.tm_create < bindparam("before_"))
    newest_first = select(shape.table).where(*where).order_by(columns.tm_create.desc())
    return Prepared(newest_first.limit(bindparam("page_size_")))


@cache
def _insert(shape: Shape[Any]) -> Prepared:
    return Prepared(insert(shape.table), columns=shape.table.c.keys())


@cache
def _update(shape: Shape[Any]) -> Prepared:
    this_one = update(shape.table).where(shape.table.c.id == bindparam("key_"))
    return Prepared(this_one, columns=shape.table.c.keys())


@cache
def _setters(shape: Shape[Any]) -> tuple[tuple[str, Callable[[Any, Any], None]], ...]:
    return tuple((name, getattr(shape.of.cls, name).__set__) for name in shape.of.fields)


def _trusted(shape: Shape[T], record: Mapping[str, Any]) -> T:
    """The object without checking its rules again: they held when it was stored, and cost more than the query."""
    value = object.__new__(shape.of.cls)
    for name, put_in in _setters(shape):
        put_in(value, record[name])
    return value
