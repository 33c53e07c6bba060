"""Statements that the database's driver carries out by itself, for the few that requests wait for most.

SQLAlchemy writes the SQL, once per database. To execute a cached statement of 15 columns through it costs twice what
SQLite needs for the statement (docs/decisions/0012).
"""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Select


class DriverQuery:
    """A query whose rows are plain tuples with the driver's own types: no type of SQLAlchemy's converts them."""

    def __init__(self, query: Select[Any]) -> None:
        self._query = query
        self._sql: dict[str, tuple[str, Sequence[str] | None]] = {}

    def rows(self, connection: Connection, parameters: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        """All rows, read in the transaction that has begun. Raises the driver's own errors."""
        sql, order = self._sql.get(connection.dialect.name) or self._compile(connection)
        cursor = connection.connection.cursor()
        try:
            cursor.execute(sql, parameters if order is None else [parameters[name] for name in order])
            return list(cursor.fetchall())
        finally:
            cursor.close()

    def _compile(self, connection: Connection) -> tuple[str, Sequence[str] | None]:
        """The text, and the order of its parameters if the driver numbers them."""
        compiled = self._query.compile(dialect=connection.dialect)
        self._sql[connection.dialect.name] = result = (str(compiled), compiled.positiontup)
        return result
