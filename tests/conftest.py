"""Fixtures that every room's tests may use, and the order of the files."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.databases import (
    database_url,
    db,
    empty_url,
    fresh_database,
    migrated_url,
    postgresql_server,
    prepared_file,
    shared_folder,
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
    "prepared_file",
    "shared_folder",
    "sqlite_folder",
]


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


LONGEST_FIRST = ("serve", "faults", "cli", "demo", "sip", "store", "companion", "simulator", "api")
"""Folders whose files take long, so that none of them is begun when all others are over."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The tests of these folders first; within a folder they stay as they are."""
    items.sort(key=lambda item: _place(item.path))


def _place(file: Path) -> int:
    folder = file.relative_to(Path(__file__).parent).parts[0]
    return LONGEST_FIRST.index(folder) if folder in LONGEST_FIRST else len(LONGEST_FIRST)


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that every user may reach: those of pytest are for one user alone."""
    with tempfile.TemporaryDirectory(prefix="dialplane-") as folder:
        Path(folder).chmod(0o711)
        yield Path(folder)
