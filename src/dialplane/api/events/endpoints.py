"""`POST /v1.0/events`: events of calls and carriers from edges, delivered at least once."""

import structlog
from starlette.responses import Response

from dialplane.api.events.schemas import EventBatch, EventsAnswer
from dialplane.api.http.clocks import sent_at
from dialplane.api.http.request import AuthenticatedRequest
from dialplane.api.http.resource import Resource
from dialplane.api.http.responses import JsonResponse
from dialplane.api.http.services import Services
from dialplane.control import events, permissions
from dialplane.control.events import Ingested
from dialplane.control.news import News
from dialplane.system.clock import now_us

log = structlog.get_logger("dialplane.api")

EVENTS = Resource("/v1.0/events", tag="edges")

_LOGGED = 5
"""Refused events of a batch whose errors are logged."""


@EVENTS.endpoint("POST", summary="Report events", permission="events.write", answer=EventsAnswer)
async def report_events(request: AuthenticatedRequest, body: EventBatch) -> Response:
    permissions.require_edge(request.actor, "events.write", body.edge)
    _record_report(request.services, body, sent=sent_at(request.http))
    services = request.services
    stored = await events.ingest(
        services.db, request.actor, edge=body.edge, events=body.events, hand_on=services.hands_events_on
    )
    _note(services.news, stored)
    metrics, refused = services.metrics, len(stored.refused)
    metrics.events.labels("accepted").inc(stored.accepted)
    metrics.events.labels("refused").inc(refused)
    if stored.lost:
        metrics.lost_calls.inc(len(stored.lost))
        log.warning("calls closed whose end no edge reported", edge=body.edge, calls=len(stored.lost))
    if refused:
        log.warning("events refused", edge=body.edge, count=refused, why=stored.refused[:_LOGGED])
    return JsonResponse({"accepted": stored.accepted, **({"refused": refused} if refused else {})})


def _note(news: News, stored: Ingested) -> None:
    folded = stored.folded
    news.of_calls((*folded.calls, *stored.lost))
    news.of_edges(folded.edges)
    news.of_providers(folded.health, folded.breakers)


def _record_report(services: Services, body: EventBatch, *, sent: int | None) -> None:
    now = now_us()
    services.contacts.heard(body.edge, now=now, sent=sent)
    if body.agent is not None:
        services.metrics.companions.show(
            body.edge, now_s=now / 1e6, backlog_bytes=body.agent.backlog_bytes, loops=body.agent.loops
        )
