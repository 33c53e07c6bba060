"""Units of work: a snapshot to read from, or one transaction that writes.

The only way to the database for the rooms above: statements go in, rows come out. A statement is carried out in a
thread, in one hop; a prepared one, on SQLite, at once.
"""

import sqlite3
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import Connection, Executable, Select, bindparam, select, update

from dialplane.domain.errors import Unavailable
from dialplane.store import tables
from dialplane.store.box import Box
from dialplane.store.connections import Connections, raw
from dialplane.store.failures import refusal_of
from dialplane.store.known import Known
from dialplane.store.prepared import Prepared
from dialplane.store.worker import Abandoned, run_within

T = TypeVar("T")
Parameters = Mapping[str, Any]
Rows = Sequence[Any]
"""Rows with their columns as attributes, and `_asdict`."""

ANSWER_WITHIN_S = 1.9
"""How long PostgreSQL may take for a statement before the asker is told to come again."""

LEAST_ANSWER_S = 0.1
"""What it has at least, after a long wait for its turn."""

COMMIT_WITHIN_S = 30.0
"""The same for a commit: giving up on one leaves open whether it happened."""

FEW_ROWS = 20
"""Up to how many rows a prepared statement writes without a thread."""


@dataclass(frozen=True, slots=True)
class Clock:
    """`epoch` is new after a restore; `revision` counts changes; `instant` is the last one given out."""

    epoch: str
    revision: int
    instant: int


