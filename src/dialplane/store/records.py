"""Records of calls: what edges report is merged into them, and what that changes in the statistics goes with it.

Both are one transaction, so that each call and attempt counts once, whatever is repeated, late or out of order.
"""

from collections import defaultdict
from collections.abc import AsyncIterator, Collection, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import islice

from sqlalchemy import Connection

from dialplane.domain.statistics import Contribution, CountedAttempt, CountedCall, change, contribution
from dialplane.store import tables
from dialplane.store.backend import AlreadyStored, Backend
from dialplane.store.queries import rollups
from dialplane.store.reports import ATTEMPTS, CALLS, Groups, ReportedCall, Reports, Values
from dialplane.store.unit import COMMIT_WITHIN_S, Unit, Writing

_OF_CALLS = ("id", "tm_update", *CountedCall._fields)
_OF_ATTEMPTS = ("call_id", "number", *CountedAttempt._fields)


class Outdated(Exception):
    """Records are others than those that reports were merged with. Nothing of the transaction may be committed."""


@dataclass(slots=True)
class Record:
    """A call and its attempts by number, as far as they are counted. `version`: the `tm_update` of the call."""

    version: int
    call: CountedCall
    attempts: Mapping[int, CountedAttempt]
    counted: Contribution


def _record(call: CountedCall, attempts: Mapping[int, CountedAttempt], *, version: int = 0) -> Record:
    return Record(version, call, attempts, contribution(call, [attempts[number] for number in sorted(attempts)]))


def _read(backend: Backend, connection: Connection, ids: Sequence[str]) -> dict[str, Record]:
    """By id, those of these calls that are stored. Raises the driver's own errors."""
    calls = backend.rows_among(connection, tables.calls, _OF_CALLS, column="id", values=ids) if ids else []
    attempts: dict[str, dict[int, CountedAttempt]] = {row[0]: {} for row in calls}
    if calls:
        of_calls = list(attempts)
        for row in backend.rows_among(connection, tables.attempts, _OF_ATTEMPTS, column="call_id", values=of_calls):
            attempts[row[0]][row[1]] = CountedAttempt._make(row[2:])
    return {row[0]: _record(CountedCall._make(row[2:]), attempts[row[0]], version=row[1]) for row in calls}


MOST_OPEN = 10_000
"""Calls that are kept in memory."""


class OpenRecords:
    """Records of calls that go on as this process stored them last, the latest ones, by id.

    Any process may have changed or deleted them since, which moves their version or leaves none.
    """

    def __init__(self) -> None:
        self._records: dict[str, Record] = {}

    def among(self, ids: Iterable[str]) -> dict[str, Record]:
        """Those of these calls."""
        return {id_: self._records[id_] for id_ in ids if id_ in self._records}

    def keep(self, merge: "Merge") -> None:
        """What has been stored and committed."""
        for id_, record in merge.records.items():
            self._records.pop(id_, None)
            if record.call.tm_ended is None:
                self._records[id_] = record
        for id_ in list(islice(self._records, max(0, len(self._records) - MOST_OPEN))):
            del self._records[id_]


