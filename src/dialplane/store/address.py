"""Address of the database: the URL that an operator writes, and the backend for it."""

from pathlib import Path

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from dialplane.store.backend import Backend

_POSTGRESQL = ("postgresql", "postgres", "postgresql+psycopg")
_SQLITE = ("sqlite", "sqlite+pysqlite", "sqlite+aiosqlite")


def parse_address(url: str) -> URL:
    """`sqlite:///relative`, `sqlite:////absolute` or `postgresql://...`. Raises ValueError (the URL is not in it)."""
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise ValueError("the database URL must be sqlite:///FILE or postgresql://USER@HOST/NAME") from None
    if parsed.drivername in _SQLITE:
        if not parsed.database or parsed.database == ":memory:":
            raise ValueError("the SQLite URL must name a file: sqlite:///FILE")
        return parsed.set(drivername="sqlite+pysqlite")
    if parsed.drivername in _POSTGRESQL:
        return parsed.set(drivername="postgresql+psycopg")
    raise ValueError("the database must be SQLite or PostgreSQL")


def backend_at(url: str) -> Backend:
    """The backend of the database at this URL (as in `parse_address`). Raises ValueError.

    Only the one in use is imported: PostgreSQL's driver and dialect take a tenth of the API's start.
    """
    address = parse_address(url)
    if address.get_backend_name() == "sqlite":
        from dialplane.store.backend_sqlite import Sqlite

        return Sqlite(address)
    from dialplane.store.backend_postgresql import Postgresql

    return Postgresql(address)


def sqlite_url(file: Path) -> str:
    """The URL of a SQLite file."""
    return URL.create("sqlite", database=str(file)).render_as_string(hide_password=False)
