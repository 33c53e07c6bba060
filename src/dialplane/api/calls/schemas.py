"""Schemas of calls."""

import re
from collections.abc import Iterable, Mapping
from functools import partial
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from dialplane.api.http.fields import Body, Id, among, longest, matching, optional
from dialplane.api.http.query import FilterText, Instant, Page, Query, decimal, expanding, filtering, several
from dialplane.api.http.responses import timestamp
from dialplane.api.http.schemas import NAMES, AnsweredId, AnsweredInstant, Presenter
from dialplane.control.call_filter import LIKE, WORDS
from dialplane.control.calls import CallRecord
from dialplane.control.names import NAMED
from dialplane.domain.call import MOST_ATTEMPTS, Attempt, Call, CallStatus, CallVerdict, HangupBy, HangupReason, Verdict
from dialplane.domain.instants import NEVER
from dialplane.domain.target import parse_digits, parse_number
from dialplane.engine.reasons import sentence
from dialplane.engine.stages import RULES, Recorded, Stage, stages_of_record

STATUSES = tuple(CallStatus)
OUTGOING = "outgoing"
TEL, SIP, NO_ADDRESS = ADDRESS_TYPES = ("tel", "sip", "")
LOCAL, REMOTE, NOBODY = SIDES = ("local", "remote", "")

_SIDE_OF: Mapping[HangupBy | None, str] = {
    None: NOBODY,
    HangupBy.CALLEE: REMOTE,
    HangupBy.CALLER: LOCAL,
    HangupBy.EDGE: LOCAL,
    HangupBy.TIMEOUT: LOCAL,
}
_NUMBER = re.compile(r"\+?[0-9]+")


class CallList(Page):
    """Filters of the list of calls."""

    filter: FilterText = filtering(WORDS, like=LIKE)
    customer_id: Id = optional("Only this customer's.")
    trunk_id: Id = optional("Only those that came in here.")
    provider_id: Id = optional("Only those with an attempt to this provider.")
    number: Annotated[str, matching(parse_number, r"^\+[1-9][0-9]{0,14}$")] = optional("Only those to this number.")
    number_prefix: Annotated[str, matching(parse_number, r"^\+[1-9][0-9]{0,14}$")] = optional(
        "Only those to a number that begins so."
    )
    number_suffix: Annotated[str, matching(partial(parse_digits, field=""), r"^[0-9]{1,15}$")] = optional(
        "Only those to a number that ends in these digits."
    )
    caller: Annotated[str, longest(255)] = optional("Only those from this caller: the `target` of their `source`.")
    sip_call_id: Annotated[str, longest(255)] = optional("Only those whose INVITE had this Call-ID.")
    edge: Annotated[str, longest(255)] = optional("Only those of this edge.")
    verdict: Annotated[str, among(*CallVerdict)] = optional("Only those of which this became.")
    min_attempts: Annotated[int, decimal(1, MOST_ATTEMPTS)] = optional("Only those with so many INVITEs or more.")
    reason: Annotated[str, longest(255)] = optional("Only those whose `reason` holds this text, in whatever case.")
    status: Annotated[str, among(*STATUSES)] = optional("Only those in this status.")
    started_from: Instant = optional("Only those that started then or later.")
    started_until: Instant = optional("Only those that started before.")
    expand: Annotated[tuple[str, ...], several(*NAMED)] = expanding(*NAMED)


class CallQuery(Query):
    """What is added to a call."""

    expand: Annotated[tuple[str, ...], several(*NAMED)] = expanding(*NAMED)


class Erasure(Body):
    """Whose calls are to be erased: those to a number, or from a caller."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"number": "+821021656521"}]})

    number: Annotated[str, matching(parse_number, r"^\+[1-9][0-9]{0,14}$")] = optional("Calls to this number.")
    caller: Annotated[str, longest(255)] = optional("Calls from this caller: the `target` of their `source`.")


class ErasureAnswer(BaseModel):
    """What was erased."""

    erased: Annotated[int, Field(description="Calls, with their attempts.")]
    complete: Annotated[bool, Field(description="false: there are more. Send the request again.")]


class AttemptAnswer(BaseModel):
    """One INVITE to one provider, or the reason why none was sent."""

    number: Annotated[int, Field(description="Counts attempts and skips of the call from 1.")]
    provider_id: AnsweredId
    route_id: AnsweredId
    uri: Annotated[str, Field(description="The request URI as it was sent; for the platform alone.")]
    tm_sent: AnsweredInstant
    tm_ringing: AnsweredInstant
    tm_answered: AnsweredInstant
    tm_ended: AnsweredInstant
    sip_status: int | None
    sip_reason: str
    verdict: Annotated[str, among(*Verdict)] | None
    action: Annotated[str, Field(description="What followed: `next`, `stop`, or empty.")]
    why: Annotated[list[str], Field(description="Why it was tried at that place, or skipped.")]
    identity: list[str] = optional("Headers about the caller, where the edge wrote them for this provider.")
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


class StageAnswer(BaseModel):
    """The candidates after one rule of the decision."""

    rule: Annotated[str, Field(description="Stable code: `matches`, `usable`, `once`, `limits`, `health` ...")]
    sentence: Annotated[str, Field(description="What the rule does.")]
    ranks: Annotated[dict[str, int], Field(description="Id of each route that is left -> its rank, from 1.")]


class AddressAnswer(BaseModel):
    """One side of a call, as the contract's API has it."""

    type: Annotated[str, among(*ADDRESS_TYPES), Field(description="`tel`: a number; `sip`: any other user part.")]
    target: str
    target_name: str
    name: str
    detail: str


