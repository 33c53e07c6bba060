"""Migrations: from nothing to the present schema, resumable, checked, and the same as the tables in code."""

import multiprocessing
import os
import re
import signal
import sqlite3
import threading
import time
from collections.abc import Callable

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, text

from dialplane.store import backend_postgresql, backend_sqlite, migrations
from dialplane.store.address import parse_address
from dialplane.store.tables import metadata
from tests.databases import SqliteFolder


def test_an_empty_database_is_refused_then_upgraded_then_accepted(empty_url: str) -> None:
    with pytest.raises(migrations.SchemaMismatch, match="dialplane migrate"):
        migrations.check(empty_url)
    migrations.upgrade(empty_url)
    migrations.check(empty_url)


def test_upgrading_again_keeps_what_is_there(migrated_url: str) -> None:
    engine = create_engine(parse_address(migrated_url))
    with engine.connect() as connection:
        epoch = connection.execute(text("SELECT epoch FROM clock")).scalar_one()
    migrations.upgrade(migrated_url)
    with engine.connect() as connection:
        assert connection.execute(text("SELECT epoch FROM clock")).scalar_one() == epoch
    engine.dispose()


def test_a_newer_schema_is_refused(migrated_url: str) -> None:
    engine = create_engine(parse_address(migrated_url))
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    engine.dispose()
    with pytest.raises(migrations.SchemaMismatch, match="newer version"):
        migrations.check(migrated_url)
    with pytest.raises(migrations.SchemaMismatch, match=r"schema 9999, this version needs .*: .* newer version"):
        migrations.upgrade(migrated_url)


@pytest.mark.filterwarnings("ignore:.*expression-based index")  # of lower(name), which is not compared on SQLite
def test_the_migrated_schema_is_that_of_the_tables(migrated_url: str) -> None:
    engine = create_engine(parse_address(migrated_url))
    with engine.connect() as connection:
        opts = {"compare_type": True, "include_name": _is_declared}
        context = MigrationContext.configure(connection, opts=opts)
        assert compare_metadata(context, metadata) == []
    engine.dispose()


def _is_declared(name: str | None, kind: str, _parents: object) -> bool:
    """Partitions are not declared: they follow from their table."""
    return kind != "table" or not re.match("(calls|attempts)_", name or "")


def test_sqlite_tables_are_strict(sqlite_folder: object, tmp_path: object) -> None:
    url = f"sqlite:///{tmp_path}/strict.db"
    migrations.upgrade(url)
    engine = create_engine(url)
    with engine.connect() as connection:
        created = {
            row.name: row.sql
            for row in connection.execute(text("SELECT name, sql FROM sqlite_master WHERE type = 'table'"))
        }
    engine.dispose()
    assert {name for name, sql in created.items() if "STRICT" not in sql} == {"alembic_version"}


@pytest.mark.system
def test_a_killed_migration_goes_on_at_the_next_start(fresh_database: Callable[[str | None], str]) -> None:
    spawn = multiprocessing.get_context("spawn")
    for delay_s in (0.0, 0.005, 0.015):
        url = fresh_database(None)
        started = spawn.Event()
        process = spawn.Process(target=_migrate, args=(url, started))
        process.start()
        started.wait(30)
        time.sleep(delay_s)
        os.kill(process.pid or 0, signal.SIGKILL)
        process.join(10)
        migrations.upgrade(url)
        migrations.check(url)


def test_a_migration_may_take_longer_than_any_other_statement(empty_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def upgrade_slowly(config: Config, revision: str) -> None:
        connection = config.attributes["connection"]
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_sleep(0.3)"))
        upgrade(config, revision)

    upgrade = command.upgrade
    monkeypatch.setattr(backend_postgresql, "STATEMENT_TIMEOUT_MS", 200)
    monkeypatch.setattr(command, "upgrade", upgrade_slowly)
    assert migrations.upgrade_by_one(empty_url)


def test_a_migration_waits_for_whoever_holds_the_file(
    sqlite_folder: SqliteFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backend_sqlite, "BUSY_TIMEOUT_S", 0.05)
    with sqlite_folder.lent(None) as url:
        assert migrations.upgrade_by_one(url)
        holder = sqlite3.connect(parse_address(url).database or "", isolation_level=None, check_same_thread=False)
        holder.execute("BEGIN IMMEDIATE")
        release = threading.Timer(0.5, holder.rollback)
        release.start()
        assert migrations.upgrade_by_one(url)
        release.join()
        holder.close()


@pytest.mark.system
def test_processes_that_migrate_at_once_do_not_disturb_each_other(empty_url: str) -> None:
    spawn = multiprocessing.get_context("spawn")
    processes = [spawn.Process(target=migrations.upgrade, args=(empty_url,)) for _ in range(2)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
    assert [process.exitcode for process in processes] == [0, 0]
    migrations.check(empty_url)


def _migrate(url: str, started: "multiprocessing.synchronize.Event") -> None:
    started.set()
    migrations.upgrade(url)
