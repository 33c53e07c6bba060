"""`GET /v1.0/stream`: server-sent events (HTML Living Standard, section 9.2), resumed by `Last-Event-ID`."""

import asyncio
import math
import time
from collections.abc import AsyncGenerator, AsyncIterator, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass

import msgspec
from starlette.responses import Response

from dialplane.api.http.errors import ApiError
from dialplane.api.http.published import Event, Published
from dialplane.api.http.request import AuthenticatedRequest, authenticate, until_disconnected
from dialplane.api.http.resource import Resource
from dialplane.api.http.services import held
from dialplane.api.http.streamed import EVENTS, Streamed
from dialplane.api.stream.schemas import MEANINGS, READY, RESET, StreamQuery
from dialplane.control import permissions
from dialplane.control.actor import Actor
from dialplane.control.permissions import Scope
from dialplane.control.units import REQUESTS
from dialplane.domain.errors import DialplaneError

STREAM = Resource("/v1.0/stream", tag="stream")

HEARTBEAT_S = 15.0
"""Silence after which a comment is sent, for proxies that close what is silent; and who watches is looked at again."""

RETRY_MS = 2_000
"""When a browser comes back after its connection has broken off."""

SENT_AT_ONCE = 200
"""Events of one piece: whoever comes back after a while, or reads slowly, has no more of them in memory than that."""

_NOT_BUFFERED = {"X-Accel-Buffering": "no"}
"""For nginx, which else collects answers before it passes them on."""

_DESCRIPTION = """Server-sent events. `ready` comes first; `reset` says that events are missing (the process was started
anew, or the stream was away for too long): load anew what you show. A comment comes each 15 s. Events, by topic:

""" + "\n".join(f"- `{topic}`: `{each.event}`, {each.meaning}" for topic, each in MEANINGS.items())


@dataclass(frozen=True, slots=True)
class Watch:
    """Who watches what. `customer_id`: of calls, only this customer's."""

    actor: Actor
    topics: Collection[str]
    customer_id: str | None

    @classmethod
    def of(cls, actor: Actor, query: StreamQuery) -> "Watch":
        """What a query asks for. Raises PermissionDenied."""
        if query.topics is None:
            topics = [topic for topic, each in MEANINGS.items() if permissions.may(actor, each.permission)]
        else:
            topics = list(query.topics)
        for topic in topics:
            permissions.require(actor, MEANINGS[topic].permission)
        is_own = permissions.require(actor, "stream.read") is Scope.OWN
        return cls(actor, topics, actor.customer_id if is_own else query.customer_id)

    def text_of(self, event: Event) -> bytes | None:
        """An event as this one may see it; None if not."""
        if event.topic not in self.topics:
            return None
        if event.for_customer is not None and self.customer_id not in (None, event.customer_id):
            return None
        sees_carriers = event.for_customer is None or permissions.may(self.actor, "provider.get")
        return event.text if sees_carriers else event.for_customer


@STREAM.endpoint(
    "GET",
    summary="Watch what happens",
    description=_DESCRIPTION,
    permission="stream.read",
    media_type=EVENTS,
    work=REQUESTS,
)
async def watch_stream(request: AuthenticatedRequest, query: StreamQuery) -> Response:
    watch = Watch.of(request.actor, query)
    resumed = request.http.headers.get("last-event-id") or query.last_event_id
    ends = None if query.for_s is None else time.monotonic() + query.for_s
    chunks = _chunks(request, _Reader(request.services.published, watch, resumed), ends=ends)
    return Streamed(await anext(chunks), chunks, media_type=EVENTS, headers=_NOT_BUFFERED)


async def _chunks(
    request: AuthenticatedRequest, reader: "_Reader", *, ends: float | None
) -> AsyncGenerator[bytes, None]:
    """Until `ends`, a time of time.monotonic(). Raises ApiError 429 or 503 at once if there is no room to watch."""
    with held(request.services.streams, request.actor.caller):
        yield reader.begin()
        async with _until_left(request) as left:
            while not left.is_set():
                if news := reader.unsent():
                    yield news
                if reader.is_due:
                    if not await _may_stay(request):
                        return
                    yield reader.heartbeat()
                if reader.is_behind:
                    await asyncio.sleep(0)
                    continue
                if ends is not None and time.monotonic() >= ends:
                    return
                await _news_or_end(reader, left, ends=ends)


class _Reader:
    """How far one who watches has come. `resumed`: the id of the last event before, None at the first time."""

    def __init__(self, published: Published, watch: Watch, resumed: str | None) -> None:
        self._published = published
        self._watch = watch
        self._number = published.number_of(resumed) if resumed else published.last
        self._looked_at = time.monotonic()

    def begin(self) -> bytes:
        """The first event; its id is that of the event before, from which it goes on."""
        return f"retry: {RETRY_MS}\n\n".encode() + self._own(READY)

    def unsent(self) -> bytes:
        """What is new; that events are missing, if some are."""
        published = self._published
        is_whole = self._number is not None and published.has_all_after(self._number)
        begin = b"" if is_whole else self._own(RESET, number=published.last)
        events = published.after(self._number, SENT_AT_ONCE) if is_whole and self._number is not None else []
        self._number = events[-1].number if events else published.last
        return begin + b"".join(
            _line(published.id_of(event.number), event.kind, text)
            for event in events
            if (text := self._watch.text_of(event)) is not None
        )

    @property
    def is_behind(self) -> bool:
        """Whether there is more to tell already."""
        return self._number != self._published.last

    @property
    def is_due(self) -> bool:
        """Whether it is time for a heartbeat."""
        return time.monotonic() - self._looked_at >= HEARTBEAT_S

    def heartbeat(self) -> bytes:
        """A comment, and how far this has come, whether or not any event of it was sent."""
        self._looked_at = time.monotonic()
        return f": \nid: {self._published.id_of(self._number or 0)}\n\n".encode()

    async def news(self, *, ends: float | None) -> None:
        """Returns once there is something new, or it is time for a heartbeat, or for the end."""
        until = min(self._looked_at + HEARTBEAT_S, ends or math.inf)
        await self._published.news(self._number or 0, within_s=until - time.monotonic())

    def _own(self, name: str, *, number: int | None = None) -> bytes:
        id_ = self._published.id_of(self._number or 0 if number is None else number)
        return _line(id_, name, msgspec.json.encode({"topics": list(self._watch.topics)}))


@asynccontextmanager
async def _until_left(request: AuthenticatedRequest) -> AsyncIterator[asyncio.Event]:
    """Set once the client has closed the connection, or the process stops."""
    left = asyncio.Event()
    ends = [
        asyncio.ensure_future(until_disconnected(request.http.receive)),
        asyncio.ensure_future(request.services.stopping.wait()),
    ]
    for end in ends:
        end.add_done_callback(lambda _: left.set())
    try:
        yield left
    finally:
        for end in ends:
            end.cancel()


async def _news_or_end(reader: _Reader, left: asyncio.Event, *, ends: float | None) -> None:
    waits = {asyncio.ensure_future(reader.news(ends=ends)), asyncio.ensure_future(left.wait())}
    try:
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()


async def _may_stay(request: AuthenticatedRequest) -> bool:
    """Whether the credentials are still good, for the same."""
    try:
        actor = await authenticate(request.http, request.services)
    except (ApiError, DialplaneError):
        return False
    return (actor.permission, actor.customer_id) == (request.actor.permission, request.actor.customer_id)


def _line(id_: str, name: str, text: bytes) -> bytes:
    return f"id: {id_}\nevent: {name}\ndata: ".encode() + text + b"\n\n"
