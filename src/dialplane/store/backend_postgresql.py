"""PostgreSQL: a server across a network, which may be slow, gone, or stopped with a connection open."""

import re
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import cache
from typing import Any, TypeVar, cast

import psycopg
from sqlalchemy import (
    ColumnElement,
    Connection,
    Dialect,
    Engine,
    Select,
    Table,
    create_engine,
    event,
    func,
    literal_column,
    select,
    text,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.engine import URL, ExceptionContext

from dialplane.domain.instants import DAY_US
from dialplane.store import partitions
from dialplane.store.backend import POOL_TIMEOUT_S, AlreadyStored, Backend, Rows, Size, Where
from dialplane.store.threads import run_within

T = TypeVar("T")

CONNECT_TIMEOUT_S = 2
LOCK_TIMEOUT_MS = 2_000
STATEMENT_TIMEOUT_MS = 60_000
"""Longest of the legitimate ones: a bulk change of 100,000 routes, a batch of the full feed."""

_KEEPALIVE = {"keepalives_idle": 5, "keepalives_interval": 2, "keepalives_count": 3, "tcp_user_timeout": 10_000}
"""A server that has vanished is noticed after some ten seconds, so that its connections do not stay lost."""

_OPTIONS = "-c timezone=UTC -c jit=off -c max_parallel_workers_per_gather=0"
"""A statement has one process of the server and is not compiled first: with the server's defaults, statistics of 20,000
calls gave half as many answers (measured), and others waited longer for the processor meanwhile."""

_MIGRATION_LOCK = 4_201_337_000_001

_CODES = {"53100": "storage_full", "55P03": "busy", "57014": "busy", "40P01": "busy"}
"""SQLSTATE: disk_full, lock_not_available, query_canceled (by a timeout of ours), deadlock_detected."""

_CODES_OF_CLASS = {"08": "unreachable", "53": "unreachable", "57": "unreachable"}
"""Connection exceptions, insufficient resources, operator intervention (shutdown, crash, starting up)."""


class Postgresql(Backend):
    """Every statement runs in a thread, and its caller gives up if the server does not answer in time."""

    rows_outlast_us = 2 * DAY_US

    def __init__(self, url: URL) -> None:
        super().__init__(url)
        self._cancelling = ThreadPoolExecutor(1, thread_name_prefix="dialplane-cancel")

    def writer_engine(self) -> Engine:
        return self._engine(1, read_only=False)

    def reader_engine(self, connections: int, *, prepares: bool = False) -> Engine:
        return self._engine(connections, read_only=True, prepares=prepares)

    def _engine(self, connections: int, *, read_only: bool, prepares: bool = False) -> Engine:
        limits = f"-c statement_timeout={STATEMENT_TIMEOUT_MS} -c lock_timeout={LOCK_TIMEOUT_MS}"
        engine = create_engine(
            self.url,
            hide_parameters=True,  # a row may hold a secret, and an exception's text is logged
            pool_size=connections,
            max_overflow=0,
            pool_timeout=POOL_TIMEOUT_S,
            pool_pre_ping=True,
            isolation_level="REPEATABLE READ" if read_only else "READ COMMITTED",
            connect_args={"connect_timeout": CONNECT_TIMEOUT_S, "options": f"{limits} {_OPTIONS}", **_KEEPALIVE},
        )
        event.listen(engine, "handle_error", _leave_rows_out)

        @event.listens_for(engine, "connect")
        def _prepare(connection: Any, _record: Any) -> None:
            connection.read_only = read_only
            if prepares:
                connection.prepare_threshold = 0

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
        return await run_within(threads, work, within_s=within_s, when_abandoned=when_abandoned, interrupt=interrupt)

    def interrupt(self, connection: Connection) -> None:
        """Over a connection of its own, in a thread of its own: the server may be gone."""
        self._cancelling.submit(_cancel, _driver(connection))

    def begin_reading(self, connection: Connection) -> None:
        connection.begin()

    def begin_writing(self, connection: Connection, *, lock_within_s: float) -> None:
        """`lock_timeout` bounds the wait for the lock, and `run` gives up sooner."""
        connection.begin()

    def begin_migrating(self, connection: Connection, *, is_bounded: bool = False) -> None:
        connection.begin()
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _MIGRATION_LOCK})
        if not is_bounded:
            connection.execute(text("SET LOCAL statement_timeout = 0"))

    def begin_staging(self, connection: Connection) -> None:
        connection.begin()

    def end(self, connection: Connection) -> bool:
        """Back into the engine's pool, which finds out before the next use whether the server is still there."""
        connection.close()
        return False

    def insert_many(
        self, connection: Connection, table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]
    ) -> None:
        copying = f"COPY {table} ({', '.join(columns)}) FROM STDIN"
        try:
            with _driver(connection).cursor() as cursor, cursor.copy(copying.encode()) as copy:
                for row in rows:
                    copy.write_row(row)
        except psycopg.errors.UniqueViolation as error:
            raise AlreadyStored from error

    def rows_among(
        self, connection: Connection, table: Table, columns: Sequence[str], *, column: str, values: Sequence[str]
    ) -> list[tuple[Any, ...]]:
        statement = f"SELECT {', '.join(columns)} FROM {table.name} WHERE {column} = ANY(%s)"
        return _driver(connection).execute(statement.encode(), (list(values),)).fetchall()

    def update_many(
        self, connection: Connection, table: Table, *, identity: Sequence[str], columns: Sequence[str], rows: Rows
    ) -> int:
        """Between the first and the last id, which leads to few partitions."""
        values = [list(column) for column in zip(*rows, strict=True)]
        statement = _updating(connection.dialect, table, tuple(identity), tuple(columns))
        return _driver(connection).execute(statement, [*values, min(values[0]), max(values[0])]).rowcount

    def merging_insert(self, table: Table) -> postgresql.Insert:
        return postgresql.insert(table)

    def begins(self, column: ColumnElement[str], beginning: str) -> ColumnElement[bool]:
        pattern = re.sub(r"([\\%_])", r"\\\1", beginning)
        return func.lower(column).like(func.lower(f"{pattern}%"))

    def estimate(self, connection: Connection, table: Table, where: Where, *, plain: Where) -> int:
        """By the planner's statistics."""
        found: Select[Any] = select(literal_column("1")).select_from(table).where(*where)
        compiled = found.compile(connection.engine, compile_kwargs={"render_postcompile": True})
        explained = f"EXPLAIN (FORMAT JSON) {compiled.string}"
        plan = connection.exec_driver_sql(explained, dict(compiled.params)).scalar_one()
        return int(plan[0]["Plan"]["Plan Rows"])

    def after_bulk_insert(self, connection: Connection) -> None:
        """Nothing: the server's autovacuum and checkpoints see to it."""

    def make_partitions(self, connection: Connection, *, now: int) -> None:
        partitions.make(connection, now=now)

    def drop_oldest_partition(self, connection: Connection, *, calls_before: int, attempts_before: int) -> bool:
        dropped = partitions.drop_oldest(connection, calls_before=calls_before, attempts_before=attempts_before)
        return dropped != ""

    def give_space_back(self, connection: Connection, *, bytes: int) -> int:
        """Nothing: a dropped partition gives back its own, and the server's autovacuum makes room among other rows."""
        return 0

    def size(self, connection: Connection) -> Size:
        return Size(connection.execute(text("SELECT pg_database_size(current_database())")).scalar_one(), None)

    def code_of(self, error: BaseException) -> str | None:
        if not isinstance(error, psycopg.Error):
            return None
        state = error.sqlstate
        if state is None:
            return "unreachable" if isinstance(error, (psycopg.OperationalError, psycopg.InterfaceError)) else None
        return _CODES.get(state) or _CODES_OF_CLASS.get(state[:2])


