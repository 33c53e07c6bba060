"""A running API over recorded calls, all of which it keeps."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from bench import recorded
from bench.node import free_port, running, token_of
from dialplane.control import bootstrap
from dialplane.store.address import parse_address
from tests.databases import open_database

_KEPT = {"DIALPLANE_KEEP_CALLS_DAYS": "0", "DIALPLANE_KEEP_ATTEMPTS_DAYS": "0"}


class Api(NamedTuple):
    """Where it is, and an administrator's token. `ids`: those of some calls."""

    base_url: str
    token: str
    ids: list[str]


@contextmanager
def served(data: Path, url: str) -> Iterator[Api]:
    """The API on this database, with calls that go on."""
    recorded.go_on(url)
    token, ids = asyncio.run(_prepared(url))
    database_url = url if parse_address(url).get_backend_name() == "postgresql" else ""
    with running(data, port=free_port(), database_url=database_url, settings=_KEPT) as node:
        yield Api(node.base_url, token, ids)


async def _prepared(url: str) -> tuple[str, list[str]]:
    db = open_database(url)
    try:
        await bootstrap.prepare(db, username="admin@localhost", password="a long password")
        return await token_of(db), await recorded.some_ids(db)
    finally:
        await db.close()
