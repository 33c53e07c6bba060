"""Connections for units of work: taken, used by one unit, given back outside any transaction."""

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from typing import cast

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

    @property
    def is_ready(self) -> bool:
        """Whether `take` and `give` are quick enough for the event loop's own thread."""
        return bool(self._idle)

    def take(self) -> Connection:
        """A connection outside any transaction."""
        return self._idle.pop() if self._idle else self._engine.connect()

    def give(self, connection: Connection) -> None:
        """Rolls back what was not committed. A connection that cannot even do that is thrown away."""
        try:
            connection.rollback()
            if not self.is_sqlite:
                connection.close()
                return
            if raw(connection).in_transaction:
                raw(connection).rollback()
        except Exception:
            connection.invalidate()
            connection.close()
        else:
            self._idle.append(connection)

    def close(self) -> None:
        """Ends all of them. None may be out."""
        while self._idle:
            self._idle.pop().close()
        self._engine.dispose()


def raw(connection: Connection) -> sqlite3.Connection:
    """SQLite's own connection underneath."""
    return cast(sqlite3.Connection, connection.connection.dbapi_connection)
