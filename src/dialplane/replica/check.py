"""Whether the replica is whole: what no call can notice, because it finds nothing where something was.

A value is sealed together with its key (layout.py), so whatever a lookup finds was written there. Where a bad disk has
changed a key, or a page of the index, a lookup finds nothing, or a shorter target that sends the call another way. So
each entry is looked at now and then: its seal, its place in the order, and that a lookup of its key leads to it.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple, cast

import lmdb

from dialplane.replica.layout import TABLES, ReplicaDamaged, unseal

PORTION = 500
"""Entries that are looked at in one go: a millisecond."""


class Place(NamedTuple):
    """How far a look at all entries has come: the table, by its number in `layout.TABLES`, and the last key seen."""

    table: int = 0
    key: bytes = b""


def look_on(transaction: lmdb.Transaction, tables: Mapping[bytes, Any], behind: Place) -> Place | None:
    """Look at the next entries behind this place; the place reached, None at the end of the last table.

    Raises ReplicaDamaged, or what LMDB says of damage (`layout.DAMAGE`).
    """
    table, last = tables[TABLES[behind.table]], behind.key
    cursor = transaction.cursor(table)
    found = cursor.set_range(last) if last else cursor.first()
    if found and cursor.key() == last:
        found = cursor.next()
    for _ in range(PORTION):
        if not found:
            return Place(behind.table + 1) if behind.table + 1 < len(TABLES) else None
        key, sealed = cast(tuple[bytes, bytes], cursor.item())
        if key <= last:
            raise ReplicaDamaged("entries stand out of order")
        unseal(key, sealed)
        if transaction.get(key, db=table) != sealed:
            raise ReplicaDamaged("an entry is not found by its key")
        last = key
        found = cursor.next()
    return Place(behind.table, last)
