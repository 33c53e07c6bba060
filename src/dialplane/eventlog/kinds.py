"""The contract of the event log: every kind of event that an edge reports, every field, and its bounds.

An event is one JSON object on a line of its own; `kind` (the struct's tag) says which. The edge and its companion write
these structs, the companion and a restarted edge read them back, control folds them into rows, and docs/events.md is
printed from them. A field that edges of older versions do not write has a default; fields that a reader does not know
are ignored.
"""

from collections.abc import Iterable
from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

from dialplane.domain.call import LONGEST_CALL_S, Verdict
from dialplane.domain.health import BREAKER_STATES, STATUSES
from dialplane.domain.instants import NEVER
from dialplane.domain.route import MAX_PRIORITY

VERSION = 1
FILE_FORMAT = "%Y%m%dT%H.jsonl"
"""Name of the file with the events that were written in one UTC hour; names sort by time."""

MAX_REASON = 128
"""Characters of a reason, a version or a short word; readers cut what is longer."""


MOST_REFUSED = 64
"""Refused sources that an edge keeps and reports."""


def _one_of(words: Iterable[str]) -> Meta:
    """A closed list of words."""
    words = [str(word) for word in words]
    return Meta(pattern=rf"^({'|'.join(words)})\Z", examples=words)


Instant = Annotated[int, Meta(ge=0, le=NEVER - 1)]
"""µs since 1970-01-01 UTC. One of a year that has five digits could not be printed."""

Total = Annotated[int, Meta(ge=0, le=1 << 62)]
Priority = Annotated[int, Meta(ge=0, le=MAX_PRIORITY)]
Position = Annotated[int, Meta(ge=1, le=1_000_000)]
AttemptNumber = Annotated[int, Meta(ge=1, le=1_000)]
SipStatus = Annotated[int, Meta(ge=100, le=699)]
CounterName = Annotated[str, Meta(pattern=r"^[a-z_]{1,64}\Z")]


class Event(Struct, kw_only=True, frozen=True, tag_field="kind"):
    """The fields of every event."""

    v: Annotated[Total, Meta(description="Version of this contract.")] = VERSION
    id: Annotated[str, Meta(description="UUID of the event.")]
    edge: Annotated[str, Meta(description="Name of the edge that reports it.")]
    at: Annotated[Instant, Meta(description="Wall clock: µs since 1970-01-01 UTC.")]
    mono: Annotated[Total, Meta(description="Monotonic clock of the edge's machine in ns, for durations.")] = 0


class CallEvent(Event, kw_only=True, frozen=True):
    """Something that happened to a call."""

    call: Annotated[str, Meta(description="UUID of the call.")]


class AttemptEvent(CallEvent, kw_only=True, frozen=True):
    """Something that happened to one attempt of a call."""

    n: Annotated[AttemptNumber, Meta(description="Number of the attempt or skip within its call, from 1.")]


class ConsideredRoute(Struct, kw_only=True, frozen=True):
    """A route that the decision looked at, and its place in the order."""

    route_id: Annotated[str, Meta(description="UUID of the route.")]
    provider_id: Annotated[str, Meta(description="UUID of the route's provider.")]
    target: Annotated[str, Meta(description="Prefix that the route carries, or `all`.")] = ""
    priority: Annotated[Priority, Meta(description="Priority of the route; lower is tried first.")] = 0
    outcome: Annotated[str, Meta(description="`tried`, `dropped` or `skipped`.")] = ""
    position: Annotated[
        Position | None,
        Meta(description="Order of trying, from 1; null if the route is not tried."),
    ] = None
    reasons: Annotated[tuple[str, ...], Meta(description="Codes of the reasons for that place.")] = ()


class Arrival(CallEvent, kw_only=True, frozen=True):
    """A new INVITE from a trunk: who calls, whom, and what was decided."""

    customer_id: Annotated[
        str | None, Meta(description="UUID of the trunk's customer; null if the edge has no routing table.")
    ] = None
    trunk_id: Annotated[str | None, Meta(description="UUID of the trunk that it came in by; null likewise.")] = None
    sip_call_id: Annotated[str, Meta(description="Call-ID of the INVITE.")] = ""
    source: Annotated[str, Meta(description="User part of From: the calling number.")] = ""
    source_address: Annotated[str, Meta(description="IP address that the INVITE came from.")] = ""
    dialled: Annotated[str, Meta(description="What was dialled, as it stands in the Request-URI.")] = ""
    number: Annotated[str | None, Meta(description="The called number in E.164, if it is one.")] = None
    routing_number: Annotated[
        str | UnsetType, Meta(description="The number that routes were chosen by, if another: that of a ported number.")
    ] = UNSET
    revision: Annotated[Total | None, Meta(description="Revision of the routing table that decided.")] = None
    decision: Annotated[
        tuple[ConsideredRoute, ...], Meta(description="Every route considered, those tried first.")
    ] = ()


