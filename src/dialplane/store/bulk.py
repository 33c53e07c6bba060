"""Bulk inserts: new objects by the thousand, made before the writer's lock is taken, which is held for inserts alone.

Their instants and the number of their revision are only known under the lock, so those are left open. Many objects wait
for it in a temporary table, on a connection of their own: two statements then put them where they belong. Measured
here, 100,000 routes beside a million on SQLite: the lock is held 1.7 to 2.0 s this way, 3.3 s when the rows come from
Python while other requests are served, and 5.1 s in the order and with the ids that they came with.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import Connection, text

from dialplane.domain.kinds import T
from dialplane.domain.records import record_of
from dialplane.store import tables
from dialplane.store.backend import Backend
from dialplane.store.objects import Storage
from dialplane.store.pool import Pool
from dialplane.store.revisions import Change
from dialplane.store.unit import COMMIT_WITHIN_S

STAGED_FROM = 5_000
"""From so many objects on they are staged: copied to a temporary table before the lock is waited for."""

_CREATED = '"tm_create":'
"""The field that is left open in a revision's document. Inside a string of it the quotes would be escaped."""

_OPEN_COLUMNS = ("tm_create", "revision")
_STAGED_COLUMNS = ("position", "document_before", "document_after")
_RECORD_COLUMNS = ("revision", "seq", "kind", "object_id", "after")


@dataclass(frozen=True, slots=True, eq=False)
class _NewObject:
    """A row but for its open columns, and its document before and after the value of `tm_create`.

    `position`: 0, 1, 2, ... among the objects of its request.
    """

    position: int
    id: str
    row: Sequence[Any]
    document_before: str
    document_after: str


class BulkInsert:
    """New objects of one kind that has no secrets, in the order in which they will be inserted.

    Instants follow `position`; the order is free. If neighbours in the indexes come one after the other, each of the
    database's pages is read and written once.
    """

    def __init__(self, storage: Storage[Any]) -> None:
        assert not storage.kind.sealed
        self._storage = storage
        self._columns = [name for name in storage.table.c.keys() if name not in _OPEN_COLUMNS]
        self._objects: list[_NewObject] = []
        self._texts: dict[str, str] = {}
        self._count = 0
        self._staged = ""

    @property
    def is_large(self) -> bool:
        """Whether it is to be staged."""
        return self._count >= STAGED_FROM

    def add(self, position: int, value: T) -> None:
        """Adds a new object; its tm_create must be 0, and is taken from the unit that stores it."""
        record = record_of(value)
        row = self._storage.row(record, 0)
        before, _, after = msgspec.json.encode(record).decode().partition(f"{_CREATED}0")
        values = tuple(self._shared(row[name]) for name in self._columns)
        self._objects.append(_NewObject(position, value.id, values, before, self._shared(after)))
        self._count += 1

    def _shared(self, value: Any) -> Any:
        """The same text is in memory once: few customers, providers and targets are in many routes."""
        return self._texts.setdefault(value, value) if type(value) is str else value

    def stage(self, backend: Backend, connection: Connection, name: str) -> None:
        """Moves the objects into a temporary table of this name, which only this connection sees. Blocking."""
        columns = ", ".join(self._columns)
        open_parts = "CAST(0 AS BIGINT) AS position, CAST('' AS TEXT) AS document_before, "
        open_parts += "CAST('' AS TEXT) AS document_after"
        like = f"SELECT {columns}, {open_parts} FROM {self._storage.table.name} WHERE 1 = 0"
        connection.execute(text(f"CREATE TEMPORARY TABLE {name} AS {like}"))
        rows = ((*new.row, new.position, new.document_before, new.document_after) for new in self._objects)
        backend.insert_many(connection, name, (*self._columns, *_STAGED_COLUMNS), rows)
        self._staged, self._objects, self._texts = name, [], {}

    async def store(self, unit: Change) -> None:
        """Stores the objects, as part of the unit's revision. Raises Unavailable."""
        if self._count:
            await unit.flush()
            first_instant = unit.next_instants(self._count)
            store = self._store_staged if self._staged else self._store
            await unit.run(lambda connection: store(unit, connection, first_instant), within_s=COMMIT_WITHIN_S)

    def _store(self, unit: Change, connection: Connection, first_instant: int) -> None:
        insert, first_seq = unit.backend.insert_many, unit.reserve_records(connection, self._count)
        rows = ((*new.row, first_instant + new.position, unit.revision) for new in self._objects)
        insert(connection, self._storage.table.name, (*self._columns, *_OPEN_COLUMNS), rows)
        records = self._records(unit.revision, first_seq, first_instant)
        insert(connection, tables.revision_changes.name, _RECORD_COLUMNS, records)

    def _records(self, revision: int, first_seq: int, first_instant: int) -> Iterator[Sequence[Any]]:
        for new in self._objects:
            document = f"{new.document_before}{_CREATED}{first_instant + new.position}{new.document_after}"
            yield revision, first_seq + new.position, self._storage.kind.name, new.id, document

    def _store_staged(self, unit: Change, connection: Connection, first_instant: int) -> None:
        first_seq, columns = unit.reserve_records(connection, self._count), ", ".join(self._columns)
        numbers = {"instant": first_instant, "revision": unit.revision, "seq": first_seq}
        instant = "CAST(:instant AS BIGINT) + position"
        rows = f"SELECT {columns}, {instant}, CAST(:revision AS BIGINT) FROM {self._staged}"
        into = f"INSERT INTO {self._storage.table.name} ({columns}, {', '.join(_OPEN_COLUMNS)})"
        connection.execute(text(f"{into} {rows}"), numbers)
        document = f"document_before || '{_CREATED}' || CAST({instant} AS TEXT) || document_after"
        values = "CAST(:revision AS BIGINT), CAST(:seq AS BIGINT) + position, CAST(:kind AS TEXT), id"
        records = f"SELECT {values}, {document} FROM {self._staged}"
        into = f"INSERT INTO {tables.revision_changes.name} ({', '.join(_RECORD_COLUMNS)})"
        connection.execute(text(f"{into} {records}"), numbers | {"kind": self._storage.kind.name})


def stage_all(pool: Pool, inserts: Sequence[BulkInsert]) -> None:
    """Stages them on the pool's one connection, which the next unit of work takes. Blocking. Raises Unavailable."""
    connection = None
    try:
        connection = pool.take()
        pool.backend.begin_staging(connection)
        for number, insert in enumerate(inserts):
            insert.stage(pool.backend, connection, f"staged_{number}")
        connection.commit()
    except Exception as error:
        if (unavailable := pool.backend.unavailable(error)) is not None:
            raise unavailable from error
        raise
    finally:
        if connection is not None:
            pool.give_back(connection)
