"""The control plane before its process starts: the schema, the first administrator, the access keys.

Importing it takes longer than starting an edge, for the database's libraries: `service` does so once calls are taken.
"""

import asyncio
import os
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

from sqlalchemy.exc import DBAPIError, OperationalError, SQLAlchemyError

from dialplane.api.database import opened_database, prepare, secrets_problem, upgrade
from dialplane.control import accesskeys, bootstrap
from dialplane.control.actor import SYSTEM
from dialplane.control.login.credentials import InvalidCredentials, actor_of_accesskey
from dialplane.control.units import Database
from dialplane.domain.accesskey import MAX_EXPIRE_S
from dialplane.domain.errors import InvalidValue, Unavailable
from dialplane.domain.permission import SUPER_ADMIN
from dialplane.serve.administrator import Administrator
from dialplane.serve.output import CannotStart
from dialplane.settings import Settings
from dialplane.store.backup import BackupRefused
from dialplane.store.migrations import SchemaMismatch
from dialplane.system.clock import now_us
from dialplane.system.datafolder import DataFolder
from dialplane.system.files import replace_file
from dialplane.system.process import as_owner_of

LEAST_ROOM = 1 << 20  # bytes without which SQLite cannot be opened: its two journals and a page


async def prepare_control_plane(settings: Settings, *, show: Callable[[Administrator], None]) -> Administrator:
    """Create what is missing in database and data folder; a second time nothing is. Raises CannotStart.

    `show` gets an administrator that was created, at once: its password is known only now.
    """
    folder = settings.folder
    try:
        async with opened_database(settings) as db:
            first = await prepare(db, settings)
            username = first.username or settings.admin_username or bootstrap.DEFAULT_USERNAME
            administrator = Administrator(first.created, username, first.password)
            if first.created:
                show(administrator)
            problem = await secrets_problem(db)
            edge = settings.edge_name
            has_new_key = await _ensure_key(db, folder.edge.key, lambda: bootstrap.edge_access_key(db, edge), edge=edge)
            await _ensure_key(db, folder.operator_key, lambda: _operator_key(db))
    except SchemaMismatch as error:
        raise _unfit(error) from error
    except BackupRefused as error:
        raise _not_copied(error) from error
    except (Unavailable, SQLAlchemyError, ValueError, OSError) as error:
        raise _unusable(error, folder) from error
    return replace(administrator, secrets_problem=problem, has_new_edge_key=has_new_key)


def migrate(settings: Settings) -> None:
    """Bring the database's schema to the present one. Raises CannotStart."""
    try:
        settings.data.mkdir(mode=0o700, parents=True, exist_ok=True)
        with as_owner_of(settings.data):
            upgrade(settings)
    except SchemaMismatch as error:
        raise _unfit(error) from error
    except BackupRefused as error:
        raise _not_copied(error) from error
    except (SQLAlchemyError, ValueError, OSError) as error:
        raise _unusable(error, settings.folder) from error


def _unfit(error: SchemaMismatch) -> CannotStart:
    return CannotStart(f"The database does not fit: {error}.", "")


def _not_copied(error: BackupRefused) -> CannotStart:
    return CannotStart(
        f"The database was not upgraded, as no copy of it could be made before: {error}.",
        "Make room for one in the data folder, or set DIALPLANE_UPGRADE_COPIES=0 to do without.",
    )


def _unusable(error: Exception, folder: DataFolder) -> CannotStart:
    if isinstance(error, InvalidValue):
        return CannotStart(f"The first administrator cannot be made: {error}.", "Set DIALPLANE_ADMIN_* to mend it.")
    if isinstance(error, (OSError, OperationalError, Unavailable)) and _is_full(folder.root):
        return CannotStart(f"The disk of {folder.root} is full.", "Make room on it.")
    if isinstance(error, OSError):
        return CannotStart(f"The data folder {folder.root} cannot be used: {error}.", "Make it writable.")
    why = " ".join(str(error.orig if isinstance(error, DBAPIError) else error).split())
    return CannotStart(f"The database cannot be used: {why}.", "Look at DIALPLANE_DATABASE_URL and the data folder.")


def _is_full(folder: Path) -> bool:
    try:
        disk = os.statvfs(folder)
    except OSError:
        return False
    return disk.f_bavail * disk.f_frsize < LEAST_ROOM


async def _ensure_key(db: Database, path: Path, make: Callable[[], Awaitable[str]], *, edge: str = "") -> bool:
    """A key file whose key the control plane accepts; a missing or refused key is replaced, and another edge's.

    Returns whether it was. The file is written once before a key is made: one that cannot be kept must not be made,
    again and again.
    """
    if await _is_accepted(db, path, edge=edge):
        return False
    replace_file(path, "\n")
    replace_file(path, await make() + "\n")
    return True


async def _is_accepted(db: Database, path: Path, *, edge: str) -> bool:
    try:
        token = await asyncio.to_thread(path.read_text)
        async with db.read() as unit:
            actor = await actor_of_accesskey(unit, token.strip(), now=now_us())
    except (FileNotFoundError, InvalidCredentials):
        return False
    return actor.edge in ("", edge)


async def _operator_key(db: Database) -> str:
    fields = {
        "name": "command line on this machine",
        "detail": "kept in the data folder's secrets",
        "expire": MAX_EXPIRE_S,
        "permission": SUPER_ADMIN,
    }
    async with db.change(SYSTEM, "accesskey.create") as unit:
        _, token = await accesskeys.create(unit, SYSTEM, fields)
    return token
