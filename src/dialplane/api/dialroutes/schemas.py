"""Schemas of dialroutes: route objects in the order in which they would be tried."""

from typing import Annotated, Any

from pydantic import BaseModel, Field

from dialplane.api.http.fields import Id, longest, matching, optional
from dialplane.api.http.query import Flag, Query
from dialplane.api.http.responses import timestamp
from dialplane.api.http.schemas import AnsweredId
from dialplane.api.routes.schemas import RouteAnswer
from dialplane.api.routes.schemas import present as present_route
from dialplane.control.dialroutes import Computed
from dialplane.domain.target import parse_number
from dialplane.engine.dialroute import Place
from dialplane.engine.egress import egress_headers, egress_uri
from dialplane.engine.identity import ANONYMOUS, AS_RECEIVED, identity_of
from dialplane.engine.reasons import sentence


def parse_caller(text: str) -> str:
    """A number, or `anonymous`. Raises InvalidValue."""
    return text if text == ANONYMOUS else parse_number(text, field="caller")


class DialrouteQuery(Query):
    """Whose call, and where to."""

    customer_id: Annotated[Id, Field(description="Whose call it would be.")]
    target: Annotated[
        str,
        matching(parse_number, r"^\+[1-9][0-9]{0,14}$"),
        Field(description="The number that is called, in E.164.", examples=["+821012345678"]),
    ]
    call_id: Annotated[str, longest(255)] = optional("Seeds the weighted draw: the same id gives the same order.")
    caller: Annotated[str, matching(parse_caller, r"^(\+[1-9][0-9]{0,14}|anonymous)$")] = optional(
        "Who calls, in E.164, or `anonymous`: for providers with rules for that."
    )
    trunk_id: Id = optional("The customer's trunk that it would come in by: its `caller_default` holds.")
    rn: Annotated[str, matching(parse_number, r"^\+[1-9][0-9]{0,14}$")] = optional(
        "The routing number of a ported number; routes are chosen by it."
    )
    explain: Flag = Field(
        default=False,
        description="Add every candidate's place and the reasons for it; providers without a free channel are skipped.",
    )


class HeaderAnswer(BaseModel):
    """A header as it would be sent."""

    name: str
    value: str


class CandidateAnswer(BaseModel):
    """A candidate and what became of it."""

    position: Annotated[int | None, Field(description="Counts from 1 among those that are tried.")]
    outcome: Annotated[str, Field(description="`tried`, `dropped` or `skipped`.")]
    route_id: AnsweredId
    provider_id: AnsweredId
    target: str
    priority: Annotated[int, Field(description="Lower is tried first.")]
    uri: Annotated[str | None, Field(description="The request URI as it would be sent; for the platform alone.")]
    headers: Annotated[list[HeaderAnswer], Field(description="Headers as they would be added; for the platform alone.")]
    removed_headers: list[str] = optional("The caller's headers that would be left out, if there are any.")
    reasons: Annotated[list[str], Field(description="Stable codes.")]
    why: Annotated[list[str], Field(description="The same as sentences.")]


class DialrouteAnswer(BaseModel):
    """The ordered routes for one call."""

    result: Annotated[list[RouteAnswer], Field(description="First to last.")]
    next_page_token: str
    candidates: list[CandidateAnswer] = optional("With `explain=true`.")


def present(computed: Computed, *, number: str, explain: bool) -> dict[str, Any]:
    """The routes in order; with `explain` every candidate's place, too."""
    ordered = [computed.routes[place.candidate.route_id] for place in computed.dialroute.attempts]
    shown: dict[str, Any] = {
        "result": [present_route(route) for route in ordered],
        "next_page_token": timestamp(ordered[-1].tm_create) if ordered else "",
    }
    if explain:
        shown["candidates"] = [_present_place(place, computed, number) for place in computed.dialroute.places]
    return shown


def _present_place(place: Place, computed: Computed, number: str) -> dict[str, Any]:
    candidate, provider = place.candidate, place.provider if computed.sees_carriers else None
    identity = AS_RECEIVED if provider is None else identity_of(provider, computed.caller)
    headers = () if provider is None else (*egress_headers(provider), *identity.added)
    return {
        "position": place.position,
        "outcome": place.outcome,
        "route_id": candidate.route_id,
        "provider_id": candidate.provider_id,
        "target": place.target,
        "priority": candidate.priority,
        "uri": None if provider is None else egress_uri(provider, number, computed.ported),
        "headers": [{"name": name, "value": value} for name, value in headers],
        **({"removed_headers": list(identity.removed)} if identity.removed else {}),
        "reasons": list(place.reasons),
        "why": [sentence(code) for code in place.reasons],
    }
