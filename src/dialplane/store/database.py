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
from dialplane.store import work as work_kinds
from dialplane.store.address import backend_at
from dialplane.store.backend import Backend
from dialplane.store.bulk import BulkInsert, stage_all
from dialplane.store.committed import CommittedCache
from dialplane.store.encryption import Encryption
from dialplane.store.notifier import Notifier
from dialplane.store.pool import Pool, Snapshots
from dialplane.store.records import OpenRecords
from dialplane.store.revisions import Author, Change
from dialplane.store.threads import Abandoned, run_to_end
from dialplane.store.unit import COMMIT_WITHIN_S, Clock, Reading, Writing
from dialplane.store.work import ANSWER_WITHIN_S, FEED, REQUESTS, Work
from dialplane.system.clock import ClockWatch, now_us
from dialplane.system.shares import Shares
from dialplane.system.slots import EVERYBODY, Slots

STAGED_AT_ONCE = 2
"""Large changes that are made ready at one time, each with a connection and temporary tables of its own."""

LOCK_WAIT_S = 1.8
"""How long a change waits for those before it, in all processes, so that the answer comes within two seconds."""

LEAST_LOCK_WAIT_S = 0.1
"""The wait that remains at least for changes of other processes."""


class Database:
    """One SQLite file or one PostgreSQL. Belongs to the event loop that first uses it; `close` it there.

    `is_full`: the last write found no room on the database's disk. `shares`: what callers' long work costs.
    `open_records`: calls that go on, as stored here last.
    """

    def __init__(self, url: str, *, encryption: Encryption, now: Callable[[], int] = now_us) -> None:
        """`url` as in `store.address`; the schema must be there (`store.migrations`). Raises ValueError."""
        self.backend = backend = backend_at(url)
        self.encryption = encryption
        self.now = now
        self.clock_watch = ClockWatch()
        self.is_full = False
        self.open_records = OpenRecords()
        self._threads = ThreadPoolExecutor(1 + STAGED_AT_ONCE, thread_name_prefix="dialplane-write")
        self._writer = Pool(backend, backend.writer_engine(), self._threads)
        self._write_turn = Slots(1, each=1)
        self.shares = Shares()
        self._readers = {work: _Readers(backend, work, self.shares) for work in work_kinds.ALL}
        self._staging_slots = Slots(STAGED_AT_ONCE, each=1)
        self._cache = CommittedCache(now=lambda: self.now())
        self._notifier = Notifier(self._poll_revision)

    async def connect(self) -> None:
        """Opens a connection for each kind of work that must answer soon. One that cannot be opened now is made by a
        request: on a busy machine that takes up to a second (measured), and a request has two.
        """
        soon = [work for work in self._readers if work.within_s <= ANSWER_WITHIN_S]
        await asyncio.gather(*map(self._connect, soon))

    async def _connect(self, work: Work) -> None:
        with suppress(Unavailable):
            async with self.read(work) as unit:
                await unit.clock()

    async def close(self) -> None:
        """Ends every connection and thread. No unit may be open."""
        await asyncio.to_thread(self._end)

    def _end(self) -> None:
        self._threads.shutdown(wait=True)  # first: work that was abandoned gives its connection back at its end
        self._writer.close()
        for readers in self._readers.values():
            readers.close()

    def read(self, work: Work = REQUESTS, *, caller: str = EVERYBODY) -> AbstractAsyncContextManager[Reading]:
        """A snapshot to read from, by the connections of this kind of work, of which a caller may have but a few.

        Raises Unavailable.
        """
        readers = self._readers[work]
        return _Read(readers, caller, Reading(readers.pool, self.encryption, cache=self._cache, work=work))

    @asynccontextmanager
    async def change(
        self, author: Author, operation: str, *, inserts: Sequence[BulkInsert] = ()
    ) -> AsyncIterator[Change]:
        """One transaction that is one revision: committed at the end, rolled back on any exception.

        A change that recorded nothing leaves no revision. Those of `inserts`, which will be stored in it, that are
        large are staged first, before the writer's lock is waited for. Raises Unavailable.
        """
        large = [insert for insert in inserts if insert.is_large]
        async with self._writer_for(large) as writer, self._turn_to_write(author.caller) as left_s:
            unit = Change(
                writer,
                self.encryption,
                now=self.now,
                steady_s=self.clock_watch.steady_s(self.now()),
                author=author,
                operation=operation,
            )
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
        await _wait(self._staging_slots, EVERYBODY, within_s=LOCK_WAIT_S)
        try:
            writer = Pool(self.backend, self.backend.writer_engine(), self._threads)
            try:
                await self._stage(writer, large)
                yield writer
            finally:
                await run_to_end(self._threads, writer.close)
        finally:
            self._staging_slots.leave(EVERYBODY)

    async def _stage(self, writer: Pool, large: Sequence[BulkInsert]) -> None:
        try:
            await self.backend.run(
                self._threads,
                lambda: stage_all(writer, large),
                within_s=COMMIT_WITHIN_S,
                when_abandoned=writer.close,
            )
        except Abandoned:
            raise Unavailable("unreachable") from None

    async def _after_bulk_insert(self) -> None:
        with suppress(Unavailable):
            async with self.read(FEED) as unit:
                await unit.run(self.backend.after_bulk_insert)

    @asynccontextmanager
    async def write(self, *, caller: str = EVERYBODY) -> AsyncIterator[Writing]:
        """One transaction that is no revision: what edges report, not what operators change. Raises Unavailable."""
        async with self._turn_to_write(caller) as left_s:
            unit = Writing(self._writer, self.encryption, now=self.now, steady_s=self.clock_watch.steady_s(self.now()))
            async with unit.transaction(lock_within_s=left_s):
                yield unit

    @asynccontextmanager
    async def _turn_to_write(self, caller: str) -> AsyncIterator[float]:
        """The seconds that are left to wait for writers in other processes, once those of this one are done."""
        waited_s = await _wait(self._write_turn, caller, within_s=LOCK_WAIT_S)
        try:
            yield max(LEAST_LOCK_WAIT_S, LOCK_WAIT_S - waited_s)
            self.is_full = False
        except Unavailable as error:
            self.is_full = self.is_full or error.code == "storage_full"
            raise
        finally:
            self._write_turn.leave(caller)

    @property
    def is_writer_waited_for(self) -> bool:
        """Whether a change of this process waits for its turn."""
        return self._write_turn.is_waited_for

    async def clock(self) -> Clock:
        """The database's epoch and latest revision."""
        async with self.read() as unit:
            return await unit.clock()

    async def latest_revision(self) -> int:
        """The number of the latest revision, by whichever process; a moment old at most. Raises Unavailable."""
        return await self._notifier.latest()

    async def wait_for_revision(self, *, since: int, wait_s: float) -> None:
        """Returns once a revision after `since` is committed, by any process, or after `wait_s` seconds."""
        await self._notifier.wait(since=since, wait_s=wait_s)

    async def _poll_revision(self) -> int:
        return (await self.clock()).revision


