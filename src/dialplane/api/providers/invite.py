"""Schemas of the INVITE that a provider gets."""

from collections.abc import Iterable
from typing import Annotated, Any

from pydantic import BaseModel, Field

from dialplane.api.http.fields import matching, optional
from dialplane.api.http.query import Query
from dialplane.api.http.schemas import AnsweredId
from dialplane.control.invites import ProvidersInvite
from dialplane.domain.provider import Provider
from dialplane.domain.target import parse_number
from dialplane.engine.identity import ANONYMOUS
from dialplane.engine.reasons import sentence

NUMBER = r"^\+[1-9][0-9]{0,14}$"


def parse_caller(text: str) -> str:
    """A number, or `anonymous`. Raises InvalidValue."""
    return text if text == ANONYMOUS else parse_number(text, field="caller")


Caller = Annotated[str, matching(parse_caller, r"^(\+[1-9][0-9]{0,14}|anonymous)$")]
RoutingNumber = Annotated[str, matching(parse_number, NUMBER)]


class InviteQuery(Query):
    """Of which call."""

    number: Annotated[str, matching(parse_number, NUMBER)] = optional(
        "The number that is called, in E.164; an example of the provider's `home_region` by default."
    )
    caller: Caller = optional("Who calls, in E.164, or `anonymous`.")
    rn: RoutingNumber = optional("The routing number of a ported number.")


class HeaderAnswer(BaseModel):
    """A header as it would be sent."""

    name: str
    value: str


class TimeoutsAnswer(BaseModel):
    """Seconds after which an attempt is given up."""

    no_response_s: Annotated[int, Field(description="Without any response.")]
    progress_s: Annotated[int, Field(description="Without ringing.")]
    ring_s: Annotated[int, Field(description="Without an answer.")]


class InviteAnswer(BaseModel):
    """The INVITE that a provider gets, as far as the provider decides it."""

    provider_id: AnsweredId
    number: Annotated[str, Field(description="The number that is called.")]
    uri: Annotated[str | None, Field(description="The request URI; null where nothing of the number can be sent.")]
    headers: Annotated[list[HeaderAnswer], Field(description="Headers that are added to the caller's own.")]
    removed_headers: Annotated[list[str], Field(description="The caller's headers that are left out.")]
    codecs: Annotated[str, Field(description="Codecs left in the audio of the offer; empty for all.")]
    timeouts: TimeoutsAnswer
    obstacle: Annotated[str | None, Field(description="Why no such call is sent there, as a sentence; null if one is.")]


def present_invite(found: ProvidersInvite) -> dict[str, Any]:
    """The INVITE of a call."""
    provider, invite = found.provider, found.invite
    return {
        "provider_id": provider.id,
        "number": found.number,
        "uri": invite.uri,
        "headers": present_headers(invite.headers),
        "removed_headers": list(invite.removed),
        "codecs": provider.codecs,
        "timeouts": present_timeouts(provider),
        "obstacle": invite.obstacle and sentence(invite.obstacle),
    }


def present_headers(headers: Iterable[tuple[str, str]]) -> list[dict[str, str]]:
    """Headers in order."""
    return [{"name": name, "value": value} for name, value in headers]


def present_timeouts(provider: Provider) -> dict[str, int]:
    """After how long an attempt at the provider is given up."""
    return {
        "no_response_s": provider.no_response_timeout_s,
        "progress_s": provider.progress_timeout_s,
        "ring_s": provider.ring_timeout_s,
    }
