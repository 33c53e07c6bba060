"""Migrations: from an empty database or any released schema to the present one, safe to kill at any point.

Each step and the mark that it is done are one transaction, so the next start goes on after the last whole step.
"""

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, Select, column, inspect, select, table
from sqlalchemy.exc import DBAPIError

from dialplane.store.address import backend_at
from dialplane.store.backend import Backend
from dialplane.store.unit import Unit
from dialplane.system.clock import now_us

_FOLDER = Path(__file__).parent
_PRESENT: Select[Any] = select(column("version_num")).select_from(table("alembic_version"))


class SchemaMismatch(Exception):
    """The database's schema is not the one this version works with."""


def upgrade(url: str) -> None:
    """Brings the schema to the present revision; does nothing if it is there. Blocking.

    Raises SchemaMismatch if a newer version made the database.
    """
    backend = backend_at(url)
    engine = backend.writer_engine()
    try:
        while _step(backend, engine):
            pass
        _make_partitions(backend, engine)
    finally:
        engine.dispose()


def outdated(url: str) -> str:
    """The schema of a database that `upgrade` would change; "" if it is empty, or there is nothing to do. Blocking."""
    engine = backend_at(url).writer_engine()
    try:
        with engine.connect() as connection:
            present = _revision(connection)
    finally:
        engine.dispose()
    return present if present is not None and present in _released()[1:] else ""


def upgrade_by_one(url: str) -> bool:
    """Carries out the next migration alone; False if none was left. Blocking."""
    backend = backend_at(url)
    engine = backend.writer_engine()
    try:
        return _step(backend, engine)
    finally:
        engine.dispose()


def check(url: str) -> None:
    """Raises SchemaMismatch, with what to do, unless the schema is the present one. Blocking."""
    engine = backend_at(url).writer_engine()
    try:
        with engine.connect() as connection:
            present, head = _revision(connection), _scripts().get_current_head()
    finally:
        engine.dispose()
    if present is None:
        raise SchemaMismatch("the database is empty: run `dialplane migrate`")
    _refuse_newer(present)
    if present != head:
        raise _mismatch(present, "run `dialplane migrate`")


def _refuse_newer(present: str | None) -> None:
    if present is not None and present not in _released():
        raise _mismatch(present, "it was made by a newer version of Dialplane")


def _mismatch(present: str, advice: str) -> SchemaMismatch:
    return SchemaMismatch(f"the database has schema {present}, this version needs {_released()[0]}: {advice}")


async def behind(unit: Unit) -> str:
    """Says which migrations the database lacks, or "". Reads files. Raises Unavailable.

    One that a newer version has upgraded is not behind: nodes are replaced after it, one by one.
    """
    row = await unit.first(_PRESENT)
    released = _released()
    if row is None or row.version_num in released[1:]:
        return f"the database has schema {row.version_num if row else 'none'}, this version needs {released[0]}"
    return ""


def head() -> str:
    """The schema that this version works with. Reads files."""
    return _released()[0]


def is_released(schema: str) -> bool:
    """Whether this version knows a schema: the present one or an older one. Reads files."""
    return schema in _released()


@cache
def _released() -> Sequence[str]:
    """The schema revisions that this version knows, the newest first. Reads files."""
    return [script.revision for script in _scripts().walk_revisions()]


def _step(backend: Backend, engine: Engine) -> bool:
    """Carries out the next migration in one transaction; False if none was left."""
    with engine.connect() as connection:
        backend.begin_migrating(connection)
        present = _revision(connection)
        _refuse_newer(present)
        if present == _scripts().get_current_head():
            return False
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, "+1")
        connection.commit()
    return True


def _make_partitions(backend: Backend, engine: Engine) -> None:
    """Does nothing where others use the tables: a job of the API sees to it as well."""
    with engine.connect() as connection:
        try:
            backend.begin_migrating(connection, is_bounded=True)
            backend.make_partitions(connection, now=now_us())
            connection.commit()
        except DBAPIError as error:
            if backend.unavailable(error) is None:
                raise


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    return MigrationContext.configure(connection).get_current_revision()


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
    return config


def _scripts() -> ScriptDirectory:
    return ScriptDirectory.from_config(_config())
