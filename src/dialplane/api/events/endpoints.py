"""`POST /v1.0/events`: what edges report of calls and carriers, at least once."""

from typing import Annotated

import structlog
from starlette.responses import Response

from dialplane.api.events.schemas import EventBatch, EventsAnswer
from dialplane.api.http.answers import answer
from dialplane.api.http.asking import Asks
from dialplane.api.http.checks import body
from dialplane.api.http.operation import operation
from dialplane.api.http.routing import resource
from dialplane.api.process.services import instant_now
from dialplane.control import events

log = structlog.get_logger("dialplane.api")
router = resource("/v1.0/events", tag="edges")

_LOGGED = 5


@router.post(
    "",
    **operation("reportEvents", "Report events", permission="events.write", takes=EventBatch, answer=EventsAnswer),
)
async def report_events(asks: Asks, given: Annotated[EventBatch, body(EventBatch)]) -> Response:
    now = instant_now()
    asks.services.contacts.heard(given.edge, now=now)
    if (agent := given.agent) is not None:
        told = asks.services.metrics.agents
        told.show(given.edge, now_s=now / 1e6, backlog_bytes=agent.backlog_bytes, loops=agent.loops)
    stored = await events.ingest(asks.services.db, asks.actor, edge=given.edge, events=given.events)
    asks.services.metrics.events.labels("accepted").inc(stored.accepted)
    asks.services.metrics.events.labels("refused").inc(len(stored.refused))
    if stored.lost:
        asks.services.metrics.lost_calls.inc(stored.lost)
        log.warning("calls closed whose end no edge reported", edge=given.edge, calls=stored.lost)
    if stored.refused:
        log.warning("events refused", edge=given.edge, count=len(stored.refused), why=stored.refused[:_LOGGED])
    return answer({"accepted": stored.accepted, **({"refused": len(stored.refused)} if stored.refused else {})})
