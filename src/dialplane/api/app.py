"""The application: settings in, Starlette app out. The one place that knows all resources, middleware and jobs."""

from collections.abc import AsyncIterator, Callable, Collection, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial
from importlib.metadata import version
from typing import Any

import msgspec
import structlog
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from dialplane.api.accesskeys.endpoints import ACCESSKEYS
from dialplane.api.agents.endpoints import AGENTS
from dialplane.api.auth.endpoints import AUTH
from dialplane.api.auth.link import link_route
from dialplane.api.calls.endpoints import CALLS
from dialplane.api.changes.endpoints import CHANGES
from dialplane.api.customers.endpoints import CUSTOMERS, OWN_CUSTOMER
from dialplane.api.database import opened_database, prepare, secrets_problem
from dialplane.api.demo.endpoints import DEMO
from dialplane.api.dialroutes.endpoints import DIALLED, DIALROUTES, FIRST_TARGETS
from dialplane.api.edges.endpoints import EDGES
from dialplane.api.events.endpoints import EVENTS
from dialplane.api.export.endpoints import EXPORT
from dialplane.api.feed.endpoints import FEED
from dialplane.api.http import openapi, reasons
from dialplane.api.http.console import CONSOLE, console_routes
from dialplane.api.http.docs_pages import docs_routes
from dialplane.api.http.endpoint import Endpoint, routes_of
from dialplane.api.http.errors import ApiError, api_error_of, outcome_of
from dialplane.api.http.help import help_routes
from dialplane.api.http.idempotency import Replayed
from dialplane.api.http.published import Published
from dialplane.api.http.request import caller_of
from dialplane.api.http.responses import error_response
from dialplane.api.http.services import OwnEdge, Services, Setting
from dialplane.api.jobs.endpoints import JOBS
from dialplane.api.jobs.schemas import present as present_job
from dialplane.api.limits import (
    body_memory,
    bound_polls,
    rate_limits,
    refusals,
    request_limits,
    slots_of,
    streams,
    unknown_callers,
)
from dialplane.api.me.endpoints import ME
from dialplane.api.metrics.registry import LAG_EVERY_S, Metrics
from dialplane.api.middleware import Compression, RequestMiddleware
from dialplane.api.monitoring.endpoints import MONITORING
from dialplane.api.providers.destinations import destinations
from dialplane.api.providers.endpoints import PROVIDERS
from dialplane.api.revisions.endpoints import REVISIONS
from dialplane.api.routes.endpoints import ROUTES
from dialplane.api.search.endpoints import SEARCH
from dialplane.api.settings.endpoints import SETTINGS
from dialplane.api.sheet.endpoints import SHEET
from dialplane.api.stats.endpoints import STATS
from dialplane.api.stream.endpoints import STREAM
from dialplane.api.stream.publisher import Publisher
from dialplane.api.stream.schemas import JOBS as JOBS_TOPIC
from dialplane.api.testcalls.endpoints import TESTCALLS
from dialplane.api.trunks.endpoints import TRUNKS
from dialplane.control.bootstrap import FirstStart
from dialplane.control.edges import Contacts
from dialplane.control.login.sessions import SessionKeys
from dialplane.control.login.uses import Uses
from dialplane.control.news import News
from dialplane.control.retention import Periods
from dialplane.control.units import FEED as FEED_WORK
from dialplane.control.units import Database
from dialplane.domain.errors import DialplaneError
from dialplane.domain.job import Job as LongJob
from dialplane.jobs.contacts import contacts_job
from dialplane.jobs.event_sink import event_sink_job
from dialplane.jobs.lost_calls import lost_calls_job
from dialplane.jobs.old_jobs import old_jobs_job
from dialplane.jobs.retention import retention_job
from dialplane.jobs.rollups import rollups_job
from dialplane.jobs.runner import Runner
from dialplane.jobs.stream import stream_job
from dialplane.jobs.supervisor import Job, Supervisor
from dialplane.jobs.survey import survey_job
from dialplane.jobs.uses import uses_job
from dialplane.settings import Settings
from dialplane.system.address import SocketAddress, advertised

log = structlog.get_logger("dialplane.api")

TITLE = "Dialplane"
VERSION = version("dialplane")

