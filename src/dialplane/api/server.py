"""The HTTP server: uvicorn with limits on what a slow or hostile client may hold."""

import asyncio
import socket
import uuid

import structlog
import uvicorn
from fastapi import FastAPI
from httptools import HttpParserError
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from dialplane.api import reasons
from dialplane.api.errors import ApiError, envelope
from dialplane.api.reasons import Reason

log = structlog.get_logger("dialplane.api")


class LimitedProtocol(HttpToolsProtocol):
    """One connection. The head of each request has a time, a size and a number of headers that it must keep to."""

    header_timeout_s = 10.0
    header_limit_bytes = 32_768
    header_limit_count = 100

    _head_timer: asyncio.TimerHandle | None = None
    _in_head = False
    _head_bytes = 0
    _refused_for: Reason = reasons.INVALID_HTTP_REQUEST

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._end_head()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._head_timer is None and (self.cycle is None or self.cycle.response_complete):
            self._await_head()
        if self._in_head:
            self._head_bytes += len(data)
        super().data_received(data)
        if self._in_head and self._head_bytes > self.header_limit_bytes and not self.transport.is_closing():
            self._refused_for = reasons.HEADER_TOO_LARGE
            self.send_400_response("")

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._await_head()
        self._in_head = True
        self._head_bytes = 0

    def on_url(self, url: bytes) -> None:
        super().on_url(url)
        self._check_head(len(self.url))

    def on_header(self, name: bytes, value: bytes) -> None:
        super().on_header(name, value)
        self._check_head(len(self.url) + sum(len(key) + len(held) + 4 for key, held in self.headers[-1:]))

    def on_headers_complete(self) -> None:
        self._check_head(len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers))
        if self.parser.get_http_version() not in ("1.0", "1.1"):
            raise HttpParserError("another version of HTTP")
        self._end_head()
        super().on_headers_complete()

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

    def _check_head(self, size: int) -> None:
        if size > self.header_limit_bytes or len(self.headers) > self.header_limit_count:
            self._refused_for = reasons.HEADER_TOO_LARGE
            raise HttpParserError("head too large")

    def _await_head(self) -> None:
        self._end_head()
        self._head_timer = self.loop.call_later(self.header_timeout_s, self._close_late)

    def _end_head(self) -> None:
        self._in_head = False
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _close_late(self) -> None:
        if not self.transport.is_closing():
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
        app,
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
