"""Backup and restore of a SQLite database: a backup is one consistent file, taken while others write."""

import os
import sqlite3
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from dialplane.system.files import replacing, sync


class BackupRefused(Exception):
    """The file is no backup of ours, or is damaged; or it would overwrite something."""


def backup(database: Path, file: Path) -> None:
    """Writes all that is committed now into a new file. Raises BackupRefused if the file is there already.

    Blocking. Writers go on meanwhile: the copy is of one snapshot. Secrets in it stay encrypted: keep the keys too,
    which are in the file `box-keys`.
    """
    if file.exists():
        raise BackupRefused("the file is there already")
    if not database.exists():
        raise BackupRefused("there is no database to back up")
    with _replacing(file) as new:
        with closing(sqlite3.connect(database, isolation_level=None, timeout=5)) as connection:
            connection.execute("VACUUM INTO ?", (str(new),))
        _check(new)


def restore(file: Path, database: Path) -> None:
    """Puts the backup in the database's place, with a new epoch: every edge then starts from nothing.

    Blocking. No process may have the database open. The database stays as it is unless the file proves sound.
    Raises BackupRefused.
    """
    if not file.exists():
        raise BackupRefused("there is no such file")
    with _replacing(database) as new:
        new.write_bytes(b"")
        os.chmod(new, 0o600)
        _copy(file, new)
        _check(new)
        with closing(sqlite3.connect(new)) as connection, connection:
            connection.execute("UPDATE clock SET epoch = ?", (str(uuid.uuid4()),))
        _drop_journals(database)


def _copy(file: Path, new: Path) -> None:
    try:
        with closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)) as source:
            with closing(sqlite3.connect(new)) as target:
                source.backup(target)
    except sqlite3.DatabaseError:
        raise BackupRefused("the file is not a database, or it is damaged") from None


def _check(file: Path) -> None:
    try:
        with closing(sqlite3.connect(file)) as connection:
            sound = connection.execute("PRAGMA integrity_check(1)").fetchall() == [("ok",)]
            ours = connection.execute("SELECT count(*) FROM clock").fetchone() == (1,)
    except sqlite3.DatabaseError:
        sound = ours = False
    if not (sound and ours):
        raise BackupRefused("the file is no sound database of Dialplane")


def _drop_journals(database: Path) -> None:
    """Before the restored file takes the place: a log of the old database must never be replayed into the new one."""
    for suffix in ("-wal", "-shm"):
        database.with_name(database.name + suffix).unlink(missing_ok=True)
    sync(database.parent)


@contextmanager
def _replacing(file: Path) -> Iterator[Path]:
    """A database to fill, which takes the place of `file` at the end; removed on any exception, journals included."""
    with replacing(file) as database:
        try:
            yield database
        finally:
            for suffix in ("-wal", "-shm", "-journal"):
                database.with_name(database.name + suffix).unlink(missing_ok=True)