RESOURCES = (
    DIALROUTES, ROUTES, CALLS, FEED, EVENTS, PROVIDERS, CUSTOMERS, OWN_CUSTOMER, TRUNKS, ACCESSKEYS, AGENTS, ME,
    DIALLED, FIRST_TARGETS, REVISIONS, AUTH, CHANGES, EDGES, STATS, SEARCH, STREAM, EXPORT, SHEET, JOBS, SETTINGS,
    MONITORING, TESTCALLS,
)  # fmt: skip
"""The busiest first: paths are matched in this order."""

ENDPOINTS = tuple(endpoint for resource in RESOURCES for endpoint in resource.endpoints)


def openapi_document(*, is_demo: bool = False) -> dict[str, Any]:
    """The OpenAPI document of all endpoints, with those that only a demo has if it is one."""
    return openapi.document_of(_endpoints(is_demo=is_demo), title=TITLE, version=VERSION)


def _endpoints(*, is_demo: bool) -> Sequence[Endpoint]:
    return (*ENDPOINTS, *DEMO.endpoints) if is_demo else ENDPOINTS


def create_app(settings: Settings, *, on_first_start: Callable[[FirstStart], None] = lambda first: None) -> Starlette:
    """The REST API. Its lifespan opens the database; `on_first_start` gets the first administrator created then."""
    metrics = Metrics(version=VERSION)
    document = partial(openapi_document, is_demo=settings.demo)
    endpoints = _endpoints(is_demo=settings.demo)
    docs = docs_routes(document, title=TITLE)
    routes: list[BaseRoute] = [*routes_of(endpoints), *docs, *console_routes(), *help_routes()]
    if settings.demo:
        routes.append(link_route(settings.folder.login_link, home=f"{CONSOLE}/"))
    app = Starlette(
        routes=routes,
        middleware=_middleware(settings, metrics),
        exception_handlers={
            ApiError: _refuse,
            DialplaneError: _refuse,
            HTTPException: _refuse_unmatched,
            Replayed: _replay,
        },
        lifespan=_lifespan(settings, metrics, on_first_start),
    )
    app.router.redirect_slashes = False
    return app


def _middleware(settings: Settings, metrics: Metrics) -> list[Middleware]:
    middleware = [
        Middleware(
            RequestMiddleware,
            metrics=metrics,
            requests_in_flight=settings.requests_in_flight,
            caller_of=caller_of,
            refusals=refusals(settings),
        )
    ]
    if settings.cors_origins:
        middleware.append(
            Middleware(
                CORSMiddleware,
                allow_origins=settings.cors_origins,
                allow_methods=["GET", "POST", "PUT", "DELETE"],
                allow_headers=[
                    "Authorization",
                    "Content-Type",
                    "If-Match",
                    "Idempotency-Key",
                    "X-Request-Id",
                ],  # not CONSOLE_HEADER
                expose_headers=["ETag", "Retry-After", "X-Request-Id", "X-Revision"],
            )
        )
    return [*middleware, Middleware(Compression)]


