"""Rows of an export."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from typing import Any

from sqlalchemy import select

from dialplane.store import tables
from dialplane.store.objects import Storage
from dialplane.store.unit import Reading, Rows


def rows(
    unit: Reading, storage: Storage[Any], filters: Mapping[str, str | None], *also: Any, at_once: int
) -> aclosing[AsyncGenerator[Rows]]:
    """The live objects of a kind with these values of fields (None: any), in the order of their creation.

    `also`: other conditions. Rows of the whole table, `at_once` at a time, to be iterated within `async with`.
    Raises Unavailable.
    """
    columns = storage.table.c
    equal = [columns[name] == value for name, value in filters.items() if value is not None]
    statement = select(storage.table).where(tables.LIVE, *equal, *also).order_by(columns.tm_create)
    return aclosing(unit.batches(statement, at_once))
