"""Calls of the time before the demo was started, as the events that an edge would have reported of them.

What each call met follows from the routes that there are and from the carriers' own behaviours: all worked then.
The same seed, routes and instants make the same calls, so that pictures can be made of them.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

import msgspec

from dialplane.client import Client
from dialplane.demo.callers import WantedCall, draw
from dialplane.demo.carriers import CARRIERS
from dialplane.demo.prepare import of_demo
from dialplane.demo.table import CUSTOMERS
from dialplane.domain.call import HangupBy
from dialplane.domain.demo import DETAIL
from dialplane.domain.ids import SYSTEM_DEFAULT_CUSTOMER
from dialplane.domain.instants import parse_instant
from dialplane.domain.provider import NO_RESPONSE_TIMEOUT_S
from dialplane.domain.sip_status import PHRASES
from dialplane.engine.dialroute import Candidate, Dialroute, Group, Standing, dialroute, group_of, groups_for
from dialplane.engine.failover import ANSWERED, CANCELLED, NO_RESPONSE, STOP, Outcome, after
from dialplane.engine.reasons import Reason
from dialplane.eventlog.kinds import (
    AttemptAnswered,
    AttemptEnded,
    AttemptRinging,
    AttemptSent,
    CallEnded,
    CallStarted,
    ConsideredRoute,
    Event,
)
from dialplane_simulator.behaviour import Behaviour, NumberPlan

SEED = 14
CALL_ID_HOST = "before-the-demo"
"""Of the Call-IDs of these calls, which nobody made."""

_SECOND = 1_000_000
_BATCH = 2_000
"""Most events of one request."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Carrier:
    """A provider of the demo. `works`: a call may be sent to it."""

    id: str
    hostname: str
    works: bool
    plan: NumberPlan


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """What calls are decided on. `carriers` by their providers' ids, `groups` by customers' ids, the others by keys."""

    edge: str
    revision: int
    customers: Mapping[str, str]
    trunks: Mapping[str, str]
    carriers: Mapping[str, Carrier]
    groups: Mapping[str, Sequence[Group]]

    def decide(self, customer_id: str, number: str, *, now: int, call_id: str) -> Dialroute:
        """The carriers to try for a call of this customer."""
        groups = (*self.groups.get(customer_id, ()), *self.groups[SYSTEM_DEFAULT_CUSTOMER])
        return dialroute(groups_for(number, groups), now=now, call_id=call_id, standing=self._standing)

    def _standing(self, provider_id: str) -> Standing:
        carrier = self.carriers.get(provider_id)
        return Standing(None, None if carrier and carrier.works else Reason.PROVIDER_DISABLED, False)


def fill(client: Client, edge: str, *, since: int, until: int, calls_per_s: float = 1.0, seed: int = SEED) -> int:
    """Report calls from `since` to `until` (instants in µs) in the name of this edge; how many. Raises ApiError."""
    world = world_of(client, edge)
    random = Random(seed)
    events: list[Event] = []
    at, count = since, 0
    while (at := at + round(random.expovariate(calls_per_s) * _SECOND)) < until:
        made = list(events_of(world, draw(random), at, random, number=count))
        if made[-1].at < until:
            events += made
            count += 1
    events.sort(key=lambda event: event.at)
    for first in range(0, len(events), _BATCH):
        client.report_events(edge, [msgspec.to_builtins(event) for event in events[first : first + _BATCH]])
    return count


def world_of(client: Client, edge: str) -> World:
    """The demo's objects, as far as they still exist. Raises ApiError."""
    providers, plans = of_demo(client), {one.key: one.at(0).plan for one in CARRIERS}
    marked = {one["name"]: one["id"] for one in client.customers.all() if one["detail"] == DETAIL}
    customers = {one.key: marked[one.name] for one in CUSTOMERS if one.name in marked}
    trunks = {key: next(iter(client.trunks.all(customer_id=id_)), None) for key, id_ in customers.items()}
    owners = (SYSTEM_DEFAULT_CUSTOMER, *customers.values())
    return World(
        edge=edge,
        revision=next(iter(client.revisions.all(page_size=1)))["number"],
        customers=customers,
        trunks={key: trunk["id"] for key, trunk in trunks.items() if trunk},
        carriers={
            one["id"]: Carrier(id=one["id"], hostname=one["hostname"], works=one.get("enabled", True), plan=plans[key])
            for key, one in providers.items()
        },
        groups={owner: _groups(client, owner) for owner in owners},
    )


def _groups(client: Client, owner: str) -> list[Group]:
    by_target: dict[str, list[Candidate]] = {}
    for route in client.routes.all(customer_id=owner):
        candidate = Candidate(
            route["id"],
            route["provider_id"],
            route["priority"],
            route.get("weight"),
            route.get("enabled", True),
            tm_create=parse_instant(route["tm_create"]),
        )
        by_target.setdefault(route["target"], []).append(candidate)
    own = owner != SYSTEM_DEFAULT_CUSTOMER
    return [group_of(target, candidates, own=own) for target, candidates in by_target.items()]


