"""Limits of statements that are written out, not bound.

PostgreSQL plans a prepared statement once only if that plan is as good as one for its values. Of a bound limit it knows
nothing, and plans for a tenth of the table: each list was planned anew, over the partitions of all days.
"""

from typing import TypeVar

from sqlalchemy import Select, literal_column

S = TypeVar("S", bound=Select[tuple[object, ...]])


def first(statement: S, count: int) -> S:
    """The first so many of its rows."""
    return statement.limit(literal_column(str(int(count))))
