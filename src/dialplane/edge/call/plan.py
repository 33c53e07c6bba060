"""The plan of one call: its attempts, ready to send.

Any worker may process the next message of a call, so the plan is kept as text with the transaction. A provider's part
of it is the same for all calls, and is built once, until the provider changes.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache

import msgspec

from dialplane.domain.hostname import split_hostname
from dialplane.domain.provider import Provider
from dialplane.engine.destinations import Destinations
from dialplane.engine.dialroute import Dialroute
from dialplane.engine.egress import around_number, egress_headers, transport_suffix
from dialplane.engine.reasons import Reason
from dialplane.eventlog.kinds import ConsideredRoute

MOST_ADDRESSES = 4
"""Of one provider, in one attempt: each that cannot be reached takes a branch of the transaction."""
_DIGEST_BRANCHES = 2  # the INVITE that a carrier challenges, and the one with credentials
_MOST_BRANCHES = 30  # tm starts with no more (5.6.3, tm.c: its bitmap)


def branches_for(max_attempts: int) -> int:
    """How many branches a transaction has for so many attempts: all may be challenged, and some addresses be dead.

    Each costs every transaction 640 bytes of shared memory and 0.4 µs, whether it is used or not.
    """
    return min(_DIGEST_BRANCHES * max_attempts + MOST_ADDRESSES, _MOST_BRANCHES)


class Carrier(msgspec.Struct, array_like=True, frozen=True):
    """How each call reaches one provider, and the rules for its failover. Timeouts in seconds.

    `around_number` are the parts of the request URI before and after the number. `next_hops` are SIP URIs with
    addresses, best first: the next is used if one cannot be reached. `obstacle` is a reason not to try, known before
    the call began.
    """

    provider_id: str
    around_number: tuple[str, str]
    next_hops: Sequence[str]
    obstacle: Reason | None
    headers: Sequence[tuple[str, str]]
    codecs: str
    no_response_s: int
    progress_s: int
    ring_s: int
    overrides: Mapping[int, str]
    max_channels: int | None
    max_cps: int | None
    has_credentials: bool


class PlannedAttempt(msgspec.Struct, array_like=True, frozen=True):
    """One attempt: the request URI, the carrier, and by which route and why."""

    route_id: str
    uri: str
    why: Sequence[str]
    carrier: Carrier


class Plan(msgspec.Struct, array_like=True, frozen=True):
    """The attempts of the call with this id, in order. `invite` is the key of the caller's INVITE (`answers.py`)."""

    call: str
    invite: str
    attempts: Sequence[PlannedAttempt]

    def attempt(self, n: int) -> PlannedAttempt:
        """The attempt of this number, from 1."""
        return self.attempts[n - 1]

    def moved_to_end(self, n: int, reason: Reason) -> "Plan":
        """The plan with attempt `n` behind all others, for one reason more."""
        moved = self.attempt(n)
        last = PlannedAttempt(moved.route_id, moved.uri, (*moved.why, reason), moved.carrier)
        return Plan(self.call, self.invite, (*self.attempts[: n - 1], *self.attempts[n:], last))

    def to_text(self) -> str:
        """The text that `plan_of` reads."""
        return _encode(self).decode()


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Plan).decode


@lru_cache(maxsize=256)
def plan_of(text: str) -> Plan:
    """The plan that `to_text` wrote. Raises msgspec.DecodeError."""
    return _decode(text)


class Carriers:
    """The carriers of this process, each built at its first use and again after its provider or addresses changed."""

    def __init__(self, destinations: Destinations) -> None:
        self._destinations = destinations
        self._built: dict[str, tuple[Provider, Sequence[str], Carrier]] = {}

    def of(self, provider: Provider, addresses: Sequence[str]) -> Carrier:
        """`addresses` are the provider's `address:port`s, best first."""
        built = self._built.get(provider.id)
        if built is not None and built[0] is provider and built[1] == addresses:
            return built[2]
        carrier = _carrier(provider, addresses, self._destinations)
        self._built[provider.id] = (provider, addresses, carrier)
        return carrier


def _carrier(provider: Provider, addresses: Sequence[str], destinations: Destinations) -> Carrier:
    obstacles = [destinations.refusal(split_hostname(address)) for address in addresses]
    allowed = [address for address, obstacle in zip(addresses, obstacles, strict=True) if obstacle is None]
    usable = allowed[:MOST_ADDRESSES]
    suffix = transport_suffix(provider.transport)
    return Carrier(
        provider_id=provider.id,
        around_number=around_number(provider),
        next_hops=[f"sip:{address}{suffix}" for address in usable],
        obstacle=None if usable else next(filter(None, obstacles), Reason.UNRESOLVED),
        headers=egress_headers(provider),
        codecs=provider.codecs,
        no_response_s=provider.no_response_timeout_s,
        progress_s=provider.progress_timeout_s,
        ring_s=provider.ring_timeout_s,
        overrides=dict(provider.failover),
        max_channels=provider.max_channels,
        max_cps=provider.max_cps,
        has_credentials=bool(provider.username),
    )


def make_plan(
    call: str,
    invite: str,
    number: str,
    dialroute: Dialroute,
    *,
    carriers: Carriers,
    addresses: Callable[[str], Sequence[str]],
) -> Plan:
    """The plan for a decision. `addresses` returns a provider's by its id."""
    attempts = []
    for candidate, provider, _, _, why in dialroute.attempts:
        if provider is None:
            raise ValueError("a place that is tried has a provider")
        carrier = carriers.of(provider, addresses(provider.id))
        before, after = carrier.around_number
        attempts.append(PlannedAttempt(candidate.route_id, f"{before}{number}{after}", why, carrier))
    return Plan(call, invite, attempts)


def decision_of(dialroute: Dialroute) -> tuple[ConsideredRoute, ...]:
    """Every candidate's place, as the call's events report it."""
    return tuple(
        ConsideredRoute(
            route_id=place.candidate.route_id,
            provider_id=place.candidate.provider_id,
            target=place.candidate.target,
            priority=place.candidate.priority,
            outcome=place.outcome,
            position=place.position,
            reasons=place.reasons,
        )
        for place in dialroute.places
    )
