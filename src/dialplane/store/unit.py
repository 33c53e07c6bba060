"""Units of work: a snapshot to read from, or one transaction that writes.

The only way to the database for the rooms above: statements go in, rows come out. Every statement goes through
SQLAlchemy; the backend decides in which thread.
"""

import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from threading import Lock
from typing import Any, NamedTuple, TypeVar, cast

from sqlalchemy import Connection, Executable, Select, bindparam, select, union_all, update

from dialplane.domain.errors import Unavailable
from dialplane.store import tables
from dialplane.store.committed import CommittedCache, Objects
from dialplane.store.encryption import Encryption
from dialplane.store.pool import Pool, Snapshots
from dialplane.store.threads import Abandoned
from dialplane.store.work import ANSWER_WITHIN_S, Work
from dialplane.system.clock import MOST_AHEAD_US, STEADY_S

T = TypeVar("T")
N = TypeVar("N", bound=NamedTuple)
Parameters = Mapping[str, Any]
Rows = Sequence[Any]
"""Rows with their columns as attributes, and `_asdict`."""

LEAST_ANSWER_S = 0.1
"""The same at least, after a long wait for a slot."""

COMMIT_WITHIN_S = 30.0
"""The same for a commit: giving up on one leaves open whether it happened."""

FEW_ROWS = 20
"""Up to how many rows a short statement may write."""


@dataclass(frozen=True, slots=True)
class Clock:
    """`epoch` is new after a restore; `revision` counts changes; `instant` is the last one that was assigned.

    Objects that were deleted up to the revision `purged` may be gone altogether.
    """

    epoch: str
    revision: int
    instant: int
    purged: int