def _lifespan(
    settings: Settings, metrics: Metrics, on_first_start: Callable[[FirstStart], None]
) -> Callable[[Starlette], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        async with opened_database(settings) as db:
            first = await prepare(db, settings)
            if first.created:
                on_first_start(first)
            if problem := await secrets_problem(db):
                log.error("stored passwords cannot be read", problem=problem)
            await db.connect()
            contacts, uses, news = Contacts(), Uses(), News()
            with settings.folder.node() as node:
                publisher = Publisher(db, news, Published(), contacts, streams())
                jobs = _supervisor(settings, db, contacts, uses, news, metrics, publisher, node=node)
                services = _services(settings, db, metrics, contacts, uses, news, publisher, jobs, node=node)
                app.state.services = services
                async with jobs.running(), services.runner.running():
                    yield

    return lifespan


def _supervisor(
    settings: Settings,
    db: Database,
    contacts: Contacts,
    uses: Uses,
    news: News,
    metrics: Metrics,
    publisher: Publisher,
    *,
    node: str,
) -> Supervisor:
    def on_closed(calls: Collection[str]) -> None:
        metrics.lost_calls.inc(len(calls))
        news.of_calls(calls)

    return Supervisor(
        [
            Job(name="api", every_s=LAG_EVERY_S, run_round=metrics.measure_loop_lag),
            contacts_job(db, contacts),
            uses_job(db, uses),
            stream_job(publisher.tell),
            lost_calls_job(db, max_call_s=settings.max_call_s, on_closed=on_closed),
            rollups_job(db, _periods(settings)),
            survey_job(db, metrics.network),
            old_jobs_job(db),
            retention_job(db, metrics.storage, periods=_periods(settings), folder=settings.folder.root),
            *_event_sink(settings, db, metrics, node=node),
        ],
        on_success=lambda job: metrics.heartbeats.labels(job).set_to_current_time(),
        on_failure=lambda job: metrics.job_failures.labels(job).inc(),
    )


def _event_sink(settings: Settings, db: Database, metrics: Metrics, *, node: str) -> list[Job]:
    if not settings.kafka_brokers:
        return []
    from dialplane.jobs.kafka import Kafka  # its library is an extra, which need not be installed

    kafka = Kafka(
        settings.kafka_brokers,
        topic=settings.kafka_topic,
        options=dict(option.split("=", 1) for option in settings.kafka_options),
        password=settings.kafka_password.get_secret_value(),
    )
    return [
        event_sink_job(db, kafka, metrics.sink, node=node, most_bytes=settings.kafka_waiting_bytes),
    ]


def _periods(settings: Settings) -> Periods:
    return Periods(
        calls=settings.keep_calls_days,
        attempts=settings.keep_attempts_days,
        revisions=settings.keep_revisions_days,
        deleted=settings.keep_deleted_days,
        edges=settings.keep_edges_days,
        minute_sums=settings.keep_minute_sums_days,
        hour_sums=settings.keep_hour_sums_days,
        day_sums=settings.keep_day_sums_days,
    )


def _services(
    settings: Settings,
    db: Database,
    metrics: Metrics,
    contacts: Contacts,
    uses: Uses,
    news: News,
    publisher: Publisher,
    jobs: Supervisor,
    *,
    node: str,
) -> Services:
    slots, published = slots_of(settings), publisher.published

    def tell(job: LongJob) -> None:
        published.add(JOBS_TOPIC, "job", msgspec.json.encode(present_job(job)))
        published.announce()

    metrics.feed.followers.set_function(lambda: slots[FEED_WORK].held)
    return Services(
        db=db,
        sip=str(_reached(settings)),
        own_edge=OwnEdge(settings.sip.from_here, settings.folder.edge.kamailio.pid),
        settings=[Setting(*setting) for setting in settings.in_effect()],
        metrics=metrics,
        contacts=contacts,
        uses=uses,
        news=news,
        published=published,
        demo=settings.folder if settings.demo else None,
        runner=Runner(db, node=node, tell=tell, describe=outcome_of),
        streams=publisher.streams,
        hands_events_on=bool(settings.kafka_brokers),
        jobs=jobs,
        periods=_periods(settings),
        session_keys=SessionKeys.in_folder(settings.secrets_folder),
        secrets_folder=settings.secrets_folder,
        rate_limits=rate_limits(settings),
        limits=request_limits(settings),
        slots=slots,
        unknown_callers=unknown_callers(settings),
        body_memory=body_memory(settings),
        bound_polls=bound_polls(settings),
        destinations=destinations(denied=settings.denied_networks, own_sip=settings.sip),
    )


def _reached(settings: Settings) -> SocketAddress:
    """Where switches reach this installation's own edge."""
    own = settings.sip
    return SocketAddress(advertised(own, settings.sip_advertised) or own.host, own.port)


async def _refuse(request: Request, error: Exception) -> Response:
    refused = api_error_of(error)
    state = request.scope["state"]
    state["reason"] = refused.reason.name
    return error_response(refused, state["request_id"])


async def _refuse_unmatched(request: Request, error: Exception) -> Response:
    """Starlette's own refusals: an unknown path, or a known one with another method."""
    if not isinstance(error, HTTPException) or error.status_code != 405:
        return await _refuse(request, ApiError(reasons.ENDPOINT_NOT_FOUND))
    allowed = sorted((error.headers or {}).get("Allow", "").split(", "))
    return await _refuse(request, ApiError(reasons.METHOD_NOT_ALLOWED, headers={"Allow": ", ".join(allowed)}))


async def _replay(request: Request, error: Exception) -> Response:
    assert isinstance(error, Replayed)
    return error.response
