"""Responses whose body is made while it is sent: lines of JSON, events."""

import asyncio
from collections.abc import AsyncGenerator, Mapping

from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from dialplane.api.http.request import until_disconnected

NDJSON = "application/x-ndjson"
EVENTS = "text/event-stream"


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
        finally:
            disconnected.cancel()
            await self._rest.aclose()


def _chunk(content: bytes) -> Message:
    return {"type": "http.response.body", "body": content, "more_body": True}
