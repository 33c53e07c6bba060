"""What the records of a call take on disk: most fail over once, with all indexes, and the statistics' sums."""

import sqlite3
import tempfile
from collections.abc import Callable
from contextlib import ExitStack, closing
from pathlib import Path

import psycopg

from bench.ingest import CALLS, PASSWORD, Subject, migrate, round_of
from bench.node import free_port, running
from bench.report import Report
from tests.postgresql import PostgresqlServer, own_postgresql

ROUNDS = 16
"""Of `ingest.CALLS` each; the first is not counted: it makes what is there once."""


def run(report: Report) -> None:
    """Both databases."""
    for database in ("SQLite", "PostgreSQL"):
        with ExitStack() as stack:
            data = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="dialplane-bench-")))
            server = stack.enter_context(own_postgresql()) if database == "PostgreSQL" else None
            url = server.create("bench") if server is not None else ""
            if url:
                migrate(url, data, None)
            node = stack.enter_context(running(data, port=free_port(), database_url=url, admin_password=PASSWORD))
            bytes_a_call = _growth(Subject("now", node, server), _size_of(data, server))
        report.line(f"{database}, bytes a call", f"{bytes_a_call:,.0f}")


def _growth(subject: Subject, size: Callable[[], int]) -> float:
    before = 0
    for number in range(ROUNDS):
        subject.store(round_of(number), calls=CALLS)
        if number == 0:
            before = size()
    return (size() - before) / (CALLS * (ROUNDS - 1))


def _size_of(data: Path, server: PostgresqlServer | None) -> Callable[[], int]:
    def sqlite() -> int:
        with closing(sqlite3.connect(f"file:{data}/dialplane.db?mode=ro", uri=True)) as connection:
            (pages,), (each,) = (
                connection.execute(f"PRAGMA {name}").fetchone() for name in ("page_count", "page_size")
            )
        return int(pages) * int(each)

    def postgresql() -> int:
        assert server is not None
        with psycopg.connect(server.url("bench")) as connection:
            row = connection.execute("SELECT pg_database_size('bench')").fetchone()
        assert row is not None
        return int(row[0])

    return sqlite if server is None else postgresql
