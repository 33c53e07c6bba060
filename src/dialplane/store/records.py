"""Records of calls: what edges report is merged into them, and what that changes in the statistics goes with it.

Both are one transaction, so that each call and attempt counts once, whatever is repeated, late or out of order.
"""

from collections import defaultdict
from collections.abc import AsyncIterator, Collection, Iterable, Mapping, Sequence
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

    def contribution(self, id_: str) -> Contribution:
        """What a call counts for in statistics; nothing if it is not stored."""
        call = self.calls.get(id_)
        return {} if call is None else _contribution(call, self.attempts.get(id_, {}))


def _contribution(call: Row, attempts: Mapping[int, Row]) -> Contribution:
    return contribution(call, [attempts[number] for number in sorted(attempts)])


class _Changes:
    """What is to be written to a table: new rows, and of others the groups of columns that take over."""

    def __init__(self, merged: Merged) -> None:
        self._merged = merged
        self._unknown: Row = dict.fromkeys(merged.table.c.keys())
        self._inserts: list[Row] = []
        self._updates: dict[tuple[str, ...], list[Row]] = defaultdict(list)

    def insert(self, row: Row) -> Row:
        """A row that is not stored; the same with all columns."""
        whole = self._unknown | row
        self._inserts.append(whole)
        return whole

    def update(self, row: Row, groups: tuple[str, ...]) -> None:
        """These groups of columns of a row that is."""
        self._updates[groups].append(row)

    def write(self, backend: Backend, connection: Connection) -> None:
        """One statement for the new rows, and one for all others that take the same groups over."""
        merged, table = self._merged, self._merged.table
        if self._inserts:
            names = list(self._unknown)
            backend.insert_many(connection, table.name, names, map(itemgetter(*names), self._inserts))
        for groups, updated in self._updates.items():
            columns = (*merged.always, *merged.columns_of(groups))
            names = [*merged.identity, *columns]
            rows = ([row.get(name) for name in names] for row in updated)
            backend.update_many(connection, table, identity=merged.identity, columns=columns, rows=rows)


class Merge:
    """What rows of calls and attempts make of the records as they are read: what is to be written, and counted.

    `calls`: those that are written, new ones with all their columns.
    """

    def __init__(self, stored: Records, calls: Sequence[Row], attempts: Sequence[Row]) -> None:
        """Each of the attempts is of one of the calls."""
        self.ids = [row["id"] for row in calls]
        self.calls: list[Row] = []
        self.of_calls, self.of_attempts = _Changes(CALLS), _Changes(ATTEMPTS)
        self.versions = _versions(stored)
        counted: list[Contribution] = []
        of_call: dict[str, list[Row]] = defaultdict(list)
        for row in attempts:
            of_call[row["call_id"]].append(row)
        for row in calls:
            counted.append(self._merge(stored, row, of_call.get(row["id"], ())))
        self.change = rollups.change_of(counted)

    def _merge(self, stored: Records, row: Row, attempts: Iterable[Row]) -> Contribution:
        """One call with its attempts; how what it counts for changes."""
        old = stored.calls.get(row["id"])
        if old is None:
            self.calls.append(new := self.of_calls.insert(row))
            return _contribution(new, {one["number"]: self.of_attempts.insert(one) for one in attempts})
        olds = stored.attempts.get(row["id"], {})
        news, is_touched = dict(olds), False
        for attempt in attempts:
            before = olds.get(attempt["number"])
            news[attempt["number"]] = after = self._merged_attempt(before, attempt)
            is_touched = is_touched or after is not before
        new = self._merged_call(old, row, is_touched=is_touched)
        if new is old and not is_touched:
            return {}
        return change(_contribution(old, olds), _contribution(new, news))

    def _merged_call(self, old: Row, row: Row, *, is_touched: bool) -> Row:
        """What the call is now: `old` itself if it is no other. With `is_touched` one of its attempts is another."""
        groups = CALLS.taken_over(old, row)
        if groups or is_touched:
            self.calls.append(row)
            self.of_calls.update(row, groups)
        return {**old, **CALLS.values_of(groups, row)} if groups else old

    def _merged_attempt(self, old: Row | None, row: Row) -> Row:
        """What the attempt is now: `old` itself if it is no other."""
        if old is None:
            return self.of_attempts.insert(row)
        groups = ATTEMPTS.taken_over(old, row)
        if not groups:
            return old
        self.of_attempts.update(row, groups)
        return {**old, **ATTEMPTS.values_of(groups, row)}


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
    now = unit.backend.rows_among(connection, tables.calls, ("id", "tm_update"), column="id", values=merge.ids)
    if dict(now) != merge.versions:
        return False
    for row in merge.calls:
        row["tm_create"] = row["tm_update"] = unit.next_instant()
    merge.of_calls.write(unit.backend, connection)
    merge.of_attempts.write(unit.backend, connection)
    rollups.add(connection, merge.change)
    return True


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
    changed = rollups.change_of(change(before.contribution(id_), after.contribution(id_)) for id_ in ids)
    await unit.run(lambda connection: rollups.add(connection, changed), within_s=COMMIT_WITHIN_S)


async def _read(unit: Writing, ids: Collection[str]) -> Records:
    return await unit.run(
        lambda connection: Records.read(unit.backend, connection, list(ids)), within_s=COMMIT_WITHIN_S
    )
