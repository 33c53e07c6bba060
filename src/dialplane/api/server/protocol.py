"""One HTTP/1.1 connection: uvicorn's protocol, with limits on the head of each request."""

import asyncio
import uuid
from typing import cast

import structlog
from httptools import HttpParserError
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from dialplane.api.http import reasons
from dialplane.api.http.errors import ApiError, error_body
from dialplane.api.http.reasons import Reason
from dialplane.api.server.gathering import GatheringTransport

log = structlog.get_logger("dialplane.api")


class LimitedProtocol(HttpToolsProtocol):
    """A client that sends no complete head within `header_timeout_s` is cut off; one whose head is too large gets 431.

    uvicorn's own timer ends connections that are idle after a response.
    """

    header_timeout_s = 10.0
    header_limit_bytes = 32_768
    header_limit_count = 100

    _in_head = False
    _head_bytes = 0
    _head_timer: asyncio.TimerHandle | None = None
    _refused_for: Reason = reasons.INVALID_HTTP_REQUEST

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn types it
        gathering = GatheringTransport(transport, self.loop)
        super().connection_made(cast(asyncio.Transport, gathering))
        self._start_head_timer()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_head_timer()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
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
        """Answer bytes that never became a request in the form of all errors, and close the connection."""
        request_id = uuid.uuid4().hex
        log.info("refused", request_id=request_id, reason=self._refused_for.name, client=(self.client or ("",))[0])
        body = error_body(ApiError(self._refused_for), request_id)
        head = (
            f"HTTP/1.1 {self._refused_for.http} \r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n"
            f"x-request-id: {request_id}\r\nx-content-type-options: nosniff\r\nconnection: close\r\n\r\n"
        )
        self.transport.write(head.encode() + body)
        self.transport.close()

    def _start_head_timer(self) -> None:
        if self._head_timer is None:
            self._head_timer = self.loop.call_later(self.header_timeout_s, self.transport.close)

    def _stop_head_timer(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None


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
