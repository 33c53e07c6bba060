"""Folds a batch of events: what it reports of each call, and a row for each edge, and pair of provider and edge.

Whatever the order and however often events come, these merge to the same: see store/reports.py, and store/merging.py
for what shows the present. An instant that is ahead of the receiver's clock counts as now, so that no edge's clock can
outdo what is reported later.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import lru_cache
from typing import Any

import msgspec
from msgspec import UnsetType
from msgspec.structs import replace

from dialplane.control import decisions
from dialplane.domain.edge_counters import SHED, Report
from dialplane.domain.errors import InvalidValue
from dialplane.domain.ids import parse_id
from dialplane.eventlog.kinds import (
    MAX_REASON,
    Arrival,
    AttemptAnswered,
    AttemptEnded,
    AttemptRinging,
    AttemptSent,
    AttemptSkipped,
    CallEnded,
    CallEvent,
    CallRedirected,
    CallRejected,
    CallStarted,
    ConsideredRoute,
    EdgeCalls,
    EdgeRefusals,
    EdgeStatus,
    Event,
    FinalReply,
    HeldCertificate,
    LateAnswer,
    ProviderBreaker,
    ProviderHealth,
    RefusedSource,
)
from dialplane.store.merging import BREAKERS, EDGES, HEALTH
from dialplane.store.reports import (
    ANSWERED,
    ATTEMPT_ANSWERED,
    ATTEMPT_ENDED,
    ATTEMPT_RINGING,
    ENDED,
    LATE,
    PLACED,
    RINGING,
    STARTED,
    ReportedCall,
    Values,
    put,
)

MAX_TEXT = 512
MAX_WHY = 32

Row = dict[str, Any]


class Folded:
    """What a batch reports. `count` is the number of events in it, `now` the receiver's clock.

    `edge`: the only edge whose events and calls are taken; empty for any. `foreign`: events of other edges' calls.
    `left_out`: ids of the calls that were dropped.
    """

    def __init__(self, *, now: int, edge: str = "") -> None:
        self.now = now
        self.edge = edge
        self.count = 0
        self.foreign = 0
        self.left_out: set[str] = set()
        self.calls: dict[str, ReportedCall] = {}
        self.health: dict[tuple[str, str], Row] = {}
        self.breakers: dict[tuple[str, str], Row] = {}
        self.edges: dict[str, Row] = {}
        self.edge_reports: dict[str, list[Report]] = {}
        self.dialog_reports: list[EdgeCalls] = []

    def add(self, event: Event) -> None:
        """Fold one event in. Raises InvalidValue for one that breaks a rule; it changes nothing then."""
        if self.edge and event.edge != self.edge:
            raise InvalidValue("edge", "not_permitted", "must be the edge of the key")
        _FOLD[type(event)](self, not_ahead(event, now=self.now))
        self.count += 1

    def leave_out_foreign(self, calls: Collection[str]) -> None:
        """Drop the events of these calls, which belong to another edge."""
        left_out = sum(self.calls[id_].events for id_ in calls)
        self.foreign += left_out
        self.count -= left_out
        self.leave_out(calls)

    def leave_out(self, calls: Collection[str]) -> None:
        """Drop the events of these calls."""
        self.left_out.update(calls)
        for id_ in calls:
            del self.calls[id_]

    def calls_in_order(self) -> list[ReportedCall]:
        """The calls by start, the earliest first: it gets the lowest instant for paging."""
        return sorted(self.calls.values(), key=lambda call: (call.start or 0, call.id))

    def _call_started(self, event: CallStarted) -> None:
        arrival = _arrival(event)
        put(self._call(event).reports, STARTED, arrival)

    def _final_reply(self, event: FinalReply) -> None:
        arrival, reason = _arrival(event), text(event.reason, MAX_REASON)
        reports = self._call(event).reports
        put(reports, STARTED, arrival)
        put(reports, ENDED, (event.at, event.mono, event.status, reason, "edge"))

    def _call_ended(self, event: CallEnded) -> None:
        reason, hangup_by = text(event.reason, MAX_REASON), text(event.hangup_by, MAX_REASON)
        put(self._call(event).reports, ENDED, (event.at, event.mono, event.status, reason, hangup_by))

    def _attempt_sent(self, event: AttemptSent) -> None:
        identity = None if isinstance(event.identity, UnsetType) else _json(_texts(event.identity))
        placed = _placed(event, skipped=0, uri=text(event.uri), identity=identity)
        put(self._call(event).attempt(event.n), PLACED, placed)

    def _attempt_skipped(self, event: AttemptSkipped) -> None:
        placed = _placed(event, skipped=1, uri="", identity=None)
        put(self._call(event).attempt(event.n), PLACED, placed)

    def _attempt_ringing(self, event: AttemptRinging) -> None:
        call = self._call(event)
        put(call.attempt(event.n), ATTEMPT_RINGING, (event.at,))
        put(call.reports, RINGING, (event.at, event.mono))

    def _attempt_answered(self, event: AttemptAnswered) -> None:
        call = self._call(event)
        put(call.attempt(event.n), ATTEMPT_ANSWERED, (event.at, event.status))
        put(call.reports, ANSWERED, (event.at, event.mono))

    def _attempt_ended(self, event: AttemptEnded) -> None:
        action, reason = text(event.action, MAX_REASON), text(event.reason, MAX_REASON)
        ended = (event.at, event.status, event.verdict, action, reason)
        put(self._call(event).attempt(event.n), ATTEMPT_ENDED, ended)

    def _late_answer(self, event: LateAnswer) -> None:
        put(self._call(event).attempt(event.n), LATE, (event.at, event.status))

    def _provider_health(self, event: ProviderHealth) -> None:
        key = _provider_and_edge(event)
        values = {
            "hostname": text(event.hostname),
            "status": event.status,
            "detail": text(event.detail),
        }
        HEALTH.merge(self.health.setdefault(key, _row_of(key)), "checked_at", event.at, values)

    def _provider_breaker(self, event: ProviderBreaker) -> None:
        key = _provider_and_edge(event)
        values = {
            "hostname": text(event.hostname),
            "state": event.state,
            "detail": text(event.detail),
        }
        BREAKERS.merge(self.breakers.setdefault(key, _row_of(key)), "changed_at", event.at, values)

    def _edge_status(self, event: EdgeStatus) -> None:
        name = _name_of_edge(event)
        values = {
            "agent_version": text(event.agent_version, MAX_REASON),
            "kamailio_version": text(event.kamailio_version, MAX_REASON),
            "kamailio_started": event.kamailio_started,
            "max_call_s": event.max_call_s,
            "calls_shed": _or_none(event.calls_shed),
            "shed_percent": _or_none(event.shed_percent),
            "events_lost": _or_none(event.events_lost),
            "counters": _json(event.counters),
            "certificates": _certificates(event.certificates),
        }
        EDGES.merge(self.edges.setdefault(name, {"name": name}), "tm_status", event.at, values)
        shed = {} if isinstance(event.calls_shed, UnsetType) else {SHED: event.calls_shed}
        report = Report(event.at, event.kamailio_started, event.counters | shed)
        self.edge_reports.setdefault(name, []).append(report)

    def _edge_refusals(self, event: EdgeRefusals) -> None:
        name = _name_of_edge(event)
        refusals = _json([_refused(source, latest=event.at) for source in event.sources])
        row = self.edges.setdefault(name, {"name": name})
        EDGES.merge(row, "tm_refusals", event.at, {"refusals": refusals})

    def _edge_calls(self, event: EdgeCalls) -> None:
        self.dialog_reports.append(replace(event, edge=text(event.edge)))

    def _call(self, event: CallEvent) -> ReportedCall:
        """What is reported of the event's call, of which this is one report more. Raises InvalidValue."""
        call = self.calls.get(event.call)
        if call is None:
            id_ = parse_id(event.call, field="call")
            call = self.calls.setdefault(id_, ReportedCall(id_, text(event.edge)))
        call.events += 1
        return call


