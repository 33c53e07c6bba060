"""`GET /v1.0/feed`: everything that changed since a revision, as one snapshot; a long poll."""

import asyncio
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing, contextmanager, nullcontext
from typing import Annotated

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive

from dialplane.api.feed.schemas import Follow, Lines, until_gone
from dialplane.api.http import reasons
from dialplane.api.http.asking import Asking, Asks
from dialplane.api.http.checks import query
from dialplane.api.http.errors import ApiError
from dialplane.api.http.operation import operation
from dialplane.api.http.routing import resource
from dialplane.api.process.services import Services, instant_now
from dialplane.control import feed

router = resource("/v1.0/feed", tag="edges")

_DESCRIPTION = """Newline-delimited JSON. The first line is `{"epoch", "revision", "full"}`, then one
`{"kind", "record"}` for each object that changed in (since, revision], and last `{"end", "count"}`. An answer without
its last line must be thrown away. `full` means: start from nothing."""


@router.get(
    "",
    **operation(
        "followFeed",
        "Follow changes",
        permission="feed.read",
        query=Follow,
        description=_DESCRIPTION,
        media_type=Lines.media_type,
    ),
)
async def follow_feed(request: Request, asks: Asks, asked: Annotated[Follow, query(Follow)]) -> Response:
    if asked.edge is not None:
        asks.services.contacts.polled(asked.edge, now=instant_now(), revision=asked.since, epoch=asked.epoch)
    with _followed(asks.services):
        await _until_newer(asks.services, asked, request.receive)
    lines = _lines(asks, asked)
    return Lines(await anext(lines), lines)


@contextmanager
def _followed(services: Services) -> Iterator[None]:
    if services.followers >= services.limits.feed_followers:
        raise ApiError(reasons.OVERLOADED)
    services.followers += 1
    services.metrics.followers.set(services.followers)
    try:
        yield
    finally:
        services.followers -= 1
        services.metrics.followers.set(services.followers)


async def _until_newer(services: Services, asked: Follow, receive: Receive) -> None:
    """Returns when there is news, the wait is over, the follower has gone, or the process has to stop."""
    news = asyncio.ensure_future(feed.wait(services.db, since=asked.since, epoch=asked.epoch, wait_s=asked.wait))
    tasks = {news, asyncio.ensure_future(services.stopping.wait()), asyncio.ensure_future(until_gone(receive))}
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        if news.done():
            news.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)


async def _lines(asks: Asking, asked: Follow) -> AsyncGenerator[bytes, None]:
    """The feed's chunks. First loads take turns, so that a fleet that starts at once does not hold every reader."""
    services = asks.services
    turn = services.first_loads if asked.since == 0 else nullcontext()
    async with turn, aclosing(_stream(asks, asked)) as chunks:
        is_head = True
        async for chunk in chunks:
            if is_head:
                _note_lag(services, chunk, asked.since)
                is_head = False
            services.metrics.feed_bytes.inc(len(chunk))
            yield chunk


def _stream(asks: Asking, asked: Follow) -> AsyncGenerator[bytes, None]:
    return feed.stream(asks.services.db, asks.actor, since=asked.since, epoch=asked.epoch)


def _note_lag(services: Services, head: bytes, since: int) -> None:
    revision = msgspec.json.decode(head.partition(b"\n")[0])["revision"]
    services.metrics.revision.set(revision)
    services.metrics.feed_lag.set(max(0, revision - since))
