"""Opening the database: its schema, the keys of its secrets, the first administrator."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from dialplane.control import bootstrap
from dialplane.control.bootstrap import FirstStart
from dialplane.control.login.sessions import SessionKeys
from dialplane.control.units import Database, Encryption, Reading, new_encryption_key
from dialplane.settings import Settings
from dialplane.store import migrations
from dialplane.store.address import sqlite_url
from dialplane.system.files import create_file

BOX_KEYS = "box-keys"


def database_url(settings: Settings) -> str:
    """The URL of the database: the setting, or SQLite in the data folder."""
    return settings.database_url or sqlite_url(settings.database_file.absolute())


@asynccontextmanager
async def opened_database(settings: Settings) -> AsyncIterator[Database]:
    """The database, open. SQLite in the data folder gets its schema here; any other must have been migrated.

    Raises SchemaMismatch, ValueError.
    """
    url = database_url(settings)
    settings.data.mkdir(mode=0o700, parents=True, exist_ok=True)
    await asyncio.to_thread(migrations.check if settings.database_url else migrations.upgrade, url)
    db = Database(url, encryption=await asyncio.to_thread(encryption_in, settings.secrets_folder))
    try:
        yield db
    finally:
        await db.close()


async def prepare(db: Database, settings: Settings) -> FirstStart:
    """Create the system default customer and the first administrator if they are missing."""
    return await bootstrap.prepare(
        db, username=settings.admin_username, password=settings.admin_password.get_secret_value()
    )


def encryption_in(folder: Path) -> Encryption:
    """Encryption with the keys of this folder (one per line, newest first); creates a key if there is none."""
    file = folder / BOX_KEYS
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not file.exists():
        create_file(file, new_encryption_key() + "\n")
    return Encryption(file.read_text().split())


async def schema_behind(unit: Reading) -> str:
    """How the database's schema is behind this version of the code; empty if it is not."""
    return await migrations.behind(unit)


def missing_secrets(folder: Path) -> list[str]:
    """Keys that are missing from the folder: without them the next start would fail. Reads files."""
    present = {BOX_KEYS: (folder / BOX_KEYS).is_file(), "session keys": SessionKeys.are_in(folder)}
    return [name for name, is_present in present.items() if not is_present]
