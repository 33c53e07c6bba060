"""Backup and restore of a SQLite database: a backup is one consistent file, taken while others write."""

import os
import secrets
import sqlite3
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path


class BackupRefused(Exception):
    """The file is no backup of ours, or is damaged; or it would overwrite something."""


def backup(database: Path, file: Path) -> None:
    """Writes all that is committed now into a new file. Raises BackupRefused where the file is there already.

    Blocking. Writers go on meanwhile: the copy is of one snapshot. Secrets in it stay sealed: keep the box keys too.
    """
    if file.exists():
        raise BackupRefused("the file is there already")
    if not database.exists():
        raise BackupRefused("there is no database to back up")
    with _aside(file) as aside:
        with closing(sqlite3.connect(database, isolation_level=None, timeout=5)) as connection:
            connection.execute("VACUUM INTO ?", (str(aside),))
        _check(aside)


def restore(file: Path, database: Path) -> None:
    """Puts the backup in the database's place, with a new epoch: every edge then starts from nothing.

    Blocking. No process may have the database open. The database stays as it is unless the file proves sound.
    Raises BackupRefused.
    """
    if not file.exists():
        raise BackupRefused("there is no such file")
    with _aside(database) as aside:
        aside.write_bytes(b"")
        os.chmod(aside, 0o600)
        _copy(file, aside)
        _check(aside)
        with closing(sqlite3.connect(aside)) as connection, connection:
            connection.execute("UPDATE clock SET epoch = ?", (str(uuid.uuid4()),))
        _drop_journals(database)


def _copy(file: Path, aside: Path) -> None:
    try:
        with closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)) as source:
            with closing(sqlite3.connect(aside)) as target:
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
    _fsync(database.parent)


@contextmanager
def _aside(file: Path) -> Iterator[Path]:
    """A new file beside the wanted one, moved into its place at the end; removed on any exception."""
    aside = file.with_name(f".{file.name}.{secrets.token_hex(4)}")
    try:
        yield aside
        _fsync(aside)
        os.replace(aside, file)
        _fsync(file.parent)
    finally:
        for suffix in ("", "-wal", "-shm", "-journal"):
            aside.with_name(aside.name + suffix).unlink(missing_ok=True)


def _fsync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