class CallStarted(Arrival, kw_only=True, frozen=True, tag="call_started"):
    """A call was let in; its attempts follow."""


class FinalReply(Arrival, kw_only=True, frozen=True):
    """A call that got its final reply from the edge at once, without any attempt."""

    status: Annotated[SipStatus, Meta(description="SIP status that the caller got.")]
    reason: Annotated[str, Meta(description="Code of the reason.")] = ""


class CallRejected(FinalReply, kw_only=True, frozen=True, tag="call_rejected"):
    """A call was refused; this is its only event."""


class CallRedirected(FinalReply, kw_only=True, frozen=True, tag="call_redirected"):
    """A call was sent back to the caller with the carriers to try (3xx); this is its only event."""


class CallEnded(CallEvent, kw_only=True, frozen=True, tag="call_ended"):
    """A call that was let in is over, answered or not."""

    status: Annotated[SipStatus | None, Meta(description="Final SIP status that the caller got.")] = None
    reason: Annotated[str, Meta(description="Reason phrase of that status, or code of a reason.")] = ""
    hangup_by: Annotated[str, Meta(description="`caller`, `callee`, `edge` or `timeout`.")] = ""


class AttemptSent(AttemptEvent, kw_only=True, frozen=True, tag="attempt_sent"):
    """An INVITE is about to be sent to a provider."""

    provider_id: Annotated[str, Meta(description="UUID of the provider.")]
    route_id: Annotated[str, Meta(description="UUID of the route that leads to it.")]
    uri: Annotated[str, Meta(description="Request-URI of the INVITE.")] = ""
    why: Annotated[
        tuple[str, ...], Meta(description="Codes of the reasons for the provider's place in the order.")
    ] = ()
    identity: Annotated[
        tuple[str, ...] | UnsetType,
        Meta(description="Headers about the caller that the edge wrote for this provider; absent if none."),
    ] = UNSET


class AttemptSkipped(AttemptEvent, kw_only=True, frozen=True, tag="attempt_skipped"):
    """A provider was passed over, and no INVITE sent."""

    provider_id: Annotated[str, Meta(description="UUID of the provider.")]
    route_id: Annotated[str, Meta(description="UUID of the route that leads to it.")]
    why: Annotated[tuple[str, ...], Meta(description="Codes of the reasons, the one for the skip last.")] = ()


class AttemptRinging(AttemptEvent, kw_only=True, frozen=True, tag="attempt_ringing"):
    """The first 18x of an attempt."""

    status: Annotated[SipStatus | None, Meta(description="SIP status of the reply.")] = None


class AttemptAnswered(AttemptEvent, kw_only=True, frozen=True, tag="attempt_answered"):
    """The 2xx that connects the call."""

    status: Annotated[SipStatus | None, Meta(description="SIP status of the reply.")] = None
    tag: Annotated[str, Meta(description="To tag of the dialog that answered.")] = ""


class AttemptEnded(AttemptEvent, kw_only=True, frozen=True, tag="attempt_ended"):
    """An attempt is over without an answer."""

    status: Annotated[SipStatus | None, Meta(description="Final SIP status of the provider, null if none came.")] = None
    reason: Annotated[str, Meta(description="Reason phrase of that reply.")] = ""
    verdict: Annotated[str, _one_of([*Verdict, ""]), Meta(description="Outcome for records and statistics.")] = ""
    action: Annotated[str, Meta(description="Next step by the failover rules: `next`, `stop` or `authenticate`.")] = ""


class LateAnswer(AttemptEvent, kw_only=True, frozen=True, tag="late_answer"):
    """A 2xx that came after its attempt was given up, or a second one; the edge ends that dialog."""

    status: Annotated[SipStatus | None, Meta(description="SIP status of the reply.")] = None
    tag: Annotated[str, Meta(description="To tag of the dialog that answered.")] = ""


class ProviderHealth(Event, kw_only=True, frozen=True, tag="provider_health"):
    """A provider's health by this edge's probes: reported on each change, and again at intervals."""

    provider_id: Annotated[str, Meta(description="UUID of the provider.")]
    hostname: Annotated[str, Meta(description="Hostname that was probed.")] = ""
    status: Annotated[str, _one_of(STATUSES), Meta(description="Health of the provider.")]
    detail: Annotated[str, Meta(description="Result of the last probe.")] = ""


