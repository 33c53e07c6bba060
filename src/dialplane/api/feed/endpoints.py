"""`GET /v1.0/feed`: everything that changed since a revision, as one snapshot; a long poll."""

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import AbstractContextManager, aclosing, asynccontextmanager, nullcontext, suppress

import msgspec
from starlette.responses import Response
from starlette.types import Receive

from dialplane.api.feed.schemas import FeedQuery
from dialplane.api.http.clocks import sent_at
from dialplane.api.http.request import AuthenticatedRequest, until_disconnected
from dialplane.api.http.resource import Resource
from dialplane.api.http.services import Services, held
from dialplane.api.http.streamed import NDJSON, Streamed
from dialplane.control import feed, permissions
from dialplane.control.units import FEED as FEED_WORK
from dialplane.system.clock import now_us

FEED = Resource("/v1.0/feed", tag="edges")

SMALL_FEED_BYTES = 1 << 18
"""What is read whole before it is sent: some 800 routes. However many are read slowly, they take little memory."""

LARGE_FEED_S = 600.0
"""How long a larger one may take while others wait for their turn: a million routes at 4 Mbit/s."""

_DESCRIPTION = """Newline-delimited JSON. The first line is `{"epoch", "revision", "full"}`, then one
`{"kind", "record"}` for each object that changed in (since, revision], and last `{"end", "count"}`. An answer without
its last line must be thrown away. `full` means: start from nothing."""


@FEED.endpoint(
    "GET",
    summary="Follow changes",
    description=_DESCRIPTION,
    permission="feed.read",
    media_type=NDJSON,
    work=FEED_WORK,
)
async def follow_feed(request: AuthenticatedRequest, query: FeedQuery) -> Response:
    edge = permissions.require_edge(request.actor, "feed.read", query.edge)
    if edge is not None:
        services = request.services
        sent = sent_at(request.http)
        if services.contacts.polled(edge, now=now_us(), revision=query.since, epoch=query.epoch, sent=sent):
            services.news.of_edges([edge])
    with _slot_of_edge(request):
        await _until_newer(request.services, query, request.http.receive)
    chunks = _chunks(request, query)
    head = await anext(chunks)
    _record_lag(request.services, head, query.since)
    return Streamed(head, chunks, media_type=NDJSON)


def _slot_of_edge(request: AuthenticatedRequest) -> AbstractContextManager[None]:
    """A slot among the few long polls of an edge that has a key of its own. Raises ApiError 429."""
    return held(request.services.bound_polls, request.actor.id) if request.actor.edge else nullcontext()


async def _until_newer(services: Services, query: FeedQuery, receive: Receive) -> None:
    """Wait for a newer revision, the end of `wait`, the end of the connection, or the stop of the process."""
    news = asyncio.ensure_future(feed.wait(services.db, since=query.since, epoch=query.epoch, wait_s=query.wait))
    tasks = {news, asyncio.ensure_future(services.stopping.wait()), asyncio.ensure_future(until_disconnected(receive))}
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        if news.done():
            news.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)


async def _chunks(request: AuthenticatedRequest, query: FeedQuery) -> AsyncGenerator[bytes, None]:
    """The feed in chunks. One that is small is read whole first: however slowly an edge reads it, it holds no reader.

    Large ones hold one until they are sent, so they take turns edge by edge, and leave readers to the small ones.
    """
    services = request.services
    small = await _small(_stream(request, query))
    if small is not None:
        for chunk in small:
            yield _counted(services, chunk)
        return
    async with _turn_to_load(services, request.actor.id) as ends, aclosing(_stream(request, query)) as chunks:
        async for chunk in chunks:
            yield _counted(services, chunk)
            if services.large_feeds.is_waited_for and time.monotonic() > ends:
                raise feed.FeedBroken(f"it took more than {LARGE_FEED_S:.0f} s to send, and others wait")


def _stream(request: AuthenticatedRequest, query: FeedQuery) -> AsyncGenerator[bytes, None]:
    return feed.stream(request.services.db, request.actor, since=query.since, epoch=query.epoch)


async def _small(stream: AsyncGenerator[bytes, None]) -> list[bytes] | None:
    """All chunks of a feed, if they are small together and do not break off."""
    read, size = list[bytes](), 0
    with suppress(feed.FeedBroken):
        async with aclosing(stream) as chunks:
            async for chunk in chunks:
                read.append(chunk)
                size += len(chunk)
                if size > SMALL_FEED_BYTES:
                    return None
        return read
    return None


def _counted(services: Services, chunk: bytes) -> bytes:
    services.metrics.feed.bytes.inc(len(chunk))
    return chunk


@asynccontextmanager
async def _turn_to_load(services: Services, caller: str) -> AsyncIterator[float]:
    """One of few that send a large feed; until when on the monotonic clock, if others wait."""
    await services.large_feeds.wait(caller, within_s=None)
    try:
        yield time.monotonic() + LARGE_FEED_S
    finally:
        services.large_feeds.leave(caller)


def _record_lag(services: Services, head: bytes, since: int) -> None:
    revision = msgspec.json.decode(head.partition(b"\n")[0])["revision"]
    services.metrics.revision.set(revision)
    services.metrics.feed.lag.set(max(0, revision - since))
