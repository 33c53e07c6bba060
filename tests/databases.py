"""Real databases for tests: a SQLite file and a real PostgreSQL, one for each test."""

import asyncio
import base64
import os
import shutil
import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import Protocol

import pytest
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher
from sqlalchemy import update

from dialplane.control import bootstrap
from dialplane.control.login import passwords
from dialplane.store import migrations, tables
from dialplane.store.address import sqlite_url
from dialplane.store.database import Database
from dialplane.store.encryption import Encryption
from tests.locking import locked
from tests.postgresql import PostgresqlServer, shared_postgresql

ENCRYPTION_KEY = base64.urlsafe_b64encode(b"the same for all tests of a run.").decode()
USERNAME = "admin@localhost"
PASSWORD = "correct horse battery staple"
LIGHT_HASHER = Argon2Hasher(time_cost=1, memory_cost=64, parallelism=1)
"""A hash names its own cost. With this one, a password takes no 150 ms of processor time."""

REAL_HASHER = passwords.HASHER

KINDS = ("sqlite", "postgresql")


class Server(Protocol):
    """Where databases come from."""

    def create(self, name: str, *, template: str | None = None) -> str:
        """The URL of a new database, a copy of the template's."""
        ...

    def drop(self, name: str) -> None: ...

    def lent(self, template: str | None) -> AbstractContextManager[str]:
        """The URL of a database for one test: with the template's tables and rows, or empty."""
        ...


class SqliteFolder:
    """A folder of SQLite files."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def create(self, name: str, *, template: str | None = None) -> str:
        file = self.file(name)
        if template is not None:
            shutil.copyfile(self.file(template), file)
        return sqlite_url(file)

    def drop(self, name: str) -> None:
        for file in self._folder.glob(f"{name}.db*"):
            file.unlink()

    @contextmanager
    def lent(self, template: str | None) -> Iterator[str]:
        name = f"t{uuid.uuid4().hex}"
        try:
            yield self.create(name, template=template)
        finally:
            self.drop(name)

    def file(self, name: str) -> Path:
        """Where a database of this name is."""
        return self._folder / f"{name}.db"


@pytest.fixture(scope="session")
def shared_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that all processes of the test run have in common. Whoever writes there holds a lock on a file of it."""
    own = tmp_path_factory.getbasetemp()
    return own.parent if "PYTEST_XDIST_WORKER" in os.environ else own


@pytest.fixture(scope="session")
def postgresql_server(shared_folder: Path) -> Iterator[PostgresqlServer]:
    """One server for all processes of the test run."""
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID", uuid.uuid4().hex)
    with shared_postgresql(run, shared_folder / "postgresql.lock", _make_templates) as server:
        yield server


@pytest.fixture(scope="session")
def sqlite_folder(shared_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> SqliteFolder:
    """A folder of this process's own, with the templates in it."""
    templates, own = shared_folder / "sqlite-templates", tmp_path_factory.mktemp("sqlite")
    with locked(shared_folder / "sqlite.lock"):
        if not templates.exists():
            templates.mkdir()
            _make_templates(SqliteFolder(templates))
    shutil.copytree(templates, own, dirs_exist_ok=True)
    return SqliteFolder(own)


@pytest.fixture(scope="session")
def prepared_file(sqlite_folder: SqliteFolder) -> Path:
    """A SQLite database after its first start, to be copied."""
    return sqlite_folder.file("prepared")


@contextmanager
def password_cost(hasher: PasswordHash) -> Iterator[None]:
    """Passwords are hashed so in this process."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "HASHER", hasher)
        yield


@pytest.fixture(scope="session", autouse=True)
def light_passwords() -> Iterator[None]:
    """A new person, and a wrong password, cost next to nothing in all tests but those of that cost."""
    with password_cost(PasswordHash((LIGHT_HASHER,))):
        yield


@pytest.fixture(params=KINDS)
def fresh_database(request: pytest.FixtureRequest) -> Iterator[Callable[[str | None], str]]:
    """Makes databases (of a template) that are gone after the test: once on SQLite, once on PostgreSQL."""
    source = "sqlite_folder" if request.param == "sqlite" else "postgresql_server"
    server: Server = request.getfixturevalue(source)
    with ExitStack() as stack:
        yield lambda template: stack.enter_context(server.lent(template))


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
    light = update(tables.agents).values(password_hash=LIGHT_HASHER.hash(PASSWORD))
    async with database.write() as unit:
        await unit.run(lambda connection: connection.execute(light))
    await database.close()
