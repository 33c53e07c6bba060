"""Responses whose body is made while it is sent: lines of JSON, events."""

import asyncio
import time
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing

from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from dialplane.api.http.request import until_disconnected

NDJSON = "application/x-ndjson"
EVENTS = "text/event-stream"
CSV = "text/csv"


READ_WITHIN_S = 60.0
SLOWEST_BYTES_PER_S = 32_768
"""How long one may take to read all that it is sent, and a second more for so many bytes: a snapshot is held meanwhile.
"""


class ReadTooSlowly(Exception):
    """Whoever reads has had its time: the connection is closed, so that nobody takes what came for the whole."""


async def read_in_time(chunks: AsyncGenerator[bytes, None]) -> AsyncGenerator[bytes, None]:
    """The chunks, as long as they are read in time. Raises ReadTooSlowly."""
    reading_s, size = 0.0, 0
    async with aclosing(chunks):
        async for chunk in chunks:
            size += len(chunk)
            began = time.monotonic()
            yield chunk
            reading_s += time.monotonic() - began
            if reading_s > READ_WITHIN_S + size / SLOWEST_BYTES_PER_S:
                raise ReadTooSlowly


class Streamed(Response):
    """Sends a body in chunks. The server ends one that is read too slowly: it may hold a snapshot of the database."""

    def __init__(
        self,
        first: bytes,
        rest: AsyncGenerator[bytes, None],
        *,
        media_type: str,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """`first` has been taken from the generator already: what refuses the request was raised then."""
        super().__init__(media_type=media_type, headers=headers)
        del self.headers["content-length"]
        self._first = first
        self._rest = rest

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        disconnected = asyncio.ensure_future(until_disconnected(receive))
        try:
            await send(_chunk(self._first))
            async for chunk in self._rest:
                if disconnected.done():
                    return
                await send(_chunk(chunk))
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        except ReadTooSlowly:
            return
        finally:
            disconnected.cancel()
            await self._rest.aclose()


def _chunk(content: bytes) -> Message:
    return {"type": "http.response.body", "body": content, "more_body": True}