class Unit:
    """Base of reading and writing units. Versions of the objects that were read are kept for If-Match."""

    waited_s: float = 0.0
    """How long its slot was waited for: the first answer must come so much sooner."""

    _within_s = ANSWER_WITHIN_S
    _late = "unreachable"

    def __init__(self, pool: Pool, encryption: Encryption) -> None:
        self.encryption = encryption
        self.backend = pool.backend
        self._pool = pool
        self._connection: Connection | None = None
        self._is_abandoned = False
        self._has_failed = False
        self._has_ended = False
        self._is_in_step = False
        self._versions: dict[str, int] = {}

    def keep_version(self, object_id: str, version: int) -> None:
        """Keeps the version (revision of the last change) of an object that was read or written here."""
        self._versions[object_id] = version

    def version_of(self, object_id: str) -> int:
        """The version of an object this unit has read or written. Raises KeyError for any other."""
        return self._versions[object_id]

    async def fetch(
        self,
        statement: Executable,
        parameters: Parameters | None = None,
        *,
        short: bool = False,
    ) -> Rows:
        """All rows of a statement. `short` as in `run`. Raises Unavailable."""
        return await self.run(lambda connection: connection.execute(statement, parameters).all(), short=short)

    async def fetch_as(
        self,
        row_type: type[N],
        statement: Executable,
        parameters: Parameters | None = None,
        *,
        short: bool = False,
    ) -> list[N]:
        """The same as named tuples, whose fields are the statement's columns in their order."""

        def fetch(connection: Connection) -> list[N]:
            result = connection.execute(statement, parameters)
            assert tuple(result.keys()) == row_type._fields
            return list(map(row_type._make, result.all()))

        return await self.run(fetch, short=short)

    async def first(
        self, statement: Executable, parameters: Parameters | None = None, *, short: bool = False
    ) -> Any | None:
        """The first row, or None; the statement should not find many. Raises Unavailable."""
        rows = await self.fetch(statement, parameters, short=short)
        return rows[0] if rows else None

    async def run(self, work: Callable[[Connection], T], *, short: bool = False, within_s: float | None = None) -> T:
        """The result of `work`, called with this unit's connection, in a thread. Raises Unavailable.

        `short`: an index bounds all that it reads or writes, so that SQLite's may run on the event loop's own thread.
        Unavailable is also raised if it takes longer than `within_s` seconds (default `_within_s`); for what writes,
        only on PostgreSQL.
        """
        if self._is_in_step and not self._is_abandoned:
            return self._guarded(work)
        waited_s, self.waited_s = self.waited_s, 0.0
        if short and self.backend.short_on_loop and (self._connection is not None or self._pool.has_idle):
            return self._guarded(work, short=True)
        limit_s = within_s or max(LEAST_ANSWER_S, self._within_s - waited_s)
        return await self._run(lambda: self._guarded(work), within_s=limit_s)

    async def in_one_step(
        self, work: Callable[[], Coroutine[Any, Any, T]], *, short: bool = False, within_s: float | None = None
    ) -> T:
        """The result of `work`, which awaits nothing but statements of this unit: all of them at once, in one thread.

        Each way into a thread and back waits for the interpreter's lock and two turns of the event loop: milliseconds
        while others compute. `short`: all statements are, as in `run`. Raises what `work` raises, and Unavailable as
        `run` does.
        """
        result, error = await self.run(lambda _: self._carry_out(work), short=short, within_s=within_s)
        if error is not None:
            raise error
        return cast(T, result)

    async def whole(
        self, work: Callable[[], Coroutine[Any, Any, T]], *, short: bool = False, within_s: float | None = None
    ) -> T:
        """The same for all that this unit does: the connection is given back in the same step."""

        async def to_the_end() -> T:
            result = await work()
            self._has_ended = True
            self._give_back()
            return result

        return await self.in_one_step(to_the_end, short=short, within_s=within_s)

    def _carry_out(self, work: Callable[[], Coroutine[Any, Any, T]]) -> tuple[T | None, Exception | None]:
        """What the work returns, or raises: an error of a statement's has been noted, any other is the caller's."""
        coroutine = work()
        self._is_in_step = True
        try:
            coroutine.send(None)
        except StopIteration as end:
            return end.value, None
        except Exception as error:
            return None, error
        finally:
            self._is_in_step = False
        coroutine.close()
        raise RuntimeError("a step awaits something else than statements of its unit")

    async def batches(self, statement: Select[Any], size: int) -> AsyncGenerator[Rows]:
        """The rows of a large result, `size` at a time; memory holds no more than one batch.

        Whoever may leave before the last one closes it (`aclosing`): Python would do so after the unit's end only.
        """
        streamed = statement.execution_options(stream_results=True, max_row_buffer=size)
        result = await self.run(lambda connection: connection.execute(streamed))
        try:
            while rows := await self.run(lambda _: result.fetchmany(size)):
                yield rows
        finally:
            await self.run(lambda _: result.close())

    async def release(self) -> None:
        """Ends the transaction (whatever was not committed is rolled back) and gives the connection back."""
        self._has_ended = True
        if self.backend.short_on_loop:
            self._give_back()
        elif self._connection is not None and not self._is_abandoned:
            await self._run(self._give_back, within_s=ANSWER_WITHIN_S)

    async def _run(self, work: Callable[[], T], *, within_s: float) -> T:
        if self._is_abandoned:
            raise Unavailable(self._late)
        try:
            return await self.backend.run(
                self._pool.threads,
                work,
                within_s=within_s,
                when_abandoned=self._give_back,
                interrupt=self._interruption(),
            )
        except Abandoned:
            self._is_abandoned = True
            raise Unavailable(self._late) from None

    def _guarded(self, work: Callable[[Connection], T], *, short: bool = False) -> T:
        """Carries work out, unless something failed in this unit before.

        SQLite may have rolled back on its own (a full disk): what came after would be committed without what came
        before. After its end it would take a connection that nobody gives back.
        """
        if self._has_failed or self._has_ended:
            raise RuntimeError("this unit of work has failed or has ended")
        try:
            return work(self._connection or self._open(short=short))
        except BaseException as error:
            self._has_failed = True
            if (unavailable := self.backend.unavailable(error)) is not None:
                raise unavailable from error
            raise

    def _open(self, *, short: bool) -> Connection:
        """Takes a connection and begins the unit's transaction. `short`: on the event loop, for a short statement."""
        self._connection = self._pool.take()
        self._begin(self._connection)
        return self._connection

    def _begin(self, connection: Connection) -> None:
        self.backend.begin_reading(connection)

    def _give_back(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            self._pool.give_back(connection)

    def _interruption(self) -> Callable[[], None] | None:
        """A call that ends the statement that is being carried out; None if it must come to its end."""
        return None


_CLOCK = select(tables.clock)


class Reading(Unit):
    """A snapshot: all that is read in one unit is of one moment.

    `used_s`: seconds of a processor that long work has taken in threads. `results`: what was computed from rows before.
    """

    def __init__(self, pool: Snapshots, encryption: Encryption, *, cache: CommittedCache, work: Work) -> None:
        super().__init__(pool, encryption)
        self._snapshots = pool
        self._cache = cache
        self.results = cache.results
        self._instant: int | None = None
        self._within_s = work.within_s
        self._late = "too_long" if work.is_scan else "unreachable"
        self._is_interrupted = False
        self._is_long = work.is_scan
        self._interrupting = Lock()
        self.used_s = 0.0

    async def clock(self) -> Clock:
        """The clock in this snapshot. Raises Unavailable."""
        (row,) = await self.fetch(_CLOCK, short=True)
        self.keep_instant(row.last_instant_us)
        return Clock(row.epoch, row.revision, row.last_instant_us, row.purged_revision)

    def keep_instant(self, instant: int) -> None:
        """Keeps the clock's last instant in this snapshot, read by a statement of this unit."""
        self._instant = instant

    def _open(self, *, short: bool) -> Connection:
        if not short:
            return super()._open(short=False)
        self._connection = shared = self._snapshots.shared()
        if shared is not None:
            return shared
        connection = super()._open(short=True)
        self._snapshots.has_begun(connection)
        return connection

    async def _run(self, work: Callable[[], T], *, within_s: float) -> T:
        """What was interrupted took too long, whatever the database calls it."""
        if self._connection is None:
            self._snapshots.end_turn()  # a thread opens no more connections than there may be, kept ones too
        if self._is_long:
            work = partial(self._timed, work)
        try:
            return await super()._run(work, within_s=within_s)
        except Unavailable:
            if self._is_interrupted:
                raise Unavailable(self._late) from None
            raise

    def _timed(self, work: Callable[[], T]) -> T:
        began = time.thread_time()
        try:
            return work()
        finally:
            self.used_s += time.thread_time() - began

    def _interruption(self) -> Callable[[], None] | None:
        return self._interrupt

    def _interrupt(self) -> None:
        with self._interrupting:
            if self._connection is not None:
                self._is_interrupted = True
                self.backend.interrupt(self._connection)

    def _give_back(self) -> None:
        """Throws an interrupted connection away: on PostgreSQL the interruption may still be on its way."""
        with self._interrupting:
            connection, self._connection = self._connection, None
        if connection is None:
            return
        if self._is_interrupted:
            self._snapshots.throw_away(connection)
        elif self._has_failed:  # SQLite may have ended the snapshot
            self._snapshots.give_back(connection)
        else:
            self._snapshots.hand_on(connection)

    async def cached(self, kind: str) -> Objects:
        """Objects of this kind, by id, that were read from the database as this snapshot shows it, here or before.

        Raises Unavailable.
        """
        if self._instant is None:
            self._instant = (await self.clock()).instant
        return self._cache.objects(kind, at=self._instant)


class Writing(Unit):
    """One transaction that holds the writer's lock from its start, so its instants only ever grow.

    `instant` is its own moment: every commit moves the clock, so that readers know by it whether anything has changed.
    `steady_s`: for how long nobody has set the wall clock. One that is far behind the last instant for so long is
    right, and was ahead: instants go on from it (decision 2).
    """

    def __init__(self, pool: Pool, encryption: Encryption, *, now: Callable[[], int], steady_s: float = 0.0) -> None:
        super().__init__(pool, encryption)
        self._now = now
        self._steady_s = steady_s
        self._last_instant = 0
        self._lock_within_s = LEAST_ANSWER_S
        self.instant = 0
        self.revision = 0
        self.is_committed = False

    def now(self) -> int:
        """The wall clock (us), by which expiries are counted; `next_instant` may be ahead of it for a while."""
        return self._now()

    def next_instant(self) -> int:
        """An instant later than any assigned before, by any process; now, if that is later."""
        self._last_instant = max(self._last_instant + 1, self._now())
        return self._last_instant

    def next_instants(self, count: int) -> int:
        """The first of so many instants, each 1 us after the one before."""
        first = self.next_instant()
        self._last_instant = first + count - 1
        return first

    async def execute(
        self, statement: Executable, rows: Sequence[Parameters] | None = None, *, short: bool = False
    ) -> None:
        """Carries out a statement, once per row of parameters if there are any. Raises Unavailable.

        `short`: an index bounds what one execution of it touches; more than FEW_ROWS are not short all the same.
        """
        await self.run(
            lambda connection: connection.execute(statement, rows),
            short=short and len(rows or ()) <= FEW_ROWS,
            within_s=COMMIT_WITHIN_S,
        )

    @asynccontextmanager
    async def transaction(self, *, lock_within_s: float) -> AsyncIterator[None]:
        """Begins with the lock; commits at the end; rolls back on any exception, a cancellation included.

        Raises Unavailable if another process holds the lock for longer.
        """
        try:
            self._lock_within_s = lock_within_s
            await self.run(self._take_clock, within_s=lock_within_s)
            yield
            if not self._has_ended:
                await self.run(self._finish, within_s=COMMIT_WITHIN_S)
        finally:
            await self.release()

    async def last(self, work: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """The result of the last work of this transaction, as in `whole`; the commit is part of the step."""

        async def with_commit() -> T:
            result = await work()
            await self.run(self._finish)
            return result

        return await self.whole(with_commit, within_s=COMMIT_WITHIN_S)

    def _begin(self, connection: Connection) -> None:
        self.backend.begin_writing(connection, lock_within_s=self._lock_within_s)

    def _take_clock(self, connection: Connection) -> None:
        """Takes the writer's lock: SQLite begins IMMEDIATE, PostgreSQL locks the clock's row."""
        row = connection.execute(_LOCKED_CLOCK).one()
        self.revision, self._last_instant = row.revision, row.last_instant_us
        if self._steady_s >= STEADY_S and self._last_instant > (now := self._now()) + MOST_AHEAD_US:
            is_free = connection.execute(_DATED, {"first_": now, "last_": now + MOST_AHEAD_US}).first() is None
            self._last_instant = now - 1 if is_free else self._last_instant
        self.instant = self.next_instant()

    def _finish(self, connection: Connection) -> None:
        if self._complete(connection):
            connection.execute(_SET_CLOCK, {"revision_": self.revision, "instant_": self._last_instant})
            connection.commit()
            self.is_committed = True

    def _complete(self, connection: Connection) -> bool:
        """Writes what must go with the commit; False if there is nothing to commit."""
        return True


_LOCKED_CLOCK = select(tables.clock).with_for_update()
_DATED = union_all(
    *(
        select(column).where(column.between(bindparam("first_"), bindparam("last_"))).limit(1).subquery().select()
        for column in (tables.revisions.c.instant, tables.calls.c.tm_create, tables.outgoing_events.c.instant)
    )
)
"""Whether something is dated in this time. A clock that is behind would give out its instants again."""
_SET_CLOCK = update(tables.clock).values(revision=bindparam("revision_"), last_instant_us=bindparam("instant_"))
