"""Open calls that can be going on no more."""

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import BigInteger, ColumnElement, and_, bindparam, case, cast, func, or_, select, update

from dialplane.domain.instants import SECOND_US
from dialplane.store import tables
from dialplane.store.queries.calls import IS_OPEN
from dialplane.store.unit import Unit, Writing

_CALLS, _EDGES = tables.calls.c, tables.edges.c
_CLOSE = (
    update(tables.calls)
    .where(_CALLS.id == bindparam("id_"), IS_OPEN)
    .values(tm_lost=bindparam("at_"), lost_reason=bindparam("reason_"), tm_update=bindparam("now_"))
)


class LostCall(NamedTuple):
    """A call to close: `at` (instant) it must have ended, because of `reason`."""

    id: str
    at: int
    reason: str


class _CallId(NamedTuple):
    id: str


async def open_calls(
    unit: Unit, *, edge: str, since: int, before: int, prefix: str = "", suffix: str = ""
) -> list[str]:
    """Ids of an edge's open calls with `since` <= tm_start < `before` that begin and end so. Raises Unavailable."""
    began_within = select(_CALLS.id).where(
        IS_OPEN,
        _CALLS.edge == edge,
        _CALLS.tm_start >= since,
        _CALLS.tm_start < before,
        _CALLS.id.startswith(prefix),
        _CALLS.id.endswith(suffix),
    )
    return [row.id for row in await unit.fetch_as(_CallId, began_within)]


async def find(
    unit: Unit,
    *,
    now: int,
    max_call_s: int,
    max_setup_s: int,
    grace_s: int,
    cut_off_reason: str,
    overdue_reason: str,
    limit: int,
) -> list[LostCall]:
    """Open calls whose edge was restarted before they were answered, or that have lasted too long. Raises Unavailable.

    A call lasts `max_setup_s` seconds at most until it is answered, and then as long as its edge lets it, or
    `max_call_s` for an edge that has not reported that; `grace_s` more to report its end. Reads open calls only.
    """
    began = func.coalesce(_CALLS.tm_start, _CALLS.tm_create)
    longest_us = cast(func.coalesce(_EDGES.max_call_s, max_call_s), BigInteger) * SECOND_US
    is_answered = _CALLS.tm_answered.is_not(None)
    was_cut_off = and_(~is_answered, began < _EDGES.kamailio_started)
    is_overdue = or_(
        and_(is_answered, _CALLS.tm_answered + longest_us < now - grace_s * SECOND_US),
        and_(~is_answered, began < now - max_setup_s * SECOND_US),
    )
    at: ColumnElement[int] = case(
        (was_cut_off, _EDGES.kamailio_started),
        (is_answered, _CALLS.tm_answered + longest_us),
        else_=began + max_setup_s * SECOND_US,
    )
    reason = case((was_cut_off, cut_off_reason), else_=overdue_reason)
    statement = (
        select(_CALLS.id, at.label("at"), reason.label("reason"))
        .select_from(tables.calls.outerjoin(tables.edges, _EDGES.name == _CALLS.edge))
        .where(IS_OPEN, or_(was_cut_off, is_overdue))
        .limit(limit)
    )
    return await unit.fetch_as(LostCall, statement)


async def close(unit: Writing, calls: Sequence[LostCall], *, now: int) -> None:
    """Closes those of the calls that are still open; `now` is their tm_update. Raises Unavailable."""
    rows = [{"id_": call.id, "at_": call.at, "reason_": call.reason, "now_": now} for call in calls]
    if rows:
        await unit.execute(_CLOSE, rows, short=True)
