"""SQLite: one file, written by one process at a time, read in the process itself."""

import json
import random
import sqlite3
import sys
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar, cast

from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    Select,
    Table,
    and_,
    create_engine,
    event,
    func,
    literal_column,
    select,
)
from sqlalchemy.dialects import sqlite

from dialplane.store.backend import POOL_TIMEOUT_S, AlreadyStored, Backend, Rows, Size, Where
from dialplane.store.threads import run_within

T = TypeVar("T")

BUSY_TIMEOUT_S = 1.8
"""How long a statement waits for another process that holds SQLite's lock."""

MIGRATION_WAIT_S = 600.0
"""How long a migration waits for that lock: another process may carry out one, of a large file."""

PRAGMAS = (
    "journal_mode=WAL",
    "synchronous=FULL",
    "foreign_keys=ON",
    "journal_size_limit=67108864",
)
"""On each connection. The limit cuts the WAL file back after a change of many thousand rows."""

KEPT_FREE = 20
"""One page in so many may be free: what comes in next needs them, and a file that shrinks and grows gains nothing."""

_INCREMENTAL = 2

READER_PRAGMAS = ("query_only=ON", "cache_size=-16000", "mmap_size=2147418112")
"""16 MB of pages a reader: the upper levels of a million routes' indexes, which every decision goes through.

What is not there is read from the mapped file (up to 2 GB of it, SQLite's most), without a call into the kernel and
without a copy of the page: measured here, a quarter less for a decision over a million routes.
"""

WRITER_PRAGMAS = ("cache_size=-64000", "wal_autocheckpoint=4000")
"""64 MB of pages: a change of 100,000 routes touches most pages of their indexes, and many of them again and again.

The WAL file is carried over into the database at 16 MB: calls that are stored one batch after the other write the same
pages of indexes again and again, and each is then carried over once (measured: a tenth of the time that a call takes).
"""

SAMPLED = 2_000
"""Rows of a sample: what a fiftieth of all meet is estimated to within a seventh, as a rule."""

_ROWID: ColumnElement[int] = literal_column("rowid")

_ALREADY_STORED = (sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY, sqlite3.SQLITE_CONSTRAINT_UNIQUE)

_CODES = {
    "SQLITE_BUSY": "busy",
    "SQLITE_LOCKED": "busy",
    "SQLITE_INTERRUPT": "too_long",
    "SQLITE_FULL": "storage_full",
    "SQLITE_IOERR": "unreachable",
    "SQLITE_CANTOPEN": "unreachable",
}


