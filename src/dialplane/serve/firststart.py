"""What must be there before the processes start: schema, administrator, and this machine's own access keys."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from dialplane.api.process.opening import database_url, opened_database, prepare
from dialplane.control import accesskeys, bootstrap
from dialplane.control.actor import SYSTEM
from dialplane.control.login.credentials import InvalidCredentials, actor_of_accesskey
from dialplane.control.units import Database
from dialplane.domain.accesskey import MAX_EXPIRE_S
from dialplane.domain.errors import InvalidValue, Unavailable
from dialplane.domain.permission import SUPER_ADMIN
from dialplane.serve.folder import DataFolder, write_private
from dialplane.serve.refusal import CannotStart
from dialplane.settings import Settings
from dialplane.store import migrations
from dialplane.store.migrations import SchemaMismatch


@dataclass(frozen=True, slots=True)
class Prepared:
    """`created`: the administrator is new; `password` is set where it was generated just now."""

    created: bool
    username: str = ""
    password: str = field(default="", repr=False)


async def prepare_control_plane(settings: Settings, folder: DataFolder, edge: str) -> Prepared:
    """Make what is missing; again on the same data it makes nothing. Raises CannotStart."""
    try:
        async with opened_database(settings) as db:
            first = await prepare(db, settings)
            await _ensure_key(db, folder.edge_key, lambda: bootstrap.edge_access_key(db, edge))
            await _ensure_key(db, folder.operator_key, lambda: _operator_key(db))
    except SchemaMismatch as error:
        raise CannotStart(f"The database does not fit: {error}.", "") from error
    except (Unavailable, SQLAlchemyError, ValueError, OSError) as error:
        raise _unusable(error) from error
    username = first.username or settings.admin_username or bootstrap.DEFAULT_USERNAME
    return Prepared(first.created, username, first.password)


def migrate(settings: Settings) -> None:
    """Bring the database's schema to the present one. Raises CannotStart."""
    try:
        settings.data.mkdir(mode=0o700, parents=True, exist_ok=True)
        migrations.upgrade(database_url(settings))
    except (SQLAlchemyError, ValueError, OSError) as error:
        raise _unusable(error) from error


def _unusable(error: Exception) -> CannotStart:
    if isinstance(error, InvalidValue):
        return CannotStart(f"The first administrator cannot be made: {error}.", "Set DIALPLANE_ADMIN_* to mend it.")
    why = error.orig if isinstance(error, DBAPIError) else error
    return CannotStart(f"The database cannot be used: {why}.", "Look at DIALPLANE_DATABASE_URL and the data folder.")


async def _ensure_key(db: Database, path: Path, make: Callable[[], Awaitable[str]]) -> None:
    """A key file whose key the control plane knows; a missing or refused one is made anew."""
    if not await _is_live(db, path):
        write_private(path, await make() + "\n")


async def _is_live(db: Database, path: Path) -> bool:
    try:
        token = await asyncio.to_thread(path.read_text)
        async with db.read() as unit:
            await actor_of_accesskey(unit, token.strip(), now=time.time_ns() // 1000)
    except (FileNotFoundError, InvalidCredentials):
        return False
    return True


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