def events_of(world: World, wanted: WantedCall, at: int, random: Random, *, number: int) -> Iterator[Event]:
    """What an edge reports of one call that comes at this instant; nothing of a customer who is no more."""
    key = wanted.customer.key
    if key not in world.trunks:
        return
    call = _Call(world, random, id=_call_id(at, random), at=at)
    decided = world.decide(world.customers[key], wanted.number, now=at, call_id=call.id)
    yield call.event(
        CallStarted,
        customer_id=world.customers[key],
        trunk_id=world.trunks[key],
        sip_call_id=f"{number:05}@{CALL_ID_HOST}",
        source=wanted.caller,
        source_address=wanted.customer.address,
        dialled=wanted.number,
        number=wanted.number,
        revision=world.revision,
        decision=_considered(decided),
    )
    yield from call.attempts(decided, wanted)


def _considered(decided: Dialroute) -> tuple[ConsideredRoute, ...]:
    return tuple(
        ConsideredRoute(
            route_id=place.candidate.route_id,
            provider_id=place.candidate.provider_id,
            target=place.target,
            priority=place.candidate.priority,
            outcome=place.outcome,
            position=place.position,
            reasons=tuple(place.reasons),
        )
        for place in decided.places
    )


@dataclass(slots=True)
class _Call:
    """One call and its clock, `at`."""

    world: World
    random: Random
    id: str = field(kw_only=True)
    at: int = field(kw_only=True)

    def event(self, kind: type[Any], **fields: Any) -> Any:
        """An event of this call, now."""
        return kind(id=_uuid(self.random), edge=self.world.edge, at=self.at, call=self.id, **fields)

    def attempts(self, decided: Dialroute, wanted: WantedCall) -> Iterator[Event]:
        """One carrier after the other, until one answers or no other is to be tried."""
        for n, place in enumerate(decided.attempts, 1):
            carrier = self.world.carriers[place.candidate.provider_id]
            yield self.event(
                AttemptSent,
                n=n,
                provider_id=carrier.id,
                route_id=place.candidate.route_id,
                uri=f"sip:{wanted.number}@{carrier.hostname}",
                why=tuple(place.reasons),
            )
            met = _meet(carrier.plan.behaviour_for(wanted.number), wanted.patience_s, self.random)
            yield from self.attempt(n, met)
            step = after(met.outcome, ringing=met.rings_s is not None)
            if step.action == ANSWERED:
                yield from self.talk(wanted)
                return
            status = met.outcome if isinstance(met.outcome, int) else 487 if met.outcome == CANCELLED else None
            reason = PHRASES[status] if status else ""
            yield self.event(AttemptEnded, n=n, status=status, reason=reason, verdict=step.verdict, action=step.action)
            if step.action == STOP:
                by = HangupBy.CALLER if met.outcome == CANCELLED else HangupBy.CALLEE
                yield self.event(CallEnded, status=step.caller_status, reason=reason, hangup_by=by)
                return
        yield self.event(CallEnded, status=503, reason=PHRASES[503], hangup_by=HangupBy.EDGE)

    def attempt(self, n: int, met: "_Met") -> Iterator[Event]:
        """From the INVITE to what the attempt came to."""
        sent = self.at
        if met.rings_s is not None:
            self.at = sent + round(met.rings_s * _SECOND)
            yield self.event(AttemptRinging, n=n, status=180)
        self.at = sent + round(met.final_s * _SECOND)
        if met.outcome == 200:
            yield self.event(AttemptAnswered, n=n, status=200, tag=_uuid(self.random)[:8])

    def talk(self, wanted: WantedCall) -> Iterator[Event]:
        """From the answer to the end."""
        self.at += round(wanted.talk_s * _SECOND)
        yield self.event(CallEnded, status=200, reason=PHRASES[200], hangup_by=HangupBy.CALLER)


@dataclass(frozen=True, slots=True)
class _Met:
    """What came of an attempt, and when, in seconds from its INVITE; `rings_s` is None if nothing rang."""

    outcome: Outcome
    final_s: float
    rings_s: float | None


def _meet(behaviour: Behaviour, patience_s: float | None, random: Random) -> _Met:
    """A carrier's steps, not always equally quick. `patience_s`: of the caller, once it rings."""
    stretch, passed, rings_s = random.uniform(0.8, 1.6), 0.02, None
    for step in behaviour.steps:
        passed += step.after_s * stretch
        if 100 < step.status < 200 and rings_s is None:
            rings_s = passed
        if step.status >= 200:
            if patience_s is not None and rings_s is not None and rings_s + patience_s < passed:
                return _Met(CANCELLED, rings_s + patience_s, rings_s)
            return _Met(step.status, passed, rings_s)
    return _Met(NO_RESPONSE, NO_RESPONSE_TIMEOUT_S, None)


def _uuid(random: Random) -> str:
    text = f"{random.getrandbits(128):032x}"
    return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-a{text[17:20]}-{text[20:]}"


def _call_id(at: int, random: Random) -> str:
    """As edges make them: the time in front (RFC 9562, version 7)."""
    time_ms, text = f"{at // 1000:012x}", _uuid(random)
    return f"{time_ms[:8]}-{time_ms[8:]}-7{text[15:18]}{text[18:]}"
