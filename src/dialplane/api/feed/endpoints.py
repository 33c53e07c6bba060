"""`GET /v1.0/feed`: everything that changed since a revision, as one snapshot; a long poll."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import AbstractContextManager, aclosing, asynccontextmanager, nullcontext

import msgspec
from starlette.responses import Response
from starlette.types import Receive

from dialplane.api.feed.schemas import FeedQuery, FeedResponse
from dialplane.api.http.request import AuthenticatedRequest, until_disconnected
from dialplane.api.http.resource import Resource
from dialplane.api.http.services import Services, held
from dialplane.control import feed, permissions
from dialplane.control.units import FEED as FEED_WORK
from dialplane.system.clock import now_us

FEED = Resource("/v1.0/feed", tag="edges")

_DESCRIPTION = """Newline-delimited JSON. The first line is `{"epoch", "revision", "full"}`, then one
`{"kind", "record"}` for each object that changed in (since, revision], and last `{"end", "count"}`. An answer without
its last line must be thrown away. `full` means: start from nothing."""


@FEED.endpoint(
    "GET",
    summary="Follow changes",
    description=_DESCRIPTION,
    permission="feed.read",
    media_type=FeedResponse.media_type,
    work=FEED_WORK,
)
async def follow_feed(request: AuthenticatedRequest, query: FeedQuery) -> Response:
    edge = permissions.require_edge(request.actor, "feed.read", query.edge)
    if edge is not None:
        request.services.contacts.polled(edge, now=now_us(), revision=query.since, epoch=query.epoch)
    with _slot_of_edge(request):
        await _until_newer(request.services, query, request.http.receive)
    chunks = _chunks(request, query)
    return FeedResponse(await anext(chunks), chunks)


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
    """The feed in chunks. First loads take turns, so that many edges that start at once do not hold every reader."""
    services = request.services
    turn = _turn_to_load(services, request.actor.id) if query.since == 0 else nullcontext()
    stream = feed.stream(services.db, request.actor, since=query.since, epoch=query.epoch)
    async with turn, aclosing(stream) as chunks:
        is_head = True
        async for chunk in chunks:
            if is_head:
                _record_lag(services, chunk, query.since)
                is_head = False
            services.metrics.feed_bytes.inc(len(chunk))
            yield chunk


@asynccontextmanager
async def _turn_to_load(services: Services, caller: str) -> AsyncIterator[None]:
    await services.first_loads.wait(caller, within_s=None)
    try:
        yield
    finally:
        services.first_loads.leave(caller)


def _record_lag(services: Services, head: bytes, since: int) -> None:
    revision = msgspec.json.decode(head.partition(b"\n")[0])["revision"]
    services.metrics.revision.set(revision)
    services.metrics.feed_lag.set(max(0, revision - since))
