"""The feed: every object that changed since a revision, in one snapshot, for the edges' replicas."""

from collections.abc import AsyncGenerator, Iterable
from typing import Any

import msgspec

from dialplane.control import permissions
from dialplane.control.actor import Actor
from dialplane.control.units import Database, Encryption
from dialplane.domain.feed import FeedChange, FeedEnd, FeedHead
from dialplane.domain.records import record_of
from dialplane.store.objects import STORAGES, Storage
from dialplane.store.queries import feed as queries

ROWS_AT_ONCE = 2_000
"""Rows in memory at once, and lines in a chunk: about half a megabyte of routes."""

_IN_FEED = tuple(storage for storage in STORAGES.values() if storage.kind.in_feed)
_encoder = msgspec.json.Encoder()


async def wait(db: Database, *, since: int, epoch: str, wait_s: float) -> None:
    """Returns as soon as there is something newer than `since` of this epoch, at the latest after `wait_s` seconds."""
    clock = await db.clock()
    if clock.epoch == epoch and clock.revision == since:
        await db.wait_for_revision(since=since, wait_s=wait_s)


def stream(db: Database, actor: Actor, *, since: int, epoch: str) -> AsyncGenerator[bytes, None]:
    """NDJSON in chunks of whole lines: the head, the changed records, the end line. Raises PermissionDenied at once.

    One snapshot from head to end. `full` when since is 0, ahead of the database, or of another epoch: then all live
    objects and no deleted ones.
    """
    permissions.require(actor, "feed.read")
    return _lines(db, since, epoch)


async def _lines(db: Database, since: int, epoch: str) -> AsyncGenerator[bytes, None]:
    async with db.long_read() as unit:
        clock = await unit.clock()
        full = since == 0 or since > clock.revision or epoch != clock.epoch
        yield _line(FeedHead(clock.epoch, clock.revision, full))
        count = 0
        for storage in _IN_FEED if full or since < clock.revision else ():
            changed = queries.rows(unit, storage, since=None if full else since, at_once=ROWS_AT_ONCE)
            async for rows in changed:
                count += len(rows)
                yield _encoder.encode_lines(_changes(storage, rows, unit.encryption))
        yield _line(FeedEnd(clock.revision, count))


def _line(value: FeedHead | FeedEnd) -> bytes:
    return _encoder.encode(value) + b"\n"


def _changes(storage: Storage[Any], rows: Iterable[Any], encryption: Encryption) -> list[FeedChange]:
    return [FeedChange(storage.kind.name, _record(storage, row, encryption)) for row in rows]


def _record(storage: Storage[Any], row: Any, encryption: Encryption) -> dict[str, Any]:
    """The record of an object, as much of it as an edge may know."""
    if storage.kind.for_edge is not None:
        return record_of(storage.kind.for_edge(storage.value(row, encryption)))
    record = storage.record(row, encryption)
    del record["revision"]
    return record
