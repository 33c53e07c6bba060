"""Events that wait to be handed on, in rows: each has those that one transaction stored, and is sent whole."""

from collections.abc import Collection
from typing import NamedTuple

from sqlalchemy import delete, func, insert, select

from dialplane.store import tables
from dialplane.store.unit import Unit, Writing

_ROWS = tables.outgoing_events.c
_INSERT = insert(tables.outgoing_events)
_WAITING = select(
    func.coalesce(func.sum(_ROWS["count"]), 0).label("events"),
    func.coalesce(func.sum(_ROWS.bytes), 0).label("bytes"),
    func.min(_ROWS.instant).label("since"),
)


class OutgoingRow(NamedTuple):
    """`events` as `control.outbox` packs them; rows are in the order of the transactions that stored them."""

    instant: int
    events: bytes


class Waiting(NamedTuple):
    """What waits: so many events, in so many bytes of the database, the first of them since this instant (us)."""

    events: int
    bytes: int
    since: int | None


class _Size(NamedTuple):
    instant: int
    events: int
    bytes: int


async def add(unit: Writing, events: bytes, *, count: int) -> None:
    """A row with the events of this transaction. Raises Unavailable."""
    row = {"instant": unit.instant, "count": count, "bytes": len(events), "events": events}
    await unit.execute(_INSERT, [row])


async def first(unit: Unit, *, limit: int) -> list[OutgoingRow]:
    """The rows that have waited longest. Raises Unavailable."""
    return await unit.fetch_as(OutgoingRow, select(_ROWS.instant, _ROWS.events).order_by(_ROWS.instant).limit(limit))


async def remove(unit: Writing, instants: Collection[int]) -> None:
    """Deletes rows. Raises Unavailable."""
    await unit.execute(delete(tables.outgoing_events).where(_ROWS.instant.in_(instants)))


async def waiting(unit: Unit) -> Waiting:
    """All that waits, by an index. Raises Unavailable."""
    (found,) = await unit.fetch_as(Waiting, _WAITING)
    return Waiting(int(found.events), int(found.bytes), found.since)


async def drop_oldest(unit: Writing, *, bytes: int, limit: int) -> int:
    """Deletes the oldest rows until so many bytes are gone, at most `limit` of them; how many events it were.

    Raises Unavailable.
    """
    columns = (_ROWS.instant, _ROWS["count"].label("events"), _ROWS.bytes)
    left, dropped = bytes, list[_Size]()
    for row in await unit.fetch_as(_Size, select(*columns).order_by(_ROWS.instant).limit(limit)):
        if left <= 0:
            break
        dropped.append(row)
        left -= row.bytes
    await remove(unit, [row.instant for row in dropped])
    return sum(row.events for row in dropped)
