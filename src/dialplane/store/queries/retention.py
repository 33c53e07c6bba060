"""What has been kept for long enough: found by an index, the oldest first, and deleted a few rows at a time.

Each function deletes up to `limit` rows that are older than the instant `before`, and returns how many.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import (
    Column,
    ColumnElement,
    Delete,
    Select,
    bindparam,
    delete,
    exists,
    func,
    select,
    tuple_,
    update,
)

from dialplane.domain.kinds import KINDS, Kind, depth
from dialplane.store import tables
from dialplane.store.objects import STORAGES
from dialplane.store.queries import edges as edge_queries
from dialplane.store.queries import uses
from dialplane.store.queries.calls import IS_OPEN
from dialplane.store.unit import Unit, Writing

_CALLS, _ATTEMPTS, _EDGES = tables.calls.c, tables.attempts.c, tables.edges.c
_REVISIONS, _CHANGES, _ERASED = tables.revisions.c, tables.revision_changes.c, tables.erased_calls.c
_BEFORE = bindparam("before_", type_=_CALLS.tm_create.type)
_LIMIT = bindparam("limit_", type_=_ATTEMPTS.number.type)

_OLD_CALLS = select(_CALLS.id).where(_CALLS.tm_create < _BEFORE, ~IS_OPEN).order_by(_CALLS.tm_create).limit(_LIMIT)
_OLD_ATTEMPTS = (
    select(_ATTEMPTS.call_id, _ATTEMPTS.number)
    .where(_ATTEMPTS.tm_placed < _BEFORE, ~exists().where(_CALLS.id == _ATTEMPTS.call_id, IS_OPEN))
    .order_by(_ATTEMPTS.tm_placed)
    .limit(_LIMIT)
)
_LAST_OLD_REVISION = (
    select(_REVISIONS.number).where(_REVISIONS.instant < _BEFORE).order_by(_REVISIONS.instant.desc()).limit(1)
)
_OLD_ERASED = select(_ERASED.id).where(_ERASED.tm_create < _BEFORE).order_by(_ERASED.tm_create).limit(_LIMIT)
_SILENT_EDGES = select(_EDGES.name).where(func.coalesce(_EDGES.last_contact, _EDGES.tm_create) < _BEFORE).limit(_LIMIT)

CHILDREN_FIRST: Sequence[Kind[Any]] = sorted(KINDS.values(), key=depth, reverse=True)


async def calls(unit: Writing, *, before: int, limit: int) -> int:
    """Calls that are over, with their attempts, by when they were first stored."""
    ids = [row.id for row in await unit.fetch(_OLD_CALLS, {"before_": before, "limit_": limit})]
    await delete_calls(unit, ids)
    return len(ids)


async def delete_calls(unit: Writing, ids: Collection[str]) -> None:
    """Deletes calls with their attempts. Raises Unavailable."""
    for column in (_ATTEMPTS.call_id, _CALLS.id):
        await _delete(unit, column, ids)


async def attempts(unit: Writing, *, before: int, limit: int) -> int:
    """Attempts of calls that are over, by when they were placed."""
    rows = await unit.fetch(_OLD_ATTEMPTS, {"before_": before, "limit_": limit})
    keys = [(row.call_id, row.number) for row in rows]
    key = tuple_(_ATTEMPTS.call_id, _ATTEMPTS.number)
    if keys:
        of_calls = _ATTEMPTS.call_id.in_({call_id for call_id, _ in keys})  # by which PostgreSQL finds the partitions
        await unit.run(lambda connection: connection.execute(delete(tables.attempts).where(of_calls, key.in_(keys))))
    return len(keys)


async def revision_contents(unit: Writing, *, before: int, limit: int) -> int:
    """What revisions changed, in the order in which it was recorded. That they were made stays on record."""
    last = await unit.first(_LAST_OLD_REVISION, {"before_": before})
    if last is None:
        return 0
    key = (_CHANGES.revision, _CHANGES.seq)
    oldest = select(*key).where(_CHANGES.revision <= last.number).order_by(*key).limit(limit)
    rows = await unit.fetch(oldest)
    if rows:
        up_to = tuple_(*key) <= tuple_(*rows[-1])
        await unit.run(lambda connection: connection.execute(delete(tables.revision_changes).where(up_to)))
    return len(rows)


async def deleted_objects(unit: Writing, *, before: int, limit: int) -> int:
    """Objects by when they were deleted, none before those that refer to it.

    The clock's `purged_revision` then says how far back a feed would miss them.
    """
    for kind in CHILDREN_FIRST:
        parameters = {"before_": before, "limit_": 1 if _referring(kind) else limit}  # each is looked for among those
        if rows := await unit.fetch(_old_objects(kind), parameters):
            ids = [row.id for row in rows]
            await _delete_objects(unit, kind, ids)
            purged = max(row.revision for row in rows)
            later = update(tables.clock).where(tables.clock.c.purged_revision < purged)
            await unit.execute(later.values(purged_revision=purged))
            return len(ids)
    return 0


async def silent_edges(unit: Writing, *, before: int, limit: int) -> int:
    """Edges by their last contact, with their views of providers."""
    names = [row.name for row in await unit.fetch(_SILENT_EDGES, {"before_": before, "limit_": limit})]
    for name in names:
        await edge_queries.delete(unit, name)
    return len(names)


async def erased_calls(unit: Writing, *, before: int, limit: int) -> int:
    """Ids of erased calls, of which no event will come any more."""
    ids = [row.id for row in await unit.fetch(_OLD_ERASED, {"before_": before, "limit_": limit})]
    await _delete(unit, _ERASED.id, ids)
    return len(ids)


class _Oldest(NamedTuple):
    instant: int | None


async def oldest(unit: Unit) -> Mapping[str, int | None]:
    """What is kept -> the instant of its oldest row; None if there is none. Raises Unavailable."""
    deleted = [select(func.min(storage.table.c.tm_delete)).where(tables.DELETED) for storage in STORAGES.values()]
    with_contents = select(func.min(_CHANGES.revision)).scalar_subquery()
    statements: Mapping[str, Sequence[Select[Any]]] = {
        "calls": [select(func.min(_CALLS.tm_create))],
        "attempts": [select(func.min(_ATTEMPTS.tm_placed))],
        "revisions": [select(func.min(_REVISIONS.instant)).where(_REVISIONS.number == with_contents)],
        "deleted": deleted,
        "edges": [select(func.min(func.coalesce(_EDGES.last_contact, _EDGES.tm_create)))],
    }
    found: dict[str, int | None] = {}
    for name, parts in statements.items():
        instants = [(await unit.fetch(part))[0][0] for part in parts]
        found[name] = min((instant for instant in instants if instant is not None), default=None)
    return found


async def _delete_objects(unit: Writing, kind: Kind[Any], ids: Collection[str]) -> None:
    if kind is KINDS["provider"]:
        for reports in (tables.provider_health, tables.provider_breakers):
            await _delete(unit, reports.c.provider_id, ids)
    if kind.changes_callers:
        await uses.forget(unit, ids)
    await _delete(unit, STORAGES[kind.name].table.c.id, ids)


async def _delete(unit: Writing, column: Column[str], ids: Collection[str]) -> None:
    if ids:
        statement: Delete = delete(column.table).where(column.in_(ids))
        await unit.run(lambda connection: connection.execute(statement))


def _referring(kind: Kind[Any]) -> list[Column[str]]:
    """The columns that hold ids of this kind's objects."""
    return [
        STORAGES[other.name].table.c[field]
        for other in KINDS.values()
        for field, referred in other.references.items()
        if referred == kind.name
    ]


def _old_objects(kind: Kind[Any]) -> Select[Any]:
    columns = STORAGES[kind.name].table.c
    unreferred: list[ColumnElement[bool]] = [~exists().where(column == columns.id) for column in _referring(kind)]
    found = select(columns.id, columns.revision).where(tables.DELETED, columns.tm_delete < _BEFORE, *unreferred)
    return found.order_by(columns.tm_delete).limit(_LIMIT)
