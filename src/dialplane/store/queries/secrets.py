"""Stored secrets, as they are encrypted."""

from collections.abc import Sequence

from sqlalchemy import select

from dialplane.store import tables
from dialplane.store.objects import STORAGES
from dialplane.store.unit import Unit


async def are_there(unit: Unit) -> bool:
    """Whether any object, deleted ones too, has a secret. Raises Unavailable."""
    for storage in STORAGES.values():
        for name in storage.kind.sealed:
            column = storage.table.c[name]
            if await unit.first(select(column).where(column != "").limit(1)) is not None:
                return True
    return False


async def newest(unit: Unit, *, limit: int) -> Sequence[str]:
    """The ciphertexts of live objects, of each kind those that were created last. Raises Unavailable."""
    found: list[str] = []
    for storage in STORAGES.values():
        for name in storage.kind.sealed:
            column = storage.table.c[name]
            newest_first = select(column).where(tables.LIVE, column != "").order_by(storage.table.c.tm_create.desc())
            found += [row[0] for row in await unit.fetch(newest_first.limit(limit))]
    return found
