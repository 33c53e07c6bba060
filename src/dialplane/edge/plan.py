"""The plan of one call: its attempts, ready to send; and how far it has come. Both travel between Kamailio's workers.

Any worker may see the next thing that happens to a call, so both are kept as text with the transaction: the plan once,
the small progress at each step.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Self

import msgspec

from dialplane.engine.dialroute import Dialroute, Place
from dialplane.engine.egress import egress_headers, egress_uri
from dialplane.engine.reasons import OWN_SOCKET, UNRESOLVED

MOST_ADDRESSES = 4
"""Of one provider, in one attempt: each that cannot be reached takes a branch of the transaction."""


class PlannedAttempt(msgspec.Struct, array_like=True, frozen=True):
    """One attempt: all that reaches the wire, and the rules for what may follow it. Timeouts in seconds.

    `next_hops` are SIP URIs with addresses, best first: the next is used where one cannot be reached. `refusal` is a
    reason not to try, known before the call began, or "".
    """

    route_id: str
    provider_id: str
    why: Sequence[str]
    uri: str
    next_hops: Sequence[str]
    refusal: str
    headers: Sequence[tuple[str, str]]
    codecs: str
    no_response_s: int
    progress_s: int
    ring_s: int
    overrides: Mapping[int, str]
    max_channels: int | None
    max_cps: int | None
    has_credentials: bool


class Plan(msgspec.Struct, array_like=True, frozen=True):
    """The attempts of the call with this id, in the order in which they are to be made."""

    call: str
    attempts: Sequence[PlannedAttempt]

    def to_text(self) -> str:
        """The text that `plan_of` reads."""
        return _encode(self).decode()


class Progress(msgspec.Struct, array_like=True):
    """How far a call is. Attempts are numbered from 1; 0 is none.

    `current` is under way, sent as branch `branch` (from 0) of the transaction; `statuses` are the final ones that
    carriers said.
    """

    current: int = 0
    branch: int = -1
    ringing: bool = False
    authenticated: bool = False
    answered: int = 0
    ended: bool = False
    statuses: list[int] = []

    def to_text(self) -> str:
        """The text that `from_text` reads."""
        return _encode(self).decode()

    @classmethod
    def from_text(cls, text: str) -> Self:
        """Raises msgspec.DecodeError for what `to_text` did not write."""
        return msgspec.json.decode(text, type=cls)


_encode = msgspec.json.Encoder().encode
_decode_plan = msgspec.json.Decoder(Plan).decode


@lru_cache(maxsize=256)
def plan_of(text: str) -> Plan:
    """The plan that `to_text` wrote. Raises msgspec.DecodeError."""
    return _decode_plan(text)


def make_plan(
    call: str,
    number: str,
    dialroute: Dialroute,
    *,
    addresses: Callable[[str], Sequence[str]],
    own_sockets: Sequence[str],
) -> Plan:
    """The plan for a decision. `addresses` gives a provider's `address:port`s, best first, resolved before."""
    return Plan(
        call,
        [_attempt(place, number, addresses(place.candidate.provider_id), own_sockets) for place in dialroute.attempts],
    )


def _attempt(place: Place, number: str, addresses: Sequence[str], own_sockets: Sequence[str]) -> PlannedAttempt:
    provider = place.provider
    if provider is None:
        raise ValueError("a place that is tried has a provider")
    usable = [address for address in addresses if address not in own_sockets][:MOST_ADDRESSES]
    transport = "" if provider.transport == "udp" else f";transport={provider.transport}"
    return PlannedAttempt(
        route_id=place.candidate.route_id,
        provider_id=provider.id,
        why=place.reasons,
        uri=egress_uri(provider, number),
        next_hops=[f"sip:{address}{transport}" for address in usable],
        refusal="" if usable else OWN_SOCKET if addresses else UNRESOLVED,
        headers=egress_headers(provider),
        codecs=provider.codecs,
        no_response_s=provider.no_response_timeout_s,
        progress_s=provider.progress_timeout_s,
        ring_s=provider.ring_timeout_s,
        overrides=provider.failover,
        max_channels=provider.max_channels,
        max_cps=provider.max_cps,
        has_credentials=bool(provider.username),
    )


def decision_of(dialroute: Dialroute) -> list[dict[str, object]]:
    """Every candidate's place, as it stands in the call's record."""
    return [
        {
            "route_id": place.candidate.route_id,
            "provider_id": place.candidate.provider_id,
            "target": place.candidate.target,
            "priority": place.candidate.priority,
            "outcome": place.outcome,
            "position": place.position,
            "reasons": place.reasons,
        }
        for place in dialroute.places
    ]