@cache
def _updating(dialect: Dialect, table: Table, identity: tuple[str, ...], columns: tuple[str, ...]) -> bytes:
    """An update from an array for each column of `identity` and of `columns`, and the bounds of the first."""
    arrays = ", ".join(f"%s::{table.c[name].type.compile(dialect)}[]" for name in (*identity, *columns))
    new = [f"new_{n}" for n in range(len(identity) + len(columns))]
    values = ", ".join(f"{name} = {its}" for name, its in zip(columns, new[len(identity) :], strict=True))
    where = " AND ".join(f"{table.name}.{name} = {its}" for name, its in zip(identity, new, strict=False))
    where += f" AND {table.name}.{identity[0]} BETWEEN %s AND %s"
    return f"UPDATE {table.name} SET {values} FROM unnest({arrays}) AS new ({', '.join(new)}) WHERE {where}".encode()


def _leave_rows_out(context: ExceptionContext) -> None:
    """Keeps the first line of the server's message: the others may hold the row that it refuses."""
    original, wrapped = context.original_exception, context.sqlalchemy_exception
    message = original.diag.message_primary if isinstance(original, psycopg.Error) else None
    if message is not None:
        original.args = (message,)
        if wrapped is not None:
            wrapped.args = (f"({type(original).__name__}) {message}",)


def _cancel(connection: "psycopg.Connection[Any]") -> None:
    with suppress(psycopg.Error):
        connection.cancel_safe(timeout=CONNECT_TIMEOUT_S)


def _driver(connection: Connection) -> "psycopg.Connection[Any]":
    return cast("psycopg.Connection[Any]", connection.connection.dbapi_connection)
