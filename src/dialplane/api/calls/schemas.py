"""Calls on the wire."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from dialplane.api.http.answers import happened, moment
from dialplane.api.http.fields import Id, among, matching, optional
from dialplane.api.http.query import Instant, Page
from dialplane.api.http.schemas import AnsweredId, AnsweredInstant
from dialplane.control.calls import CallRecord
from dialplane.domain.call import Attempt, CallStatus, Verdict
from dialplane.domain.instants import NEVER
from dialplane.domain.target import parse_number
from dialplane.engine.reasons import sentence

STATUSES = tuple(CallStatus)


class CallList(Page):
    """Filters of the list of calls."""

    customer_id: Id = optional("Only this customer's.")
    trunk_id: Id = optional("Only those that came in here.")
    provider_id: Id = optional("Only those with an attempt to this provider.")
    number: Annotated[str, matching(parse_number, r"^\+[1-9][0-9]{0,14}$")] = optional("Only those to this number.")
    status: Annotated[str, among(*STATUSES)] = optional("Only those in this status.")
    started_from: Instant = optional("Only those that started then or later.")
    started_until: Instant = optional("Only those that started before.")


class AttemptAnswer(BaseModel):
    """One INVITE to one provider, or the reason why none was sent."""

    number: Annotated[int, Field(description="Counts attempts and skips of the call from 1.")]
    provider_id: AnsweredId
    route_id: AnsweredId
    uri: Annotated[str, Field(description="The request URI as it was sent.")]
    tm_sent: AnsweredInstant
    tm_ringing: AnsweredInstant
    tm_answered: AnsweredInstant
    tm_ended: AnsweredInstant
    sip_status: int | None
    sip_reason: str
    verdict: Annotated[str, among(*Verdict)] | None
    action: Annotated[str, Field(description="What followed: `next`, `stop`, or empty.")]
    why: Annotated[list[str], Field(description="Why it was tried at that place, or skipped.")]
    late_answer: Annotated[bool, Field(description="The carrier answered after the attempt was given up.")]
    pdd_ms: Annotated[int | None, Field(description="Post-dial delay: sent to first ringing, or to the answer.")]
    duration_ms: Annotated[int | None, Field(description="Answer to end.")]


class PlaceAnswer(BaseModel):
    """A candidate of the decision."""

    route_id: AnsweredId
    provider_id: AnsweredId
    target: str
    priority: Annotated[int, Field(description="Lower is tried first.")]
    outcome: str
    position: int | None
    why: list[str]


class CallAnswer(BaseModel):
    """A call with its attempts."""

    model_config = ConfigDict(title="Call")

    id: AnsweredId
    customer_id: AnsweredId | None
    trunk_id: AnsweredId | None
    edge: str
    sip_call_id: str
    source: Annotated[str, Field(description="The caller's user part.")]
    source_address: Annotated[str, Field(description="Where the call came from.")]
    dialled: str
    number: Annotated[str, Field(description="What was dialled, as an E.164 number.")]
    status: Annotated[str, among(*STATUSES)]
    sip_status: Annotated[int | None, Field(description="The final status that the caller got.")]
    reason: str
    hangup_by: Annotated[str, Field(description="`caller`, `callee`, `edge`, `timeout`, or empty.")]
    attempts: list[AttemptAnswer]
    decision: Annotated[list[PlaceAnswer], Field(description="Every candidate's place; in the answer of one call.")]
    duration_ms: int | None
    pdd_ms: int | None
    tm_start: AnsweredInstant
    tm_ringing: AnsweredInstant
    tm_answered: AnsweredInstant
    tm_ended: AnsweredInstant
    tm_create: AnsweredInstant
    tm_update: AnsweredInstant
    tm_delete: AnsweredInstant


def _present_attempt(attempt: Attempt) -> dict[str, Any]:
    return {
        "number": attempt.number,
        "provider_id": attempt.provider_id,
        "route_id": attempt.route_id,
        "uri": attempt.uri,
        "tm_sent": happened(attempt.tm_sent),
        "tm_ringing": happened(attempt.tm_ringing),
        "tm_answered": happened(attempt.tm_answered),
        "tm_ended": happened(attempt.tm_ended),
        "sip_status": attempt.sip_status,
        "sip_reason": attempt.sip_reason,
        "verdict": attempt.verdict,
        "action": attempt.action,
        "why": [sentence(code) for code in attempt.why],
        "late_answer": attempt.late_answer,
        "pdd_ms": attempt.pdd_ms,
        "duration_ms": attempt.duration_ms,
    }


def _present_place(place: Any) -> dict[str, Any]:
    return {
        "route_id": place.get("route_id"),
        "provider_id": place.get("provider_id"),
        "target": place.get("target"),
        "priority": place.get("priority"),
        "outcome": place.get("outcome"),
        "position": place.get("position"),
        "why": [sentence(code) for code in place.get("reasons", ())],
    }


def present(record: CallRecord) -> dict[str, Any]:
    """A call with its attempts and the decision behind them."""
    call = record.call
    return {
        "id": call.id,
        "customer_id": call.customer_id,
        "trunk_id": call.trunk_id,
        "edge": call.edge,
        "sip_call_id": call.sip_call_id,
        "source": call.source,
        "source_address": call.source_address,
        "dialled": call.dialled,
        "number": call.number,
        "status": call.status,
        "sip_status": call.sip_status,
        "reason": call.reason,
        "hangup_by": call.hangup_by or "",
        "attempts": [_present_attempt(attempt) for attempt in call.attempts],
        "decision": [_present_place(place) for place in call.decision],
        "duration_ms": record.duration_ms,
        "pdd_ms": record.pdd_ms,
        "tm_start": moment(call.tm_start),
        "tm_ringing": happened(call.tm_ringing),
        "tm_answered": happened(call.tm_answered),
        "tm_ended": happened(call.tm_ended),
        "tm_create": moment(record.tm_create),
        "tm_update": moment(record.tm_update),
        "tm_delete": moment(NEVER),
    }
