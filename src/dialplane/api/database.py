"""Opening the database: its schema, the keys of its secrets, the first administrator."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from dialplane.control import bootstrap, stored_secrets
from dialplane.control.bootstrap import FirstStart
from dialplane.control.login.sessions import SessionKeys
from dialplane.control.units import Database, Encryption, Reading, new_encryption_key
from dialplane.settings import Settings
from dialplane.store import backup, migrations
from dialplane.store.address import sqlite_url
from dialplane.system.files import create_file

BOX_KEYS = "box-keys"


def database_url(settings: Settings) -> str:
    """The URL of the database: the setting, or SQLite in the data folder."""
    return settings.database_url or sqlite_url(settings.database_file.absolute())


def upgrade(settings: Settings) -> None:
    """Bring the schema to the present one; SQLite in the data folder is copied before it changes. Blocking.

    Raises SchemaMismatch, BackupRefused, OSError.
    """
    url = database_url(settings)
    if not settings.database_url and settings.upgrade_copies and (schema := migrations.outdated(url)):
        backup.copy_before_upgrade(
            settings.database_file, settings.folder.before_upgrades, schema=schema, most=settings.upgrade_copies
        )
    migrations.upgrade(url)


@asynccontextmanager
async def opened_database(settings: Settings) -> AsyncIterator[Database]:
    """The database, open. SQLite in the data folder gets its schema here; any other must have been migrated.

    Raises SchemaMismatch, BackupRefused, OSError, ValueError.
    """
    url = database_url(settings)
    settings.data.mkdir(mode=0o700, parents=True, exist_ok=True)
    if settings.database_url:
        await asyncio.to_thread(migrations.check, url)
    else:
        await asyncio.to_thread(upgrade, settings)
    keys = settings.secrets_folder / BOX_KEYS
    db = Database(url, encryption=await asyncio.to_thread(lambda: Encryption(file=keys)))
    try:
        await _ensure_key(db, keys)
        yield db
    finally:
        await db.close()


async def prepare(db: Database, settings: Settings) -> FirstStart:
    """Create the system default customer and the first administrator if they are missing."""
    return await bootstrap.prepare(
        db, username=settings.admin_username, password=settings.admin_password.get_secret_value()
    )


async def _ensure_key(db: Database, keys: Path) -> None:
    """Create the first key to stored passwords. Beside passwords it is never made: theirs may come back."""
    if db.encryption.has_keys:
        return
    async with db.read() as unit:
        if not await stored_secrets.are_there(unit):
            await asyncio.to_thread(_create_key, keys)


def _create_key(keys: Path) -> None:
    keys.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    create_file(keys, new_encryption_key() + "\n")


async def secrets_problem(db: Database) -> str:
    """The fault of the keys to stored passwords, in words that tell what to do; "" if nothing is."""
    async with db.read() as unit:
        problem = await stored_secrets.problem(unit)
    advice = "bring back the folder secrets, or run `dialplane rotate-password-keys` and set the passwords again"
    return problem and f"{problem}: {advice}"


async def schema_behind(unit: Reading) -> str:
    """How the database's schema is behind this version of the code; empty if it is not."""
    return await migrations.behind(unit)


def missing_secrets(folder: Path) -> list[str]:
    """Keys that are missing from the folder: without them logins end, or stored passwords are lost. Reads files."""
    present = {BOX_KEYS: (folder / BOX_KEYS).is_file(), "session keys": SessionKeys.are_in(folder)}
    return [name for name, is_present in present.items() if not is_present]