class _Readers:
    """The connections and threads of one kind of work, who has them, and who is charged with what they take."""

    def __init__(self, backend: Backend, work: Work, shares: Shares) -> None:
        self.work = work
        self.shares = shares
        self.slots = Slots(work.readers, each=work.each)
        self._threads = ThreadPoolExecutor(work.readers, thread_name_prefix="dialplane-read")
        self.pool = Snapshots(backend, backend.reader_engine(work.readers, prepares=work.prepares), self._threads)

    def close(self) -> None:
        self._threads.shutdown(wait=True)
        self.pool.close()


class _Read:
    """A reading unit within its slot. Not a generator: that would cost a tenth of a short read."""

    __slots__ = ("_caller", "_readers", "_unit")

    def __init__(self, readers: _Readers, caller: str, unit: Reading) -> None:
        self._readers = readers
        self._caller = caller
        self._unit = unit

    async def __aenter__(self) -> Reading:
        self._unit.waited_s = await _wait(self._readers.slots, self._caller, within_s=self._readers.work.wait_s)
        return self._unit

    async def __aexit__(self, *_: object) -> None:
        try:
            await self._unit.release()
        finally:
            self._readers.slots.leave(self._caller)
            if self._unit.used_s:
                self._readers.shares.charge(self._caller, self._unit.used_s)


async def _wait(slots: Slots, caller: str, *, within_s: float | None) -> float:
    """Take a slot; the seconds it was waited for. Raises Unavailable if none becomes free in time."""
    if slots.has_room(caller):
        slots.enter(caller)  # at once: a timer would cost more than the rest of a short read
        return 0.0
    began = time.monotonic()
    try:
        await slots.wait(caller, within_s=within_s)
    except TimeoutError:
        raise Unavailable("busy") from None
    return time.monotonic() - began
