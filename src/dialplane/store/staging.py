"""Staging: what a large change will store, put into temporary tables before anybody has to wait for it."""

from collections.abc import Sequence
from typing import Protocol

from sqlalchemy import Connection

from dialplane.store.connections import Connections, raw
from dialplane.store.failures import refusal_of


class Stageable(Protocol):
    """New objects that wait to be stored."""

    @property
    def are_many(self) -> bool: ...
    def stage(self, connection: Connection, name: str) -> None: ...


def stage(connections: Connections, many: Sequence[Stageable]) -> None:
    """Stages them on a connection, which is then the next that is taken. Blocking. Raises Unavailable."""
    connection = None
    try:
        connection = connections.take()
        if connections.is_sqlite:
            raw(connection).execute("PRAGMA wal_autocheckpoint = 0")  # that can wait until the lock is free again
        for number, one in enumerate(many):
            one.stage(connection, f"staged_{number}")
    except Exception as error:
        if (refused := refusal_of(error)) is not None:
            raise refused from error
        raise
    finally:
        if connection is not None:
            connections.keep(connection)
