"""The database: a reading unit of work (a snapshot) for a request that reads, a changing one (a revision) for a change.

Statements run on plain SQLAlchemy connections, in threads or on the event loop's own (`backend.py`), not through an
async driver: a read of one row in its own transaction costs 1.3 ms through aiosqlite, which makes a thread hop of each
of its four steps.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress

from dialplane.domain.errors import Unavailable
from dialplane.store.address import backend_at
from dialplane.store.bulk import BulkInsert, stage_all
from dialplane.store.committed import CommittedCache
from dialplane.store.encryption import Encryption
from dialplane.store.notifier import Notifier
from dialplane.store.revisions import Author, Change
from dialplane.store.threads import Abandoned, run_to_end
from dialplane.store.unit import COMMIT_WITHIN_S, Clock, Pool, Reading, Writing
from dialplane.system.clock import now_us

READERS = 4
"""Reading connections: SQLite reads are short, and the machine has few cores to run more at once."""

LONG_READERS = 2
"""Connections for answers that take as long as their reader does (the feed): a slow edge must not stop the others."""

STAGED_AT_ONCE = 2
"""Large changes that are made ready at one time, each with a connection and temporary tables of its own."""

LOCK_WAIT_S = 1.8
"""How long a change waits for those before it, in all processes, so that the answer comes within two seconds."""

LEAST_LOCK_WAIT_S = 0.1
"""What is left at least for those of other processes."""


class Database:
    """One SQLite file or one PostgreSQL. Belongs to the event loop that first uses it; `close` it there.

    `is_full`: the last write found no room on the database's disk.
    """

    def __init__(
        self, url: str, *, encryption: Encryption, now: Callable[[], int] = now_us, readers: int = READERS
    ) -> None:
        """`url` as in `store.address`; the schema must be there (`store.migrations`). Raises ValueError."""
        self.backend = backend = backend_at(url)
        self.encryption = encryption
        self.now = now
        self.is_full = False
        connections = readers + LONG_READERS
        self._threads = ThreadPoolExecutor(connections + 1, thread_name_prefix="dialplane-store")
        self._writer = Pool(backend, backend.writer_engine(), self._threads)
        self._reader = Pool(backend, backend.reader_engine(connections), self._threads)
        self._write_turn = asyncio.Lock()
        self._read_slots = asyncio.Semaphore(readers)
        self._long_read_slots = asyncio.Semaphore(LONG_READERS)
        self._staging_slots = asyncio.Semaphore(STAGED_AT_ONCE)
        self._cache = CommittedCache()
        self._notifier = Notifier(self._poll_revision)

    async def close(self) -> None:
        """Ends every connection and thread. No unit may be open."""
        await asyncio.to_thread(self._end)

    def _end(self) -> None:
        self._threads.shutdown(wait=True)  # first: work that was abandoned gives its connection back at its end
        self._writer.close()
        self._reader.close()

    def read(self) -> AbstractAsyncContextManager[Reading]:
        """A snapshot to read from. Raises Unavailable."""
        return _Read(self._read_slots, self._reading())

    @asynccontextmanager
    async def long_read(self) -> AsyncIterator[Reading]:
        """A snapshot that may be held for long; few at once, and none of them in the way of `read`."""
        async with self._long_read_slots:
            unit = self._reading()
            try:
                yield unit
            finally:
                await unit.release()

    def _reading(self) -> Reading:
        return Reading(self._reader, self.encryption, cache=self._cache)

    @asynccontextmanager
    async def change(
        self, author: Author, operation: str, *, inserts: Sequence[BulkInsert] = ()
    ) -> AsyncIterator[Change]:
        """One transaction that is one revision: committed at the end, rolled back on any exception.

        A change that recorded nothing leaves no revision. Those of `inserts`, which will be stored in it, that are
        large are staged first, before the writer's lock is waited for. Raises Unavailable.
        """
        large = [insert for insert in inserts if insert.is_large]
        async with self._writer_for(large) as writer, self._turn_to_write() as left_s:
            unit = Change(writer, self.encryption, now=self.now, author=author, operation=operation)
            async with unit.transaction(lock_within_s=left_s):
                yield unit
        if unit.is_committed:
            self._notifier.announce(unit.revision)
            if large:
                await self._after_bulk_insert()

    @asynccontextmanager
    async def _writer_for(self, large: Sequence[BulkInsert]) -> AsyncIterator[Pool]:
        """The connection that all changes share; or one of this change alone, with its inserts in temporary tables."""
        if not large:
            yield self._writer
            return
        await _take(self._staging_slots)
        try:
            writer = Pool(self.backend, self.backend.writer_engine(), self._threads)
            try:
                await self._stage(writer, large)
                yield writer
            finally:
                await run_to_end(self._threads, writer.close)
        finally:
            self._staging_slots.release()

    async def _stage(self, writer: Pool, large: Sequence[BulkInsert]) -> None:
        try:
            await self.backend.run(
                self._threads,
                lambda: stage_all(writer, large),
                short=False,
                within_s=COMMIT_WITHIN_S,
                when_abandoned=writer.close,
            )
        except Abandoned:
            raise Unavailable("unreachable") from None

    async def _after_bulk_insert(self) -> None:
        with suppress(Unavailable):
            async with self.long_read() as unit:
                await unit.run(self.backend.after_bulk_insert)

    @asynccontextmanager
    async def write(self) -> AsyncIterator[Writing]:
        """One transaction that is no revision: what edges report, not what operators change. Raises Unavailable."""
        async with self._turn_to_write() as left_s:
            unit = Writing(self._writer, self.encryption, now=self.now)
            async with unit.transaction(lock_within_s=left_s):
                yield unit

    @asynccontextmanager
    async def _turn_to_write(self) -> AsyncIterator[float]:
        """The seconds that are left to wait for writers in other processes, once those of this one are done."""
        began = time.monotonic()
        await _take(self._write_turn)
        try:
            yield max(LEAST_LOCK_WAIT_S, LOCK_WAIT_S - (time.monotonic() - began))
            self.is_full = False
        except Unavailable as error:
            self.is_full = self.is_full or error.code == "storage_full"
            raise
        finally:
            self._write_turn.release()

    async def clock(self) -> Clock:
        """The database's epoch and latest revision."""
        async with self.read() as unit:
            return await unit.clock()

    async def wait_for_revision(self, *, since: int, wait_s: float) -> None:
        """Returns once a revision after `since` is committed, by any process, or after `wait_s` seconds."""
        await self._notifier.wait(since=since, wait_s=wait_s)

    async def _poll_revision(self) -> int:
        return (await self.clock()).revision


class _Read:
    """A reading unit within its slot. Not a generator: that would cost a tenth of a short read."""

    __slots__ = ("_slots", "_unit")

    def __init__(self, slots: asyncio.Semaphore, unit: Reading) -> None:
        self._slots = slots
        self._unit = unit

    async def __aenter__(self) -> Reading:
        self._unit.waited_s = await _take(self._slots)
        return self._unit

    async def __aexit__(self, *_: object) -> None:
        try:
            await self._unit.release()
        finally:
            self._slots.release()


async def _take(slot: asyncio.Lock | asyncio.Semaphore) -> float:
    """The seconds it was waited for. Raises Unavailable if the slot does not become free in time."""
    if not slot.locked():
        await slot.acquire()  # at once: a timer would cost more than the rest of a short read
        return 0.0
    began = time.monotonic()
    try:
        async with asyncio.timeout(LOCK_WAIT_S):
            await slot.acquire()
    except TimeoutError:
        raise Unavailable("busy") from None
    return time.monotonic() - began
