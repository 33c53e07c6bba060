"""Objects and their rows: how each kind is stored, found, paged and changed."""

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import islice
from typing import Any, Generic, TypeVar

from sqlalchemy import (
    ColumnElement,
    Executable,
    Insert,
    Select,
    Table,
    TextClause,
    Update,
    bindparam,
    insert,
    select,
    update,
)

from dialplane.domain import kinds
from dialplane.domain.kinds import Kind, T
from dialplane.domain.records import from_record, record_of
from dialplane.store import tables
from dialplane.store.encryption import Encryption
from dialplane.store.revisions import Change
from dialplane.store.unit import COMMIT_WITHIN_S, FEW_ROWS, Reading, Rows, Unit

Condition = ColumnElement[bool] | TextClause
V = TypeVar("V")

FEW_IDS = 30
"""Ids that one short statement looks up: as many as a dialroute may have providers."""

FEW_OBJECTS = 100
"""Objects of a page that one short statement reads."""

IDS_AT_ONCE = 5_000
"""Ids in one statement: PostgreSQL takes 65,535 parameters, SQLite half as many."""


@dataclass(frozen=True, slots=True)
class Storage(Generic[T]):
    """The rows of one kind's objects: flags as 0 or 1, lists and mappings as JSON, secrets encrypted."""

    kind: Kind[T]

    @property
    def table(self) -> Table:
        return tables.metadata.tables[self.kind.collection]

    def encrypted_record(self, value: T, encryption: Encryption) -> dict[str, Any]:
        """The object's record with its secrets encrypted, as revisions hold it."""
        record = record_of(value)
        for name in self.kind.sealed:
            record[name] = encryption.encrypt(getattr(value, name))  # the record has lost an Undecrypted's ciphertext
        return record

    def row(self, record: Mapping[str, Any], revision: int) -> dict[str, Any]:
        """The table's row of a record whose secrets are encrypted."""
        row = {name: value for name, value in record.items() if name not in self.kind.computed}
        for name in self.kind.documents:
            row[name] = json.dumps(row[name])
        for name in self.kind.flags:
            row[name] = int(row[name])
        row["revision"] = revision
        return row

    def record(self, row: Any, encryption: Encryption) -> dict[str, Any]:
        """The record, secrets decrypted, of a row that was selected whole; `revision` is left in."""
        record: dict[str, Any] = dict(zip(_columns(self.table), row, strict=True))
        for name in self.kind.documents:
            record[name] = json.loads(record[name])
        for name in self.kind.flags:
            record[name] = record[name] == 1
        for name in self.kind.sealed:
            record[name] = encryption.decrypt(record[name])
        return record

    def value(self, row: Any, encryption: Encryption) -> T:
        """The object of a row that was selected whole."""
        record = self.record(row, encryption)
        for name in self.kind.computed:
            record[name] = ""
        return from_record(self.kind.cls, record)


@cache
def _columns(table: Table) -> Sequence[str]:
    """The columns' names. A row has them, too, and makes them anew each time: of a feed's time, that was a half."""
    return tuple(table.columns.keys())


CUSTOMERS = Storage(kinds.CUSTOMER)
AGENTS = Storage(kinds.AGENT)
ACCESSKEYS = Storage(kinds.ACCESSKEY)
PROVIDERS = Storage(kinds.PROVIDER)
ROUTES = Storage(kinds.ROUTE)
TRUNKS = Storage(kinds.TRUNK)
STORAGES: Mapping[str, Storage[Any]] = {name: Storage(kind) for name, kind in kinds.KINDS.items()}


async def find(unit: Unit, storage: Storage[T], id_: str) -> T | None:
    """The object of this id, deleted ones too, or None."""
    found = await _fetch(unit, storage, _by_id(storage), {"id_": id_}, short=True)
    return found[0] if found else None


async def find_all(unit: Unit, storage: Storage[T], ids: Iterable[str]) -> dict[str, T]:
    """Those of these ids that exist, deleted ones too, by id."""
    found = dict[str, T]()
    for some in _portions(ids):
        values = await _fetch(unit, storage, _by_ids(storage), {"ids": some}, short=len(some) <= FEW_IDS)
        found.update((value.id, value) for value in values)
    return found


async def find_cached(unit: Reading, storage: Storage[T], ids: Collection[str]) -> Mapping[str, T]:
    """The same out of the cache of committed objects, and others too; what is not there is read first.

    Their versions are not kept.
    """
    cached: dict[str, T] = await unit.cached(storage.kind.name)
    if missing := [id_ for id_ in ids if id_ not in cached]:
        cached.update(await find_all(unit, storage, missing))
    return cached


async def live_ids(unit: Unit, storage: Storage[Any], ids: Iterable[str]) -> set[str]:
    """Those of these ids whose objects are there and not deleted."""
    id_, found = storage.table.c.id, set[str]()
    for some in _portions(ids):
        found |= {row.id for row in await unit.fetch(select(id_).where(id_.in_(some), tables.LIVE))}
    return found


async def labels(unit: Unit, storage: Storage[Any], ids: Iterable[str]) -> dict[str, str]:
    """Id -> what people know the object by, deleted ones too, for those of these ids that exist. Raises Unavailable."""
    kind, columns, found = storage.kind, storage.table.c, dict[str, str]()
    for some in _portions(ids):
        statement = select(columns.id, *(columns[name] for name in kind.labels)).where(columns.id.in_(some))
        found.update((row.id, kind.label_of(row)) for row in await unit.fetch(statement, short=len(some) <= FEW_IDS))
    return found


