"""Calls with their attempts, as the edges reported them. Read-only."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, not_, select

from dialplane.control import permissions
from dialplane.control.actor import Actor
from dialplane.control.permissions import Scope
from dialplane.control.units import Unit
from dialplane.domain.call import Attempt, Call, CallStatus, HangupBy, Verdict
from dialplane.domain.errors import NotFound
from dialplane.domain.ids import parse_id
from dialplane.domain.texts import parse_member
from dialplane.store import tables

_CALLS, _ATTEMPTS = tables.calls.c, tables.attempts.c

IS_OPEN = and_(_CALLS.tm_ended.is_(None), _CALLS.tm_lost.is_(None))
"""The call goes on, as far as anyone knows. The index `calls_open` holds just these."""

_STATUS_CONDITIONS: dict[CallStatus, ColumnElement[bool]] = {
    CallStatus.PROGRESSING: and_(IS_OPEN, _CALLS.tm_answered.is_(None), _CALLS.tm_ringing.is_(None)),
    CallStatus.RINGING: and_(IS_OPEN, _CALLS.tm_answered.is_(None), _CALLS.tm_ringing.is_not(None)),
    CallStatus.ANSWERED: and_(IS_OPEN, _CALLS.tm_answered.is_not(None)),
    CallStatus.ENDED: not_(IS_OPEN),
}
_HANGUP_BY = {by.value: by for by in HangupBy}


@dataclass(frozen=True, slots=True)
class CallRecord:
    """A call, its durations in ms (None where it has none), and its paging instant `tm_create`.

    `duration_ms`: answer to end; None too for a call that was lost. `pdd_ms`: INVITE to first ringing, or to the
    answer if nothing rang.
    """

    call: Call
    duration_ms: int | None
    pdd_ms: int | None
    tm_create: int
    tm_update: int


async def get(unit: Unit, actor: Actor, id_: str) -> CallRecord:
    """Raises NotFound."""
    permissions.require(actor, "call.get")
    row = await unit.first(select(tables.calls).where(_CALLS.id == parse_id(id_)))
    if row is None:
        raise NotFound("call")
    permissions.require(actor, "call.get", customer_id=row.customer_id or "")
    return (await _with_attempts(unit, [row]))[0]


async def list_(
    unit: Unit,
    actor: Actor,
    *,
    page_size: int = 100,
    before: int | None = None,
    customer_id: str | None = None,
    trunk_id: str | None = None,
    provider_id: str | None = None,
    number: str | None = None,
    status: str | None = None,
    started_from: int | None = None,
    started_until: int | None = None,
) -> list[CallRecord]:
    """Newest first. `status`: a word of CallStatus. `started_from` <= tm_start < `started_until`."""
    where: list[ColumnElement[bool]] = []
    if permissions.require(actor, "call.list") is Scope.OWN:
        where.append(_CALLS.customer_id == actor.customer_id)
    equal = {"customer_id": customer_id, "trunk_id": trunk_id, "number": number}
    where += [_CALLS[name] == value for name, value in equal.items() if value is not None]
    if before is not None:
        where.append(_CALLS.tm_create < before)
    if started_from is not None:
        where.append(_CALLS.tm_start >= started_from)
    if started_until is not None:
        where.append(_CALLS.tm_start < started_until)
    if status is not None:
        where.append(_STATUS_CONDITIONS[parse_member(status, field="status", among=CallStatus)])
    if provider_id is not None:
        where.append(exists().where(_ATTEMPTS.call_id == _CALLS.id, _ATTEMPTS.provider_id == provider_id))
    newest_first = select(tables.calls).where(*where).order_by(_CALLS.tm_create.desc())
    return await _with_attempts(unit, await unit.fetch(newest_first.limit(page_size)))


async def _with_attempts(unit: Unit, rows: Sequence[Any]) -> list[CallRecord]:
    attempts: dict[str, list[Any]] = {row.id: [] for row in rows}
    if attempts:
        of_these = select(tables.attempts).where(_ATTEMPTS.call_id.in_(list(attempts)))
        for part in await unit.fetch(of_these.order_by(_ATTEMPTS.call_id, _ATTEMPTS.number)):
            attempts[part.call_id].append(part)
    return [_record(row, [_attempt(part, row) for part in attempts[row.id]]) for row in rows]


def _record(row: Any, attempts: Sequence[Attempt]) -> CallRecord:
    call = Call(
        id=row.id,
        edge=row.edge,
        customer_id=row.customer_id,
        trunk_id=row.trunk_id,
        sip_call_id=row.sip_call_id or "",
        source=row.source or "",
        source_address=row.source_address or "",
        dialled=row.dialled or "",
        number=row.number or "",
        status=_status(row),
        sip_status=row.sip_status,
        reason=(row.lost_reason if _is_lost(row) else row.reason) or "",
        hangup_by=HangupBy.EDGE if _is_lost(row) else _HANGUP_BY.get(row.hangup_by),
        tm_start=row.tm_create if row.tm_start is None else row.tm_start,
        tm_ringing=row.tm_ringing,
        tm_answered=row.tm_answered,
        tm_ended=_ended(row),
        decision=json.loads(row.decision or "[]"),
        attempts=attempts,
    )
    first_sign = "ringing" if row.tm_ringing is not None else "answered"
    return CallRecord(
        call=call,
        duration_ms=_duration_ms(row),
        pdd_ms=_between_ms(row, "start", first_sign),
        tm_create=row.tm_create,
        tm_update=row.tm_update,
    )


def _is_lost(row: Any) -> bool:
    return row.tm_ended is None and row.tm_lost is not None


def _ended(row: Any) -> int | None:
    """When the call ended. What an edge saw of it stands above what was concluded from its silence."""
    ended: int | None = row.tm_lost if row.tm_ended is None else row.tm_ended
    return ended


def _status(row: Any) -> CallStatus:
    if _ended(row) is not None:
        return CallStatus.ENDED
    if row.tm_answered is not None:
        return CallStatus.ANSWERED
    return CallStatus.PROGRESSING if row.tm_ringing is None else CallStatus.RINGING


def _duration_ms(call: Any) -> int | None:
    return _between_ms(call, "answered", "ended")


def _between_ms(row: Any, first: str, second: str) -> int | None:
    """By the edge's monotonic clock, which no one sets; by wall time where an edge was restarted in between."""
    values = row._asdict()
    wall_us = [values[f"tm_{name}"] for name in (first, second)]
    if None in wall_us:
        return None
    mono_ns = [values[f"mono_{name}"] for name in (first, second)]
    if all(mono_ns) and mono_ns[0] <= mono_ns[1]:
        return int((mono_ns[1] - mono_ns[0]) // 1_000_000)
    return int(max(0, wall_us[1] - wall_us[0]) // 1_000)


def _attempt(row: Any, call: Any) -> Attempt:
    answered = row.tm_answered is not None
    first_sign = row.tm_answered if row.tm_ringing is None else row.tm_ringing
    has_delay = first_sign is not None and row.tm_placed is not None
    return Attempt(
        number=row.number,
        provider_id=row.provider_id or "",
        route_id=row.route_id or "",
        uri=row.uri or "",
        tm_sent=None if row.skipped else row.tm_placed,
        tm_ringing=row.tm_ringing,
        tm_answered=row.tm_answered,
        tm_ended=_ended(call) if answered and row.tm_ended is None else row.tm_ended,
        sip_status=row.answered_status if answered else row.ended_status,
        sip_reason=row.sip_reason or "",
        verdict=_verdict(row),
        action="answered" if answered else row.action or "",
        why=json.loads(row.why or "[]"),
        late_answer=row.tm_late_answer is not None,
        pdd_ms=max(0, first_sign - row.tm_placed) // 1_000 if has_delay else None,
        duration_ms=_duration_ms(call) if answered else None,
    )


def _verdict(row: Any) -> Verdict | None:
    if row.tm_answered is not None:
        return Verdict.ANSWERED
    if row.tm_late_answer is not None:
        return Verdict.LATE_ANSWER
    if row.skipped:
        return Verdict.SKIPPED
    return Verdict(row.verdict) if row.verdict else None