_FOLD: Mapping[type[Event], Callable[[Folded, Any], None]] = {
    CallStarted: Folded._call_started,
    CallRejected: Folded._final_reply,
    CallRedirected: Folded._final_reply,
    CallEnded: Folded._call_ended,
    AttemptSent: Folded._attempt_sent,
    AttemptSkipped: Folded._attempt_skipped,
    AttemptRinging: Folded._attempt_ringing,
    AttemptAnswered: Folded._attempt_answered,
    AttemptEnded: Folded._attempt_ended,
    LateAnswer: Folded._late_answer,
    ProviderHealth: Folded._provider_health,
    ProviderBreaker: Folded._provider_breaker,
    EdgeStatus: Folded._edge_status,
    EdgeRefusals: Folded._edge_refusals,
    EdgeCalls: Folded._edge_calls,
}
"""Kind of event -> how it changes the rows."""

_INSTANTS = ("at", "kamailio_started", "since", "before")


def not_ahead(event: Event, *, now: int) -> Event:
    """The event as the receiver's clock sees it: it was recorded now at the latest.

    If `at` is ahead, the sender's clock is: its other instants are as much too late. None of them is left ahead.
    """
    if event.at <= now and not isinstance(event, (EdgeStatus, EdgeCalls)):
        return event
    ahead = max(0, event.at - now)
    values = {name: getattr(event, name, None) for name in _INSTANTS}
    known = {name: value for name, value in values.items() if value is not None}
    if max(known.values()) <= now:
        return event
    return replace(event, **{name: max(0, min(value - ahead, now)) for name, value in known.items()})


