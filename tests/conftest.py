"""Fixtures that every room's tests may use, and the order of the files."""

import os
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import cache
from itertools import zip_longest
from pathlib import Path

import pytest
from hypothesis import settings

from tests.databases import (
    database_url,
    db,
    empty_url,
    fresh_database,
    light_passwords,
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
    "light_passwords",
    "migrated_url",
    "postgresql_server",
    "prepared_file",
    "shared_folder",
    "sqlite_folder",
]


settings.register_profile("repeatable", derandomize=True, deadline=None)
settings.register_profile("random", deadline=None)
settings.load_profile("random" if os.environ.get("FAULTS") == "full" else "repeatable")
"""What is drawn is the same in each run, but for `make faults`. No example is a fault by taking long."""


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


SYSTEM = ("serve", "cli", "faults", "console")
"""Folders whose tests start whole nodes or browsers, or kill something again and again: `make test-system`."""

WAITING = (*SYSTEM, "demo", "sip", "companion", "simulator", "client")
"""Folders whose tests wait for others more than they compute, the longest first."""


def pytest_itemcollected(item: pytest.Item) -> None:
    """Tests of the system are marked by their folder; those that need the machine alone are among them."""
    if _folder(item) in SYSTEM or item.get_closest_marker("alone"):
        item.add_marker("system")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files that wait and files that compute in turn, so that workers never all wait; within a file nothing moves."""
    waiting = [item for item in items if _folder(item) in WAITING]
    waiting.sort(key=lambda item: WAITING.index(_folder(item)))
    computing = [item for item in items if _folder(item) not in WAITING]
    turns = zip_longest(_files(waiting), _files(computing), fillvalue=())
    items[:] = [item for turn in turns for of_file in turn for item in of_file]


def _folder(item: pytest.Item) -> str:
    return _folder_of(item.path)


@cache
def _folder_of(file: Path) -> str:
    return file.relative_to(Path(__file__).parent).parts[0]


def _files(items: Iterable[pytest.Item]) -> list[list[pytest.Item]]:
    files: dict[Path, list[pytest.Item]] = defaultdict(list)
    for item in items:
        files[item.path].append(item)
    return list(files.values())


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that every user may reach: those of pytest are for one user alone."""
    with tempfile.TemporaryDirectory(prefix="dialplane-") as folder:
        Path(folder).chmod(0o711)
        yield Path(folder)
