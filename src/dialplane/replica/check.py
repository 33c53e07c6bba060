"""Periodic check of the whole replica, for damage that no call can notice: a lookup that finds nothing any more.

A value is sealed together with its key (layout.py), so a value that a lookup finds is the one that was written. If a
bad disk has changed a key, or a page of the index, a lookup finds nothing, or a shorter target that sends the call
another way. So each entry is checked: its seal, its place in the order, and that a lookup of its key finds it.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple, cast

import lmdb

from dialplane.replica.layout import TABLES, ReplicaDamaged, unseal

PORTION = 500
"""Entries in one step: a millisecond."""


class Position(NamedTuple):
    """How far the check has come: the index of the table in `layout.TABLES`, and the last key checked."""

    table: int = 0
    key: bytes = b""


def check_entries(transaction: lmdb.Transaction, tables: Mapping[bytes, Any], after: Position) -> Position | None:
    """Check the next entries after this position; returns the new position, None at the end of the last table.

    Raises ReplicaDamaged, or one of LMDB's errors for damage (`layout.DAMAGE`).
    """
    table, last = tables[TABLES[after.table]], after.key
    cursor = transaction.cursor(table)
    has_entry = cursor.set_range(last) if last else cursor.first()
    if has_entry and cursor.key() == last:
        has_entry = cursor.next()
    for _ in range(PORTION):
        if not has_entry:
            return Position(after.table + 1) if after.table + 1 < len(TABLES) else None
        key, sealed = cast(tuple[bytes, bytes], cursor.item())
        if key <= last:
            raise ReplicaDamaged("entries are out of order")
        unseal(key, sealed)
        if transaction.get(key, db=table) != sealed:
            raise ReplicaDamaged("a lookup does not find an entry")
        last = key
        has_entry = cursor.next()
    return Position(after.table, last)
