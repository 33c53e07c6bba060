"""The kinds of events an edge reports, as they stand in its event log: one JSON object each, told apart by `kind`.

`at` is wall time (instants, us), `mono` the edge's monotonic clock (ns), `n` counts a call's attempts and skips from 1.
"""

from typing import Annotated

import msgspec

Instant = Annotated[int, msgspec.Meta(ge=0, le=1 << 62)]
Count = Annotated[int, msgspec.Meta(ge=1, le=1_000)]
SipStatus = Annotated[int, msgspec.Meta(ge=100, le=699)]
CounterName = Annotated[str, msgspec.Meta(pattern="^[a-z_]{1,64}$")]


class Event(msgspec.Struct, kw_only=True, tag_field="kind"):
    """What all events have."""

    id: str
    edge: str
    at: Instant
    mono: Instant = 0
    v: int = 1


class CallEvent(Event, kw_only=True):
    call: str


class AttemptEvent(CallEvent, kw_only=True):
    n: Count


class Place(msgspec.Struct, kw_only=True):
    """A candidate's place in the decision, as `engine.dialroute` gave it."""

    route_id: str
    provider_id: str
    target: str = ""
    priority: int = 0
    outcome: str = ""
    position: int | None = None
    reasons: list[str] = []


class CallStarted(CallEvent, kw_only=True, tag="call_started"):
    customer_id: str | None = None
    trunk_id: str | None = None
    sip_call_id: str = ""
    source: str = ""
    source_address: str = ""
    dialled: str = ""
    number: str | None = None
    revision: Instant | None = None
    decision: list[Place] = []


class CallRejected(CallStarted, kw_only=True, tag="call_rejected"):
    status: SipStatus
    reason: str = ""


class CallRedirected(CallRejected, kw_only=True, tag="call_redirected"):
    """A call that the caller itself carries to the decision's carriers: all that is known of it."""


class CallEnded(CallEvent, kw_only=True, tag="call_ended"):
    status: SipStatus | None = None
    reason: str = ""
    hangup_by: str = ""


class AttemptSent(AttemptEvent, kw_only=True, tag="attempt_sent"):
    provider_id: str
    route_id: str
    uri: str = ""
    why: list[str] = []


class AttemptSkipped(AttemptEvent, kw_only=True, tag="attempt_skipped"):
    provider_id: str
    route_id: str
    why: list[str] = []


class AttemptRinging(AttemptEvent, kw_only=True, tag="attempt_ringing"):
    status: SipStatus | None = None


class AttemptAnswered(AttemptEvent, kw_only=True, tag="attempt_answered"):
    status: SipStatus | None = None


class AttemptEnded(AttemptEvent, kw_only=True, tag="attempt_ended"):
    status: SipStatus | None = None
    reason: str = ""
    verdict: str = ""
    action: str = ""


class LateAnswer(AttemptEvent, kw_only=True, tag="late_answer"):
    status: SipStatus | None = None


class ProviderHealth(Event, kw_only=True, tag="provider_health"):
    provider_id: str
    hostname: str = ""
    status: str
    detail: str = ""


class ProviderBreaker(Event, kw_only=True, tag="provider_breaker"):
    """An edge's breaker of the provider at this hostname has changed: `state` is open, half_open or closed."""

    provider_id: str
    hostname: str = ""
    state: str
    detail: str = ""


class EdgeStatus(Event, kw_only=True, tag="edge_status"):
    """What an edge is and since when it runs; `kamailio_started` is None where Kamailio does not run.

    It stands in the event log behind all that the edge saw before. `calls_shed`, `events_lost` and the other `counters`
    count from Kamailio's start, what the agent itself counts from its own.
    """

    agent_version: str = ""
    kamailio_version: str = ""
    kamailio_started: Instant | None = None
    max_call_s: Annotated[int, msgspec.Meta(ge=1, le=31 * 86_400)] | None = None
    calls_shed: Instant | None = None
    shed_percent: Annotated[int, msgspec.Meta(ge=0, le=100)] | None = None
    events_lost: Instant | None = None
    counters: Annotated[dict[CounterName, Instant], msgspec.Meta(max_length=32)] = {}


class EdgeCalls(Event, kw_only=True, tag="edge_calls"):
    """The calls whose ids begin with `prefix` that an edge's Kamailio has dialogs of.

    Those of them that began from `since` (Kamailio's start) to `before`, and are not among `calls`, are over.
    """

    since: Instant
    before: Instant
    prefix: Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{0,3}$")] = ""
    calls: list[str] = []


AnyEvent = (
    CallStarted
    | CallRejected
    | CallRedirected
    | CallEnded
    | AttemptSent
    | AttemptSkipped
    | AttemptRinging
    | AttemptAnswered
    | AttemptEnded
    | LateAnswer
    | ProviderHealth
    | ProviderBreaker
    | EdgeStatus
    | EdgeCalls
)
