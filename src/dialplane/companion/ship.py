"""Loop 2: the event log, to the API. At least once; the API stores each event once."""

import asyncio
import json
import time
from collections.abc import Sequence
from typing import Any

import structlog

from dialplane.client import ApiError, AsyncClient
from dialplane.companion.backoff import Backoff
from dialplane.companion.heartbeat import Heartbeats
from dialplane.eventlog.reader import Batch, Event, EventLog

LOOP = "events"
GATHER_S = 0.1
"""Between batches that are not full: each costs the API a transaction, however few events it has."""

TIDY_S = 30.0
REFUSALS = frozenset({400, 413, 422})
"""The API read the batch and will not take it: sending the same again cannot help."""

log = structlog.get_logger()


class EventShipper:
    """Hands the lines in, in order and in batches, and acknowledges each batch once the API has it."""

    def __init__(
        self,
        client: AsyncClient,
        eventlog: EventLog,
        *,
        edge: str,
        heartbeats: Heartbeats,
        backoff: Backoff | None = None,
    ) -> None:
        self._client = client
        self._eventlog = eventlog
        self._edge = edge
        self._heartbeats = heartbeats
        self._backoff = backoff or Backoff()
        self._tidied = 0.0
        self._shipped = 0
        self._away = False

    async def run(self) -> None:
        """Ship for ever."""
        while True:
            batch = await asyncio.to_thread(self._eventlog.next_batch)
            self._heartbeats.beat(LOOP, shipped=self._shipped)
            if batch is not None:
                await self._ship(batch)
            await self._tidy()
            if batch is None or not batch.is_full:
                await asyncio.sleep(GATHER_S)

    async def _ship(self, batch: Batch) -> None:
        if batch.refused:
            log.warning("lines that are no events put aside", file=batch.name, lines=len(batch.refused))
        await self._deliver(batch.events)
        await self._acknowledge(batch)

    async def _acknowledge(self, batch: Batch) -> None:
        """A full disk delays this, and what is sent again because of it is stored once all the same."""
        try:
            await asyncio.to_thread(self._eventlog.acknowledge, batch)
        except OSError as error:
            log.error("acknowledgement not kept", why=error.strerror)
            await asyncio.sleep(self._backoff.next_s())

    async def _deliver(self, events: Sequence[Event]) -> None:
        """Until the API has them. Of a batch that it will not take, the halves are tried: one bad event stops none."""
        while events:
            try:
                accepted = await self._client.post_events(
                    self._edge, list(events), agent=await asyncio.to_thread(self._told)
                )
            except ApiError as error:
                if error.http_status in REFUSALS:
                    await self._deliver_parts(events, error)
                    return
                await self._wait(error)
                continue
            self._took(accepted, len(events))
            return

    def _told(self) -> dict[str, Any]:
        """How this agent is, for whoever watches the API's metrics."""
        return {"backlog_bytes": self._eventlog.backlog_bytes(), "loops": self._heartbeats.ages_s()}

    async def _deliver_parts(self, events: Sequence[Event], error: ApiError) -> None:
        if len(events) == 1:
            log.warning("event refused by the API, put aside", why=str(error))
            try:
                await asyncio.to_thread(self._eventlog.refuse, json.dumps(dict(events[0])).encode())
            except OSError as failure:
                log.error("event not put aside", why=failure.strerror, event=events[0].get("id"))
            return
        middle = len(events) // 2
        await self._deliver(events[:middle])
        await self._deliver(events[middle:])

    def _took(self, accepted: int, sent: int) -> None:
        if self._away:
            log.info("event log is being taken again")
        if accepted < sent:
            log.warning("events not taken by the API", events=sent - accepted)
        self._away = False
        self._shipped += sent
        self._backoff.reset()

    async def _wait(self, error: ApiError) -> None:
        if not self._away:
            log.warning("event log not taken, kept until it is", why=str(error))
        self._away = True
        self._heartbeats.beat(LOOP)
        await asyncio.sleep(self._backoff.next_s(at_least_s=min(error.retry_after_s or 0.0, 60.0)))

    async def _tidy(self) -> None:
        if time.monotonic() - self._tidied < TIDY_S:
            return
        self._tidied = time.monotonic()
        deleted = await asyncio.to_thread(self._eventlog.delete_finished)
        if deleted:
            log.info("acknowledged hours deleted", files=deleted)
