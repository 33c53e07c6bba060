"""The database: one reading unit per question (a snapshot), one changing unit per change (a revision).

Statements run in threads on plain SQLAlchemy connections, not through an async driver: measured here, a read of one
row in its own transaction costs 0.2 ms this way and 1.3 ms through aiosqlite, which makes four thread hops of each
statement. Prepared ones, on SQLite, need no thread at all (`prepared.py`).
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from typing import Any

from dialplane.domain.errors import Unavailable
from dialplane.store.address import parse_address
from dialplane.store.box import Box
from dialplane.store.connections import Connections, raw
from dialplane.store.engines import reader_engine, writer_engine
from dialplane.store.known import Known
from dialplane.store.notifier import Notifier
from dialplane.store.revision_log import Author, Change
from dialplane.store.staging import Stageable, stage
from dialplane.store.unit import COMMIT_WITHIN_S, Clock, Reading, Writing
from dialplane.store.worker import Abandoned, run_to_end, run_within
from dialplane.system.clock import now_us

READERS = 4
"""Reading connections: SQLite reads are short, and the machine has few cores to run more at once."""

LONG_READERS = 2
"""Connections for answers that take as long as their reader does (the feed): a slow edge must not stop the others."""

STAGES = 2
"""Changes by the thousand that are made ready at one time, each with a connection and a temporary table of its own."""

LOCK_WAIT_S = 1.8
"""How long a change waits for those before it, in all processes, so that the answer comes within two seconds."""

LEAST_LOCK_WAIT_S = 0.1
"""What is left at least for those of other processes."""


class Database:
    """One SQLite file or one PostgreSQL. Belongs to the event loop that first uses it; `close` it there."""

    def __init__(self, url: str, *, box: Box, now: Callable[[], int] = now_us, readers: int = READERS) -> None:
        """`url` as in `store.address`; the schema must be there (`store.migrations`). Raises ValueError."""
        self._address = address = parse_address(url)
        self.box = box
        self.now = now
        self.is_sqlite = address.get_backend_name() == "sqlite"
        connections = readers + LONG_READERS
        self._threads = ThreadPoolExecutor(connections + 1, thread_name_prefix="dialplane-store")
        self._writer = Connections(writer_engine(address), self._threads)
        self._reader = Connections(reader_engine(address, connections + 1), self._threads)  # one may stand open, unused
        self._write_turn = asyncio.Lock()
        self._read_slots = asyncio.Semaphore(readers)
        self._long_read_slots = asyncio.Semaphore(LONG_READERS)
        self._stages = asyncio.Semaphore(STAGES)
        self._remembered: dict[tuple[str, int], Any] = {}
        self._known = Known()
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
        return Reading(self._reader, self.box, remembered=self._remembered, known=self._known)

    @asynccontextmanager
    async def change(
        self, author: Author, operation: str, *, drafts: Sequence[Stageable] = ()
    ) -> AsyncIterator[Change]:
        """One transaction that is one revision: committed at the end, rolled back on any exception.

        A change that recorded nothing leaves no revision. Where many of the `drafts` will be stored in it, they are
        staged first, before the writer's lock is waited for. Raises Unavailable.
        """
        async with self._writer_for(drafts) as writer, self._turn_to_write() as left_s:
            unit = Change(writer, self.box, now=self.now, author=author, operation=operation)
            async with unit.transaction(lock_within_s=left_s):
                yield unit
        if unit.is_committed:
            self._reader.end_turn()
            self._notifier.announce(unit.revision)
            if writer is not self._writer and self.is_sqlite:
                await self._checkpoint()

    @asynccontextmanager
    async def _writer_for(self, drafts: Sequence[Stageable]) -> AsyncIterator[Connections]:
        """The connection that all changes share; or one of this change alone, with its drafts in temporary tables."""
        many = [one for one in drafts if one.are_many]
        if not many:
            yield self._writer
            return
        await _take(self._stages)
        try:
            async with self._staged(many) as writer:
                yield writer
        finally:
            self._stages.release()

    @asynccontextmanager
    async def _staged(self, many: Sequence[Stageable]) -> AsyncIterator[Connections]:
        writer = Connections(writer_engine(self._address), self._threads)
        try:
            await run_within(
                self._threads,
                lambda: stage(writer, many),
                within_s=None if self.is_sqlite else COMMIT_WITHIN_S,
                when_abandoned=writer.close,
            )
            yield writer
        except Abandoned:
            raise Unavailable("unreachable") from None
        finally:
            await run_to_end(self._threads, writer.close)

    async def _checkpoint(self) -> None:
        """Carries SQLite's WAL file over into the database while others read and write. Nothing depends on it."""
        with suppress(Unavailable):
            async with self.long_read() as unit:
                await unit.run(lambda connection: raw(connection).execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall())

    @asynccontextmanager
    async def write(self) -> AsyncIterator[Writing]:
        """One transaction that is no revision: what edges report, not what operators change. Raises Unavailable."""
        async with self._turn_to_write() as left_s:
            unit = Writing(self._writer, self.box, now=self.now)
            async with unit.transaction(lock_within_s=left_s):
                yield unit
        self._reader.end_turn()

    @asynccontextmanager
    async def _turn_to_write(self) -> AsyncIterator[float]:
        """Gives the seconds that are left to wait for writers in other processes, once those of this one are done."""
        asked = time.monotonic()
        await _take(self._write_turn)
        try:
            yield max(LEAST_LOCK_WAIT_S, LOCK_WAIT_S - (time.monotonic() - asked))
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
    """A reading unit's turn. Not a generator: that would cost a tenth of a short read."""

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


async def _take(turn: asyncio.Lock | asyncio.Semaphore) -> float:
    """The seconds it was waited for. Raises Unavailable where the turn does not come in time."""
    if not turn.locked():
        await turn.acquire()  # at once: a timer would cost more than the rest of a short read
        return 0.0
    asked = time.monotonic()
    try:
        async with asyncio.timeout(LOCK_WAIT_S):
            await turn.acquire()
    except TimeoutError:
        raise Unavailable("busy") from None
    return time.monotonic() - asked
