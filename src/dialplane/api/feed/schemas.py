"""The feed's query and response: newline-delimited JSON, one snapshot per response."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Annotated

from pydantic import Field
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from dialplane.api.http.fields import Rule, longest, optional
from dialplane.api.http.query import Query, decimal
from dialplane.api.http.request import until_disconnected
from dialplane.domain.ids import parse_id


def _epoch(text: str) -> str:
    return parse_id(text) if text else ""


class FeedQuery(Query):
    """From where, and how long to wait for news."""

    since: Annotated[int, decimal(0, 2**63 - 1), Field(description="The newest revision that the edge has.")] = 0
    epoch: Annotated[
        str, Rule(_epoch, {"type": "string"}), Field(description="The epoch of that revision; empty for none.")
    ] = ""
    wait: Annotated[int, decimal(0, 30), Field(description="Seconds to wait when there is nothing newer.")] = 0
    edge: Annotated[str, longest(255)] = optional("Name of the edge.")


class FeedResponse(Response):
    """Streams lines; a response that is cut off has no last line. The server ends one that is read too slowly: it holds
    a snapshot of the database.
    """

    media_type = "application/x-ndjson"

    def __init__(self, first: bytes, rest: AsyncGenerator[bytes, None]) -> None:
        super().__init__()
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
