"""Records of calls: what edges report is merged into them, and what that changes in the statistics goes with it.

Both are one transaction, so that each call and attempt counts once, whatever is repeated, late or out of order.
"""

from collections import defaultdict
from collections.abc import AsyncIterator, Collection, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import islice
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection, select

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


@dataclass(frozen=True, slots=True)
class Record:
    """A call and its attempts by number, as far as _OF_CALLS and _OF_ATTEMPTS go, and what they count for."""

    call: Row
    attempts: Mapping[int, Row]
    counted: Contribution


Records = Mapping[str, Record]
"""By the id of the call."""


def _record(call: Row, attempts: Mapping[int, Row]) -> Record:
    return Record(call, attempts, contribution(call, [attempts[number] for number in sorted(attempts)]))


def _read(backend: Backend, connection: Connection, ids: Sequence[str]) -> dict[str, Record]:
    """Those of these calls that are stored. Raises the driver's own errors."""
    calls = backend.rows_among(connection, tables.calls, _OF_CALLS, column="id", values=ids) if ids else []
    attempts: dict[str, dict[int, Row]] = {row[0]: {} for row in calls}
    if calls:
        of_calls = list(attempts)
        for row in backend.rows_among(connection, tables.attempts, _OF_ATTEMPTS, column="call_id", values=of_calls):
            attempts[row[0]][row[1]] = dict(zip(_OF_ATTEMPTS, row, strict=True))
    return {row[0]: _record(dict(zip(_OF_CALLS, row, strict=True)), attempts[row[0]]) for row in calls}


MOST_OPEN = 10_000
"""Calls that are kept in memory, at some 6 kB each."""


class OpenRecords:
    """Records of calls that go on as this process stored them last, the latest ones: few of them are read again.

    Any process may have changed or deleted them since, which moves their `tm_update` or leaves none.
    """

    def __init__(self) -> None:
        self._records: dict[str, Record] = {}

    def among(self, versions: Mapping[str, int]) -> dict[str, Record]:
        """Those of these calls, id -> `tm_update`, that are still the same."""
        found = ((id_, self._records.get(id_)) for id_ in versions)
        return {id_: one for id_, one in found if one is not None and one.call["tm_update"] == versions[id_]}

    def keep(self, merge: "Merge") -> None:
        """What has been stored and committed."""
        for record in merge.records:
            id_ = record.call["id"]
            self._records.pop(id_, None)
            if record.call["tm_ended"] is None:
                self._records[id_] = record
        for id_ in list(islice(self._records, max(0, len(self._records) - MOST_OPEN))):
            del self._records[id_]


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

    `calls`: those that are written, new ones with all their columns. `records`: what becomes of them. `instant`: the
    clock's when the records were read.
    """

    def __init__(self, stored: Records, calls: Sequence[Row], attempts: Sequence[Row], *, instant: int) -> None:
        """Each of the attempts is of one of the calls."""
        self.instant = instant
        self.ids = [row["id"] for row in calls]
        self.calls: list[Row] = []
        self.records: list[Record] = []
        self.of_calls, self.of_attempts = _Changes(CALLS), _Changes(ATTEMPTS)
        self.versions = {id_: record.call["tm_update"] for id_, record in stored.items()}
        counted: list[Contribution] = []
        of_call: dict[str, list[Row]] = defaultdict(list)
        for row in attempts:
            of_call[row["call_id"]].append(row)
        for row in calls:
            counted.append(self._merge(stored.get(row["id"]), row, of_call.get(row["id"], ())))
        self.change = rollups.change_of(counted)

    def _merge(self, old: Record | None, row: Row, attempts: Iterable[Row]) -> Contribution:
        """One call with its attempts; how what it counts for changes."""
        if old is None:
            inserted = {one["number"]: self.of_attempts.insert(one) for one in attempts}
            new = _record(self.of_calls.insert(row), inserted)
            self.calls.append(new.call)
            self.records.append(new)
            return new.counted
        news, is_touched = dict(old.attempts), False
        for attempt in attempts:
            before = news.get(attempt["number"])
            news[attempt["number"]] = after = self._merged_attempt(before, attempt)
            is_touched = is_touched or after is not before
        call = self._merged_call(old.call, row, is_touched=is_touched)
        if call is old.call:
            return {}
        new = _record(call, news)
        self.records.append(new)
        return change(old.counted, new.counted)

    def _merged_call(self, old: Row, row: Row, *, is_touched: bool) -> Row:
        """What the call is now: `old` itself if it is no other. With `is_touched` one of its attempts is another."""
        groups = CALLS.taken_over(old, row)
        if not groups and not is_touched:
            return old
        self.calls.append(row)
        self.of_calls.update(row, groups)
        return {**old, **CALLS.values_of(groups, row)}

    def _merged_attempt(self, old: Row | None, row: Row) -> Row:
        """What the attempt is now: `old` itself if it is no other."""
        if old is None:
            return self.of_attempts.insert(row)
        groups = ATTEMPTS.taken_over(old, row)
        if not groups:
            return old
        self.of_attempts.update(row, groups)
        return {**old, **ATTEMPTS.values_of(groups, row)}


_INSTANT = select(tables.clock.c.last_instant_us)


async def merge(unit: Unit, known: OpenRecords, calls: Sequence[Row], attempts: Sequence[Row]) -> Merge:
    """Reads the records of these calls, but for those that are known. Raises Unavailable."""
    ids = [row["id"] for row in calls]

    def read(connection: Connection) -> Merge:
        instant = connection.execute(_INSTANT).scalar_one()
        _name_targets(unit.backend, connection, attempts)
        stored = known.among(versions := _versions(unit.backend, connection, ids))
        stored |= _read(unit.backend, connection, [id_ for id_ in versions if id_ not in stored])
        return Merge(stored, calls, attempts, instant=instant)

    return await unit.run(read, within_s=COMMIT_WITHIN_S)


def _versions(backend: Backend, connection: Connection, ids: Sequence[str]) -> dict[str, int]:
    """Id -> `tm_update`, which whatever changes a call moves, of those of these calls that are stored."""
    return dict(backend.rows_among(connection, tables.calls, ("id", "tm_update"), column="id", values=ids))


async def store(unit: Writing, merge: Merge) -> bool:
    """Writes what has changed, and what that changes in the statistics. Raises Unavailable.

    False, and nothing is done, if the records are others than the ones that were read.
    """
    return await unit.run(lambda connection: _store(unit, connection, merge), within_s=COMMIT_WITHIN_S)


def _store(unit: Writing, connection: Connection, merge: Merge) -> bool:
    is_as_read = unit.instant_before == merge.instant  # every commit moves the clock
    if not is_as_read and _versions(unit.backend, connection, merge.ids) != merge.versions:
        return False
    for row, record in zip(merge.calls, merge.records, strict=True):
        row["tm_create"] = row["tm_update"] = record.call["tm_update"] = unit.next_instant()
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
    before = await _counted(unit, ids)
    yield
    after = await _counted(unit, ids)
    changed = rollups.change_of(change(before.get(id_, {}), after.get(id_, {})) for id_ in ids)
    await unit.run(lambda connection: rollups.add(connection, changed), within_s=COMMIT_WITHIN_S)


async def _counted(unit: Writing, ids: Collection[str]) -> dict[str, Contribution]:
    """Id -> what the call counts for, of those of these calls that are stored."""
    records = await unit.run(lambda connection: _read(unit.backend, connection, list(ids)), within_s=COMMIT_WITHIN_S)
    return {id_: record.counted for id_, record in records.items()}
