"""Calls whose end nobody will report: found by what their edge tells of itself, and closed with a reason.

What an edge reports of a call's end, however late, stands above what is concluded here. docs/decisions/0006 has the
why.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, and_, bindparam, case, cast, func, or_, select, update

from dialplane.control.calls import IS_OPEN
from dialplane.control.units import Database
from dialplane.domain.call import LONGEST_SETUP_S
from dialplane.eventlog.kinds import EdgeCalls
from dialplane.store import tables
from dialplane.store.unit import Writing

EDGE_RESTARTED = "edge_restarted"
NO_END_REPORTED = "no_end_reported"
NOT_GOING_ON = "not_going_on"

GRACE_S = 60
"""How long after its time is up an edge may take to report that it has ended a call."""

AT_ONCE = 1_000
_SECOND_US = 1_000_000
_CALLS, _EDGES = tables.calls.c, tables.edges.c
_CLOSE = (
    update(tables.calls)
    .where(_CALLS.id == bindparam("id_"), IS_OPEN)
    .values(tm_lost=bindparam("lost"), lost_reason=bindparam("reason_"), tm_update=bindparam("now_"))
)


async def close_missing(unit: Writing, reports: Sequence[EdgeCalls]) -> int:
    """Closes the open calls that their edge says nothing goes on of; how many.

    To be called once all that was reported before is stored.
    """
    closed = 0
    for report in reports:
        found = await unit.fetch(_begun_within(report))
        living = set(report.calls)
        rows = [
            {"id_": row.id, "lost": report.at, "reason_": NOT_GOING_ON, "now_": unit.next_instant()}
            for row in found
            if row.id not in living
        ]
        if rows:
            await unit.execute(_CLOSE, rows)
        closed += len(rows)
    return closed


def _begun_within(report: EdgeCalls) -> Any:
    """The ids of the open calls that a report speaks for. Reads open calls only."""
    return select(_CALLS.id).where(
        IS_OPEN,
        _CALLS.edge == report.edge,
        _CALLS.tm_start >= report.since,
        _CALLS.tm_start < report.before,
        _CALLS.id.startswith(report.prefix),
    )


async def close(db: Database, *, now: int, max_call_s: int) -> int:
    """Closes the open calls that cannot be going on any more; how many. Raises Unavailable.

    `max_call_s` is for edges that have not told theirs.
    """
    closed = 0
    while True:
        async with db.read() as unit:
            found = await unit.fetch(_lost(now=now, max_call_s=max_call_s))
        if not found:
            return closed
        async with db.write() as writing:
            rows = [{"id_": row.id, "lost": row.lost, "reason_": row.reason, "now_": now} for row in found]
            await writing.execute(_CLOSE, rows)
        closed += len(found)


def _lost(*, now: int, max_call_s: int) -> Any:
    """The calls to close, each with when and why. Reads open calls only."""
    began = func.coalesce(_CALLS.tm_start, _CALLS.tm_create)
    longest_us = cast(func.coalesce(_EDGES.max_call_s, max_call_s), BigInteger) * _SECOND_US
    is_answered = _CALLS.tm_answered.is_not(None)
    was_cut_off = and_(~is_answered, began < _EDGES.kamailio_started)
    takes_too_long = or_(
        and_(is_answered, _CALLS.tm_answered + longest_us < now - GRACE_S * _SECOND_US),
        and_(~is_answered, began < now - LONGEST_SETUP_S * _SECOND_US),
    )
    when: ColumnElement[int] = case(
        (was_cut_off, _EDGES.kamailio_started),
        (is_answered, _CALLS.tm_answered + longest_us),
        else_=began + LONGEST_SETUP_S * _SECOND_US,
    )
    why = case((was_cut_off, EDGE_RESTARTED), else_=NO_END_REPORTED)
    return (
        select(_CALLS.id, when.label("lost"), why.label("reason"))
        .select_from(tables.calls.outerjoin(tables.edges, _EDGES.name == _CALLS.edge))
        .where(IS_OPEN, or_(was_cut_off, takes_too_long))
        .limit(AT_ONCE)
    )
