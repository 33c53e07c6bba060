"""Calls with their attempts, as the edges reported them. Read-only."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from dialplane.control import call_filter, decisions, permissions
from dialplane.control.actor import SYSTEM, Actor
from dialplane.control.permissions import Scope
from dialplane.control.units import Unit
from dialplane.domain import statistics
from dialplane.domain.call import Attempt, Call, CallStatus, CallVerdict, HangupBy, Verdict
from dialplane.domain.errors import NotFound
from dialplane.domain.ids import parse_id
from dialplane.domain.texts import parse_member
from dialplane.store.queries import calls as queries
from dialplane.store.queries.calls import AttemptRow, CallRow, Filters
from dialplane.system.clock import now_us
from dialplane.system.turns import in_turns

_HANGUP_BY = {by.value: by for by in HangupBy}


@dataclass(frozen=True, slots=True)
class CallRecord:
    """A call, its durations in ms (None if it has none), and its paging instant `tm_create`.

    `not_tried`: reason -> how many candidates of the decision it kept back. Calls of a list have no decision.
    `duration_ms`: answer to end; None too for a call that was lost. `pdd_ms`: INVITE to first ringing, or to the
    answer if nothing rang.
    """

    call: Call
    duration_ms: int | None
    pdd_ms: int | None
    tm_create: int
    tm_update: int
    not_tried: Mapping[str, int]


async def get(unit: Unit, actor: Actor, id_: str) -> CallRecord:
    """Raises NotFound."""
    permissions.require(actor, "call.get")
    row = await queries.find(unit, parse_id(id_))
    if row is None:
        raise NotFound("call")
    permissions.require(actor, "call.get", customer_id=row.customer_id or "")
    return (await _with_attempts(unit, actor, [row]))[0]


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
    number_prefix: str | None = None,
    number_suffix: str | None = None,
    caller: str | None = None,
    sip_call_id: str | None = None,
    edge: str | None = None,
    verdict: str | None = None,
    min_attempts: int | None = None,
    reason: str | None = None,
    status: str | None = None,
    started_from: int | None = None,
    started_until: int | None = None,
    filter: str | None = None,
) -> list[CallRecord]:
    """Newest first. `filter`: as people type it.

    `status`: a word of CallStatus; `verdict`: one of CallVerdict; `reason`: a part of it.

    `started_from` <= tm_start < `started_until`.
    """
    if permissions.require(actor, "call.list") is Scope.OWN:
        if customer_id not in (None, actor.customer_id):
            return []
        customer_id = actor.customer_id
    filters = Filters(
        customer_id=customer_id,
        trunk_id=trunk_id,
        provider_id=provider_id,
        number=number,
        number_prefix=number_prefix,
        number_suffix=number_suffix,
        caller=caller,
        sip_call_id=sip_call_id,
        edge=edge,
        verdict=None if verdict is None else parse_member(verdict, field="verdict", among=CallVerdict),
        min_attempts=min_attempts,
        reason=reason,
        status=None if status is None else parse_member(status, field="status", among=CallStatus),
        started_from=started_from,
        started_until=started_until,
    )
    if filter:
        filters = await call_filter.meant(unit, actor, filter, filters, now=now_us())
    found = await unit.in_one_step(
        lambda: queries.page_with_attempts(unit, filters, page_size=page_size, before=before)
    )
    return await _records(actor, *found)


async def listed(unit: Unit, ids: Collection[str]) -> list[CallRecord]:
    """These calls as lists have them, to tell whoever may see them; providers' URIs are in them. Raises Unavailable."""
    return await _with_attempts(unit, SYSTEM, await queries.listed(unit, ids)) if ids else []


async def _with_attempts(unit: Unit, actor: Actor, rows: Sequence[CallRow]) -> list[CallRecord]:
    return await _records(actor, rows, await queries.attempts_of(unit, [row.id for row in rows]))


async def _records(
    actor: Actor, rows: Sequence[CallRow], attempts: Mapping[str, Sequence[AttemptRow]]
) -> list[CallRecord]:
    """Whoever may not see providers does not see the URIs by which they are dialled either."""
    sees_carriers = permissions.may(actor, "provider.get")

    def record(row: CallRow) -> CallRecord:
        return _record(row, [_attempt(part, row, sees_carriers=sees_carriers) for part in attempts[row.id]])

    return await in_turns(rows, record)


def _record(row: CallRow, attempts: Sequence[Attempt]) -> CallRecord:
    decision = decisions.read(row.decision)
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
        routing_number=row.routing_number or "",
        status=_status(row),
        sip_status=row.sip_status,
        reason=(row.lost_reason if _is_lost(row) else row.reason) or "",
        hangup_by=HangupBy.EDGE if _is_lost(row) else _HANGUP_BY.get(row.hangup_by or ""),
        tm_start=row.tm_create if row.tm_start is None else row.tm_start,
        tm_ringing=row.tm_ringing,
        tm_answered=row.tm_answered,
        tm_ended=_ended(row),
        decision=decision.places,
        attempts=attempts,
    )
    return CallRecord(
        call=call,
        duration_ms=statistics.duration_ms(row),
        pdd_ms=statistics.call_pdd_ms(row),
        tm_create=row.tm_create,
        tm_update=row.tm_update,
        not_tried=decision.not_tried,
    )


def _is_lost(row: CallRow) -> bool:
    return row.tm_ended is None and row.tm_lost is not None


def _ended(row: CallRow) -> int | None:
    """When the call ended. An edge's own report of it takes precedence over what was concluded from its silence."""
    return row.tm_lost if row.tm_ended is None else row.tm_ended


def _status(row: CallRow) -> CallStatus:
    if _ended(row) is not None:
        return CallStatus.HANGUP
    if row.tm_answered is not None:
        return CallStatus.PROGRESSING
    return CallStatus.DIALING if row.tm_ringing is None else CallStatus.RINGING


def _attempt(row: AttemptRow, call: CallRow, *, sees_carriers: bool) -> Attempt:
    answered = row.tm_answered is not None
    return Attempt(
        number=row.number,
        provider_id=row.provider_id or "",
        route_id=row.route_id or "",
        uri=(sees_carriers and row.uri) or "",
        tm_sent=None if row.skipped else row.tm_placed,
        tm_ringing=row.tm_ringing,
        tm_answered=row.tm_answered,
        tm_ended=_ended(call) if answered and row.tm_ended is None else row.tm_ended,
        sip_status=row.answered_status if answered else row.ended_status,
        sip_reason=row.sip_reason or "",
        verdict=_verdict(row),
        action="answered" if answered else row.action or "",
        why=json.loads(row.why or "[]"),
        identity=tuple(json.loads(row.identity or "[]")) if sees_carriers else (),
        late_answer=row.tm_late_answer is not None,
        pdd_ms=statistics.attempt_pdd_ms(row),
        duration_ms=statistics.duration_ms(call) if answered else None,
    )


def _verdict(row: AttemptRow) -> Verdict | None:
    if row.tm_answered is not None:
        return Verdict.ANSWERED
    if row.tm_late_answer is not None:
        return Verdict.LATE_ANSWER
    if row.skipped:
        return Verdict.SKIPPED
    return Verdict(row.verdict) if row.verdict else None