class Unit:
    """What reading and writing units share. Versions of the objects that were seen are kept for If-Match.

    `remembered` and `known` hold committed objects for all reading units; None where rows may be uncommitted.
    """

    remembered: dict[tuple[str, int], Any] | None = None
    known: Known | None = None
    waited_s: float = 0.0
    """How long its turn was waited for: the first answer must come so much sooner."""

    def __init__(self, connections: Connections, box: Box) -> None:
        self.box = box
        self._connections = connections
        self._connection: Connection | None = None
        self._is_abandoned = False
        self._has_failed = False
        self._versions: dict[str, int] = {}

    def see(self, object_id: str, version: int) -> None:
        """Keeps the version (revision of the last change) of an object that was read or written here."""
        self._versions[object_id] = version

    def version_of(self, object_id: str) -> int:
        """The version of an object this unit has read or written. Raises KeyError for any other."""
        return self._versions[object_id]

    async def standing(self) -> dict[Any, Any]:
        """What was read of the database as this snapshot shows it, under keys of those who keep it here.

        The same for later units while nobody writes to the database; always empty where rows may be uncommitted.
        """
        return {}

    async def fetch(self, statement: Executable | Prepared, parameters: Parameters | None = None) -> Rows:
        """All rows of a statement. Raises Unavailable."""
        if not isinstance(statement, Prepared):
            return await self.run(lambda connection: connection.execute(statement, parameters).all())
        if not self._connections.is_sqlite:
            plain = statement.statement
            return await self.run(lambda connection: connection.execute(plain, parameters).all())
        directly = await self._directly()
        return self._watched(lambda: statement.fetch(directly, parameters))

    async def first(self, statement: Executable | Prepared, parameters: Parameters | None = None) -> Any | None:
        """The first row, or None; the statement should not find many. Raises Unavailable."""
        rows = await self.fetch(statement, parameters)
        return rows[0] if rows else None

    async def run(self, work: Callable[[Connection], T], *, within_s: float | None = None) -> T:
        """The result of `work`, called in a thread with this unit's connection. Raises Unavailable.

        On PostgreSQL also when there is no answer `within_s` seconds (ANSWER_WITHIN_S if not given).
        """
        waited_s, self.waited_s = self.waited_s, 0.0
        limit_s = within_s or max(LEAST_ANSWER_S, ANSWER_WITHIN_S - waited_s)
        return await self._in_thread(lambda: self._guarded(work), limit_s)

    async def batches(self, statement: Select[Any], size: int) -> AsyncIterator[Rows]:
        """The rows of a large question, `size` at a time; memory holds no more than one batch."""
        streamed = statement.execution_options(stream_results=True, max_row_buffer=size)
        result = await self.run(lambda connection: connection.execute(streamed))
        try:
            while rows := await self.run(lambda _: result.fetchmany(size)):
                yield rows
        finally:
            await self.run(lambda _: result.close())

    async def release(self) -> None:
        """Ends the transaction (whatever was not committed is rolled back) and gives the connection back."""
        if self._connections.is_sqlite:
            self._give_back()
        elif self._connection is not None and not self._is_abandoned:
            await self._in_thread(self._give_back, ANSWER_WITHIN_S)

    async def _in_thread(self, work: Callable[[], T], within_s: float) -> T:
        if self._is_abandoned:
            raise Unavailable("unreachable")
        limit = None if self._connections.is_sqlite else within_s
        threads = self._connections.threads
        try:
            return await run_within(threads, work, within_s=limit, when_abandoned=self._give_back)
        except Abandoned:
            self._is_abandoned = True
            raise Unavailable("unreachable") from None

    async def _directly(self) -> sqlite3.Connection:
        """SQLite's connection, inside this unit's transaction."""
        if self._connection is None and self._connections.is_ready:
            self._connection, directly = self._connections.take_snapshot()
            return directly
        if self._connection is None:
            await self.run(lambda _: None)
        assert self._connection is not None
        directly = raw(self._connection)
        if not directly.in_transaction:
            self._connections.begin(directly)
        return directly

    def _guarded(self, work: Callable[[Connection], T]) -> T:
        def connected() -> T:
            if self._connection is None:
                self._connection = self._connections.take()
            return work(self._connection)

        return self._watched(connected)

    def _watched(self, work: Callable[[], T]) -> T:
        """Carries work out, unless something failed in this unit before. Raises Unavailable for the driver's errors.

        SQLite may have rolled back on its own (a full disk): what came after would stand alone.
        """
        if self._has_failed:
            raise RuntimeError("this unit of work has failed")
        try:
            return work()
        except BaseException as error:
            self._has_failed = True
            if (refused := refusal_of(error)) is not None:
                raise refused from error
            raise

    def _give_back(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            self._connections.give(connection, has_failed=self._has_failed)


_CLOCK = Prepared(select(tables.clock))


class Reading(Unit):
    """A snapshot: all that is read in one unit is of one moment."""

    def __init__(
        self, connections: Connections, box: Box, *, remembered: dict[tuple[str, int], Any], known: Known
    ) -> None:
        super().__init__(connections, box)
        self.remembered = remembered
        self.known = known
        self._standing: dict[Any, Any] | None = None

    async def standing(self) -> dict[Any, Any]:
        if self._standing is None:
            if self._connections.is_sqlite:
                directly = await self._directly()
                self._standing = self._watched(lambda: self._connections.standing(directly))
            else:
                self._standing = {}
        return self._standing

    async def clock(self) -> Clock:
        """The clock in this snapshot."""
        (row,) = await self.fetch(_CLOCK)
        return Clock(row.epoch, row.revision, row.last_instant_us)


class Writing(Unit):
    """One transaction that holds the writer's lock from its start, so its instants only ever grow."""

    def __init__(self, connections: Connections, box: Box, *, now: Callable[[], int]) -> None:
        super().__init__(connections, box)
        self._now = now
        self._last_instant = 0
        self.revision = 0
        self.is_committed = False

    def next_instant(self) -> int:
        """An instant later than any given out before, by any process; now, where that is later."""
        self._last_instant = max(self._last_instant + 1, self._now())
        return self._last_instant

    def next_instants(self, count: int) -> int:
        """The first of so many instants, each 1 us after the one before."""
        first = self.next_instant()
        self._last_instant = first + count - 1
        return first

    async def execute(self, statement: Executable | Prepared, rows: Sequence[Parameters] | None = None) -> None:
        """Carries out a statement, once per row where rows are given. Raises Unavailable."""
        if not isinstance(statement, Prepared):
            await self.run(lambda connection: connection.execute(statement, rows))
        elif self._connections.is_sqlite and len(rows or ()) <= FEW_ROWS:
            directly = await self._directly()
            self._watched(lambda: statement.execute(directly, rows or [{}]))
        else:
            await self.run(
                lambda connection: self._carry_out(connection, statement, rows or [{}]), within_s=COMMIT_WITHIN_S
            )

    @asynccontextmanager
    async def transaction(self, *, lock_within_s: float) -> AsyncIterator[None]:
        """Begins with the lock; commits at the end; rolls back on any exception, a cancellation included.

        Raises Unavailable where another process has held the lock for so long.
        """
        try:
            await self.run(lambda connection: self._lock(connection, lock_within_s), within_s=lock_within_s)
            yield
            await self.run(self._finish, within_s=COMMIT_WITHIN_S)
        finally:
            await self.release()

    def _carry_out(self, connection: Connection, prepared: Prepared, rows: Sequence[Parameters]) -> None:
        if self._connections.is_sqlite:
            prepared.execute(raw(connection), rows)
        else:
            connection.execute(prepared.statement, rows)

    def _lock(self, connection: Connection, within_s: float) -> None:
        if self._connections.is_sqlite:
            raw(connection).execute(f"PRAGMA busy_timeout = {within_s * 1000:.0f}")
        self._take_clock(connection)

    def _take_clock(self, connection: Connection) -> None:
        """The writer's lock on both databases: SQLite begins IMMEDIATE, PostgreSQL locks the row."""
        row = connection.execute(_LOCKED_CLOCK).one()
        self.revision, self._last_instant = row.revision, row.last_instant_us

    def _finish(self, connection: Connection) -> None:
        if self._write_down(connection):
            self._carry_out(
                connection, _SET_CLOCK, [{"revision": self.revision, "last_instant_us": self._last_instant}]
            )
            connection.commit()
            self.is_committed = True

    def _write_down(self, connection: Connection) -> bool:
        """Writes what must go with the commit; False where there is nothing to commit."""
        return True


_LOCKED_CLOCK = select(tables.clock).with_for_update()
_SET_CLOCK = Prepared(
    update(tables.clock).values(revision=bindparam("revision"), last_instant_us=bindparam("last_instant_us"))
)
