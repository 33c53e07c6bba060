"""Instants in rows that are ahead of the clock: written while a clock of this machine, or an edge's, was ahead.

They count as now, so that they grow old from now on. Two kinds are conclusions, which such a clock made wrong: a call
that was closed at an instant ahead is open again, and the start of a Kamailio is unknown until its edge reports again.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Column, ColumnElement, Table, Update, and_, bindparam, case, exists, null, or_, select, update

from dialplane.store import tables
from dialplane.store.queries.calls import IS_OPEN
from dialplane.store.unit import Unit, Writing

_CALLS, _EDGES = tables.calls.c, tables.edges.c
_NOW = bindparam("now_", type_=_CALLS.tm_create.type)
_LATEST = bindparam("latest_", type_=_CALLS.tm_create.type)

_INSTANTS_OF_CALLS = (_CALLS.tm_start, _CALLS.tm_ringing, _CALLS.tm_answered)
_COUNT_AS_NOW: Sequence[tuple[Table, Sequence[Column[int]], ColumnElement[bool] | None]] = (
    (tables.edges, (_EDGES.last_contact, _EDGES.tm_polled, _EDGES.tm_status), None),
    (tables.provider_health, (tables.provider_health.c.checked_at,), None),
    (tables.provider_breakers, (tables.provider_breakers.c.changed_at,), None),
    (tables.calls, _INSTANTS_OF_CALLS, IS_OPEN),
)
"""Of calls the open ones alone, which have an index: what is on record of the others is history."""

_UNKNOWN: Sequence[tuple[Table, ColumnElement[bool], Sequence[Column[int] | Column[str]]]] = (
    (tables.edges, _EDGES.kamailio_started > _LATEST, (_EDGES.kamailio_started,)),
    (tables.calls, and_(_CALLS.tm_lost > _LATEST, _CALLS.tm_ended.is_(None)), (_CALLS.tm_lost, _CALLS.lost_reason)),
)


def _ahead(columns: Sequence[Column[int]], condition: ColumnElement[bool] | None) -> ColumnElement[bool]:
    is_ahead = or_(*(column > _LATEST for column in columns))
    return is_ahead if condition is None else and_(condition, is_ahead)


def _changed(table: Table) -> dict[str, Any]:
    """A call that is changed says so."""
    return {"tm_update": _NOW} if table is tables.calls else {}


_CONDITIONS = [
    *((table, _ahead(columns, condition)) for table, columns, condition in _COUNT_AS_NOW),
    *((table, condition) for table, condition, _ in _UNKNOWN),
]
_CALLS_AHEAD = select(_CALLS.id).where(or_(*(condition for table, condition in _CONDITIONS if table is tables.calls)))
_ANY = select(or_(*(exists(select(1).select_from(table).where(condition)) for table, condition in _CONDITIONS)))
_UPDATES: Sequence[Update] = (
    *(
        update(table)
        .where(_ahead(columns, condition))
        .values({column.name: case((column > _LATEST, _NOW), else_=column) for column in columns} | _changed(table))
        for table, columns, condition in _COUNT_AS_NOW
    ),
    *(
        update(table).where(condition).values({c.name: null() for c in columns} | _changed(table))
        for table, condition, columns in _UNKNOWN
    ),
)


async def exist(unit: Unit, *, latest: int) -> bool:
    """Whether there are any later than `latest`. Raises Unavailable."""
    return bool((await unit.fetch(_ANY, {"latest_": latest}))[0][0])


async def calls_ahead(unit: Unit, *, latest: int) -> list[str]:
    """Ids of the calls that `correct` changes. Raises Unavailable."""
    return [row.id for row in await unit.fetch(_CALLS_AHEAD, {"latest_": latest})]


async def correct(unit: Writing, *, latest: int, now: int) -> None:
    """Lets all that are later than `latest` be `now`. Raises Unavailable."""
    for statement in _UPDATES:
        await unit.execute(statement, [{"latest_": latest, "now_": now}])
