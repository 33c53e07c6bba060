"""Databases that take long to fill. They stay in the folder that `BENCH_FOLDER` names, and a later run only measures.

Without one they are gone at the end of the run. What is filled in is nothing that a power cut may not take.
"""

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from psycopg import sql

from dialplane.store import migrations
from dialplane.store.address import sqlite_url
from tests.postgresql import SETTINGS, PostgresqlServer, server_in

SQLITE, POSTGRESQL = "SQLite", "PostgreSQL"
DATABASES = tuple(kind for kind in (SQLITE, POSTGRESQL) if os.environ.get("BENCH_DATABASE", kind) == kind)
"""Both, or the one that `BENCH_DATABASE` names."""

_FILLING = {"wal_level": "minimal", "max_wal_senders": "0", "maintenance_work_mem": "512MB"}
"""Rows of a table that the same transaction has made, and its indexes, are written once."""


@contextmanager
def folder(name: str) -> Iterator[Path]:
    """A data folder for what has this name."""
    kept = os.environ.get("BENCH_FOLDER")
    if kept:
        data = Path(kept) / name
        data.mkdir(parents=True, exist_ok=True)
        yield data
        return
    with tempfile.TemporaryDirectory(prefix="dialplane-bench-") as made:
        yield Path(made)


@contextmanager
def database(kind: str, data: Path) -> Iterator[str]:
    """The URL of one of DATABASES in a data folder, which has the tables of now."""
    if kind == SQLITE:
        url = sqlite_url(data / "dialplane.db")
        migrations.upgrade(url)
        yield url
        return
    is_new = not (data / "data").exists()
    server = server_in(data, cleanup_mode="stop" if os.environ.get("BENCH_FOLDER") else "delete")
    try:
        running = PostgresqlServer(server)
        if is_new:
            _set_up(running)
        url = running.url("postgres")
        migrations.upgrade(url)
        yield url
    finally:
        server.cleanup()


def once(data: Path, what: str, make: Callable[[], str]) -> str:
    """What `make` answers, which is carried out once for a data folder."""
    note = data / f"{what}.made"
    if not note.exists():
        note.write_text(make())
    return note.read_text()


def _set_up(server: PostgresqlServer) -> None:
    for setting, value in {**SETTINGS, **_FILLING}.items():
        server.execute(sql.SQL("ALTER SYSTEM SET {} = {}").format(sql.Identifier(setting), value))
    server.stop()
    server.start()
