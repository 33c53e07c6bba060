"""The outermost layer: a request id on everything, one log line and one count per request, and no fault that leaks."""

import random
import re
import time
from collections.abc import Iterable
from typing import Any

import structlog
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dialplane.api.http import reasons
from dialplane.api.http.errors import ApiError, refusal
from dialplane.api.http.reasons import Reason
from dialplane.api.process.metrics import NO_ROUTE, Metrics

log = structlog.get_logger("dialplane.api")

CLIENT_GONE = 499
LONG_POLLS = frozenset({"/v1.0/feed"})
UNLIMITED = frozenset({"/healthz", "/readyz", "/metrics", *LONG_POLLS})

LOGGED_PATH = 256
"""Characters of a path that a log line holds."""

_REQUEST_ID = re.compile(rb"[A-Za-z0-9._-]{8,64}")
_JSON = (b"content-type", b"application/json")
_SECURITY = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
)
_CLOSED = ((b"cache-control", b"no-store"), (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"))
_PAGES = (
    (
        b"content-security-policy",
        b"default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; "
        b"img-src 'self' data:; worker-src blob:; frame-ancestors 'none'",
    ),
)


class Observed:
    """ASGI layer around the whole app. `requests_in_flight` bounds what is served at one time (long polls apart)."""

    def __init__(self, app: ASGIApp, *, of: Starlette, metrics: Metrics, requests_in_flight: int) -> None:
        """`of`: the application that this is the outermost layer of, as requests know it."""
        self.app = app
        self._of = of
        self.metrics = metrics
        self.requests_in_flight = requests_in_flight
        self._in_flight = 0
        metrics.in_flight.set_function(lambda: self._in_flight)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope["app"] = self._of
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        exchange = _Exchange(scope, send)
        limited = exchange.path not in UNLIMITED
        self._in_flight += limited
        try:
            if limited and self._in_flight > self.requests_in_flight:
                await exchange.refuse(reasons.OVERLOADED)
            else:
                await self.app(exchange.scope, receive, exchange.send)
        except ClientDisconnect:
            exchange.status = CLIENT_GONE
        except Exception:
            self.metrics.faults.inc()
            log.exception("fault", request_id=exchange.request_id, path=exchange.path[:LOGGED_PATH])
            if exchange.status:
                raise
            await exchange.refuse(reasons.INTERNAL)
        finally:
            self._in_flight -= limited
            self._note(exchange)

    def _note(self, exchange: "_Exchange") -> None:
        seconds = time.perf_counter() - exchange.started
        route = getattr(exchange.scope.get("route"), "path", NO_ROUTE)
        self.metrics.answered(method=exchange.method, route=route, status=exchange.status, seconds=seconds)
        told = exchange.told()
        if "reason" in told:
            self.metrics.refused.labels(told["reason"]).inc()
        log.info("request", **told, ms=round(seconds * 1000, 2))


class _Exchange:
    """One request and its answer. HEAD is carried out as GET; the server leaves the body away."""

    __slots__ = ("_send", "method", "path", "request_id", "scope", "started", "status")

    def __init__(self, scope: Scope, send: Send) -> None:
        self.started = time.perf_counter()
        self.request_id = _request_id(scope)
        self.method: str = scope["method"]
        self.path: str = scope["path"]
        self.status = 0
        scope.setdefault("state", {})["request_id"] = self.request_id
        self.scope: Scope = {**scope, "method": "GET"} if self.method == "HEAD" else scope
        self._send = send

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            message["headers"] = [*message.get("headers", ()), *self._headers(message)]
        await self._send(message)

    async def refuse(self, reason: Reason) -> None:
        self.scope["state"]["reason"] = reason.name
        answer: Response = refusal(ApiError(reason), self.request_id)
        await answer(self.scope, _nothing, self.send)

    def told(self) -> dict[str, Any]:
        """The request for the log: path only, never the query."""
        state, client = self.scope["state"], self.scope.get("client")
        told = {
            "request_id": self.request_id,
            "method": self.method,
            "path": self.path[:LOGGED_PATH],
            "status": self.status,
            "client": client[0] if client else "",
        }
        if (actor := state.get("actor")) is not None:
            told["actor"], told["actor_id"] = actor.kind, actor.id
        if (reason := state.get("reason")) is not None:
            told["reason"] = reason
        return told

    def _headers(self, message: Message) -> Iterable[tuple[bytes, bytes]]:
        own = (b"x-request-id", self.request_id.encode())
        given = message.get("headers", ())
        if _JSON in given:
            return (own, *_SECURITY, *_CLOSED)
        is_page = any(name == b"content-type" and value.startswith(b"text/html") for name, value in given)
        is_static = self.path.startswith("/static-offline-docs/")
        return (own, *_SECURITY, *(_PAGES if is_page else () if is_static else _CLOSED))


def _request_id(scope: Scope) -> str:
    for name, value in scope["headers"]:
        if name == b"x-request-id" and _REQUEST_ID.fullmatch(value):
            given: bytes = value
            return given.decode()
    return f"{random.getrandbits(128):032x}"


async def _nothing() -> Message:
    return {"type": "http.disconnect"}