def text(value: str, longest: int = MAX_TEXT) -> str:
    """Text from the wire as a database can keep it: cut to `longest`, with U+FFFD for each that does not print."""
    cut = value if len(value) <= longest else value[:longest]
    return cut if cut.isprintable() else "".join(char if char.isprintable() else "\ufffd" for char in cut)


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()


def _or_none(value: int | UnsetType) -> int | None:
    return None if isinstance(value, UnsetType) else value


def _arrival(event: Arrival) -> Values:
    """The values of the group STARTED."""
    texts = (event.sip_call_id, event.source, event.source_address, event.dialled, event.number or "")
    return (
        event.at,
        event.mono,
        None if event.customer_id is None else _known_id(event.customer_id, "customer_id"),
        None if event.trunk_id is None else _known_id(event.trunk_id, "trunk_id"),
        *(texts if _is_plain(texts) else map(text, texts)),
        None if isinstance(event.routing_number, UnsetType) else text(event.routing_number),
        event.revision,
        _decision(event.decision),
    )


def _decision(routes: Sequence[ConsideredRoute]) -> str:
    counts, places = decisions.not_tried(routes), decisions.places_of(routes)
    if counts or not _are_plain(places):
        counts = {text(code): count for code, count in counts.items()}
        places = [_considered(route) for route in places]
    return _json({"places": places, "not_tried": counts})


def _are_plain(routes: Sequence[ConsideredRoute]) -> bool:
    """Whether all of these few routes can be kept as they are."""
    texts: list[str] = []
    for route in routes:
        texts += (route.route_id, route.provider_id, route.target, route.outcome, *route.reasons)
    return len(texts) <= MAX_WHY and _is_plain(texts)


def _considered(route: ConsideredRoute) -> ConsideredRoute:
    names, reasons = (route.route_id, route.provider_id, route.target, route.outcome), route.reasons
    if len(reasons) <= MAX_WHY and _is_plain((*names, *reasons)):
        return route
    route_id, provider_id, target, outcome = map(text, names)
    return replace(
        route,
        route_id=route_id,
        provider_id=provider_id,
        target=target,
        outcome=outcome,
        reasons=tuple(_texts(reasons)),
    )


@lru_cache(10_000)
def _known_id(id_: str, field: str) -> str:
    """The id of an object, of which there are fewer than of calls. Raises InvalidValue."""
    return parse_id(id_, field=field)


def _placed(event: AttemptSent | AttemptSkipped, *, skipped: int, uri: str, identity: str | None) -> Values:
    """The values of the group PLACED, but for the target, which the edge does not report."""
    provider_id = _known_id(event.provider_id, "provider_id")
    route_id = _known_id(event.route_id, "route_id")
    return (event.at, skipped, provider_id, route_id, "", uri, _why(event.why), identity)


@lru_cache(500)
def _why(codes: tuple[str, ...]) -> str:
    """Codes of reasons as they are kept: the same few come again and again."""
    return _json(_texts(codes))


def _texts(values: Sequence[str]) -> Sequence[str]:
    """The first MAX_WHY of several texts from the wire."""
    if len(values) <= MAX_WHY and _is_plain(values):
        return values
    return [text(value) for value in values[:MAX_WHY]]


def _is_plain(values: Sequence[str]) -> bool:
    """Whether all of these texts are short and can be printed, as nearly all are."""
    together = "".join(values)
    return len(together) <= MAX_TEXT and together.isprintable()


def _certificates(held: Sequence[HeldCertificate] | UnsetType) -> str | None:
    """Subject and end of each; None of an edge that tells of none."""
    return None if isinstance(held, UnsetType) else _json([(text(one.subject, MAX_REASON), one.until) for one in held])


def _name_of_edge(event: Event) -> str:
    name = text(event.edge)
    if not name:
        raise InvalidValue("edge", "required", "must be given")
    return name


def _refused(source: RefusedSource, *, latest: int) -> Row:
    """The source as it is kept; none of its instants is later than the report."""
    return {
        "address": text(source.address, MAX_REASON),
        "count": source.count,
        "reason": text(source.reason, MAX_REASON),
        "dialled": text(source.dialled, MAX_REASON),
        "banned": source.banned,
        "tm_first": min(source.first, latest),
        "tm_last": min(source.last, latest),
    }


def _provider_and_edge(event: ProviderHealth | ProviderBreaker) -> tuple[str, str]:
    return parse_id(event.provider_id, field="provider_id"), text(event.edge)


def _row_of(key: tuple[str, str]) -> Row:
    return {"provider_id": key[0], "edge": key[1]}
