"""Backup and restore on SQLite: one consistent file while others write, and nothing but a sound one is restored."""

import asyncio
import os
import shutil
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import func, select

from dialplane.control import customers, providers
from dialplane.control.units import Database
from dialplane.store import migrations, tables
from dialplane.store.address import parse_address, sqlite_url
from dialplane.store.backup import BackupRefused, backup, restore
from dialplane.system.files import replacing
from tests.control.making import ADMIN, make_customer, make_provider
from tests.databases import SqliteFolder, open_database

pytestmark = pytest.mark.anyio


@pytest.fixture
def file(sqlite_folder: SqliteFolder, tmp_path: Path) -> Path:
    """A SQLite database after its first start."""
    source = parse_address(sqlite_folder.create("prepared")).database
    assert source is not None
    return Path(shutil.copy(source, tmp_path / "dialplane.db"))


async def names(db: Database) -> set[str]:
    async with db.read() as unit:
        return {customer.name for customer in await customers.list_(unit, ADMIN)}


async def test_a_backup_brings_everything_back_under_a_new_epoch(file: Path, tmp_path: Path) -> None:
    saved = tmp_path / "saved.db"
    db = open_database(sqlite_url(file))
    await make_customer(db, name="before")
    provider = await make_provider(db, password="hunter2")
    await asyncio.to_thread(backup, file, saved)
    await make_customer(db, name="after")
    clock = await db.clock()
    await db.close()

    restore(saved, file)
    migrations.check(sqlite_url(file))
    db = open_database(sqlite_url(file))
    assert await names(db) == {"System default", "before"}
    async with db.read() as unit:
        assert (await providers.get(unit, ADMIN, provider.id)).password == "hunter2"
        assert (await unit.clock()).epoch != clock.epoch
        assert (await unit.clock()).revision == clock.revision - 1
    await make_customer(db, name="goes on")
    await db.close()
    assert stat.S_IMODE(os.stat(file).st_mode) == 0o600
    assert sorted(os.listdir(tmp_path)) == ["dialplane.db", "saved.db"]


async def test_a_backup_taken_while_others_write_is_of_one_moment(file: Path, tmp_path: Path) -> None:
    db = open_database(sqlite_url(file))
    done = asyncio.Event()

    async def write() -> None:
        while not done.is_set():
            await make_customer(db)

    writing = asyncio.create_task(write())
    for n in range(5):
        await asyncio.to_thread(backup, file, tmp_path / f"{n}.db")
    done.set()
    await writing
    await db.close()
    for n in range(5):
        copy = open_database(sqlite_url(tmp_path / f"{n}.db"))
        async with copy.read() as unit:
            revision = (await unit.clock()).revision
            (revisions,) = await unit.fetch(select(func.count()).select_from(tables.revisions))
            (objects,) = await unit.fetch(select(func.count()).select_from(tables.customers))
        assert (revisions[0], objects[0]) == (revision, revision)
        await copy.close()


@pytest.mark.parametrize("content", [b"", b"not a database", b"SQLite format 3\x00" + b"\xff" * 5_000])
def test_a_file_that_is_no_backup_is_refused_and_the_database_stays(file: Path, tmp_path: Path, content: bytes) -> None:
    bad = tmp_path / "bad.db"
    bad.write_bytes(content)
    before = file.read_bytes()
    with pytest.raises(BackupRefused):
        restore(bad, file)
    with pytest.raises(BackupRefused):
        restore(tmp_path / "absent.db", file)
    assert file.read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bad.db", "dialplane.db"]


def test_a_truncated_backup_is_refused(file: Path, tmp_path: Path) -> None:
    saved = tmp_path / "saved.db"
    backup(file, saved)
    saved.write_bytes(saved.read_bytes()[: -3 * 4096])
    with pytest.raises(BackupRefused):
        restore(saved, file)


