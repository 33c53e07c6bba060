"""Migrations: from an empty database or any released schema to the present one, safe to kill half-way.

Each step and the mark that it is done are one transaction, so the next start goes on where a killed one stopped.
"""

import asyncio
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, Select, column, inspect, select, table, text

from dialplane.store.address import parse_address
from dialplane.store.engines import writer_engine
from dialplane.store.tables import metadata
from dialplane.store.unit import Unit

_FOLDER = Path(__file__).parent
_ADVISORY_LOCK = 4_201_337_000_001
"""PostgreSQL: two processes that start at once migrate one after the other. (SQLite: BEGIN IMMEDIATE does it.)"""

_PRESENT: Select[Any] = select(column("version_num")).select_from(table("alembic_version"))


class SchemaMismatch(Exception):
    """The database's schema is not the one this version works with."""


def upgrade(url: str) -> None:
    """Brings the schema to the present revision; does nothing where it is there. Blocking."""
    engine = writer_engine(parse_address(url))
    try:
        while _step(engine):
            pass
    finally:
        engine.dispose()


def check(url: str) -> None:
    """Raises SchemaMismatch, with what to do, unless the schema is the present one. Blocking."""
    engine = writer_engine(parse_address(url))
    try:
        with engine.connect() as connection:
            present, head = _revision(connection), _scripts().get_current_head()
    finally:
        engine.dispose()
    if present is None:
        raise SchemaMismatch("the database is empty: run `dialplane migrate`")
    if present != head:
        known = present in {script.revision for script in _scripts().walk_revisions()}
        advice = "run `dialplane migrate`" if known else "it was made by a newer version of Dialplane"
        raise SchemaMismatch(f"the database has schema {present}, this version needs {head}: {advice}")


async def behind(unit: Unit) -> str:
    """What the database's schema lacks, or "". Raises Unavailable.

    One that a newer version has brought further is not behind: nodes are replaced after it, one by one.
    """
    row = await unit.first(_PRESENT)
    released = await asyncio.to_thread(_released)
    if row is None or row.version_num in released[1:]:
        return f"the database has schema {row.version_num if row else 'none'}, this version needs {released[0]}"
    return ""


@cache
def _released() -> Sequence[str]:
    """The schema revisions that this version knows, the newest first. Reads files."""
    return [script.revision for script in _scripts().walk_revisions()]


def _step(engine: Engine) -> bool:
    """Carries out the next migration in one transaction; False where none was left."""
    with engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _ADVISORY_LOCK})
        present, scripts = _revision(connection), _scripts()
        if present == scripts.get_current_head():
            return False
        _run(connection, scripts, f"{present}:+1" if present else "base:+1")
    return True


def _run(connection: Connection, scripts: ScriptDirectory, destination: str) -> None:
    def steps(revision: Any, _context: MigrationContext) -> Any:
        return scripts._upgrade_revs(destination.partition(":")[2], revision)

    environment = EnvironmentContext(Config(), scripts)
    environment.configure(connection=connection, target_metadata=metadata, fn=steps)
    environment.run_migrations()


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    return MigrationContext.configure(connection).get_current_revision()


def _scripts() -> ScriptDirectory:
    return ScriptDirectory(str(_FOLDER))
