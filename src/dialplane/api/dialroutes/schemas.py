"""Schemas of dialroutes: route objects in the order in which they would be tried."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BaseModel, Field

from dialplane.api.calls.schemas import StageAnswer, present_stages
from dialplane.api.http.fields import Id, among, longest, matching, optional
from dialplane.api.http.query import Flag, Instant, PageSize, Query, decimal, expanding, ids, several
from dialplane.api.http.responses import timestamp
from dialplane.api.http.schemas import NAMES, AnsweredId
from dialplane.api.providers.invite import (
    NUMBER,
    Caller,
    HeaderAnswer,
    RoutingNumber,
    TimeoutsAnswer,
    present_headers,
    present_timeouts,
)
from dialplane.api.routes.schemas import RouteAnswer
from dialplane.api.routes.schemas import present as present_route
from dialplane.control.dialroutes import NOTHING, Call, Computed, WhatIf
from dialplane.control.first_choices import Found
from dialplane.control.invites import invite_of
from dialplane.domain.instants import NEVER
from dialplane.domain.target import parse_number, parse_target
from dialplane.engine.dialroute import Place
from dialplane.engine.number import STEPS
from dialplane.engine.reasons import sentence
from dialplane.engine.refusals import ANSWERS
from dialplane.engine.stages import stages

LIVE, IGNORE = "live", "ignore"
MOST_PROVIDERS = 50
MAX_TEXT = 255
WHAT_IF = {"at", "edge", "health", "down", "broken", "full", "removed", "codecs"}


def _parse_token(text: str) -> str:
    return text and parse_target(text, field="")


Token = Annotated[str, matching(_parse_token, r"^(all|\+[1-9][0-9]{0,14})?$")]
Providers = Annotated[tuple[str, ...], ids(MOST_PROVIDERS)]


class WhatIfQuery(Query):
    """What would be otherwise than now."""

    at: Instant = optional("What if the call came then.")
    edge: Annotated[str, longest(MAX_TEXT)] = optional(
        "By this edge's view of the providers: its probes and its breakers."
    )
    health: Annotated[str, among(LIVE, IGNORE)] = Field(
        default=LIVE, description="`ignore`: what if all providers were healthy, and had room."
    )
    down: Providers = optional("What if the probes found these providers unhealthy; ids with commas between.")
    broken: Providers = optional("What if the breakers of these were open.")
    full: Providers = optional("What if all channels of these were in use.")
    removed: Providers = optional("What if these were disabled.")
    codecs: Annotated[str, longest(MAX_TEXT)] = optional("What if the caller offered these alone, `PCMA,G729`.")

    def what_if(self) -> WhatIf:
        """What would be otherwise than now."""
        if not self.model_fields_set & WHAT_IF:
            return NOTHING
        return WhatIf(
            at=self.at,
            down=self.down or (),
            broken=self.broken or (),
            full=self.full or (),
            removed=self.removed or (),
            all_well=self.health == IGNORE,
            edge=self.edge or "",
            codecs=tuple(filter(None, (self.codecs or "").split(","))),
        )


class CallQuery(WhatIfQuery):
    """Who calls, and what would be otherwise than now."""

    call_id: Annotated[str, longest(255)] = optional("Seeds the weighted draw: the same id gives the same order.")
    caller: Caller = optional("Who calls, in E.164, or `anonymous`: for providers with rules for that.")
    rn: RoutingNumber = optional("The routing number of a ported number; routes are chosen by it.")
    explain: Flag = Field(
        default=False,
        description="Add every candidate's place and the reasons for it; providers without a free channel are skipped.",
    )
    revision: Annotated[int, decimal(0, NEVER)] = optional(
        "By the table as it was after this revision, under the circumstances of now; at most 10,000 changes ago."
    )
    expand: Annotated[tuple[str, ...], several("provider", "customer")] = expanding("provider", "customer")


class DialrouteQuery(CallQuery):
    """Whose call, and where to."""

    customer_id: Annotated[Id, Field(description="Whose call it would be.")]
    target: Annotated[
        str,
        matching(parse_number, NUMBER),
        Field(description="The number that is called, in E.164.", examples=["+821012345678"]),
    ]
    trunk_id: Id = optional("The customer's trunk that it would come in by: its `caller_default` holds.")

    def call(self) -> Call:
        """The call that is meant."""
        return Call(
            customer_id=self.customer_id,
            number=self.target,
            trunk_id=self.trunk_id or "",
            id=self.call_id or "",
            caller=self.caller or "",
            routing_number=self.rn or "",
        )


class DialledQuery(CallQuery):
    """What a switch dials, by which trunk."""

    trunk_id: Annotated[Id, Field(description="The trunk that the call would come in by.")]
    dialled: Annotated[
        str, longest(255), Field(description="The user part of the request URI.", examples=["00821012345678"])
    ]

    def call(self) -> Call:
        """The call that is meant."""
        return Call(
            trunk_id=self.trunk_id,
            dialled=self.dialled,
            id=self.call_id or "",
            caller=self.caller or "",
            routing_number=self.rn or "",
        )


class FirstTargetsQuery(WhatIfQuery, PageSize):
    """Whose calls, and how much of the list."""

    customer_id: Annotated[Id, Field(description="Whose calls; the system default customer's are by its routes alone.")]
    page_token: Token = optional("`next_page_token` of the page before.")
    expand: Annotated[tuple[str, ...], several("provider")] = expanding("provider")


class FirstTargetAnswer(BaseModel):
    """A target whose calls would try the provider first: numbers that begin with it, and match no longer one."""

    target: str
    share: Annotated[float, Field(description="Of its calls; below 1 where routes to it have weights.")]
    route_id: Annotated[AnsweredId, Field(description="By which route.")]
    own: Annotated[bool, Field(description="It is the customer's own, not one of the system default.")]
    attempts: Annotated[int, Field(description="How many providers would be tried.")]
    then_provider_id: Annotated[AnsweredId | None, Field(description="The second of them.")]


class FirstTargetsAnswer(BaseModel):
    """Targets whose calls would try a provider first."""

    result: Annotated[list[FirstTargetAnswer], Field(description="In the order of their text, `all` last.")]
    examined: Annotated[int, Field(description="Targets of the provider's routes that were looked at for this page.")]
    next_page_token: Annotated[
        str,
        Field(description="`page_token` of the next page; empty on the last. A page that took too long may be short."),
    ]
    names: NAMES = optional()


class CandidateAnswer(BaseModel):
    """A candidate and what became of it."""

    position: Annotated[int | None, Field(description="Counts from 1 among those that are tried.")]
    outcome: Annotated[str, Field(description="`tried`: it would be tried; `dropped` or `skipped`.")]
    route_id: AnsweredId
    provider_id: AnsweredId
    target: str
    priority: Annotated[int, Field(description="Lower is tried first.")]
    uri: Annotated[str | None, Field(description="The request URI as it would be sent; for the platform alone.")]
    headers: Annotated[list[HeaderAnswer], Field(description="Headers as they would be added; for the platform alone.")]
    removed_headers: list[str] = optional("The caller's headers that would be left out, if there are any.")
    reasons: Annotated[list[str], Field(description="Stable codes.")]
    why: Annotated[list[str], Field(description="The same as sentences.")]
    timeouts: Annotated[TimeoutsAnswer | None, Field(description="Of its attempt; for the platform alone.")]
    expected_pdd_ms: Annotated[
        int | None,
        Field(
            description="Median of the provider's post-dial delays in the last hour; null if none of its attempts "
            "rang, and for customers' agents and keys."
        ),
    ]


class StepAnswer(BaseModel):
    """A step by which what was dialled became a number."""

    step: Annotated[str, Field(description="Stable code.")]
    sentence: str
    before: str
    after: Annotated[str, Field(description="Empty where it is no number.")]


class RefusalAnswer(BaseModel):
    """Why the call would not be let in, and what its caller would hear."""

    code: str
    status: Annotated[int | None, Field(description="The SIP status.")]
    sentence: str


class DialrouteAnswer(BaseModel):
    """The ordered routes for one call."""

    result: Annotated[list[RouteAnswer], Field(description="First to last.")]
    next_page_token: str
    candidates: list[CandidateAnswer] = optional("With `explain=true`.")
    stages: list[StageAnswer] = optional("With `explain=true`: where each candidate stands after each rule.")
    names: NAMES = optional()


class DialledAnswer(DialrouteAnswer):
    """How what was dialled is read, whether the call is let in, and its ordered routes."""

    number: Annotated[str, Field(description="The number that it means; empty for none.")]
    normalised: Annotated[list[StepAnswer], Field(description="The steps from what was dialled to the number.")]
    refusal: Annotated[RefusalAnswer | None, Field(description="Null where the call would be let in.")]


def present(computed: Computed, call: Call, *, explain: bool, delays: Mapping[str, int]) -> dict[str, Any]:
    """The routes in order; with `explain` every candidate's place and the stages, too.

    `delays`: usual post-dial delay of each provider, in ms.
    """
    ordered = [computed.routes[candidate.route_id] for candidate, *_ in computed.dialroute.tried]
    shown: dict[str, Any] = {
        "result": [present_route(route) for route in ordered],
        "next_page_token": timestamp(ordered[-1].tm_create) if ordered else "",
    }
    if explain:
        shown["candidates"] = [
            _present_place(place, computed) | {"expected_pdd_ms": delays.get(place.candidate.provider_id)}
            for place in computed.dialroute.places
        ]
        shown["stages"] = present_stages(stages(computed.groups, computed.dialroute, call_id=call.id))
    return shown | (_present_arrival(computed) if call.dialled is not None else {})


def present_first(found: Found) -> dict[str, Any]:
    """The targets whose calls would try a provider first."""
    shown = [choice._asdict() for choice in found.choices]
    return {"result": shown, "examined": found.examined, "next_page_token": found.next}


def _present_arrival(computed: Computed) -> dict[str, Any]:
    """How what was dialled is read, and whether the call is let in."""
    arrival, refusal = computed.arrival, computed.refusal
    steps = [
        {"step": rule, "sentence": STEPS[rule], "before": before, "after": after}
        for rule, before, after in arrival.steps
    ]
    refused = refusal and {"code": refusal, "status": ANSWERS[refusal].status, "sentence": ANSWERS[refusal].sentence}
    return {"number": arrival.number, "normalised": steps, "refusal": refused}


def _present_place(place: Place, computed: Computed) -> dict[str, Any]:
    candidate, provider = place.candidate, place.provider if computed.sees_carriers else None
    arrival = computed.arrival
    invite = None if provider is None else invite_of(provider, arrival.number, arrival.caller, arrival.ported)
    return {
        "position": place.position,
        "outcome": place.outcome,
        "route_id": candidate.route_id,
        "provider_id": candidate.provider_id,
        "target": place.target,
        "priority": candidate.priority,
        "uri": invite and invite.uri,
        "headers": present_headers(invite.headers if invite else ()),
        **({"removed_headers": list(invite.removed)} if invite and invite.removed else {}),
        "reasons": list(place.reasons),
        "why": [sentence(code) for code in place.reasons],
        "timeouts": provider and present_timeouts(provider),
    }
