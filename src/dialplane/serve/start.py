"""The steps before the processes start: the data folder, the schema, the first administrator, the access keys."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from dialplane.api.database import database_url, opened_database, prepare, secrets_problem
from dialplane.control import accesskeys, bootstrap
from dialplane.control.actor import SYSTEM
from dialplane.control.login.credentials import InvalidCredentials, actor_of_accesskey
from dialplane.control.units import Database
from dialplane.domain.accesskey import MAX_EXPIRE_S
from dialplane.domain.errors import InvalidValue, Unavailable
from dialplane.domain.permission import SUPER_ADMIN
from dialplane.serve.output import CannotStart
from dialplane.settings import Settings
from dialplane.store import migrations
from dialplane.store.migrations import SchemaMismatch
from dialplane.system.clock import now_us
from dialplane.system.datafolder import DataFolder, FolderInUse
from dialplane.system.files import replace_file


@dataclass(frozen=True, slots=True)
class Administrator:
    """The first administrator. `password` is set if it was generated just now; `created`: there was none before.

    `secrets_problem`: what is wrong with the keys to stored passwords, and what to do; "" if nothing is.
    """

    created: bool
    username: str = ""
    password: str = field(default="", repr=False)
    secrets_problem: str = ""


@contextmanager
def held(folder: DataFolder, report: Callable[[str], None]) -> Iterator[None]:
    """Create the data folder, take it from other users, and hold it until the end.

    `report` gets a line if others could read what is in it. Raises CannotStart if it cannot be used, or is in use.
    """
    try:
        folder.make()
        _make_private(folder, report)
    except OSError as error:
        raise CannotStart(
            f"The data folder {folder.root} cannot be used: {error.strerror}.",
            "Choose another one with --data FOLDER, or make this one writable.",
        ) from error
    try:
        with folder.locked():
            yield
    except FolderInUse as holder:
        raise CannotStart(
            f"The data folder {folder.root} is in use by another Dialplane (process {holder}).",
            "Stop that one first, or choose another folder with --data FOLDER.",
        ) from None


def _make_private(folder: DataFolder, report: Callable[[str], None]) -> None:
    try:
        count = folder.make_private()
    except PermissionError as error:
        report(f"Other users may read the passwords in the data folder: {error.filename} is another user's.")
        return
    if count:
        report(
            f"Other users could read the data folder {folder.root}: {count} files and folders are private now."
            " Change the passwords in it if others use this machine."
        )


async def prepare_control_plane(settings: Settings) -> Administrator:
    """Create what is missing in database and data folder; a second time nothing is. Raises CannotStart."""
    folder = settings.folder
    try:
        async with opened_database(settings) as db:
            first = await prepare(db, settings)
            problem = await secrets_problem(db)
            edge = settings.edge_name
            await _ensure_key(db, folder.edge.key, lambda: bootstrap.edge_access_key(db, edge), edge=edge)
            await _ensure_key(db, folder.operator_key, lambda: _operator_key(db))
    except SchemaMismatch as error:
        raise CannotStart(f"The database does not fit: {error}.", "") from error
    except (Unavailable, SQLAlchemyError, ValueError, OSError) as error:
        raise _unusable(error) from error
    username = first.username or settings.admin_username or bootstrap.DEFAULT_USERNAME
    return Administrator(first.created, username, first.password, problem)


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


async def _ensure_key(db: Database, path: Path, make: Callable[[], Awaitable[str]], *, edge: str = "") -> None:
    """A key file whose key the control plane accepts; a missing or refused key is replaced, and another edge's."""
    if not await _is_accepted(db, path, edge=edge):
        replace_file(path, await make() + "\n")


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
