"""What an API process does again and again beside answering: keep contacts, close lost calls, show the network."""

import asyncio
import time
from collections.abc import Awaitable, Callable

import structlog

from dialplane.api.process.gauges import MOST_EDGES, MOST_PROVIDERS, MOST_VIEWS, WINDOW_S
from dialplane.api.process.services import Services, instant_now
from dialplane.control import edges, health, lost_calls, stats
from dialplane.control.actor import SYSTEM
from dialplane.control.stats import Window
from dialplane.domain.errors import Unavailable

CONTACTS_EVERY_S = 1.0
SURVEY_EVERY_S = 15.0
SHARE = 0.05
"""A round that takes long comes less often: it may take so much of the time, however many calls there are."""

log = structlog.get_logger("dialplane.api")


async def keep_contacts(services: Services) -> None:
    """Stores when each edge was heard; never returns."""
    await _again(services, "contacts", CONTACTS_EVERY_S, lambda: services.contacts.store(services.db))


async def survey(services: Services, *, max_call_s: int) -> None:
    """Closes the calls that nobody will end, and shows edges and providers as metrics; never returns."""

    async def once() -> None:
        closed = await lost_calls.close(services.db, now=instant_now(), max_call_s=max_call_s)
        if closed:
            services.metrics.lost_calls.inc(closed)
            log.warning("calls closed whose end nobody reported", count=closed)
        await _show(services)

    await _again(services, "survey", SURVEY_EVERY_S, once)


async def _show(services: Services) -> None:
    now, shown = instant_now(), services.metrics.network
    window = Window(since=now - WINDOW_S * 1_000_000, until=now)
    async with services.db.read() as unit:
        shown.show_edges(await edges.list_(unit, SYSTEM, now=now, page_size=MOST_EDGES))
        shown.show_views(await health.all_views(unit, limit=MOST_VIEWS))
        shown.show_providers(await stats.list_(unit, SYSTEM, stats.PROVIDERS, window, limit=MOST_PROVIDERS))


async def _again(services: Services, name: str, every_s: float, work: Callable[[], Awaitable[object]]) -> None:
    """A database that is away is waited for; any other failure is a fault, and takes the process down."""
    while True:
        began = time.monotonic()
        try:
            await work()
            services.metrics.heartbeats.labels(name).set_to_current_time()
        except Unavailable as error:
            log.warning("round left out", round=name, why=error.code)
        services.turned[name] = time.monotonic()
        took_s = services.turned[name] - began
        await asyncio.sleep(max(every_s, took_s / SHARE - took_s))
