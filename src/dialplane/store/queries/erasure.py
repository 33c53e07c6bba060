"""Erasure of calls on request: which they are, and those of which no later event may be stored."""

from collections.abc import Collection, Sequence

from sqlalchemy import bindparam, exists, insert, select

from dialplane.store import tables
from dialplane.store.queries.calls import IS_OPEN
from dialplane.store.queries.retention import delete_calls
from dialplane.store.unit import Unit, Writing

_CALLS, _ERASED = tables.calls.c, tables.erased_calls.c
_ANY = select(exists(select(1).select_from(tables.erased_calls)))
_AMONG = select(_ERASED.id).where(_ERASED.id.in_(bindparam("ids", expanding=True)))


async def find(unit: Unit, *, number: str | None, caller: str | None, limit: int) -> list[str]:
    """Ids of the calls to this number, and from this caller, that are over; None does not count. Raises Unavailable."""
    wanted = ((_CALLS.number, number), (_CALLS.source, caller))
    where = [column == value for column, value in wanted if value is not None]
    where.append(~IS_OPEN)
    return [row.id for row in await unit.fetch(select(_CALLS.id).where(*where).limit(limit))]


async def erase(unit: Writing, ids: Sequence[str]) -> None:
    """Deletes the calls; what an edge reports of them later is not stored. Raises Unavailable."""
    await delete_calls(unit, ids)
    await unit.execute(insert(tables.erased_calls), [{"id": id_, "tm_create": unit.instant} for id_ in ids])


async def erased_among(unit: Unit, ids: Collection[str]) -> set[str]:
    """Those of these calls that were erased. Raises Unavailable."""
    if not ids or not (await unit.fetch(_ANY, short=True))[0][0]:
        return set()
    return {row.id for row in await unit.fetch(_AMONG, {"ids": list(ids)})}
