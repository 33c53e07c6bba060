"""Connections for units of work: taken, used by one unit, given back outside any transaction."""

import asyncio
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from typing import Any, cast

from sqlalchemy import Connection, Engine


class Connections:
    """Where units get their connection. SQLite's are kept open and ready; PostgreSQL's are the engine's pool's.

    Whoever takes one must know that there is one: the callers' turns bound how many are out at once.
    """

    def __init__(self, engine: Engine, threads: ThreadPoolExecutor) -> None:
        self.threads = threads
        self.is_sqlite = engine.dialect.name == "sqlite"
        self._engine = engine
        self._idle: list[Connection] = []
        self._standing: dict[sqlite3.Connection, tuple[int, dict[Any, Any]]] = {}
        self._fresh: dict[sqlite3.Connection, dict[Any, Any] | None] = {}
        self._left_open: Connection | None = None

    @property
    def is_ready(self) -> bool:
        """Whether `take` and `give` are quick enough for the event loop's own thread."""
        return bool(self._idle) or self._left_open is not None

    def take_snapshot(self) -> tuple[Connection, sqlite3.Connection]:
        """SQLite's: a connection inside a transaction that began in this turn of the event loop; `is_ready` must hold.

        Units that read one after the other in one turn share its snapshot: whoever asks was heard before it began.
        """
        connection, self._left_open = self._left_open or self._idle.pop(), None
        directly = raw(connection)
        if not directly.in_transaction:
            self.begin(directly)
        return connection, directly

    def begin(self, directly: sqlite3.Connection) -> None:
        """Begins a transaction that only reads."""
        directly.execute("BEGIN")
        if not self._fresh:
            asyncio.get_running_loop().call_soon(self.end_turn)
        self._fresh[directly] = None

    def end_turn(self) -> None:
        """Ends the snapshot that was left open: at the end of the loop's turn, and when this process has written."""
        self._fresh.clear()
        connection, self._left_open = self._left_open, None
        if connection is not None:
            self.give(connection)

    def take(self) -> Connection:
        """A connection outside any transaction."""
        return self._idle.pop() if self._idle else self._engine.connect()

    def give(self, connection: Connection, *, has_failed: bool = False) -> None:
        """Rolls back what was not committed. A connection that cannot even do that is thrown away."""
        try:
            connection.rollback()
            if not self.is_sqlite:
                connection.close()
                return
            directly = raw(connection)
            if directly.in_transaction:
                if directly in self._fresh and self._left_open is None and not has_failed:
                    self._left_open = connection
                    return
                directly.rollback()
            self._fresh.pop(directly, None)
        except Exception:
            self._standing.clear()
            connection.invalidate()
            connection.close()
        else:
            self._idle.append(connection)

    def standing(self, connection: sqlite3.Connection) -> dict[Any, Any]:
        """What readers of this connection, inside a transaction, have kept since anyone last wrote to the database.

        SQLite's data_version tells of commits by all other connections, those of other processes included.
        """
        if (standing := self._fresh.get(connection)) is not None:
            return standing
        ((version,),) = connection.execute("PRAGMA data_version").fetchall()
        kept_at, standing = self._standing.get(connection, (0, {}))
        if kept_at != version:
            standing = {}
            self._standing[connection] = version, standing
        if connection in self._fresh:
            self._fresh[connection] = standing
        return standing

    def keep(self, connection: Connection) -> None:
        """The same without closing it, on PostgreSQL too: for one that holds temporary tables."""
        connection.rollback()
        self._idle.append(connection)

    def close(self) -> None:
        """Ends all of them. None may be out."""
        self.end_turn()
        while self._idle:
            self._idle.pop().close()
        self._engine.dispose()


def raw(connection: Connection) -> sqlite3.Connection:
    """SQLite's own connection underneath."""
    return cast(sqlite3.Connection, connection.connection.dbapi_connection)
