"""The app: settings in, FastAPI out."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from importlib.metadata import version
from typing import Any

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.middleware.asyncexitstack import AsyncExitStackMiddleware
from fastapi_offline import FastAPIOffline
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware
from starlette.middleware.exceptions import ExceptionMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match
from starlette.types import ASGIApp

from dialplane.api.accesskeys import endpoints as accesskeys
from dialplane.api.agents import endpoints as agents
from dialplane.api.auth import endpoints as auth
from dialplane.api.calls import endpoints as calls
from dialplane.api.changes import endpoints as changes
from dialplane.api.customers import endpoints as customers
from dialplane.api.dialroutes import endpoints as dialroutes
from dialplane.api.edges import endpoints as edges
from dialplane.api.events import endpoints as events
from dialplane.api.feed import endpoints as feed
from dialplane.api.http import openapi, reasons
from dialplane.api.http.errors import ApiError, refusal, translated
from dialplane.api.http.fields import invalid_path
from dialplane.api.http.routing import Direct
from dialplane.api.me import endpoints as me
from dialplane.api.ops import endpoints as ops
from dialplane.api.process.metrics import Metrics, beat
from dialplane.api.process.observe import Observed
from dialplane.api.process.opening import opened_database, prepare
from dialplane.api.process.rounds import keep_contacts, survey
from dialplane.api.process.services import Limits, Services
from dialplane.api.process.throttle import Throttle
from dialplane.api.providers import endpoints as providers
from dialplane.api.providers.destinations import destinations
from dialplane.api.revisions import endpoints as revisions
from dialplane.api.routes import endpoints as routes
from dialplane.api.stats import endpoints as stats
from dialplane.api.trunks import endpoints as trunks
from dialplane.control.bootstrap import FirstStart
from dialplane.control.login.sessions import SessionKeys
from dialplane.control.units import Database
from dialplane.domain.errors import DialplaneError
from dialplane.settings import Settings

VERSION = version("dialplane")

ROUTERS = (
    dialroutes.router, routes.router, calls.router, feed.router, events.router, providers.router, customers.router,
    customers.own, trunks.router, accesskeys.router, agents.router, me.router, revisions.router, auth.router,
    changes.router, edges.router, stats.router, ops.router,
)  # fmt: skip
"""The busiest first: paths are matched in this order."""


def create_app(settings: Settings, *, on_first_start: Callable[[FirstStart], None] = lambda first: None) -> FastAPI:
    """The REST API. Its lifespan opens the database; `on_first_start` is told of a first administrator made then."""
    metrics = Metrics(version=VERSION)
    app: FastAPI = FastAPIOffline(
        title="Dialplane",
        version=VERSION,
        lifespan=_lifespan(settings, metrics, on_first_start),
        redirect_slashes=False,
        telemetry={"tracing": False, "metrics": False, "logs": False},
    )
    for router in ROUTERS:
        app.router.routes.extend(router.routes)
    for kind in (ApiError, DialplaneError, RequestValidationError, HTTPException):
        app.add_exception_handler(kind, _refuse)
    # FastAPI's documented way to describe an application otherwise is to replace this method
    app.openapi = _described(app)  # type: ignore[method-assign]
    app.middleware_stack = Observed(
        _layers(app, settings.cors_origins),
        of=app,
        metrics=metrics,
        requests_in_flight=settings.requests_in_flight,
    )
    return app


def _layers(app: FastAPI, origins: Sequence[str]) -> ASGIApp:
    """What FastAPI would build, without the outer layers that `Observed` stands for: each costs every request."""
    own = ExceptionMiddleware(AsyncExitStackMiddleware(app.router), handlers=app.exception_handlers)
    direct = Direct(own, routes=app.routes, refuse=_refuse)
    if not origins:
        return direct
    return CORSMiddleware(
        direct,
        allow_origins=origins,
        allow_methods=["GET", "POST", "PUT", "DELETE"],
        allow_headers=["Authorization", "Content-Type", "If-Match", "Idempotency-Key", "X-Request-Id"],
        expose_headers=["ETag", "Retry-After", "X-Request-Id", "X-Revision"],
    )


def _lifespan(
    settings: Settings, metrics: Metrics, on_first_start: Callable[[FirstStart], None]
) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with opened_database(settings) as db:
            first = await prepare(db, settings)
            if first.created:
                on_first_start(first)
            services = app.state.services = _services(settings, db, metrics)
            rounds = (beat(metrics), keep_contacts(services), survey(services, max_call_s=settings.max_call_s))
            async with asyncio.TaskGroup() as loops:
                going = [loops.create_task(one) for one in rounds]
                yield
                for one in going:
                    one.cancel()

    return lifespan


def _services(settings: Settings, db: Database, metrics: Metrics) -> Services:
    return Services(
        db=db,
        session_keys=SessionKeys.in_folder(settings.secrets_folder),
        throttle=Throttle(
            login_failures_per_minute=settings.login_failures_per_minute,
            address_login_failures_per_minute=settings.address_login_failures_per_minute,
            requests_per_second=settings.requests_per_second,
        ),
        limits=Limits(
            body_bytes=settings.body_limit_bytes,
            bulk_body_bytes=settings.bulk_body_limit_bytes,
            body_timeout_s=settings.body_timeout_s,
            feed_followers=settings.feed_followers,
            max_attempts=settings.max_attempts,
            query_credentials=settings.query_credentials,
        ),
        metrics=metrics,
        secrets_folder=settings.secrets_folder,
        destinations=destinations(denied=settings.denied_networks, own_sip=settings.sip),
    )


def _described(app: FastAPI) -> Callable[[], dict[str, Any]]:
    def described() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = openapi.describe(app)
        return app.openapi_schema

    return described


async def _refuse(request: Request, error: Exception) -> Response:
    """The one place where an error becomes an answer."""
    refused = _refused(request, error)
    if refused is None:
        raise error
    state = request.scope["state"]
    state["reason"] = refused.reason.name
    return refusal(refused, state["request_id"])


def _refused(request: Request, error: Exception) -> ApiError | None:
    if isinstance(error, RequestValidationError):
        return invalid_path(error.errors())
    if isinstance(error, HTTPException):
        return _unmatched(request, error)
    return translated(error)


def _unmatched(request: Request, error: HTTPException) -> ApiError:
    """What the router itself refuses: an unknown path, or a known one with another method."""
    methods = _methods_of(request)
    if methods:
        return ApiError(reasons.METHOD_NOT_ALLOWED, headers={"Allow": ", ".join(sorted(methods))})
    return ApiError(reasons.METHOD_NOT_ALLOWED if error.status_code == 405 else reasons.ENDPOINT_NOT_FOUND)


def _methods_of(request: Request) -> set[str]:
    """All methods that the request's path knows."""
    known: set[str] = set()
    for route in request.app.routes:
        if route.matches(request.scope)[0] is Match.PARTIAL:
            known |= route.methods
    return known | ({"HEAD"} if "GET" in known else set())
