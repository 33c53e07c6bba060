"""The feed: every object that changed since a revision, in one snapshot, for the edges' replicas."""

from collections.abc import AsyncGenerator, Iterable
from typing import Any

import msgspec

from dialplane.control import permissions
from dialplane.control.actor import Actor
from dialplane.control.units import Box, Database
from dialplane.domain.feed import FeedChange, FeedEnd, FeedHead
from dialplane.domain.records import record_of
from dialplane.store.objects import SHAPES, Shape
from dialplane.store.queries import feed as queries

ROWS_AT_ONCE = 2_000
"""Rows in memory at once, and lines in a chunk: about half a megabyte of routes."""

_SHAPES = tuple(shape for shape in SHAPES.values() if shape.of.in_feed)
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
        for shape in _SHAPES if full or since < clock.revision else ():
            changed = queries.rows(unit, shape, since=None if full else since, at_once=ROWS_AT_ONCE)
            async for rows in changed:
                count += len(rows)
                yield _encoder.encode_lines(_changes(shape, rows, unit.box))
        yield _line(FeedEnd(clock.revision, count))


def _line(value: FeedHead | FeedEnd) -> bytes:
    return _encoder.encode(value) + b"\n"


def _changes(shape: Shape[Any], rows: Iterable[Any], box: Box) -> list[FeedChange]:
    return [FeedChange(shape.kind, _record(shape, row, box)) for row in rows]


def _record(shape: Shape[Any], row: Any, box: Box) -> dict[str, Any]:
    """The record of an object, as much of it as an edge may know."""
    if shape.of.for_edge is not None:
        return record_of(shape.of.for_edge(shape.value(row, box)))
    record = shape.record(row, box)
    del record["revision"]
    return record
