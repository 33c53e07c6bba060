"""Engines: how connections of either database are made, for writers and for readers."""

import sqlite3
from typing import Any

import psycopg
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, ExceptionContext

from dialplane.store.connections import raw

BUSY_TIMEOUT_S = 1.8
"""How long a statement waits for another process that holds SQLite's lock."""

PRAGMAS = ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "journal_size_limit=67108864")
"""On each connection. The limit cuts the WAL file back after a change of many thousand rows."""

READER_PRAGMAS = ("query_only=ON", "cache_size=-16000", "mmap_size=2147418112")
"""16 MB of pages a reader: the upper levels of a million routes' indexes, which every decision goes through.

What is not there is read from the mapped file (up to 2 GB of it, SQLite's most), without a call into the kernel and
without a copy of the page: measured here, a quarter less for a decision over a million routes.
"""

WRITER_PRAGMAS = ("cache_size=-64000",)
"""64 MB of pages: a change of 100,000 routes touches most pages of their indexes, and many of them again and again."""

CONNECT_TIMEOUT_S = 2
LOCK_TIMEOUT_MS = 2_000
STATEMENT_TIMEOUT_MS = 60_000
"""Longest of the legitimate ones: a bulk change of 100,000 routes, a batch of the full feed."""

_KEEPALIVE = {"keepalives_idle": 5, "keepalives_interval": 2, "keepalives_count": 3, "tcp_user_timeout": 10_000}
"""A server that has vanished is noticed after some ten seconds, so that its connections do not stay lost."""


def writer_engine(url: URL) -> Engine:
    """An engine with one connection whose transactions may write from their first statement on."""
    if url.get_backend_name() == "sqlite":
        return _sqlite(url, connections=1, begin="BEGIN IMMEDIATE", pragmas=WRITER_PRAGMAS)
    return _postgresql(url, connections=1, read_only=False)


def reader_engine(url: URL, connections: int) -> Engine:
    """An engine whose transactions only read, each in one snapshot."""
    if url.get_backend_name() == "sqlite":
        return _sqlite(url, connections=connections, begin="BEGIN", pragmas=READER_PRAGMAS)
    return _postgresql(url, connections=connections, read_only=True)


def _sqlite(url: URL, *, connections: int, begin: str, pragmas: tuple[str, ...]) -> Engine:
    engine = create_engine(
        url,
        hide_parameters=True,  # a row may hold a secret, and an exception's text is logged
        pool_size=connections,
        max_overflow=0,
        pool_timeout=BUSY_TIMEOUT_S,
        connect_args={"timeout": BUSY_TIMEOUT_S, "check_same_thread": False, "isolation_level": None},
    )

    @event.listens_for(engine, "connect")
    def _prepare(connection: sqlite3.Connection, _record: Any) -> None:
        for pragma in (*PRAGMAS, *pragmas):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        if not raw(connection).in_transaction:
            raw(connection).execute(begin)

    return engine


def _postgresql(url: URL, *, connections: int, read_only: bool) -> Engine:
    limits = f"-c statement_timeout={STATEMENT_TIMEOUT_MS} -c lock_timeout={LOCK_TIMEOUT_MS} -c timezone=UTC"
    engine = create_engine(
        url,
        hide_parameters=True,  # a row may hold a secret, and an exception's text is logged
        pool_size=connections,
        max_overflow=0,
        pool_timeout=BUSY_TIMEOUT_S,
        pool_pre_ping=True,
        isolation_level="REPEATABLE READ" if read_only else "READ COMMITTED",
        connect_args={"connect_timeout": CONNECT_TIMEOUT_S, "options": limits, **_KEEPALIVE},
    )

    event.listen(engine, "handle_error", _leave_rows_out)

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, _record: Any) -> None:
        connection.read_only = read_only

    return engine


def _leave_rows_out(context: ExceptionContext) -> None:
    """Of what PostgreSQL tells, its first line is kept: the others may hold the row that it refuses."""
    original, wrapped = context.original_exception, context.sqlalchemy_exception
    told = original.diag.message_primary if isinstance(original, psycopg.Error) else None
    if told is not None:
        original.args = (told,)
        if wrapped is not None:
            wrapped.args = (f"({type(original).__name__}) {told}",)
