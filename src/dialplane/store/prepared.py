"""Statements that are made once and asked often.

On SQLite they go to the connection itself, without a thread and without SQLAlchemy's execution: measured here, a row
by its id costs 6 us this way and 230 us through a thread hop. So only what an index bounds may be prepared.
"""

import sqlite3
from collections import namedtuple
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from sqlalchemy import Delete, Insert, Select, Update
from sqlalchemy.dialects import sqlite
from sqlalchemy.engine.interfaces import Compiled
from sqlalchemy.sql.compiler import SQLCompiler

Parameters = Mapping[str, Any]
_DIALECT = sqlite.dialect(paramstyle="qmark")


class Prepared:
    """One statement. Values written into it are constants; `bindparam`s are given at each execution."""

    def __init__(self, statement: Select[Any] | Insert | Update | Delete, *, columns: Sequence[str] = ()) -> None:
        """`columns` names what an insert or update sets, by parameters of the same names."""
        self.statement = statement
        compiled = statement.compile(dialect=_DIALECT, column_keys=list(columns) or None)
        self._text, self._order, self._constants = _parts(compiled)
        self._row: Any = None

    def fetch(self, connection: sqlite3.Connection, parameters: Parameters | None) -> list[Any]:
        """All rows, with their columns as attributes and `_asdict` (as SQLAlchemy's rows have)."""
        cursor = connection.execute(self._text, self._values(parameters or {}))
        if self._row is None:
            self._row = _row_maker([column[0] for column in cursor.description])
        return list(map(self._row, cursor.fetchall()))

    def execute(self, connection: sqlite3.Connection, rows: Sequence[Parameters]) -> None:
        """Carries the statement out once for each row of parameters."""
        connection.executemany(self._text, [self._values(row) for row in rows])

    def _values(self, parameters: Parameters) -> list[Any]:
        constants = self._constants
        if not constants:
            return [parameters[name] for name in self._order]
        return [parameters[name] if name in parameters else constants[name] for name in self._order]


def _row_maker(names: Sequence[str]) -> Callable[[tuple[Any, ...]], Any]:
    """What a named tuple's `_make` does, in half the time."""
    return partial(tuple.__new__, namedtuple("Row", names))


def _parts(compiled: Compiled) -> tuple[str, Sequence[str], Mapping[str, Any]]:
    assert isinstance(compiled, SQLCompiler)
    constants = {name: value for name, value in compiled.params.items() if name not in _required(compiled)}
    return str(compiled), tuple(compiled.positiontup or ()), constants


def _required(compiled: SQLCompiler) -> set[str]:
    return {name for name, bind in compiled.binds.items() if bind.required}
