"""Backends: what their exceptions may show, and how their connections are set up."""

import traceback
from typing import Any

import pytest
from sqlalchemy import Connection, insert
from sqlalchemy.exc import DBAPIError

from dialplane.store import tables
from dialplane.store.address import backend_at
from dialplane.store.backend import AlreadyStored, Backend
from dialplane.store.bulk import BulkInsert
from dialplane.store.objects import ROUTES
from tests.control.making import ADMIN
from tests.databases import Server, SqliteFolder, open_database

CANARY = "hunter2-canary"
FULL = 2
"""SQLite's number for `synchronous=FULL`."""


def test_no_parameter_of_a_statement_that_fails_is_in_the_exceptions_text(migrated_url: str) -> None:
    backend = backend_at(migrated_url)
    for engine in (backend.writer_engine(), backend.reader_engine(1)):
        try:
            with pytest.raises(DBAPIError) as failed, engine.connect() as connection:
                connection.execute(insert(tables.providers), [{"id": CANARY, "password": CANARY}])
            assert "NULL" in str(failed.value).upper() or "READ" in str(failed.value).upper()
            assert CANARY not in "".join(traceback.format_exception(failed.value))
        finally:
            engine.dispose()


def test_a_statement_on_postgresql_has_one_process_and_is_not_compiled(postgresql_server: Server) -> None:
    with postgresql_server.lent("prepared") as url:
        backend = backend_at(url)
        for engine in (backend.writer_engine(), backend.reader_engine(1)):
            try:
                with engine.connect() as connection:
                    names = ("jit", "max_parallel_workers_per_gather")
                    shown = [connection.exec_driver_sql(f"SHOW {name}").scalar_one() for name in names]
                assert shown == ["off", "0"]
            finally:
                engine.dispose()


def test_rows_that_are_there_are_not_inserted_and_those_that_were_found_are_counted(migrated_url: str) -> None:
    backend = backend_at(migrated_url)
    engine = backend.writer_engine()
    names = ("id", "edge", "tm_create", "tm_update")
    try:
        with engine.begin() as connection:
            backend.insert_many(connection, "calls", names, [(id_, "edge-1", 1, 1) for id_ in "ab"])
            rows = [("a", 1, "x", 2), ("b", 3, "y", 4), ("c", 1, "z", 5)]
            identity, columns = ("id", "tm_update"), ("reason", "tm_update")
            assert backend.update_many(connection, tables.calls, identity=identity, columns=columns, rows=rows) == 1
            found = backend.rows_among(connection, tables.calls, ("id", "reason"), column="id", values=["a", "b", "c"])
            assert sorted(found) == [("a", "x"), ("b", None)]
        with engine.connect() as connection, pytest.raises(AlreadyStored):
            backend.insert_many(connection, "calls", names, [("c", "edge-1", 1, 1), ("a", "edge-1", 1, 1)])
    finally:
        engine.dispose()


class Many(BulkInsert):
    """New objects that are many enough for a connection of their own, and stage nothing."""

    is_large = True

    def stage(self, backend: Backend, connection: Connection, name: str) -> None:
        pass


@pytest.mark.anyio
async def test_sqlite_writes_through_connections_that_lose_nothing_and_check_references(
    sqlite_folder: SqliteFolder,
) -> None:
    database = open_database(sqlite_folder.create("pragmas", template="prepared"))
    seen: list[dict[str, Any]] = []

    def look(connection: Connection) -> None:
        names = ("journal_mode", "synchronous", "foreign_keys")
        seen.append({name: connection.exec_driver_sql(f"PRAGMA {name}").scalar_one() for name in names})

    try:
        async with database.change(ADMIN, "look") as changing:
            await changing.run(look)
        async with database.write() as writing:
            await writing.run(look)
        async with database.change(ADMIN, "look", inserts=[Many(ROUTES)]) as staged:
            await staged.run(look)
    finally:
        await database.close()
    assert seen == [{"journal_mode": "wal", "synchronous": FULL, "foreign_keys": 1}] * 3
