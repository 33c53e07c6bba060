"""Objects and their rows: how each kind is kept, found, paged and changed."""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import islice
from typing import Any, Generic

from sqlalchemy import ColumnElement, Insert, Select, Table, TextClause, Update, bindparam, insert, select, update

from dialplane.domain import kinds
from dialplane.domain.kinds import Kind, T
from dialplane.domain.records import from_record, record_of
from dialplane.store import tables
from dialplane.store.box import Box
from dialplane.store.revisions import Change
from dialplane.store.unit import Reading, Rows, Unit

Condition = ColumnElement[bool] | TextClause


FEW_IDS = 30
"""Ids that one short statement looks up: as many as a dialroute may have providers."""

IDS_AT_ONCE = 5_000
"""Ids in one statement: PostgreSQL takes 65,535 parameters, SQLite half as many."""


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
        return from_record(self.of.cls, record)


CUSTOMERS = Shape(kinds.CUSTOMER)
AGENTS = Shape(kinds.AGENT)
ACCESSKEYS = Shape(kinds.ACCESSKEY)
PROVIDERS = Shape(kinds.PROVIDER)
ROUTES = Shape(kinds.ROUTE)
TRUNKS = Shape(kinds.TRUNK)
SHAPES: Mapping[str, Shape[Any]] = {name: Shape(kind) for name, kind in kinds.KINDS.items()}


async def find(unit: Unit, shape: Shape[T], id_: str) -> T | None:
    """The object of this id, deleted ones too, or None."""
    found = objects_of(unit, shape, await unit.fetch(_by_id(shape), {"id_": id_}, short=True))
    return found[0] if found else None


async def find_all(unit: Unit, shape: Shape[T], ids: Iterable[str]) -> dict[str, T]:
    """Those of these ids that exist, deleted ones too, by id."""
    found = dict[str, T]()
    for some in _portions(ids):
        rows = await unit.fetch(_by_ids(shape), {"ids": some}, short=len(some) <= FEW_IDS)
        found.update((value.id, value) for value in objects_of(unit, shape, rows))
    return found


async def find_cached(unit: Reading, shape: Shape[T], ids: Collection[str]) -> Mapping[str, T]:
    """The same out of the cache of committed objects, and others too; what is not there is read first.

    Their versions are not kept.
    """
    cached: dict[str, T] = await unit.cached(shape.kind)
    if missing := [id_ for id_ in ids if id_ not in cached]:
        cached.update(await find_all(unit, shape, missing))
    return cached


async def live_ids(unit: Unit, shape: Shape[Any], ids: Iterable[str]) -> set[str]:
    """Those of these ids whose objects are there and not deleted."""
    id_, found = shape.table.c.id, set[str]()
    for some in _portions(ids):
        found |= {row.id for row in await unit.fetch(select(id_).where(id_.in_(some), tables.LIVE))}
    return found


def _portions(ids: Iterable[str]) -> Iterator[list[str]]:
    rest = iter(ids)
    while some := list(islice(rest, IDS_AT_ONCE)):
        yield some


async def select_objects(unit: Unit, shape: Shape[T], *where: Condition, limit: int | None = None) -> list[T]:
    """The objects that meet all conditions, newest first."""
    statement = select(shape.table).where(*where).order_by(shape.table.c.tm_create.desc()).limit(limit)
    return objects_of(unit, shape, await unit.fetch(statement))


async def page(
    unit: Unit, shape: Shape[T], *, page_size: int, before: int | None, filters: Mapping[str, Any]
) -> list[T]:
    """Live objects, newest first; filters that are None do not count."""
    wanted = {name: value for name, value in filters.items() if value is not None}
    statement = _page(shape, tuple(wanted), before is not None)
    parameters = {**wanted, "before_": before, "page_size_": page_size}
    is_bounded = len(wanted) <= 1  # by one index; with two filters, one of them may have to read far for the other
    return objects_of(unit, shape, await unit.fetch(statement, parameters, short=is_bounded))


def objects_of(unit: Unit, shape: Shape[T], rows: Rows) -> list[T]:
    """The objects of rows that were selected whole; the unit keeps their versions."""
    for row in rows:
        unit.keep_version(row.id, row.revision)
    return [shape.value(row, unit.box) for row in rows]


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
        unit.keep_version(value.id, unit.revision)
    await unit.execute(_insert(shape), rows, short=True)


async def put(unit: Change, shape: Shape[T], before: T, after: T) -> T:
    """Stores the new state of an object, as part of the unit's revision."""
    await put_all(unit, shape, [(before, after)])
    return after


async def put_all(unit: Change, shape: Shape[T], pairs: Sequence[tuple[T, T]]) -> None:
    """Stores the new states (before, after) of objects of one kind, as part of the unit's revision."""
    rows = []
    for before, after in pairs:
        stored = shape.stored(after, unit.box)
        rows.append({**shape.row(stored, unit.revision), "id_": after.id})
        unit.record(shape.kind, after.id, shape.stored(before, unit.box), stored)
        unit.keep_version(after.id, unit.revision)
    await unit.execute(_update(shape), rows, short=True)


@cache
def _by_id(shape: Shape[Any]) -> Select[Any]:
    return select(shape.table).where(shape.table.c.id == bindparam("id_"))


@cache
def _by_ids(shape: Shape[Any]) -> Select[Any]:
    return select(shape.table).where(shape.table.c.id.in_(bindparam("ids", expanding=True)))


@cache
def _page(shape: Shape[Any], names: tuple[str, ...], is_continued: bool) -> Select[Any]:
    columns = shape.table.c
    where: list[Condition] = [tables.LIVE, *(columns[name] == bindparam(name) for name in names)]
    if is_continued:
        where.append(columns.tm_create < bindparam("before_"))
    newest_first = select(shape.table).where(*where).order_by(columns.tm_create.desc())
    return newest_first.limit(bindparam("page_size_"))


@cache
def _insert(shape: Shape[Any]) -> Insert:
    return insert(shape.table)


@cache
def _update(shape: Shape[Any]) -> Update:
    return update(shape.table).where(shape.table.c.id == bindparam("id_"))