class Merge:
    """What reports make of the records that are stored: what is to be written, and counted.

    `records`: by id, those that are to be written, as they will be. `unchanged`: id -> version of the others.
    `foreign`: ids of the calls of other edges than `edge`, whose reports are left out.
    """

    def __init__(self, stored: Mapping[str, Record], calls: Iterable[ReportedCall], *, edge: str = "") -> None:
        """A call without a record is taken for a new one. Any edge's calls are merged if `edge` is empty."""
        self.records: dict[str, Record] = {}
        self.foreign: set[str] = set()
        self.unchanged: dict[str, int] = {}
        self._new_calls: list[Values] = []
        self._new_attempts: list[Values] = []
        self._calls: dict[Groups, list[Values]] = defaultdict(list)
        self._attempts: dict[Groups, list[Values]] = defaultdict(list)
        counted: list[Contribution] = []
        for call in calls:
            old = stored.get(call.id)
            if old is None:
                counted.append(self._insert(call))
            elif edge in ("", old.call.edge):
                counted.append(self._update(old, call))
            else:
                self.foreign.add(call.id)
        self._change = rollups.change_of(counted)

    def _insert(self, call: ReportedCall) -> Contribution:
        """What the call counts for."""
        self._new_calls.append((call.id, call.edge, *(row := CALLS.row(call.reports))))
        attempts = {number: self._insert_attempt(call.id, number, reports) for number, reports in call.attempts.items()}
        new = _record(CountedCall._make((*CALLS.counted_of(row), call.edge, None)), attempts)
        self.records[call.id] = new
        return new.counted

    def _insert_attempt(self, call_id: str, number: int, reports: Reports) -> CountedAttempt:
        self._new_attempts.append((call_id, number, *(row := ATTEMPTS.row(reports))))
        return CountedAttempt._make(ATTEMPTS.counted_of(row))

    def _update(self, old: Record, call: ReportedCall) -> Contribution:
        """How what the call counts for changes."""
        attempts = dict(old.attempts)
        for number, reports in call.attempts.items():
            before = attempts.get(number)
            if before is None:
                attempts[number] = self._insert_attempt(call.id, number, reports)
            elif groups := ATTEMPTS.brought(before, reports):
                self._attempts[groups].append((call.id, number, *ATTEMPTS.values_of(groups, reports)))
                attempts[number] = CountedAttempt._make(ATTEMPTS.taken_over(before, groups, reports))
        groups = CALLS.brought(old.call, call.reports)
        if not groups and attempts == old.attempts:
            self.unchanged[call.id] = old.version
            return {}
        self._calls[groups].append((call.id, old.version, *CALLS.values_of(groups, call.reports)))
        new = _record(CountedCall._make(CALLS.taken_over(old.call, groups, call.reports)), attempts)
        self.records[call.id] = new
        return change(old.counted, new.counted)

    def write(self, backend: Backend, connection: Connection, *, first_instant: int) -> None:
        """One statement for the new rows of a table, and one for all others that take the same groups over.

        The records get instants from the first on, as their versions. Raises Outdated, AlreadyStored.
        """
        if self.unchanged and _versions(backend, connection, list(self.unchanged)) != self.unchanged:
            raise Outdated
        for version, record in enumerate(self.records.values(), first_instant):
            record.version = version
        self._write_calls(backend, connection)
        self._write_attempts(backend, connection)
        rollups.add(connection, self._change)

    def _write_calls(self, backend: Backend, connection: Connection) -> None:
        """An update finds only what is still of the version that was read."""
        if self._new_calls:
            versions = [self.records[row[0]].version for row in self._new_calls]
            rows = [(version, version, *row) for version, row in zip(versions, self._new_calls, strict=True)]
            names = ("tm_create", "tm_update", *CALLS.identity, *CALLS.columns)
            backend.insert_many(connection, tables.calls.name, names, rows)
        for groups, updated in self._calls.items():
            rows = [(*row, self.records[row[0]].version) for row in updated]
            identity, columns = ("id", "tm_update"), (*CALLS.columns_of(groups), "tm_update")
            found = backend.update_many(connection, tables.calls, identity=identity, columns=columns, rows=rows)
            if found != len(rows):
                raise Outdated

    def _write_attempts(self, backend: Backend, connection: Connection) -> None:
        """Whatever changes an attempt moves its call's version, which has been looked at."""
        identity, table = ATTEMPTS.identity, tables.attempts
        if self._new_attempts:
            backend.insert_many(connection, table.name, (*identity, *ATTEMPTS.columns), self._new_attempts)
        for groups, rows in self._attempts.items():
            backend.update_many(connection, table, identity=identity, columns=ATTEMPTS.columns_of(groups), rows=rows)


async def merge(
    unit: Unit, calls: Sequence[ReportedCall], *, edge: str = "", known: OpenRecords | None = None
) -> Merge:
    """Reports merged with the records, as far as these must be read; `edge` as in `Merge`. Raises Unavailable.

    With `known`, records that are there are not read, nor is any of a call whose start is among the reports: `store`
    finds out whether that was right.
    """

    def read(connection: Connection) -> Merge:
        _name_targets(unit.backend, connection, calls)
        stored = {} if known is None else known.among(call.id for call in calls)
        unknown = [call.id for call in calls if call.id not in stored and (known is None or call.start is None)]
        return Merge(stored | _read(unit.backend, connection, unknown), calls, edge=edge)

    return await unit.run(read, within_s=COMMIT_WITHIN_S)


def _versions(backend: Backend, connection: Connection, ids: Sequence[str]) -> dict[str, int]:
    """Id -> version of those of these calls that are stored."""
    return dict(backend.rows_among(connection, tables.calls, ("id", "tm_update"), column="id", values=ids))


async def store(unit: Writing, merge: Merge) -> None:
    """Writes what has changed, and what that changes in the statistics. Raises Outdated, Unavailable."""

    def write(connection: Connection) -> None:
        try:
            merge.write(unit.backend, connection, first_instant=unit.next_instants(len(merge.records)))
        except AlreadyStored:
            raise Outdated from None

    await unit.run(write, within_s=COMMIT_WITHIN_S)


def _name_targets(backend: Backend, connection: Connection, calls: Iterable[ReportedCall]) -> None:
    """The target of a route is kept with the attempt: a route may be changed later."""
    ids = sorted({route_id for call in calls for route_id in call.routes()})
    if ids:
        targets = dict(backend.rows_among(connection, tables.routes, ("id", "target"), column="id", values=ids))
        for call in calls:
            call.name_targets(targets)


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