class CallAnswer(BaseModel):
    """A call with its attempts."""

    model_config = ConfigDict(title="Call")

    id: AnsweredId
    customer_id: AnsweredId | None
    trunk_id: AnsweredId | None
    edge: str
    sip_call_id: str
    source: Annotated[AddressAnswer, Field(description="The caller's user part.")]
    source_address: Annotated[str, Field(description="Where the call came from.")]
    destination: Annotated[AddressAnswer, Field(description="`number`, or else `dialled`.")]
    direction: Annotated[str, among(OUTGOING)]
    dialled: str
    number: Annotated[str, Field(description="What was dialled, as an E.164 number.")]
    routing_number: str = optional("Shown where routes were chosen by another number: that of a ported number.")
    status: Annotated[
        str, among(*STATUSES), Field(description="`dialing` until a carrier rings; `progressing` once answered.")
    ]
    sip_status: Annotated[int | None, Field(description="The final status that the caller got.")]
    reason: Annotated[str, Field(description="Why it ended, by the edge's or the carrier's words.")]
    hangup_by: Annotated[str, among(*SIDES), Field(description="`remote`: the called person; empty: it goes on.")]
    hangup_reason: Annotated[str, among("", *HangupReason), Field(description="Empty while it goes on.")]
    ended_by: Annotated[str, among("", *HangupBy), Field(description="Who ended it; empty while it goes on.")]
    attempts: list[AttemptAnswer]
    decision: list[PlaceAnswer] = optional(
        "In the answer of one call: the candidates that would be tried, those before them, others for their reasons."
    )
    stages: list[StageAnswer] = optional(
        "In the answer of one call: where each candidate of `decision` stood after each rule."
    )
    not_tried: dict[str, int] = optional(
        "In the answer of one call: how many candidates would not be tried, by reason; those of `decision`, too."
    )
    duration_ms: int | None
    pdd_ms: int | None
    tm_start: AnsweredInstant
    tm_ringing: AnsweredInstant
    tm_progressing: Annotated[AnsweredInstant, Field(description="When it was answered.")]
    tm_hangup: Annotated[AnsweredInstant, Field(description="When it ended.")]
    tm_create: AnsweredInstant
    tm_update: AnsweredInstant
    tm_delete: AnsweredInstant
    names: NAMES = optional()


_present_attempt = Presenter(AttemptAnswer, Attempt)
_present_call = Presenter(CallAnswer, Call)


def _present_place(place: Any) -> dict[str, Any]:
    shown = {name: place.get(name) for name in PlaceAnswer.model_fields}
    return {**shown, "why": sentences(place.get("reasons", ()))}


def _address(user: str) -> dict[str, Any]:
    kind = NO_ADDRESS if not user else TEL if _NUMBER.fullmatch(user) else SIP
    return {"type": kind, "target": user, "target_name": "", "name": "", "detail": ""}


def present(record: CallRecord) -> dict[str, Any]:
    """A call with its attempts and the decision behind them."""
    places = record.call.decision
    return {
        **present_listed(record),
        "decision": [_present_place(place) for place in places],
        "stages": present_stages(stages_of_record([_recorded(place) for place in places])),
        "not_tried": record.not_tried,
    }


def present_stages(ranked: Iterable[Stage]) -> list[dict[str, Any]]:
    """The stages of a decision, each with the sentence of its rule."""
    return [{"rule": stage.rule, "sentence": RULES[stage.rule].sentence, "ranks": stage.ranks} for stage in ranked]


def _recorded(place: Any) -> Recorded:
    return Recorded(
        route_id=place["route_id"],
        target=place.get("target", ""),
        priority=place.get("priority", 0),
        position=place.get("position"),
        reasons=tuple(place.get("reasons", ())),
    )


def present_listed(record: CallRecord) -> dict[str, Any]:
    """A call with its attempts, as lists show it."""
    call = record.call
    return _present_call(
        call,
        source=_address(call.source),
        destination=_address(call.number or call.dialled),
        direction=OUTGOING,
        hangup_by=_SIDE_OF[call.hangup_by],
        hangup_reason=call.hangup_reason or "",
        ended_by=call.hangup_by or "",
        tm_progressing=timestamp(call.tm_answered),
        tm_hangup=timestamp(call.tm_ended),
        attempts=[_present_attempt(attempt, why=sentences(attempt.why)) for attempt in call.attempts],
        duration_ms=record.duration_ms,
        pdd_ms=record.pdd_ms,
        tm_create=timestamp(record.tm_create),
        tm_update=timestamp(record.tm_update),
        tm_delete=timestamp(NEVER),
    )


def without_carriers(shown: Mapping[str, Any]) -> dict[str, Any]:
    """A call as it is shown to those who may not see how providers are dialled."""
    attempts = [
        {name: value for name, value in attempt.items() if name != "identity"} | {"uri": ""}
        for attempt in shown["attempts"]
    ]
    return {**shown, "attempts": attempts}


def sentences(codes: Iterable[str]) -> list[str]:
    """The reasons of a decision for people."""
    return [sentence(code) for code in codes]
