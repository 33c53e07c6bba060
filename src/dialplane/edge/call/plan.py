"""The plan of one call: its attempts, ready to send; and how far it has come. Both travel between Kamailio's workers.

Any worker may see the next thing that happens to a call, so both are kept as text with the transaction: the plan once,
the small progress at each step. What is the same for all calls to a provider is made once, until the provider changes.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Self

import msgspec

from dialplane.domain.hostname import split_hostname
from dialplane.domain.provider import Provider
from dialplane.engine.destinations import Destinations
from dialplane.engine.dialroute import Dialroute
from dialplane.engine.egress import around_number, egress_headers
from dialplane.engine.reasons import UNRESOLVED

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
    """How each call reaches one provider, and the rules for what may follow. Timeouts in seconds.

    `around_number` is what the request URI has before and after the number. `next_hops` are SIP URIs with addresses,
    best first: the next is used where one cannot be reached. `refusal` is a reason not to try, known before the call
    began, or "".
    """

    provider_id: str
    around_number: tuple[str, str]
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


class PlannedAttempt(msgspec.Struct, array_like=True, frozen=True):
    """One attempt: the request URI, where it goes, and by which route and why."""

    route_id: str
    uri: str
    why: Sequence[str]
    carrier: Carrier


class Plan(msgspec.Struct, array_like=True, frozen=True):
    """The attempts of the call with this id, in the order in which they are to be made.

    `invite` is the key of the caller's INVITE, see `answers.py`.
    """

    call: str
    invite: str
    attempts: Sequence[PlannedAttempt]

    def with_last(self, n: int, why: str) -> "Plan":
        """The same with attempt `n`, of those from 1, behind all others for one reason more."""
        moved = self.attempts[n - 1]
        last = PlannedAttempt(moved.route_id, moved.uri, (*moved.why, why), moved.carrier)
        return Plan(self.call, self.invite, (*self.attempts[: n - 1], *self.attempts[n:], last))

    def to_text(self) -> str:
        """The text that `plan_of` reads."""
        return _encode(self).decode()


class Progress(msgspec.Struct, array_like=True):
    """How far a call is. Attempts are numbered from 1; 0 is none.

    `current` is under way, sent as branch `branch` (from 0) of the transaction, to the carrier's address `hop` (from
    0); `statuses` are the final ones that carriers said.
    """

    current: int = 0
    branch: int = -1
    hop: int = -1
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


class Carriers:
    """The carriers of this process, each made when it is first needed and again when its provider or addresses change.

    `destinations` are looked at then.
    """

    def __init__(self, destinations: Destinations) -> None:
        self._destinations = destinations
        self._made: dict[str, tuple[Provider, Sequence[str], Carrier]] = {}

    def of(self, provider: Provider, addresses: Sequence[str]) -> Carrier:
        """`addresses` are the provider's `address:port`s, best first, resolved before."""
        known = self._made.get(provider.id)
        if known is not None and known[0] is provider and known[1] == addresses:
            return known[2]
        carrier = _carrier(provider, addresses, self._destinations)
        self._made[provider.id] = (provider, addresses, carrier)
        return carrier


def _carrier(provider: Provider, addresses: Sequence[str], destinations: Destinations) -> Carrier:
    refusals = [destinations.refusal(split_hostname(address)) for address in addresses]
    allowed = [address for address, refusal in zip(addresses, refusals, strict=True) if not refusal]
    usable = allowed[:MOST_ADDRESSES]
    transport = "" if provider.transport == "udp" else f";transport={provider.transport}"
    return Carrier(
        provider_id=provider.id,
        around_number=around_number(provider),
        next_hops=[f"sip:{address}{transport}" for address in usable],
        refusal="" if usable else next(filter(None, refusals), UNRESOLVED),
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
    """The plan for a decision. `addresses` gives a provider's by its id."""
    attempts = []
    for candidate, provider, _, _, why in dialroute.attempts:
        if provider is None:
            raise ValueError("a place that is tried has a provider")
        carrier = carriers.of(provider, addresses(provider.id))
        before, after = carrier.around_number
        attempts.append(PlannedAttempt(candidate.route_id, f"{before}{number}{after}", why, carrier))
    return Plan(call, invite, attempts)


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
