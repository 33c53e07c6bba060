"""The HTTP server: uvicorn with limits on what a slow or hostile client may hold."""

import asyncio
import socket
import uuid
from typing import cast

import structlog
import uvicorn
from fastapi import FastAPI
from httptools import HttpParserError
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from dialplane.api.http import reasons
from dialplane.api.http.errors import ApiError, envelope
from dialplane.api.http.reasons import Reason
from dialplane.api.process.outgoing import Outgoing

log = structlog.get_logger("dialplane.api")


class LimitedProtocol(HttpToolsProtocol):
    """One connection. The head of each request has a time, a size and a number of headers that it must keep to."""

    header_timeout_s = 10.0
    header_limit_bytes = 32_768
    header_limit_count = 100

    _ends = 0.0
    _timer: asyncio.TimerHandle | None = None
    _is_timed = False
    _awaits_head = False
    _in_head = False
    _received = 0
    _refused_for: Reason = reasons.INVALID_HTTP_REQUEST

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        gathering = Outgoing(cast(asyncio.Transport, transport), self.loop)
        super().connection_made(cast(asyncio.Transport, gathering))
        self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._is_timed = False
        if self._timer is not None:
            self._timer.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if not self._awaits_head and (self.cycle is None or self.cycle.response_complete):
            self._await_head()
        if self._in_head:
            self._received += len(data)
        super().data_received(data)
        if self._in_head and self._received > self.header_limit_bytes and not self.transport.is_closing():
            self._refused_for = reasons.HEADER_TOO_LARGE
            self.send_400_response("")

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._await_head()
        self._in_head = True
        self._received = 0

    def on_headers_complete(self) -> None:
        size = len(self.url) + sum([len(name) + len(value) + 4 for name, value in self.headers])
        if size > self.header_limit_bytes or len(self.headers) > self.header_limit_count:
            self._refused_for = reasons.HEADER_TOO_LARGE
            raise HttpParserError("head too large")
        if self.parser.get_http_version() not in ("1.0", "1.1"):
            raise HttpParserError("another version of HTTP")
        self._is_timed = self._awaits_head = self._in_head = False
        super().on_headers_complete()

    def on_response_complete(self) -> None:
        """As uvicorn's own, but without a timer for each answer."""
        self.server_state.total_requests += 1
        if self.transport.is_closing():
            return
        self.flow.resume_reading()
        if self.pipeline:
            self._start_asgi_task(*self.pipeline.pop())
        elif not self._awaits_head:
            self._close_after(self.timeout_keep_alive)

    def send_400_response(self, msg: str) -> None:
        """Answers what never became a request, in the envelope of all refusals, and closes."""
        request_id = uuid.uuid4().hex
        log.info("refused", request_id=request_id, reason=self._refused_for.name, client=(self.client or ("",))[0])
        body = envelope(ApiError(self._refused_for), request_id)
        head = (
            f"HTTP/1.1 {self._refused_for.http} \r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n"
            f"x-request-id: {request_id}\r\nx-content-type-options: nosniff\r\nconnection: close\r\n\r\n"
        )
        self.transport.write(head.encode() + body)
        self.transport.close()

    def _await_head(self) -> None:
        self._awaits_head = True
        self._close_after(self.header_timeout_s)

    def _close_after(self, seconds: float) -> None:
        """Unless something else is said before. One timer a connection, looked at when it is due: it costs nothing."""
        self._is_timed = True
        self._ends = self.loop.time() + seconds
        if self._timer is None or self._timer.when() > self._ends:
            self._set_timer()

    def _set_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self.loop.call_at(self._ends, self._when_due)

    def _when_due(self) -> None:
        self._timer = None
        if not self._is_timed or self.transport.is_closing():
            return
        if self.loop.time() < self._ends:
            self._set_timer()
        else:
            self.transport.close()


def limited_protocol(
    *, header_timeout_s: float, header_limit_bytes: int, header_limit_count: int
) -> type[LimitedProtocol]:
    """The protocol class with these limits."""
    limits = {
        "header_timeout_s": header_timeout_s,
        "header_limit_bytes": header_limit_bytes,
        "header_limit_count": header_limit_count,
    }
    return type("LimitedProtocol", (LimitedProtocol,), limits)


class Server(uvicorn.Server):
    """A uvicorn server that tells the app before it waits for requests in flight, so that long polls end."""

    def __init__(self, config: uvicorn.Config, *, app: FastAPI) -> None:
        super().__init__(config)
        self._app = app

    @property
    def has_failed(self) -> bool:
        """Whether what runs beside the answers has ended with an error: the app cannot serve without it."""
        return bool(self.lifespan.error_occurred)

    async def on_tick(self, counter: int) -> bool:
        """Whether to end; uvicorn alone would go on answering 500."""
        return await super().on_tick(counter) or self.has_failed

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._app.state.services.stopping.set()
        await super().shutdown(sockets)

    @property
    def port(self) -> int:
        """The port it listens on, once it has started."""
        number: int = self.servers[0].sockets[0].getsockname()[1]
        return number


def make_server(
    app: FastAPI,
    *,
    host: str,
    port: int,
    protocol: type[LimitedProtocol],
    keep_alive_s: int,
    shutdown_timeout_s: int,
    trusted_proxies: tuple[str, ...],
) -> Server:
    """A server for the app, not yet listening."""
    config = uvicorn.Config(
        app.middleware_stack or app,
        host=host,
        port=port,
        http=protocol,
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=bool(trusted_proxies),
        forwarded_allow_ips=list(trusted_proxies),
        timeout_keep_alive=keep_alive_s,
        timeout_graceful_shutdown=shutdown_timeout_s,
    )
    return Server(config, app=app)
