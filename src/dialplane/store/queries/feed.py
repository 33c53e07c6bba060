"""Rows of the feed."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

from sqlalchemy import select

from dialplane.store import tables
from dialplane.store.objects import Storage
from dialplane.store.unit import Reading, Rows


def rows(unit: Reading, storage: Storage[Any], *, since: int | None, at_once: int) -> aclosing[AsyncGenerator[Rows]]:
    """The objects of a kind that a revision after `since` has changed, deleted ones too; None: all live ones.

    Rows of the whole table, `at_once` at a time, to be iterated within `async with`. Raises Unavailable.
    """
    condition = tables.LIVE if since is None else storage.table.c.revision > since
    return aclosing(unit.batches(select(storage.table).where(condition), at_once))
