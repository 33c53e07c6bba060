"""Connections to the database for units of work, and the threads in which their statements run."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

from sqlalchemy import Connection, Engine

from dialplane.store.backend import Backend


class Pool:
    """Connections of one engine."""

    def __init__(self, backend: Backend, engine: Engine, threads: ThreadPoolExecutor) -> None:
        self.backend = backend
        self.threads = threads
        self._engine = engine
        self._idle: list[Connection] = []

    @property
    def has_idle(self) -> bool:
        """Whether a connection is open and free, so that `take` is quick."""
        return bool(self._idle)

    def take(self) -> Connection:
        """A connection outside any transaction. Raises the driver's own errors."""
        try:
            return self._idle.pop()
        except IndexError:
            return self._engine.connect()

    def give_back(self, connection: Connection) -> None:
        """Rolls back what was not committed. A connection that cannot even do that is thrown away.

        One that fails while it is closed (a server that dies at that moment) may be closed all the same.
        """
        try:
            is_kept = self.backend.end(connection)
        except Exception:
            self.throw_away(connection)
        else:
            if is_kept:
                self._idle.append(connection)

    def throw_away(self, connection: Connection) -> None:
        """Closes a connection that nobody may use again."""
        if not connection.closed:
            connection.invalidate()
            connection.close()

    def close(self) -> None:
        """Closes all connections. None may be in use."""
        while self._idle:
            self._idle.pop().close()
        self._engine.dispose()


class Snapshots(Pool):
    """Connections that only read. Where short statements run on the event loop, units that follow each other within one
    turn of it read from one snapshot, so that not each of them begins and ends a transaction.

    None misses a commit that its caller knows of: whatever became ready by that commit, a task that waited for it or a
    request that its client has sent since, is queued behind the end of the turn's snapshots.
    """

    def __init__(self, backend: Backend, engine: Engine, threads: ThreadPoolExecutor) -> None:
        super().__init__(backend, engine, threads)
        self._begun: list[Connection] = []
        self._shared: list[Connection] = []

    @property
    def has_idle(self) -> bool:
        return bool(self._shared or self._idle)

    def shared(self) -> Connection | None:
        """A connection with a snapshot that began in this turn and that nobody reads from; None if there is none."""
        return self._shared.pop() if self._shared else None

    def has_begun(self, connection: Connection) -> None:
        """A snapshot has begun, on the event loop."""
        if not self._begun:
            asyncio.get_running_loop().call_soon(self.end_turn)
        self._begun.append(connection)

    def hand_on(self, connection: Connection) -> None:
        """Keeps a snapshot of this turn for whoever comes next in it; gives back any other."""
        if connection in self._begun:
            self._shared.append(connection)
        else:
            self.give_back(connection)

    def end_turn(self) -> None:
        """Nobody else reads from the snapshots that have begun by now."""
        self._begun.clear()
        while self._shared:
            self.give_back(self._shared.pop())

    def close(self) -> None:
        self.end_turn()
        super().close()