def test_a_backup_overwrites_nothing(file: Path, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("precious")
    with pytest.raises(BackupRefused, match="already"):
        backup(file, tmp_path / "mine.txt")
    with pytest.raises(BackupRefused, match="no database"):
        backup(tmp_path / "absent.db", tmp_path / "new.db")
    assert (tmp_path / "mine.txt").read_text() == "precious"


def test_a_restore_into_an_empty_place_works(file: Path, tmp_path: Path) -> None:
    restore(file, tmp_path / "new.db")
    migrations.check(sqlite_url(tmp_path / "new.db"))


CLOCK_ALONE = """
    CREATE TABLE clock (id INTEGER PRIMARY KEY, epoch TEXT, revision INTEGER, last_instant_us INTEGER);
    INSERT INTO clock VALUES (1, 'e', 7, 7)
"""
NEWER = "UPDATE alembic_version SET version_num = '9999'"
NO_SCHEMA = "DELETE FROM alembic_version"
NO_CLOCK = "DELETE FROM clock"
NO_CALLS = "DROP TABLE calls"


@pytest.mark.parametrize(
    ("statements", "reason"),
    [
        (CLOCK_ALONE, "no database of Dialplane"),
        (NEWER, "newer version of Dialplane .schema 9999"),
        (NO_SCHEMA, "no database of Dialplane"),
        (NO_CLOCK, "no database of Dialplane"),
        (NO_CALLS, "no database of Dialplane"),
    ],
)
def test_a_sound_file_of_another_schema_is_refused_and_the_database_stays(
    file: Path, tmp_path: Path, statements: str, reason: str
) -> None:
    foreign = tmp_path / "foreign.db"
    if statements != CLOCK_ALONE:
        backup(file, foreign)
    with closing(sqlite3.connect(foreign)) as connection:
        connection.executescript(statements)
    before = file.read_bytes()
    with pytest.raises(BackupRefused, match=reason):
        restore(foreign, file)
    assert file.read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["dialplane.db", "foreign.db"]


def test_a_backup_of_an_older_schema_is_restored(file: Path, tmp_path: Path) -> None:
    saved = tmp_path / "saved.db"
    backup(file, saved)
    with closing(sqlite3.connect(saved)) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '0001'")
    restore(saved, file)
    with pytest.raises(migrations.SchemaMismatch, match="run `dialplane migrate`"):
        migrations.check(sqlite_url(file))


def test_a_backup_is_for_its_owner_alone_whatever_the_umask(file: Path, tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        backup(file, tmp_path / "saved.db")
        restore(tmp_path / "saved.db", tmp_path / "new.db")
    finally:
        os.umask(before)
    for name in ("saved.db", "new.db"):
        assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o600


def test_a_missing_folder_is_a_clear_refusal(file: Path, tmp_path: Path) -> None:
    with pytest.raises(BackupRefused, match="there is no folder"):
        backup(file, tmp_path / "absent" / "saved.db")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system with less room than a database takes."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=100k", "tmpfs", str(folder)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("no right to mount a small file system here")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def test_a_full_disk_is_said_to_be_full_and_leaves_nothing(file: Path, small_disk: Path) -> None:
    with pytest.raises(BackupRefused, match="no room left on the disk"):
        backup(file, small_disk / "saved.db")
    with pytest.raises(BackupRefused, match="no room left on the disk"):
        restore(file, small_disk / "dialplane.db")
    assert list(small_disk.iterdir()) == []


KILLED_BACKUP = """
import os, sys
from pathlib import Path
from dialplane.store import backup
backup._check = lambda new: (Path(f"{new}-journal").write_bytes(b"x"), print(new.name, flush=True), sys.stdin.read())
backup.backup(Path(sys.argv[1]), Path(sys.argv[2]))
"""


def test_what_a_killed_backup_left_is_removed_by_the_next_but_not_what_one_is_writing(
    file: Path, tmp_path: Path
) -> None:
    saved = tmp_path / "saved.db"
    writing = subprocess.Popen(
        [sys.executable, "-c", KILLED_BACKUP, str(file), str(saved)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    try:
        assert writing.stdout is not None
        left = writing.stdout.readline().decode().strip()
        with pytest.raises(OSError, match="stop here"), replacing(saved):
            raise OSError("stop here")
        assert (tmp_path / left).exists()
    finally:
        writing.kill()
        writing.communicate()
    assert (tmp_path / f"{left}-journal").exists()
    backup(file, saved)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["dialplane.db", "saved.db"]
