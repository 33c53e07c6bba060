"""Fixtures that every room's tests may use."""

import pytest

from tests.databases import (
    database_url,
    db,
    empty_url,
    fresh_database,
    migrated_url,
    postgresql_server,
    sqlite_folder,
)

__all__ = [
    "anyio_backend",
    "database_url",
    "db",
    "empty_url",
    "fresh_database",
    "migrated_url",
    "postgresql_server",
    "sqlite_folder",
]


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"
