"""While nodes of a version run, the next version may migrate the database: what they use must stay as it is.

A column may come that nobody has to fill, a table, an index. What a version no longer needs goes a version later.
"""

from collections.abc import Mapping

from sqlalchemy import Inspector, create_engine, inspect

from dialplane.store import migrations
from dialplane.store.address import parse_address

NODES_STOP: Mapping[str, str] = {}
"""Revision -> why no node of the version before may run while it is carried out; docs/operations/upgrade.md says so."""

FIRST_RELEASE = "0013"
"""Revisions up to this one are before the first release."""

Columns = dict[tuple[str, str], tuple[str, bool]]


def columns_in(inspector: Inspector) -> Columns:
    """(table, column) -> its type, and whether an INSERT must name it."""
    return {
        (table, column["name"]): (
            str(column["type"]),
            not (column["nullable"] or column["default"] or column.get("computed") or column.get("identity")),
        )
        for table in inspector.get_table_names()
        if table != "alembic_version"
        for column in inspector.get_columns(table)
    }


def broken_by(before: Columns, after: Columns) -> list[str]:
    """What the code of before would meet in the schema of after."""
    gone = [f"{table}.{column} is gone" for table, column in before.keys() - after.keys()]
    changed = [
        f"{table}.{column} was {before[table, column][0]}, and is {after[table, column][0]}"
        for table, column in before.keys() & after.keys()
        if before[table, column][0] != after[table, column][0]
    ]
    known = {table for table, _ in before}
    needed = [
        f"{table}.{column} must be filled"
        for (table, column), (_, is_needed) in after.items()
        if table in known and is_needed and (table, column) not in before
    ]
    return gone + changed + needed


def test_each_migration_leaves_what_the_version_before_uses(empty_url: str) -> None:
    found, before = {}, Columns()
    while migrations.upgrade_by_one(empty_url):
        engine = create_engine(parse_address(empty_url))
        with engine.connect() as connection:
            inspector = inspect(connection)
            after = columns_in(inspector)
            revision = str(connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar_one())
        engine.dispose()
        if broken := broken_by(before, after):
            found[revision] = broken
        before = after
    released = {revision: broken for revision, broken in found.items() if revision > FIRST_RELEASE}
    assert released.keys() == NODES_STOP.keys(), released


def test_what_an_older_version_would_miss_is_found() -> None:
    before: Columns = {("a", "x"): ("TEXT", True), ("a", "y"): ("TEXT", False)}
    assert broken_by(before, {**before, ("a", "z"): ("TEXT", False), ("b", "x"): ("TEXT", True)}) == []
    after: Columns = {("a", "x"): ("INTEGER", True), ("a", "z"): ("TEXT", True)}
    assert sorted(broken_by(before, after)) == [
        "a.x was TEXT, and is INTEGER",
        "a.y is gone",
        "a.z must be filled",
    ]