async def live_labels(unit: Unit, storage: Storage[Any]) -> dict[str, str]:
    """The same of all live objects of a kind that has not many. Raises Unavailable."""
    kind, columns = storage.kind, storage.table.c
    statement = select(columns.id, *(columns[name] for name in kind.labels)).where(tables.LIVE)
    return {row.id: kind.label_of(row) for row in await unit.fetch(statement)}


def _portions(ids: Iterable[str]) -> Iterator[list[str]]:
    rest = iter(ids)
    while some := list(islice(rest, IDS_AT_ONCE)):
        yield some


async def select_objects(
    unit: Unit, storage: Storage[T], *where: Condition, limit: int | None = None, short: bool = False
) -> list[T]:
    """The objects that meet all conditions, newest first. `short` as in `Unit.run`."""
    statement = select(storage.table).where(*where).order_by(storage.table.c.tm_create.desc()).limit(limit)
    return await _fetch(unit, storage, statement, {}, short=short)


async def page(
    unit: Unit,
    storage: Storage[T],
    *,
    page_size: int,
    before: int | None,
    filters: Mapping[str, Any],
    also: Sequence[Condition] = (),
) -> list[T]:
    """Live objects, newest first, that meet these conditions; filters that are None do not count."""
    wanted = {name: value for name, value in filters.items() if value is not None}
    statement = _page(storage, tuple(wanted), before is not None)
    parameters = {**wanted, "before_": before, "page_size_": page_size}
    if also:
        return await _fetch(unit, storage, statement.where(*also), parameters, short=False)
    is_bounded = len(wanted) <= 1  # by one index; with two filters, one of them may have to read far for the other
    return await _fetch(unit, storage, statement, parameters, short=is_bounded and page_size <= FEW_OBJECTS)


async def _fetch(
    unit: Unit, storage: Storage[T], statement: Select[Any], parameters: Mapping[str, Any], *, short: bool
) -> list[T]:
    """The objects of a statement that selects whole rows: many are made in the thread that reads them."""
    return await unit.run(
        lambda connection: objects_of(unit, storage, connection.execute(statement, parameters).all()), short=short
    )


def objects_of(unit: Unit, storage: Storage[T], rows: Rows) -> list[T]:
    """The objects of rows that were selected whole; the unit keeps their versions."""
    for row in rows:
        unit.keep_version(row.id, row.revision)
    return [storage.value(row, unit.encryption) for row in rows]


async def add(unit: Change, storage: Storage[T], value: T) -> T:
    """Stores a new object, as part of the unit's revision."""
    await add_all(unit, storage, [value])
    return value


async def add_all(unit: Change, storage: Storage[T], values: Sequence[T]) -> None:
    """Stores new objects of one kind, as part of the unit's revision."""

    def row_of(value: T) -> dict[str, Any]:
        record = storage.encrypted_record(value, unit.encryption)
        unit.record(storage.kind.name, value.id, None, record)
        unit.keep_version(value.id, unit.revision)
        return storage.row(record, unit.revision)

    await _write(unit, _insert(storage), row_of, values)


async def put(unit: Change, storage: Storage[T], before: T, after: T) -> T:
    """Stores the new state of an object, as part of the unit's revision."""
    await put_all(unit, storage, [(before, after)])
    return after


async def put_all(unit: Change, storage: Storage[T], pairs: Sequence[tuple[T, T]]) -> None:
    """Stores the new states (before, after) of objects of one kind, as part of the unit's revision."""

    def row_of(pair: tuple[T, T]) -> dict[str, Any]:
        before, after = pair
        record = storage.encrypted_record(after, unit.encryption)
        unit.record(storage.kind.name, after.id, storage.encrypted_record(before, unit.encryption), record)
        unit.keep_version(after.id, unit.revision)
        return {**storage.row(record, unit.revision), "id_": after.id}

    await _write(unit, _update(storage), row_of, pairs)


async def _write(
    unit: Change, statement: Executable, row_of: Callable[[V], Mapping[str, Any]], values: Sequence[V]
) -> None:
    """Carries a statement out with the row of each value, if there are any: many are made in the thread that writes."""
    if values:
        await unit.run(
            lambda connection: connection.execute(statement, [row_of(value) for value in values]),
            short=len(values) <= FEW_ROWS,
            within_s=COMMIT_WITHIN_S,
        )


@cache
def _by_id(storage: Storage[Any]) -> Select[Any]:
    return select(storage.table).where(storage.table.c.id == bindparam("id_"))


@cache
def _by_ids(storage: Storage[Any]) -> Select[Any]:
    return select(storage.table).where(storage.table.c.id.in_(bindparam("ids", expanding=True)))


@cache
def _page(storage: Storage[Any], names: tuple[str, ...], is_continued: bool) -> Select[Any]:
    columns = storage.table.c
    where: list[Condition] = [tables.LIVE, *(columns[name] == bindparam(name) for name in names)]
    if is_continued:
        where.append(columns.tm_create < bindparam("before_"))
    newest_first = select(storage.table).where(*where).order_by(columns.tm_create.desc())
    return newest_first.limit(bindparam("page_size_"))


@cache
def _insert(storage: Storage[Any]) -> Insert:
    return insert(storage.table)


@cache
def _update(storage: Storage[Any]) -> Update:
    return update(storage.table).where(storage.table.c.id == bindparam("id_"))
