"""Maintenance of a data folder: backup and restore of its SQLite database, new keys. A function per command."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from dialplane.api.database import BOX_KEYS
from dialplane.control.login import sessions
from dialplane.control.login.sessions import SessionKeys
from dialplane.control.units import new_encryption_key
from dialplane.serve.folder import held
from dialplane.serve.output import CannotStart
from dialplane.settings import Settings
from dialplane.store import backup
from dialplane.store.backup import BackupRefused
from dialplane.system.files import replace_file


def back_up(settings: Settings, file: Path) -> None:
    """Write all that is committed now into a new file, while Dialplane runs. Raises CannotStart."""
    try:
        backup.backup(_database(settings), file)
    except (BackupRefused, OSError) as error:
        raise CannotStart(f"No backup was made: {_why(error)}.", "Name a new file in a writable folder.") from error


def restore(settings: Settings, file: Path, report: Callable[[str], None]) -> None:
    """Replace the database by a backup; no instance may be using the data folder. Raises CannotStart.

    The database is the folder's owner's, also if root restores it.
    """
    database = _database(settings)
    with held(settings.folder, report):
        try:
            backup.restore(file, database)
        except (BackupRefused, OSError) as error:
            raise CannotStart(
                f"Nothing was restored: {_why(error)}.",
                "The database is as it was. Name a file that `dialplane backup` has made, and leave room for a copy.",
            ) from error


def rotate_session_keys(settings: Settings) -> None:
    """Add a signing key, which a running API then uses. Raises CannotStart if there is none before it."""
    folder = settings.folder.secrets
    with _rotating(folder):
        if not SessionKeys.are_in(folder):
            raise CannotStart(f"There are no session keys in {folder}.", "Name the data folder with --data FOLDER.")
        _require_own(folder)
        sessions.rotate(folder)


def rotate_password_keys(settings: Settings) -> None:
    """Add a key that passwords are encrypted with from now on, also by a running API. Those before it stay.

    Raises CannotStart.
    """
    folder = settings.folder.secrets
    keys = folder / BOX_KEYS
    with _rotating(folder):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        _require_own(folder)
        older = keys.read_text() if keys.exists() else ""
        replace_file(keys, f"{new_encryption_key()}\n{older}")


@contextmanager
def _rotating(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        remedy = "Make the folder writable, or free some room."
        raise CannotStart(f"No key was made in {folder}: {_why(error)}.", remedy) from error


def _require_own(folder: Path) -> None:
    if folder.stat().st_uid != os.geteuid():
        raise CannotStart(f"The folder {folder} is another user's.", "Run this as the user that Dialplane runs as.")


def _why(error: Exception) -> str:
    return f"{error.filename}: {error.strerror}" if isinstance(error, OSError) and error.filename else str(error)


def _database(settings: Settings) -> Path:
    if settings.database_url:
        raise CannotStart(
            "Dialplane backs up SQLite only, and DIALPLANE_DATABASE_URL is set.",
            "Use pg_dump and pg_restore for PostgreSQL, and keep the folder `secrets` with the dump.",
        )
    return settings.folder.database
