"""A statement that goes on until somebody ends it."""

from typing import Any

from sqlalchemy import Connection, text

_ENDLESS = {
    "sqlite": text("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"),
    "postgresql": text("SELECT pg_sleep(100000)"),
}
RUNNING = text(
    "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(100000)%' AND state = 'active' "
    "AND pid <> pg_backend_pid()"
)
"""On PostgreSQL: how many there are."""


def endless(connection: Connection) -> Any:
    """To be carried out by `Unit.run`."""
    return connection.execute(_ENDLESS[connection.dialect.name]).all()
