"""ASGI middleware around every request: request id, security headers, one log line, one count, no leaking fault."""

import asyncio
import random
import re
import time
from collections.abc import Awaitable, Callable
from typing import Any

import structlog
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dialplane.api.http import reasons
from dialplane.api.http.console import CONSOLE, CONTENT_SECURITY_POLICY
from dialplane.api.http.docs_pages import STATIC
from dialplane.api.http.errors import ApiError
from dialplane.api.http.help import HELP
from dialplane.api.http.reasons import Reason
from dialplane.api.http.request import MONITORED
from dialplane.api.http.responses import error_response
from dialplane.api.http.services import services_of
from dialplane.api.metrics.registry import NO_ROUTE, Metrics
from dialplane.system.pace import Pace
from dialplane.system.turns import Beginnings

log = structlog.get_logger("dialplane.api")

CLIENT_GONE = 499
LONG_POLLS = frozenset({"/v1.0/feed", "/v1.0/stream"})
UNLIMITED = MONITORED | LONG_POLLS

HELD_BACK = frozenset({400, 401, 403, 413, 429})
"""Refusals that a caller brings about by itself."""

MOST_HELD_BACK = 1_000
"""Requests whose refusals wait at one time; more are answered at once, since each takes memory."""

LOGGED_PATH = 256
"""Characters of a path that a log line holds."""

Headers = tuple[tuple[bytes, bytes], ...]

