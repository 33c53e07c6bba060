"""Backup and restore of a SQLite database: a backup is one consistent file, taken while others write."""

import os
import sqlite3
import uuid
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path

from dialplane.store import migrations
from dialplane.store.tables import metadata
from dialplane.system.files import replacing, sync

_DAMAGED = "the file is not a database, or it is damaged"
_REASONS: Mapping[str, str] = {
    "SQLITE_FULL": "there is no room left on the disk",
    "SQLITE_IOERR": "the disk cannot be read or written",
    "SQLITE_CANTOPEN": "the file cannot be opened",
    "SQLITE_READONLY": "the file cannot be written",
    "SQLITE_PERM": "the file cannot be opened",
    "SQLITE_BUSY": "the database is in use",
    "SQLITE_NOTADB": _DAMAGED,
    "SQLITE_CORRUPT": _DAMAGED,
}
"""Result code of SQLite, or its beginning, -> the reason of a refusal."""


class BackupRefused(Exception):
    """The file is no backup of ours, is damaged, or would overwrite something; or the disk does not take it."""


def backup(database: Path, file: Path) -> None:
    """Writes all that is committed now into a new file, which its owner alone may read. Blocking.

    Writers go on meanwhile: the copy is of one snapshot. Secrets in it stay sealed: keep the keys to them too. Raises
    BackupRefused, also for a file that is there already, and OSError.
    """
    if file.exists():
        raise BackupRefused("the file is there already")
    if not file.parent.is_dir():
        raise BackupRefused(f"there is no folder {file.parent}")
    if not database.exists():
        raise BackupRefused("there is no database to back up")
    with replacing(file) as new, _sqlite_refusals():
        with closing(sqlite3.connect(database, isolation_level=None, timeout=5)) as connection:
            connection.execute("PRAGMA auto_vacuum = INCREMENTAL")  # of the copy, also of a file from before it
            connection.execute("VACUUM INTO ?", (str(new),))
        _check(new)


def copy_before_upgrade(database: Path, folder: Path, *, schema: str, most: int) -> None:
    """Copies the database as `schema-<schema>.db` into the folder, of which it keeps the newest `most`. Blocking.

    As `backup` it is of one snapshot; it takes the time of reading the file, since nothing in it is moved together.
    Raises BackupRefused, OSError.
    """
    folder.mkdir(mode=0o700, exist_ok=True)
    with replacing(folder / f"schema-{schema}.db") as new, _sqlite_refusals():
        _copy(database, new)
    copies = sorted(folder.glob("schema-*.db"), key=lambda file: file.stat().st_mtime_ns, reverse=True)
    for file in copies[most:]:
        file.unlink()


def restore(file: Path, database: Path) -> None:
    """Puts the backup in the database's place, with a new epoch: every edge then starts from nothing.

    Blocking. No process may have the database open. The database stays as it is unless the file proves sound, and of a
    schema that this version knows. Raises BackupRefused, OSError.
    """
    if not file.is_file():
        raise BackupRefused("there is no such file")
    with replacing(database) as new, _sqlite_refusals():
        _copy(file, new)
        _check(new)
        with closing(sqlite3.connect(new)) as connection, connection:
            connection.execute("UPDATE clock SET epoch = ?", (str(uuid.uuid4()),))
        _give_to_owner_of(database.parent, new)
        _drop_journals(database)


def _copy(file: Path, new: Path) -> None:
    with (
        closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)) as source,
        closing(sqlite3.connect(new)) as target,
    ):
        source.backup(target)


def _give_to_owner_of(folder: Path, file: Path) -> None:
    """Root restores for the user whose folder it is, and who could not open root's file."""
    owner = folder.stat()
    if os.geteuid() == 0 and owner.st_uid != 0:
        os.chown(file, owner.st_uid, owner.st_gid)


def _check(file: Path) -> None:
    """Raises BackupRefused unless the file is a sound database of Dialplane with a schema that this version knows."""
    with closing(sqlite3.connect(file)) as connection:
        if connection.execute("PRAGMA integrity_check(1)").fetchall() != [("ok",)]:
            raise BackupRefused(_DAMAGED)
        tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}
        if not {"alembic_version", "clock"} <= tables:
            raise BackupRefused("the file is no database of Dialplane")
        schemas = [str(schema) for (schema,) in connection.execute("SELECT version_num FROM alembic_version")]
        clocks = connection.execute("SELECT count(*) FROM clock").fetchone()
    if len(schemas) != 1 or clocks != (1,):
        raise BackupRefused("the file is no database of Dialplane")
    if not migrations.is_released(schemas[0]):
        raise BackupRefused(f"it was made by a newer version of Dialplane (schema {schemas[0]})")
    if schemas[0] == migrations.head() and not metadata.tables.keys() <= tables:
        raise BackupRefused("the file is no database of Dialplane")


@contextmanager
def _sqlite_refusals() -> Iterator[None]:
    """Raises BackupRefused in place of SQLite's own errors."""
    try:
        yield
    except sqlite3.Error as error:
        name = getattr(error, "sqlite_errorname", "")
        reason = next((reason for code, reason in _REASONS.items() if name.startswith(code)), f"SQLite says: {error}")
        raise BackupRefused(reason) from error


def _drop_journals(database: Path) -> None:
    """Before the restored file takes the place: a log of the old database must never be replayed into the new one."""
    for suffix in ("-wal", "-shm"):
        database.with_name(database.name + suffix).unlink(missing_ok=True)
    sync(database.parent)
