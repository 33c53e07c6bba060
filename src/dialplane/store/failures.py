"""Database failures as the domain's words: what may succeed a moment later is Unavailable."""

import sqlite3

import psycopg
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from dialplane.domain.errors import Unavailable

_POSTGRESQL = {"53100": "storage_full", "55P03": "busy", "57014": "busy", "40P01": "busy"}
"""SQLSTATE: disk_full, lock_not_available, query_canceled (by a timeout of ours), deadlock_detected."""

_POSTGRESQL_CLASSES = {"08": "unreachable", "53": "unreachable", "57": "unreachable"}
"""Connection exceptions, insufficient resources, operator intervention (shutdown, crash, starting up)."""

_SQLITE = {
    "SQLITE_BUSY": "busy",
    "SQLITE_LOCKED": "busy",
    "SQLITE_FULL": "storage_full",
    "SQLITE_IOERR": "unreachable",
    "SQLITE_CANTOPEN": "unreachable",
}


def refusal_of(error: BaseException) -> Unavailable | None:
    """What the driver's error means where the database is busy, full or gone; None for any other error."""
    if isinstance(error, PoolTimeout):
        return Unavailable("busy")
    code = _code(error.orig if isinstance(error, DBAPIError) else error)
    return None if code is None else Unavailable(code)


def _code(error: BaseException | None) -> str | None:
    if isinstance(error, sqlite3.Error):
        return _sqlite_code(error)
    if not isinstance(error, psycopg.Error):
        return None
    state = error.sqlstate
    if state is None:
        return "unreachable" if isinstance(error, (psycopg.OperationalError, psycopg.InterfaceError)) else None
    return _POSTGRESQL.get(state) or _POSTGRESQL_CLASSES.get(state[:2])


def _sqlite_code(error: sqlite3.Error) -> str | None:
    name = getattr(error, "sqlite_errorname", "")
    return next((code for prefix, code in _SQLITE.items() if name.startswith(prefix)), None)