_REQUEST_ID = re.compile(rb"[A-Za-z0-9._-]{8,64}")
_JSON = (b"content-type", b"application/json")
_HTML = b"text/html"
_COMMON: Headers = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
)
_DATA: Headers = (
    *_COMMON,
    (b"cache-control", b"no-store"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
)
_PAGE: Headers = (
    *_COMMON,
    (
        b"content-security-policy",
        b"default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; "
        b"img-src 'self' data:; worker-src blob:; frame-ancestors 'none'",
    ),
)
_BUILT: Headers = (*_COMMON, (b"content-security-policy", CONTENT_SECURITY_POLICY.encode()))


COMPRESSED_FROM_BYTES = 1_024
COMPRESSION_LEVEL = 3
"""100 routes (36 kB) take 0.4 ms and become 8 kB; the usual level 9 takes 2 ms for 8 % less (measured)."""


class Compression(GZipMiddleware):
    """Compresses what has 1 kB and more, but for the feed: edges are near, and tables take a processor's time.

    To whoever takes nothing compressed it goes as it is, and as a cache may give it to everybody: without Vary.
    """

    def __init__(self, app: ASGIApp) -> None:
        super().__init__(app, minimum_size=COMPRESSED_FROM_BYTES, compresslevel=COMPRESSION_LEVEL)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_left = scope["type"] != "http" or scope["path"] in LONG_POLLS or not _takes_gzip(scope)
        await (self.app(scope, receive, send) if is_left else super().__call__(scope, receive, send))


def _takes_gzip(scope: Scope) -> bool:
    for name, value in scope["headers"]:
        if name == b"accept-encoding" and b"gzip" in value:
            return True
    return False


class RequestMiddleware:
    """`requests_in_flight` bounds how many requests are carried out at one time, long polls not counted.

    They begin caller by caller: `caller_of` says whose one is, as far as that is known before it is looked at.

    A request gives its slot back once its response begins: whoever reads slowly holds none. Refusals of a caller that
    has had many with the same status wait for their time (`refusals`), so that whoever does not heed them has few a
    second.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        metrics: Metrics,
        requests_in_flight: int,
        caller_of: Callable[[Scope], str],
        refusals: Pace,
    ) -> None:
        self.app = app
        self.metrics = metrics
        self.requests_in_flight = requests_in_flight
        self.caller_of = caller_of
        self._beginnings = Beginnings()
        self._refusals = refusals
        self._held_back = 0
        self._in_flight = 0
        metrics.in_flight.set_function(lambda: self._in_flight)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        if (path := scope["path"]).endswith("/") and path != "/":
            scope["path"] = path[:-1]
        exchange = _Exchange(scope, send, on_start=self._before_start)
        try:
            exchange.caller = self.caller_of(scope)
            await self._beginnings.wait(exchange.caller)
            exchange.has_slot = exchange.path not in UNLIMITED
            self._in_flight += exchange.has_slot
            if exchange.has_slot and self._in_flight > self.requests_in_flight:
                await exchange.refuse(reasons.OVERLOADED)
            else:
                await self.app(scope, receive, exchange.send)
        except ClientDisconnect:
            exchange.status = CLIENT_GONE
        except Exception:
            self.metrics.faults.inc()
            log.exception("fault", request_id=exchange.request_id, path=exchange.path[:LOGGED_PATH])
            if exchange.status:
                raise
            await exchange.refuse(reasons.INTERNAL)
        finally:
            self._leave(exchange)
            self._record(exchange)

    async def _before_start(self, exchange: "_Exchange") -> None:
        self._leave(exchange)
        if exchange.status not in HELD_BACK:
            return
        actor = exchange.scope["state"].get("actor")
        caller = exchange.caller if actor is None else actor.caller
        delay_s = self._refusals.delay_s(f"{exchange.status} {caller}")
        if delay_s and self._held_back < MOST_HELD_BACK:
            self._held_back += 1
            try:
                async with asyncio.timeout(delay_s):
                    await services_of(exchange.scope).stopping.wait()
            except TimeoutError:
                pass
            finally:
                self._held_back -= 1

    def _leave(self, exchange: "_Exchange") -> None:
        self._in_flight -= exchange.has_slot
        exchange.has_slot = False

    def _record(self, exchange: "_Exchange") -> None:
        seconds = time.perf_counter() - exchange.started
        route = getattr(exchange.scope.get("route"), "path", NO_ROUTE)
        latency_s = None if exchange.path in LONG_POLLS else exchange.latency_s
        self.metrics.count(method=exchange.method, route=route, status=exchange.status, seconds=latency_s)
        fields = exchange.log_fields()
        if "reason" in fields:
            self.metrics.refused.labels(fields["reason"]).inc()
        log.info("request", **fields, ms=round(seconds * 1000, 2))


class _Exchange:
    """One request and its response. `has_slot`: it counts among the requests in flight. `caller`: whose it is.
    `latency_s`: until its response was made, None before; how long that waits and is read is not ours.
    """

    __slots__ = (
        "_on_start",
        "_send",
        "caller",
        "has_slot",
        "latency_s",
        "method",
        "path",
        "request_id",
        "scope",
        "started",
        "status",
    )

    def __init__(self, scope: Scope, send: Send, *, on_start: Callable[["_Exchange"], Awaitable[None]]) -> None:
        self.started = time.perf_counter()
        self.request_id = _request_id(scope)
        self.method: str = scope["method"]
        self.path: str = scope["path"]
        self.status = 0
        self.latency_s: float | None = None
        self.scope = scope
        scope.setdefault("state", {})["request_id"] = self.request_id
        self._send = send
        self._on_start = on_start
        self.caller = ""
        self.has_slot = False

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.latency_s = time.perf_counter() - self.started
            await self._on_start(self)
            headers = message.get("headers", ())
            message["headers"] = [*headers, (b"x-request-id", self.request_id.encode()), *self._security(headers)]
        await self._send(message)

    async def refuse(self, reason: Reason) -> None:
        self.scope["state"]["reason"] = reason.name
        response = error_response(ApiError(reason), self.request_id)
        await response(self.scope, _disconnected, self.send)

    def log_fields(self) -> dict[str, Any]:
        """The request for the log: the path, never the query string."""
        state, client = self.scope["state"], self.scope.get("client")
        fields = {
            "request_id": self.request_id,
            "method": self.method,
            "path": self.path[:LOGGED_PATH],
            "status": self.status,
            "client": client[0] if client else "",
        }
        if (actor := state.get("actor")) is not None:
            fields["actor"], fields["actor_id"] = actor.kind, actor.id
        if (reason := state.get("reason")) is not None:
            fields["reason"] = reason
        return fields

    def _security(self, headers: Any) -> Headers:
        if _JSON in headers:
            return _DATA
        if self.path.startswith(STATIC):
            return _COMMON
        if f"{self.path}/".startswith((f"{CONSOLE}/", f"{HELP}/")):
            return _BUILT
        is_page = any(name == b"content-type" and value.startswith(_HTML) for name, value in headers)
        return _PAGE if is_page else _DATA


def _request_id(scope: Scope) -> str:
    """The client's X-Request-Id if it is a plain word, else a random one."""
    for name, value in scope["headers"]:
        if name == b"x-request-id" and _REQUEST_ID.fullmatch(value):
            return bytes(value).decode()
    return f"{random.getrandbits(128):032x}"


async def _disconnected() -> Message:
    return {"type": "http.disconnect"}
