"""Opening what the API works on: the database with its schema, the secrets, the first administrator."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from dialplane.control import bootstrap
from dialplane.control.bootstrap import FirstStart
from dialplane.control.login.sessions import SessionKeys
from dialplane.control.units import Box, Database, new_box_key
from dialplane.settings import Settings
from dialplane.store import migrations
from dialplane.store.address import sqlite_url
from dialplane.system.files import create_file

BOX_KEYS = "box-keys"


def database_url(settings: Settings) -> str:
    """Where the database is: the setting, or SQLite in the data folder."""
    return settings.database_url or sqlite_url(settings.database_file.absolute())


@asynccontextmanager
async def opened_database(settings: Settings) -> AsyncIterator[Database]:
    """The database, open. One in the data folder gets its schema here; any other must have been migrated.

    Raises SchemaMismatch, ValueError.
    """
    url = database_url(settings)
    settings.data.mkdir(mode=0o700, parents=True, exist_ok=True)
    await asyncio.to_thread(migrations.check if settings.database_url else migrations.upgrade, url)
    db = Database(url, box=await asyncio.to_thread(box_in, settings.secrets_folder))
    try:
        yield db
    finally:
        await db.close()


async def prepare(db: Database, settings: Settings) -> FirstStart:
    """The system default customer and the first administrator, where they are missing."""
    return await bootstrap.prepare(
        db, username=settings.admin_username, password=settings.admin_password.get_secret_value()
    )


def box_in(folder: Path) -> Box:
    """The box whose keys are in this folder (one per line, newest first); a key is made first where there is none."""
    file = folder / BOX_KEYS
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not file.exists():
        create_file(file, new_box_key() + "\n")
    return Box(file.read_text().split())


def missing_secrets(folder: Path) -> list[str]:
    """Which keys are gone from the folder, so that the next start could not use what is there. Reads files."""
    found = {BOX_KEYS: (folder / BOX_KEYS).is_file(), "session keys": SessionKeys.are_in(folder)}
    return [name for name, is_there in found.items() if not is_there]