class ProviderBreaker(Event, kw_only=True, frozen=True, tag="provider_breaker"):
    """This edge's breaker for a provider has changed its state."""

    provider_id: Annotated[str, Meta(description="UUID of the provider.")]
    hostname: Annotated[str, Meta(description="Hostname that the breaker is for.")] = ""
    state: Annotated[str, _one_of(BREAKER_STATES), Meta(description="New state of the breaker.")]
    detail: Annotated[str, Meta(description="Cause of the change.")] = ""


class HeldCertificate(Struct, kw_only=True, frozen=True):
    """A certificate that an edge shows over TLS."""

    subject: Annotated[str, Meta(description="Whose it is.")] = ""
    until: Annotated[Instant, Meta(description="Until when it holds, µs since 1970.")]


MOST_CERTIFICATES = 8


class EdgeStatus(Event, kw_only=True, frozen=True, tag="edge_status"):
    """Versions, start and counters of an edge; everything that the edge saw before is in front of it in the log.

    Kamailio's counters count from its start, the companion's from its own.
    """

    agent_version: Annotated[str, Meta(description="Version of the companion.")] = ""
    kamailio_version: Annotated[str, Meta(description="Version of Kamailio, empty if none is installed.")] = ""
    kamailio_started: Annotated[
        Instant | None, Meta(description="When Kamailio was started (µs since 1970), null if it does not run.")
    ] = None
    max_call_s: Annotated[
        Annotated[int, Meta(ge=1, le=LONGEST_CALL_S)] | None, Meta(description="Longest call that the edge allows, s.")
    ] = None
    calls_shed: Annotated[
        Total | UnsetType, Meta(description="Calls refused for overload; absent until Kamailio has counted.")
    ] = UNSET
    shed_percent: Annotated[
        Annotated[int, Meta(ge=0, le=100)] | UnsetType,
        Meta(description="Share of new calls refused for overload now; absent until Kamailio has counted."),
    ] = UNSET
    events_lost: Annotated[
        Total | UnsetType, Meta(description="Events that a full disk cost; absent until Kamailio has counted.")
    ] = UNSET
    counters: Annotated[
        dict[CounterName, Total], Meta(max_length=32, description="Further counters of the edge, by name.")
    ] = {}
    certificates: Annotated[
        Annotated[tuple[HeldCertificate, ...], Meta(max_length=MOST_CERTIFICATES)] | UnsetType,
        Meta(description="Those it shows over TLS; absent where an older edge tells of none."),
    ] = UNSET


class EdgeCalls(Event, kw_only=True, frozen=True, tag="edge_calls"):
    """The calls that Kamailio has dialogs of.

    A call whose id begins with `prefix` and ends with `suffix`, that started from `since` to before `before` and is not
    in `calls`, is over.
    """

    since: Annotated[Instant, Meta(description="Start of Kamailio, µs since 1970.")]
    before: Annotated[Instant, Meta(description="Instant that the list is complete up to, µs since 1970.")]
    prefix: Annotated[
        str, Meta(pattern=r"^[0-9a-f]{0,3}\Z", description="Hexadecimal digits that the ids of the calls begin with.")
    ] = ""
    suffix: Annotated[
        str, Meta(pattern=r"^[0-9a-f]{0,3}\Z", description="Hexadecimal digits that the ids of the calls end with.")
    ] = ""
    calls: Annotated[tuple[str, ...], Meta(description="UUIDs of the calls.")] = ()


class RefusedSource(Struct, kw_only=True, frozen=True):
    """A source whose requests were refused, as its last one was."""

    address: Annotated[str, Meta(description="IP address.")]
    count: Annotated[Total, Meta(description="Refused requests since `first`.")] = 1
    reason: Annotated[str, Meta(description="Code of the reason.")] = ""
    dialled: Annotated[str, Meta(description="What was dialled, as it stands in the Request-URI.")] = ""
    first: Annotated[Instant, Meta(description="When the first one came, µs since 1970.")]
    last: Annotated[Instant, Meta(description="When the last one came, µs since 1970.")]
    banned: Annotated[bool, Meta(description="Whether it gets no answer for a while.")] = False


class EdgeRefusals(Event, kw_only=True, frozen=True, tag="edge_refusals"):
    """The sources without a trunk that were refused last; reported when they change, at most each ten seconds."""

    sources: Annotated[tuple[RefusedSource, ...], Meta(max_length=MOST_REFUSED, description="The last one first.")] = ()


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
    | EdgeRefusals
)
