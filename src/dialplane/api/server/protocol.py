"""One HTTP/1.1 connection: uvicorn's protocol, with limits on heads, on slow readers and on connections."""

import asyncio
import socket
import uuid
from collections import Counter
from collections.abc import Container
from typing import ClassVar, cast

import structlog
from httptools import HttpParserError
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from dialplane.api.http import reasons
from dialplane.api.http.errors import ApiError, error_body
from dialplane.api.http.rate_limits import origin_of
from dialplane.api.http.reasons import Reason
from dialplane.api.server.gathering import GatheringTransport
from dialplane.api.server.peers import UNIX

log = structlog.get_logger("dialplane.api")


MOST_PIPELINED = 16
"""Requests of one connection that wait for the answer to the one before; few clients send any before they have read it.

Without a limit 60 connections with half a megabyte of short ones each took 2.4 GB, and half a minute (measured)."""


class LimitedProtocol(HttpToolsProtocol):
    """A client that sends no complete head within `header_timeout_s` is cut off; one whose head is too large gets 431.

    MOST_PIPELINED requests may wait for their turn; one more gets 503, behind the answers to those before it.
    One that has not read what it was sent within `write_timeout_s` is cut off, too: until then an answer of any size
    stays in memory. An address, unless it is in `proxies`, has at most `connections_per_address` connections; one more
    gets 503. uvicorn's own timer ends connections that are idle after a response.
    """

    header_timeout_s = 10.0
    header_limit_bytes = 32_768
    header_limit_count = 100
    write_timeout_s = 30.0
    connections_per_address = 512
    proxies: Container[str] = ()
    connections_of: ClassVar[Counter[str]] = Counter()

    _in_head = False
    _head_bytes = 0
    _head_timer: asyncio.TimerHandle | None = None
    _write_timer: asyncio.TimerHandle | None = None
    _refused_for: Reason = reasons.INVALID_HTTP_REQUEST
    _is_refused = False
    _address = ""
    _origin = ""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn types it
        gathering = GatheringTransport(transport, self.loop)
        super().connection_made(cast(asyncio.Transport, gathering))
        if transport.get_extra_info("socket").family == socket.AF_UNIX:
            self.client = (UNIX, 0)
        self._address = self.client[0] if self.client else ""
        self._origin = origin_of(self._address)
        self.connections_of[self._origin] += 1
        if self.connections_of[self._origin] > self.connections_per_address and self._address not in self.proxies:
            self._refused_for = reasons.OVERLOADED
            self.send_400_response("")
        else:
            self._start_head_timer()

    def connection_lost(self, exc: Exception | None) -> None:
        self.connections_of[self._origin] -= 1
        if not self.connections_of[self._origin]:
            del self.connections_of[self._origin]
        self._stop_head_timer()
        self._stop_write_timer()
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        super().pause_writing()
        self._start_write_timer()

    def resume_writing(self) -> None:
        super().resume_writing()
        if not self.transport.is_closing():
            self._stop_write_timer()

    def timeout_keep_alive_handler(self) -> None:
        super().timeout_keep_alive_handler()
        self._start_write_timer()

    def on_response_complete(self) -> None:
        is_last = not self.pipeline
        super().on_response_complete()
        if self.transport.is_closing():
            self._start_write_timer()
        elif self._is_refused and is_last:
            self._refuse()

    def data_received(self, data: bytes) -> None:
        if self._is_refused:
            return
        if self._in_head:
            self._head_bytes += len(data)
        super().data_received(data)
        if self.transport.is_closing():
            return
        if self._in_head and self._head_bytes > self.header_limit_bytes:
            self._refused_for = reasons.HEADER_TOO_LARGE
            self.send_400_response("")
        elif self._in_head or self.cycle is None or self.cycle.response_complete:
            self._start_head_timer()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._in_head = True
        self._head_bytes = 0

    def on_headers_complete(self) -> None:
        size = len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers)
        if size > self.header_limit_bytes or len(self.headers) > self.header_limit_count:
            self._refused_for = reasons.HEADER_TOO_LARGE
            raise HttpParserError("head too large")
        self._refuse_ambiguous()
        if len(self.pipeline) >= MOST_PIPELINED:
            self._refused_for = reasons.OVERLOADED
            raise HttpParserError("too many requests before the first is answered")
        self._in_head = False
        self._stop_head_timer()
        super().on_headers_complete()

    def _refuse_ambiguous(self) -> None:
        """Raises HttpParserError for what a proxy may read in another way: RFC 9112, sections 2.3, 3.2 and 6.1."""
        version = self.parser.get_http_version()
        if version not in ("1.0", "1.1"):
            raise HttpParserError("unsupported version of HTTP")
        hosts = sum(name == b"host" for name, _ in self.headers)
        if hosts > 1 or (hosts == 0 and version == "1.1"):
            raise HttpParserError("not one Host")
        codings = [value.strip().lower() for name, value in self.headers if name == b"transfer-encoding"]
        if codings not in ([], [b"chunked"]):
            raise HttpParserError("unsupported transfer coding")

    def send_400_response(self, msg: str) -> None:
        """Refuse bytes that never became a request, once the requests before them are answered."""
        self._is_refused = True
        if self.cycle is not None and self.cycle.more_body and self.pipeline:
            self.pipeline.popleft()  # what is broken is the body of a request that waits for its turn
        elif self.cycle is None or self.cycle.more_body or self.cycle.response_complete:
            self._refuse()

    def _refuse(self) -> None:
        """Answer in the form of all errors, and close the connection."""
        request_id = uuid.uuid4().hex
        log.info("refused", request_id=request_id, reason=self._refused_for.name, client=self._address)
        error = ApiError(self._refused_for)
        body = error_body(error, request_id)
        headers = "".join(f"{name}: {value}\r\n" for name, value in error.headers.items())
        head = (
            f"HTTP/1.1 {self._refused_for.http} \r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n"
            f"x-request-id: {request_id}\r\nx-content-type-options: nosniff\r\n{headers}connection: close\r\n\r\n"
        )
        self.transport.write(head.encode() + body)
        self._close()

    def _close(self) -> None:
        """Close the connection once the client has read what it was sent."""
        self.transport.close()
        self._start_write_timer()

    def _start_write_timer(self) -> None:
        if self._write_timer is None:
            self._write_timer = self.loop.call_later(self.write_timeout_s, self._cut_off)

    def _stop_write_timer(self) -> None:
        if self._write_timer is not None:
            self._write_timer.cancel()
            self._write_timer = None

    def _cut_off(self) -> None:
        log.info(
            "client too slow to read, cut off", client=self._address, unread=self.transport.get_write_buffer_size()
        )
        self.transport.abort()

    def _start_head_timer(self) -> None:
        if self._head_timer is None:
            self._head_timer = self.loop.call_later(self.header_timeout_s, self._close)

    def _stop_head_timer(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None


def limited_protocol(
    *,
    header_timeout_s: float,
    header_limit_bytes: int,
    header_limit_count: int,
    write_timeout_s: float,
    connections_per_address: int,
    proxies: Container[str],
) -> type[LimitedProtocol]:
    """The protocol class with these limits."""
    limits = {
        "header_timeout_s": header_timeout_s,
        "header_limit_bytes": header_limit_bytes,
        "header_limit_count": header_limit_count,
        "write_timeout_s": write_timeout_s,
        "connections_per_address": connections_per_address,
        "proxies": proxies,
        "connections_of": Counter(),
    }
    return type("LimitedProtocol", (LimitedProtocol,), limits)
