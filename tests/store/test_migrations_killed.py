"""Migrations of a database with rows in it, killed behind any of their statements: they go on, and no row is lost."""

import multiprocessing
import os
import signal
from collections.abc import Callable
from itertools import count
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, Integer, MetaData, Table, create_engine, event, select

from dialplane.store import migrations
from dialplane.store.address import parse_address
from tests.faults.counts import may_take_long, times

ROWS = 200
EVERY = times(19, 1)
"""Behind every so manyth statement the migration is killed."""

EMPTY = frozenset({"alembic_version", "clock", "edges"})
"""The first schema's tables that hold no rows of their own: nothing was ever written to its `edges`."""

Rows = dict[str, list[tuple[Any, ...]]]


def first_schema(url: str) -> Rows:
    """Makes the first released schema, with rows in every table; what they are."""
    assert migrations.upgrade_by_one(url)
    engine = create_engine(parse_address(url))
    known = MetaData()
    with engine.begin() as connection:
        known.reflect(connection)
        for table in known.sorted_tables:
            if table.name not in EMPTY:
                connection.execute(table.insert(), [row_of(table, n) for n in range(1, ROWS + 1)])
    engine.dispose()
    return rows_in(url)


def row_of(table: Table, n: int) -> dict[str, Any]:
    """Row number n. Rows refer to those of the same number."""
    return {column.name: n if isinstance(column.type, Integer) else text_of(column, n) for column in table.c}


def text_of(column: Any, n: int) -> str:
    return f"id {n}" if column.name == "id" or column.foreign_keys else f"{column.name} {n} ü"


def rows_in(url: str, like: Rows | None = None) -> Rows:
    """The rows of the tables, and of the columns, of the first schema (or of those in `like`)."""
    engine = create_engine(parse_address(url))
    known, found = MetaData(), Rows()
    with engine.connect() as connection:
        known.reflect(connection)
        for name in (like or known.tables).keys() - EMPTY:
            columns = [
                known.tables[name].c[column] for column in (like[name][0] if like else known.tables[name].c.keys())
            ]
            rows = sorted(tuple(row) for row in connection.execute(select(*columns)))
            found[name] = [tuple(column.name for column in columns), *rows]
    engine.dispose()
    return found


def migrate_and_die(url: str, statement: int) -> None:
    """Brings the schema up to date, and dies at once when so many statements have changed it."""
    done = count(1)

    @event.listens_for(Engine, "after_cursor_execute")
    def _(connection: Connection, _cursor: Any, text: str, *_rest: Any) -> None:
        if text.lstrip().upper().startswith(("CREATE", "ALTER", "DROP", "UPDATE", "INSERT", "DELETE")):
            if next(done) == statement:
                os.kill(os.getpid(), signal.SIGKILL)

    migrations.upgrade(url)


@pytest.mark.system
@pytest.mark.filterwarnings("ignore:.*expression-based index")  # it is not looked at
@may_take_long
def test_a_migration_killed_behind_any_statement_goes_on_and_loses_no_row(
    fresh_database: Callable[[str | None], str],
) -> None:
    spawn = multiprocessing.get_context("spawn")
    kills = 0
    for statement in count(1, EVERY):
        url = fresh_database(None)
        before = first_schema(url)
        assert all(len(rows) == 1 + ROWS for rows in before.values())
        process = spawn.Process(target=migrate_and_die, args=(url, statement))
        process.start()
        process.join(60)
        migrations.upgrade(url)
        migrations.check(url)
        assert rows_in(url, like=before) == before
        if process.exitcode != -signal.SIGKILL:
            assert process.exitcode == 0
            break
        kills += 1
    assert kills > 1
