"""Records of calls: what edges report is merged into them, and what that changes in the statistics goes with it.

Both are one transaction, so that each call and attempt counts once, whatever is repeated, late or out of order.
"""

from collections import defaultdict
from collections.abc import AsyncIterator, Collection, Iterable, Sequence
from contextlib import asynccontextmanager
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection

from dialplane.domain.statistics import Contribution, change, contribution
from dialplane.store import tables
from dialplane.store.backend import Backend
from dialplane.store.merging import ATTEMPTS, CALLS, Merged
from dialplane.store.queries import rollups
from dialplane.store.unit import COMMIT_WITHIN_S, Unit, Writing

Row = dict[str, Any]

_OF_CALLS = (
    *("id", "edge", "customer_id", "trunk_id", "tm_start", "tm_ringing", "tm_answered", "tm_ended"),
    *("mono_start", "mono_ringing", "mono_answered", "mono_ended", "tm_update"),
)
_OF_ATTEMPTS = (
    *("call_id", "number", "provider_id", "route_id", "target", "skipped", "tm_placed", "tm_ringing", "tm_answered"),
    *("tm_ended", "tm_late_answer", "answered_status", "ended_status", "verdict", "action"),
)
"""What merging and statistics need to know of a record."""

_NO_CALL: Row = dict.fromkeys(_OF_CALLS)
_NO_ATTEMPT: Row = dict.fromkeys(_OF_ATTEMPTS)


class Records:
    """Some calls by id, and the attempts of each by number, as far as _OF_CALLS and _OF_ATTEMPTS go."""

    def __init__(self, calls: Iterable[Row], attempts: Iterable[Row]) -> None:
        self.calls = {row["id"]: row for row in calls}
        self.attempts: dict[str, dict[int, Row]] = defaultdict(dict)
        for row in attempts:
            self.attempts[row["call_id"]][row["number"]] = row

    @classmethod
    def read(cls, backend: Backend, connection: Connection, ids: Sequence[str]) -> "Records":
        """Those that are stored. Raises the driver's own errors."""
        calls = backend.rows_among(connection, tables.calls, _OF_CALLS, column="id", values=ids)
        known = [row[0] for row in calls]
        attempts = (
            backend.rows_among(connection, tables.attempts, _OF_ATTEMPTS, column="call_id", values=known)
            if known
            else []
        )
        return cls(
            (dict(zip(_OF_CALLS, row, strict=True)) for row in calls),
            (dict(zip(_OF_ATTEMPTS, row, strict=True)) for row in attempts),
        )

    def copy(self) -> "Records":
        """The same, to be changed."""
        return Records(self.calls.values(), (row for rows in self.attempts.values() for row in rows.values()))

    def contribution(self, id_: str) -> Contribution:
        """What a call counts for in statistics; nothing if it is not stored."""
        call, attempts = self.calls.get(id_), self.attempts.get(id_, {})
        return {} if call is None else contribution(call, [attempts[number] for number in sorted(attempts)])


class _Changes:
    """What is to be written to a table: new rows, and of others the groups of columns that take over."""

    def __init__(self, merged: Merged) -> None:
        self._merged = merged
        self._inserts: list[Row] = []
        self._updates: dict[tuple[str, ...], list[Row]] = defaultdict(list)

    def insert(self, row: Row) -> None:
        """A row that is not stored."""
        self._inserts.append(row)

    def update(self, row: Row, groups: tuple[str, ...]) -> None:
        """These groups of columns of a row that is."""
        self._updates[groups].append(row)

    def write(self, backend: Backend, connection: Connection) -> None:
        """One statement for the new rows, and one for all others that take the same groups over."""
        merged, table = self._merged, self._merged.table
        if self._inserts:
            names = table.c.keys()
            unknown, values = dict.fromkeys(names), itemgetter(*names)
            backend.insert_many(connection, table.name, names, (values({**unknown, **row}) for row in self._inserts))
        for groups, updated in self._updates.items():
            columns = (*merged.always, *merged.columns_of(groups))
            names = [*merged.identity, *columns]
            rows = ([row.get(name) for name in names] for row in updated)
            backend.update_many(connection, table, identity=merged.identity, columns=columns, rows=rows)