class Sqlite(Backend):
    """Short statements run on the event loop's own thread: a hop into another one costs ten times as much.

    Measured here: a row by its id takes 25 us through SQLAlchemy, 230 us with the hop. A disk that stalls can hold the
    loop for as long as such a read, so only what an index bounds may be short.
    """

    short_on_loop = True

    def writer_engine(self) -> Engine:
        return self._engine(1, WRITER_PRAGMAS)

    def reader_engine(self, connections: int, *, prepares: bool = False) -> Engine:
        return self._engine(connections, READER_PRAGMAS)

    def _engine(self, connections: int, pragmas: tuple[str, ...]) -> Engine:
        engine = create_engine(
            self.url,
            hide_parameters=True,  # a row may hold a secret, and an exception's text is logged
            pool_size=connections,
            max_overflow=0,
            pool_timeout=POOL_TIMEOUT_S,
            connect_args={"timeout": BUSY_TIMEOUT_S, "check_same_thread": False, "isolation_level": None},
        )

        @event.listens_for(engine, "connect")
        def _prepare(connection: sqlite3.Connection, _record: Any) -> None:
            if connection.execute("PRAGMA page_count").fetchone() == (0,):  # a new file; in others it takes the lock
                connection.execute("PRAGMA auto_vacuum=INCREMENTAL")
            for pragma in (*PRAGMAS, *pragmas):
                connection.execute(f"PRAGMA {pragma}")

        return engine

    async def run(
        self,
        threads: ThreadPoolExecutor,
        work: Callable[[], T],
        *,
        within_s: float,
        when_abandoned: Callable[[], None],
        interrupt: Callable[[], None] | None = None,
    ) -> T:
        return await run_within(threads, work, within_s=within_s if interrupt else None, interrupt=interrupt)

    def interrupt(self, connection: Connection) -> None:
        _driver(connection).interrupt()

    def begin_reading(self, connection: Connection) -> None:
        """In the driver; SQLAlchemy begins by itself with the first statement that goes through it."""
        _driver(connection).execute("BEGIN")

    def begin_writing(self, connection: Connection, *, lock_within_s: float) -> None:
        _driver(connection).execute(f"PRAGMA busy_timeout = {lock_within_s * 1000:.0f}")
        _begin(connection, "BEGIN IMMEDIATE")

    def begin_migrating(self, connection: Connection, *, is_bounded: bool = False) -> None:
        """Another process may be migrating, too."""
        if not is_bounded:
            _driver(connection).execute(f"PRAGMA busy_timeout = {MIGRATION_WAIT_S * 1000:.0f}")
        _begin(connection, "BEGIN IMMEDIATE")

    def begin_staging(self, connection: Connection) -> None:
        _driver(connection).execute("PRAGMA wal_autocheckpoint = 0")  # due once the writer's lock is free again
        _begin(connection, "BEGIN")

    def end(self, connection: Connection) -> bool:
        connection.rollback()  # no more than forgets a transaction whose commit failed
        _driver(connection).rollback()
        return True

    def insert_many(
        self, connection: Connection, table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]
    ) -> None:
        marks = ", ".join("?" * len(columns))
        try:
            _driver(connection).executemany(f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})", rows)
        except sqlite3.IntegrityError as error:
            if error.sqlite_errorcode in _ALREADY_STORED:
                raise AlreadyStored from error
            raise

    def rows_among(
        self, connection: Connection, table: Table, columns: Sequence[str], *, column: str, values: Sequence[str]
    ) -> list[tuple[Any, ...]]:
        among = f"{column} IN (SELECT value FROM json_each(?))"
        statement = f"SELECT {', '.join(columns)} FROM {table.name} WHERE {among}"
        return _driver(connection).execute(statement, (json.dumps(values),)).fetchall()

    def update_many(
        self, connection: Connection, table: Table, *, identity: Sequence[str], columns: Sequence[str], rows: Rows
    ) -> int:
        where = " AND ".join(f"{name} = ?{n}" for n, name in enumerate(identity, 1))
        values = ", ".join(f"{name} = ?{n}" for n, name in enumerate(columns, 1 + len(identity)))
        return _driver(connection).executemany(f"UPDATE {table.name} SET {values} WHERE {where}", rows).rowcount

    def merging_insert(self, table: Table) -> sqlite.Insert:
        return sqlite.insert(table)

    def begins(self, column: ColumnElement[str], beginning: str) -> ColumnElement[bool]:
        text, first = func.lower(column), func.lower(beginning)
        return and_(text >= first, text < first + chr(sys.maxunicode))

    def estimate(self, connection: Connection, table: Table, where: Where, *, plain: Where) -> int:
        """By a sample of rows, which their numbers find."""
        rows = connection.execute(select(func.max(_ROWID)).select_from(table)).scalar_one() or 0
        sample = random.sample(range(1, rows + 1), min(rows, SAMPLED))
        numbers: Select[Any] = select(literal_column("value")).select_from(func.json_each(json.dumps(sample)))
        found = connection.execute(
            select(func.count()).select_from(table).where(_ROWID.in_(numbers), *plain)
        ).scalar_one()
        return found * rows // max(1, len(sample))

    def after_bulk_insert(self, connection: Connection) -> None:
        """Carries the WAL file over into the database while others read and write. Nothing depends on it."""
        _driver(connection).execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()

    def make_partitions(self, connection: Connection, *, now: int) -> None:
        """Nothing: all calls are in one table."""

    def drop_oldest_partition(self, connection: Connection, *, calls_before: int, attempts_before: int) -> bool:
        return False

    def give_space_back(self, connection: Connection, *, bytes: int) -> int:
        """Nothing of a file that an older version made; a restored backup of it gives back."""
        page, pages, free = _pragmas(connection, "page_size", "page_count", "freelist_count")
        most = min(bytes // page, free - pages // KEPT_FREE)
        if _pragmas(connection, "auto_vacuum") != [_INCREMENTAL] or most <= 0:
            return 0
        _driver(connection).execute(f"PRAGMA incremental_vacuum({most})").fetchall()
        return page * (pages - _pragmas(connection, "page_count")[0])

    def size(self, connection: Connection) -> Size:
        page, pages, free = _pragmas(connection, "page_size", "page_count", "freelist_count")
        return Size(page * pages, page * free)

    def code_of(self, error: BaseException) -> str | None:
        name = getattr(error, "sqlite_errorname", "")
        return next((code for prefix, code in _CODES.items() if name.startswith(prefix)), None)


def _begin(connection: Connection, statement: str) -> None:
    """Begins a transaction in the driver, which does not do so by itself (`isolation_level`), and in SQLAlchemy."""
    _driver(connection).execute(statement)
    connection.begin()


def _pragmas(connection: Connection, *names: str) -> list[int]:
    """The values of these pragmas."""
    return [_driver(connection).execute(f"PRAGMA {name}").fetchone()[0] for name in names]


def _driver(connection: Connection) -> sqlite3.Connection:
    return cast(sqlite3.Connection, connection.connection.dbapi_connection)
