"""The feed's query and response: newline-delimited JSON, one snapshot per response."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Annotated

import structlog
from pydantic import Field
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from dialplane.api.http.fields import Rule, longest, optional
from dialplane.api.http.query import Query, decimal
from dialplane.domain.ids import parse_id

log = structlog.get_logger("dialplane.api")

SLOWEST_CHUNK_S = 30.0
"""Longest time that a follower may take for one chunk; a slower one is cut off: it holds a snapshot of the database."""


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
    """Streams lines, each chunk within SLOWEST_CHUNK_S; a response that is cut off has no last line."""

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
            await _send_chunk(send, self._first)
            async for chunk in self._rest:
                if disconnected.done():
                    return
                await _send_chunk(send, chunk)
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        except TimeoutError:
            log.warning("follower too slow", request_id=scope["state"]["request_id"])
        finally:
            disconnected.cancel()
            await self._rest.aclose()


async def until_disconnected(receive: Receive) -> None:
    """Returns when the client has closed the connection."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def _send_chunk(send: Send, chunk: bytes) -> None:
    async with asyncio.timeout(SLOWEST_CHUNK_S):
        await send({"type": "http.response.body", "body": chunk, "more_body": True})