class Merge:
    """What rows of calls and attempts make of the records as they are read: what is to be written, and counted."""

    def __init__(self, stored: Records, calls: Sequence[Row], attempts: Sequence[Row]) -> None:
        """Each of the attempts is of one of the calls."""
        merged = stored.copy()
        self.calls = calls
        self.of_calls, self.of_attempts = _Changes(CALLS), _Changes(ATTEMPTS)
        self.versions = _versions(stored)
        touched = {row["call_id"] for row in attempts if _merge_attempt(merged, self.of_attempts, row)}
        touched |= {
            row["id"] for row in calls if _merge_call(merged, self.of_calls, row, is_touched=row["id"] in touched)
        }
        self.counted = [change(stored.contribution(id_), merged.contribution(id_)) for id_ in touched]


def _versions(records: Records) -> dict[str, int]:
    """Whatever changes a call moves its `tm_update`."""
    return {id_: row["tm_update"] for id_, row in records.calls.items()}


async def merge(unit: Unit, calls: Sequence[Row], attempts: Sequence[Row]) -> Merge:
    """Reads the records of these calls. Raises Unavailable."""

    def read(connection: Connection) -> Merge:
        _name_targets(unit.backend, connection, attempts)
        return Merge(Records.read(unit.backend, connection, [row["id"] for row in calls]), calls, attempts)

    return await unit.run(read, within_s=COMMIT_WITHIN_S)


async def store(unit: Writing, merge: Merge) -> bool:
    """Writes what has changed, and what that changes in the statistics. Raises Unavailable.

    False, and nothing is done, if the records are others than the ones that were read.
    """
    return await unit.run(lambda connection: _store(unit, connection, merge), within_s=COMMIT_WITHIN_S)


def _store(unit: Writing, connection: Connection, merge: Merge) -> bool:
    ids = [row["id"] for row in merge.calls]
    now = unit.backend.rows_among(connection, tables.calls, ("id", "tm_update"), column="id", values=ids)
    if dict(now) != merge.versions:
        return False
    for row in merge.calls:
        row["tm_create"] = row["tm_update"] = unit.next_instant()
    merge.of_calls.write(unit.backend, connection)
    merge.of_attempts.write(unit.backend, connection)
    rollups.add(connection, merge.counted)
    return True


def _merge_call(records: Records, changes: _Changes, row: Row, *, is_touched: bool) -> bool:
    """Whether the call, or with `is_touched` one of its attempts, is another one now."""
    old = records.calls.get(row["id"])
    if old is None:
        records.calls[row["id"]] = {**_NO_CALL, **row}
        changes.insert(row)
        return True
    groups = CALLS.taken_over(old, row)
    if groups:
        records.calls[row["id"]] = {**old, **CALLS.values_of(groups, row)}
    if groups or is_touched:
        changes.update(row, groups)
    return bool(groups)


def _merge_attempt(records: Records, changes: _Changes, row: Row) -> bool:
    """Whether the attempt is another one now."""
    of_call = records.attempts[row["call_id"]]
    old = of_call.get(row["number"])
    if old is None:
        of_call[row["number"]] = {**_NO_ATTEMPT, **row}
        changes.insert(row)
        return True
    groups = ATTEMPTS.taken_over(old, row)
    if groups:
        of_call[row["number"]] = {**old, **ATTEMPTS.values_of(groups, row)}
        changes.update(row, groups)
    return bool(groups)


def _name_targets(backend: Backend, connection: Connection, attempts: Sequence[Row]) -> None:
    """The target of a route is kept with the attempt: a route may be changed later."""
    placed = [row for row in attempts if row.get("route_id")]
    ids = sorted({row["route_id"] for row in placed})
    rows = backend.rows_among(connection, tables.routes, ("id", "target"), column="id", values=ids) if ids else []
    targets: dict[str, str] = dict(rows)
    for row in placed:
        row["target"] = targets.get(row["route_id"], "")


@asynccontextmanager
async def recounted(unit: Writing, ids: Collection[str]) -> AsyncIterator[None]:
    """Within it these calls may be changed in any way: statistics follow. Raises Unavailable."""
    before = await _read(unit, ids)
    yield
    after = await _read(unit, ids)
    changes = [change(before.contribution(id_), after.contribution(id_)) for id_ in ids]
    await unit.run(lambda connection: rollups.add(connection, changes), within_s=COMMIT_WITHIN_S)


async def _read(unit: Writing, ids: Collection[str]) -> Records:
    return await unit.run(
        lambda connection: Records.read(unit.backend, connection, list(ids)), within_s=COMMIT_WITHIN_S
    )
