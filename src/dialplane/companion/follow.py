"""Loop 1: the feed of the control plane, into the replica."""

import asyncio
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import IO

import structlog

from dialplane.client import ApiError, AsyncClient, FeedTruncated
from dialplane.companion.arriving import ArrivingLines
from dialplane.companion.heartbeat import Heartbeats
from dialplane.companion.tables import ReplicaTables, Taken
from dialplane.system.backoff import Backoff

LOOP = "feed"
SPOOL_BYTES = 8 << 20  # a feed response larger than this goes to a file
DAMAGE_LOOK_S = 0.5
WRITES_BEFORE_REBUILD = 3

log = structlog.get_logger()


class FeedFollower:
    """Polls for changes since the replica's revision and applies each response whole; calls `on_change` after each."""

    def __init__(
        self,
        client: AsyncClient,
        tables: ReplicaTables,
        *,
        edge: str,
        spool_folder: Path,
        heartbeats: Heartbeats,
        on_change: Callable[[], None],
        wait_s: int = 20,
        backoff: Backoff | None = None,
    ) -> None:
        self._client = client
        self._tables = tables
        self._edge = edge
        self._spool_folder = spool_folder
        self._heartbeats = heartbeats
        self._on_change = on_change
        self._wait_s = wait_s
        self._backoff = backoff or Backoff()
        self._connected: bool | None = None
        self._failed_writes = 0

    async def run(self) -> None:
        """Follow for ever."""
        while True:
            self._heartbeats.beat(LOOP, revision=self._tables.revision, connected=bool(self._connected))
            try:
                await self._turn()
            except (ApiError, FeedTruncated, OSError) as error:
                self._lost(error)
                retry_after_s = getattr(error, "retry_after_s", None) or 0.0
                await asyncio.sleep(self._backoff.next_s(at_least_s=min(retry_after_s, 60.0)))

    async def _turn(self) -> None:
        """One response."""
        taken = await (self._changes() if self._tables.revision else self._table())
        if taken is None:
            return
        if not self._connected:
            log.info("following the control plane", revision=taken.revision)
        self._connected = True
        if taken.full or taken.objects:
            log.info("replica changed", revision=taken.revision, objects=taken.objects, full=taken.full)
            self._on_change()
        if self._tables.revision:
            self._backoff.reset()
        else:  # a database without a revision, or a disk that has spoiled the table again: the next one is whole, too
            await asyncio.sleep(self._backoff.next_s())

    async def _table(self) -> Taken:
        """The whole table, for an edge that has none to use: taken while it comes."""
        lines = ArrivingLines(on_chunk=lambda: self._heartbeats.beat(LOOP))
        download = asyncio.create_task(
            self._client.download_feed(lines, since=0, epoch=self._tables.epoch, wait_s=0, edge=self._edge)
        )
        download.add_done_callback(lambda _: lines.end())
        try:
            await lines.begun()
            return await self._take(self._tables.load(lines))
        except FeedTruncated:
            await download  # raises why it broke off
            raise
        finally:
            download.cancel()
            await asyncio.gather(download, return_exceptions=True)

    async def _changes(self) -> Taken | None:
        """What has changed. After a failure it does not wait for that, so that the connection is reported at once."""
        wait_s = self._wait_s if self._connected else 0
        with tempfile.SpooledTemporaryFile(max_size=SPOOL_BYTES, dir=str(self._spool_folder)) as response:
            if not await self._download(response, wait_s=wait_s):
                return None
            return await self._take(self._tables.take(response))

    async def _download(self, response: IO[bytes], *, wait_s: int) -> bool:
        """Whether a response came. Ends without one if a reader meets damage: a long poll must not delay the repair."""
        since, epoch = self._tables.revision, self._tables.epoch
        poll = asyncio.create_task(
            self._client.download_feed(response, since=since, epoch=epoch, wait_s=wait_s, edge=self._edge)
        )
        had = 0
        try:
            while not (await asyncio.wait((poll,), timeout=DAMAGE_LOOK_S))[0]:
                if response.tell() > had:  # a table on a slow line takes as long as it takes
                    had = response.tell()
                    self._heartbeats.beat(LOOP)
                if self._tables.damaged:
                    log.error("replica damaged, loading it again")
                    return False
            poll.result()
            return True
        finally:
            poll.cancel()
            await asyncio.gather(poll, return_exceptions=True)

    async def _take(self, taking: Awaitable[Taken]) -> Taken:
        """Apply a response; a replica that cannot be written several times in a row is discarded and loaded again."""
        try:
            taken = await self._heartbeats.during(LOOP, taking)
        except FeedTruncated:
            raise
        except Exception as error:
            self._failed_writes += 1
            if self._failed_writes % WRITES_BEFORE_REBUILD == 0:
                await self._tables.forget()
            log.error("replica not written", error=f"{type(error).__name__}: {error}", times=self._failed_writes)
            raise FeedTruncated("the replica could not be written") from error
        self._failed_writes = 0
        return taken

    def _lost(self, error: Exception) -> None:
        if self._connected is not False:
            log.warning("control plane not followed, calls go on with the last table", why=str(error))
        self._connected = False
