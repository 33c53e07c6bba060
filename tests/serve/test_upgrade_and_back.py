"""A new version of Dialplane on old data, and the old version again: SQLite, one node."""

import os
import sqlite3
import subprocess
import sys
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

import pytest

from dialplane.store import backup, migrations
from dialplane.store.address import sqlite_url
from tests.newer import REVISION, newer_version


def run(data: Path, *arguments: object, env: Mapping[str, str] = os.environ, **settings: str) -> tuple[int, str]:
    """`dialplane ARGUMENTS` on the data folder: its exit status, and what it said."""
    done = subprocess.run(
        [sys.executable, "-m", "dialplane.serve", *map(str, arguments)],
        env={**env, "DIALPLANE_DATA": str(data), **settings},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return done.returncode, " ".join((done.stdout + done.stderr).split())


def value(file: Path, query: str) -> str:
    with closing(sqlite3.connect(file)) as connection:
        return str(connection.execute(query).fetchone()[0])


def schema_in(file: Path) -> str:
    return value(file, "SELECT version_num FROM alembic_version")


def copies_in(data: Path) -> list[str]:
    return sorted(file.name for file in (data / "before-upgrades").glob("*"))


def test_an_upgrade_leaves_a_copy_with_which_the_older_version_goes_on(tmp_path: Path) -> None:
    data, present = tmp_path / "data", migrations.head()
    assert run(data, "migrate")[0] == 0
    newer = newer_version(tmp_path / "newer")
    epoch = value(data / "dialplane.db", "SELECT epoch FROM clock")

    assert run(data, "migrate", env=newer)[0] == 0
    assert schema_in(data / "dialplane.db") == REVISION
    copy = data / "before-upgrades" / f"schema-{present}.db"
    assert schema_in(copy) == present
    assert copy.stat().st_mode & 0o077 == 0
    assert run(data, "migrate", env=newer)[0] == 0
    assert copies_in(data) == [copy.name]

    status, said = run(data, "migrate")
    assert status == 1
    assert "newer version" in said
    assert run(data, "restore", copy)[0] == 0
    assert schema_in(data / "dialplane.db") == present
    assert value(data / "dialplane.db", "SELECT epoch FROM clock") != epoch, "edges load everything again"
    assert run(data, "migrate")[0] == 0


def test_as_many_copies_as_are_wanted_are_kept(tmp_path: Path) -> None:
    database, folder = tmp_path / "dialplane.db", tmp_path / "before-upgrades"
    migrations.upgrade(sqlite_url(database))
    for schema in ("0010", "0011", "0012", "0011"):
        backup.copy_before_upgrade(database, folder, schema=schema, most=2)
    assert copies_in(tmp_path) == ["schema-0011.db", "schema-0012.db"]


def test_without_copies_none_is_made(tmp_path: Path) -> None:
    data = tmp_path / "data"
    assert run(data, "migrate")[0] == 0
    newer = newer_version(tmp_path / "newer")
    assert run(data, "migrate", env=newer, DIALPLANE_UPGRADE_COPIES="0")[0] == 0
    assert schema_in(data / "dialplane.db") == REVISION
    assert copies_in(data) == []


def test_a_database_of_which_no_copy_can_be_made_is_not_upgraded(tmp_path: Path) -> None:
    data, present = tmp_path / "data", migrations.head()
    assert run(data, "migrate")[0] == 0
    (data / "before-upgrades").write_text("in the way")
    newer = newer_version(tmp_path / "newer")
    status, said = run(data, "migrate", env=newer)
    assert status == 1
    assert "before-upgrades" in said
    assert schema_in(data / "dialplane.db") == present


@pytest.mark.parametrize("schema", ["", "0001"])
def test_only_an_older_schema_is_copied(tmp_path: Path, schema: str) -> None:
    url = sqlite_url(tmp_path / "dialplane.db")
    while schema and migrations.upgrade_by_one(url) and migrations.outdated(url) != schema:
        pass
    assert migrations.outdated(url) == schema
    migrations.upgrade(url)
    assert migrations.outdated(url) == ""
