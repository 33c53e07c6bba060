"""Folding a batch of events into the rows they are about: one row per call, attempt, edge, provider and edge."""

import json
from functools import singledispatchmethod
from typing import Any

from dialplane.domain.call import Verdict
from dialplane.domain.errors import InvalidValue
from dialplane.domain.health import BREAKER_STATES, STATUSES
from dialplane.domain.ids import parse_id
from dialplane.domain.texts import parse_choice
from dialplane.eventlog.kinds import (
    AttemptAnswered,
    AttemptEnded,
    AttemptEvent,
    AttemptRinging,
    AttemptSent,
    AttemptSkipped,
    CallEnded,
    CallEvent,
    CallRejected,
    CallStarted,
    EdgeCalls,
    EdgeStatus,
    Event,
    LateAnswer,
    Place,
    ProviderBreaker,
    ProviderHealth,
)
from dialplane.store.merging import ATTEMPTS, BREAKERS, CALLS, EDGES, HEALTH

MAX_REASON = 128
MAX_TEXT = 512
MAX_WHY = 32
MAX_DECISION = 200
"""Places of a decision that are kept; a customer may have more candidates than anyone reads."""

Row = dict[str, Any]


class Folded:
    """The rows of a batch. `count` is how many events went in."""

    def __init__(self) -> None:
        self.count = 0
        self.calls: dict[str, Row] = {}
        self.attempts: dict[tuple[str, int], Row] = {}
        self.health: dict[tuple[str, str], Row] = {}
        self.breakers: dict[tuple[str, str], Row] = {}
        self.edges: dict[str, Row] = {}
        self.going_on: list[EdgeCalls] = []

    def add(self, event: Event) -> None:
        """Folds one event in. Raises InvalidValue for one that breaks a rule; nothing of it stays then."""
        self._fold(event)
        self.count += 1

    def calls_in_order(self) -> list[Row]:
        """The calls, the one that started first in front (its paging instant is the lowest)."""
        return sorted(self.calls.values(), key=lambda row: (row.get("tm_start") or 0, row["id"]))

    @singledispatchmethod
    def _fold(self, event: Event) -> None:
        raise TypeError(type(event).__name__)

    @_fold.register
    def _call_started(self, event: CallStarted) -> None:
        self._of_call(event, "tm_start", mono_start=event.mono, **_what_was_dialled(event))

    @_fold.register
    def _call_rejected(self, event: CallRejected) -> None:
        self._call_started(event)
        reason = text(event.reason, MAX_REASON)
        self._of_call(
            event, "tm_ended", mono_ended=event.mono, sip_status=event.status, reason=reason, hangup_by="edge"
        )

    @_fold.register
    def _call_ended(self, event: CallEnded) -> None:
        self._of_call(
            event,
            "tm_ended",
            mono_ended=event.mono,
            sip_status=event.status,
            reason=text(event.reason, MAX_REASON),
            hangup_by=text(event.hangup_by, MAX_REASON),
        )

    @_fold.register
    def _attempt_sent(self, event: AttemptSent) -> None:
        self._of_attempt(event, "tm_placed", skipped=0, uri=text(event.uri), **_where(event))

    @_fold.register
    def _attempt_skipped(self, event: AttemptSkipped) -> None:
        self._of_attempt(event, "tm_placed", skipped=1, uri="", **_where(event))

    @_fold.register
    def _attempt_ringing(self, event: AttemptRinging) -> None:
        self._of_attempt(event, "tm_ringing")
        self._of_call(event, "tm_ringing", mono_ringing=event.mono)

    @_fold.register
    def _attempt_answered(self, event: AttemptAnswered) -> None:
        self._of_attempt(event, "tm_answered", answered_status=event.status)
        self._of_call(event, "tm_answered", mono_answered=event.mono)

    @_fold.register
    def _attempt_ended(self, event: AttemptEnded) -> None:
        self._of_attempt(
            event,
            "tm_ended",
            ended_status=event.status,
            sip_reason=text(event.reason, MAX_REASON),
            verdict=parse_choice(event.verdict, field="verdict", among=[*Verdict, ""]),
            action=text(event.action, MAX_REASON),
        )

    @_fold.register
    def _late_answer(self, event: LateAnswer) -> None:
        self._of_attempt(event, "tm_late_answer", late_status=event.status)

    @_fold.register
    def _provider_health(self, event: ProviderHealth) -> None:
        provider_id, edge = parse_id(event.provider_id, field="provider_id"), text(event.edge)
        values = {
            "checked_at": event.at,
            "hostname": text(event.hostname),
            "status": parse_choice(event.status, field="status", among=STATUSES),
            "detail": text(event.detail),
        }
        row = self.health.setdefault((provider_id, edge), {"provider_id": provider_id, "edge": edge})
        HEALTH.merge(row, "checked_at", values)

    @_fold.register
    def _provider_breaker(self, event: ProviderBreaker) -> None:
        provider_id, edge = parse_id(event.provider_id, field="provider_id"), text(event.edge)
        values = {
            "changed_at": event.at,
            "hostname": text(event.hostname),
            "state": parse_choice(event.state, field="state", among=BREAKER_STATES),
            "detail": text(event.detail),
        }
        row = self.breakers.setdefault((provider_id, edge), {"provider_id": provider_id, "edge": edge})
        BREAKERS.merge(row, "changed_at", values)

    @_fold.register
    def _edge_status(self, event: EdgeStatus) -> None:
        name = text(event.edge)
        if not name:
            raise InvalidValue("edge", "required", "must be given")
        values = {
            "tm_status": event.at,
            "agent_version": text(event.agent_version, MAX_REASON),
            "kamailio_version": text(event.kamailio_version, MAX_REASON),
            "kamailio_started": event.kamailio_started,
            "max_call_s": event.max_call_s,
            "calls_shed": event.calls_shed,
            "shed_percent": event.shed_percent,
            "events_lost": event.events_lost,
            "counters": json.dumps(event.counters),
        }
        EDGES.merge(self.edges.setdefault(name, {"name": name}), "tm_status", values)

    @_fold.register
    def _edge_calls(self, event: EdgeCalls) -> None:
        self.going_on.append(event)

    def _of_call(self, event: CallEvent, key: str, **values: Any) -> None:
        call_id = parse_id(event.call, field="call")
        row = self.calls.setdefault(call_id, {"id": call_id, "edge": text(event.edge)})
        CALLS.merge(row, key, {key: event.at, **values})

    def _of_attempt(self, event: AttemptEvent, key: str, **values: Any) -> None:
        call_id = parse_id(event.call, field="call")
        self.calls.setdefault(call_id, {"id": call_id, "edge": text(event.edge)})
        row = self.attempts.setdefault((call_id, event.n), {"call_id": call_id, "number": event.n})
        ATTEMPTS.merge(row, key, {key: event.at, **values})


