"""Loop 2: ships the event log to the API, each event at least once; the API stores each once."""

import asyncio
import time
from collections.abc import Sequence

import msgspec
import structlog

from dialplane.client import ApiError, AsyncClient
from dialplane.client.schemas import AgentReport
from dialplane.companion.heartbeat import Heartbeats
from dialplane.eventlog.kinds import AnyEvent
from dialplane.eventlog.reader import Backlog, Batch
from dialplane.eventlog.writer import encoded
from dialplane.system.backoff import Backoff

LOOP = "events"
GATHER_S = 0.1
"""Pause after a batch that is not full: each batch costs the API a transaction, however few events it has."""

TIDY_S = 30.0
REFUSALS = frozenset({400, 413, 422})
"""The API has read the batch and refuses it: sending the same again cannot help."""

SUSPICIOUS = frozenset({404, 500})
"""It may be one of the events at which the API fails, or the API itself: what it takes of the others tells."""

PATIENCE = 3
"""How often a batch is sent that is answered so, before its parts are sent."""

MOST_PARTS = 40
"""Parts of a batch that are sent in vain before the API is taken to fail at all events. To find one event among 2000
takes fewer."""

log = structlog.get_logger()


class EventShipper:
    """Sends the events in order and in batches, and acknowledges each batch once the API has it."""

    def __init__(
        self,
        client: AsyncClient,
        backlog: Backlog,
        *,
        edge: str,
        heartbeats: Heartbeats,
        backoff: Backoff | None = None,
    ) -> None:
        self._client = client
        self._backlog = backlog
        self._edge = edge
        self._heartbeats = heartbeats
        self._backoff = backoff or Backoff()
        self._tidied = 0.0
        self._shipped = 0
        self._is_failing = False

    async def run(self) -> None:
        """Ship until cancelled."""
        while True:
            batch = await asyncio.to_thread(self._backlog.next_batch)
            self._heartbeats.beat(LOOP, shipped=self._shipped)
            if batch is not None:
                await self._ship(batch)
            await self._tidy()
            if batch is None or not batch.is_full:
                await asyncio.sleep(GATHER_S)

    async def _ship(self, batch: Batch) -> None:
        if batch.refused:
            log.warning("lines that are no events put aside", file=batch.name, lines=len(batch.refused))
        if await self._deliver(batch.events):
            await self._acknowledge(batch)

    async def _acknowledge(self, batch: Batch) -> None:
        """A full disk delays the acknowledgement; what is sent again because of that is stored once nevertheless."""
        try:
            await asyncio.to_thread(self._backlog.acknowledge, batch)
        except OSError as error:
            log.error("acknowledgement not kept", why=error.strerror)
            await asyncio.sleep(self._backoff.next_s())

    async def _deliver(self, events: Sequence[AnyEvent]) -> bool:
        """Send until the API has them; whether it has. If it refuses the batch, send the halves: one bad event stops
        no other.

        False if the API fails (SUSPICIOUS) at the batch and at all parts of it: then the batch is to be read again,
        with what has been written behind it.
        """
        failures = 0
        while events and failures < PATIENCE:
            try:
                await self._send(events)
            except ApiError as error:
                if error.http_status in REFUSALS:
                    return await self._deliver_halves(events, error)
                failures = failures + 1 if error.http_status in SUSPICIOUS else 0
                await self._wait(error)
            else:
                return True
        return not events or await self._deliver_parts(events)

    async def _send(self, events: Sequence[AnyEvent]) -> None:
        answer = await self._client.report_events(
            self._edge, msgspec.to_builtins(events), agent=await asyncio.to_thread(self._report)
        )
        self._accepted(answer["accepted"], of=len(events))

    async def _error_of(self, events: Sequence[AnyEvent]) -> ApiError | None:
        self._heartbeats.beat(LOOP)
        try:
            await self._send(events)
        except ApiError as error:
            return error
        return None

    async def _deliver_parts(self, events: Sequence[AnyEvent]) -> bool:
        """Send halves, halves of those that fail, and so on; whether all events are delivered or put aside.

        An event at which the API fails alone is put aside only if it does so again once the API has taken another one
        of the batch. Until then it may be the API that fails at all events, and none is given up for that.
        """
        parts, failed = [events], list[AnyEvent]()
        taken = in_vain = 0
        while parts and (taken or in_vain < MOST_PARTS):
            part = parts.pop()
            if (error := await self._error_of(part)) is None:
                taken += len(part)
            elif error.http_status not in SUSPICIOUS | REFUSALS:
                await self._wait(error)
                return False
            elif middle := len(part) // 2:
                parts += [part[middle:], part[:middle]]
            else:
                failed.append(part[0])
            in_vain += error is not None
        if not taken:
            return False
        for event in failed:
            error = await self._error_of([event])
            if error is not None and error.http_status not in SUSPICIOUS | REFUSALS:
                return False
            if error is not None:
                await self._put_aside(event, error)
        return True

    def _report(self) -> AgentReport:
        """The state of the companion, for the API's metrics."""
        return {"backlog_bytes": self._backlog.size_bytes(), "loops": self._heartbeats.ages_s()}

    async def _deliver_halves(self, events: Sequence[AnyEvent], error: ApiError) -> bool:
        if len(events) == 1:
            await self._put_aside(events[0], error)
            return True
        middle = len(events) // 2
        return await self._deliver(events[:middle]) and await self._deliver(events[middle:])

    async def _put_aside(self, event: AnyEvent, error: ApiError) -> None:
        log.warning("event refused by the API, put aside", why=str(error))
        try:
            await asyncio.to_thread(self._backlog.put_aside, encoded(event))
        except OSError as failure:
            log.error("event not put aside", why=failure.strerror, event=event.id)

    def _accepted(self, accepted: int, *, of: int) -> None:
        if self._is_failing:
            log.info("event log is being taken again")
        if accepted < of:
            log.warning("events not taken by the API", events=of - accepted)
        self._is_failing = False
        self._shipped += of
        self._backoff.reset()

    async def _wait(self, error: ApiError) -> None:
        if not self._is_failing:
            log.warning("event log not taken, kept until it is", why=str(error))
        self._is_failing = True
        self._heartbeats.beat(LOOP)
        await asyncio.sleep(self._backoff.next_s(at_least_s=min(error.retry_after_s or 0.0, 60.0)))

    async def _tidy(self) -> None:
        if time.monotonic() - self._tidied < TIDY_S:
            return
        self._tidied = time.monotonic()
        deleted = await asyncio.to_thread(self._backlog.delete_finished)
        if deleted:
            log.info("acknowledged hours deleted", files=deleted)
