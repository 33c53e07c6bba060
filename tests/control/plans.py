"""The databases' own plans of the statements that a test carries out."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, event

from dialplane.store.database import Database


@contextmanager
def sqlite_plans(db: Database) -> Iterator[list[list[str]]]:
    """The steps of each SELECT that is carried out on a database inside, in order; none of PostgreSQL's.

    Other tests' APIs may run in this process, and their jobs read meanwhile.
    """
    plans: list[list[str]] = []

    def explain(connection: Connection, _cursor: Any, statement: str, parameters: Any, *_rest: Any) -> None:
        if (
            connection.engine.url == db.backend.url
            and connection.dialect.name == "sqlite"
            and statement.startswith("SELECT")
        ):
            driver: Any = connection.connection.dbapi_connection
            plans.append([step for *_, step in driver.execute(f"EXPLAIN QUERY PLAN {statement}", parameters)])

    event.listen(Engine, "before_cursor_execute", explain)
    try:
        yield plans
    finally:
        event.remove(Engine, "before_cursor_execute", explain)


@contextmanager
def postgresql_plans(db: Database) -> Iterator[list[str]]:
    """The plan of each SELECT of attempts that is carried out on a database inside; none of SQLite's."""
    plans: list[str] = []

    def explain(connection: Connection, _cursor: Any, statement: str, parameters: Any, *_rest: Any) -> None:
        if (
            connection.engine.url == db.backend.url
            and connection.dialect.name == "postgresql"
            and "attempts" in statement
        ):
            driver: Any = connection.connection.dbapi_connection
            plans.append("\n".join(line for (line,) in driver.execute(f"EXPLAIN {statement}", parameters)))

    event.listen(Engine, "before_cursor_execute", explain)
    try:
        yield plans
    finally:
        event.remove(Engine, "before_cursor_execute", explain)


@contextmanager
def statements(db: Database) -> Iterator[list[str]]:
    """Each statement that is carried out on a database inside."""
    carried_out: list[str] = []

    def note(connection: Connection, _cursor: Any, statement: str, *_rest: Any) -> None:
        if connection.engine.url == db.backend.url:
            carried_out.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield carried_out
    finally:
        event.remove(Engine, "before_cursor_execute", note)