def text(value: str, longest: int = MAX_TEXT) -> str:
    """Text from the wire as a database can keep it: printable, no longer than this. Anything else becomes U+FFFD."""
    cut = value[:longest]
    return cut if cut.isprintable() else "".join(char if char.isprintable() else "\ufffd" for char in cut)


def _what_was_dialled(event: CallStarted) -> Row:
    return {
        "customer_id": None if event.customer_id is None else parse_id(event.customer_id, field="customer_id"),
        "trunk_id": None if event.trunk_id is None else parse_id(event.trunk_id, field="trunk_id"),
        "sip_call_id": text(event.sip_call_id),
        "source": text(event.source),
        "source_address": text(event.source_address),
        "dialled": text(event.dialled),
        "number": text(event.number or ""),
        "table_revision": event.revision,
        "decision": json.dumps([_place(place) for place in event.decision[:MAX_DECISION]]),
    }


def _place(place: Place) -> Row:
    return {
        "route_id": text(place.route_id),
        "provider_id": text(place.provider_id),
        "target": text(place.target),
        "priority": place.priority,
        "outcome": text(place.outcome),
        "position": place.position,
        "reasons": [text(code) for code in place.reasons[:MAX_WHY]],
    }


def _where(event: AttemptSent | AttemptSkipped) -> Row:
    return {
        "provider_id": parse_id(event.provider_id, field="provider_id"),
        "route_id": parse_id(event.route_id, field="route_id"),
        "why": json.dumps([text(code) for code in event.why[:MAX_WHY]]),
    }
