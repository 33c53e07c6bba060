"""Records of calls: what edges report is merged into them, and what that changes in the statistics goes with it.

Both are one transaction, so that each call and attempt counts once, whatever is repeated, late or out of order.
"""

from collections import defaultdict
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy import Connection, Table, bindparam, select

from dialplane.domain.statistics import Contribution, change, contribution
from dialplane.store import tables
from dialplane.store.merging import ATTEMPTS, CALLS
from dialplane.store.queries import rollups
from dialplane.store.unit import COMMIT_WITHIN_S, Writing

Row = dict[str, Any]

_CALLS_BY_ID = select(tables.calls).where(tables.calls.c.id.in_(bindparam("ids", expanding=True)))
_ATTEMPTS_BY_CALL = (
    select(tables.attempts)
    .where(tables.attempts.c.call_id.in_(bindparam("ids", expanding=True)))
    .order_by(tables.attempts.c.call_id, tables.attempts.c.number)
)
_TARGETS = select(tables.routes.c.id, tables.routes.c.target).where(
    tables.routes.c.id.in_(bindparam("ids", expanding=True))
)


class Records:
    """Calls by id, and the attempts of each by number, as they are stored."""

    def __init__(self, connection: Connection, ids: Collection[str]) -> None:
        """Reads these calls. Raises the driver's own errors."""
        wanted = {"ids": list(ids)}
        self.calls = {row["id"]: dict(row) for row in connection.execute(_CALLS_BY_ID, wanted).mappings()}
        self.attempts: dict[str, dict[int, Row]] = defaultdict(dict)
        for row in connection.execute(_ATTEMPTS_BY_CALL, wanted).mappings():
            self.attempts[row["call_id"]][row["number"]] = dict(row)

    def contribution(self, id_: str) -> Contribution:
        """What a call counts for in statistics; nothing if it is not stored."""
        call = self.calls.get(id_)
        attempts = self.attempts[id_]
        return {} if call is None else contribution(call, [attempts[number] for number in sorted(attempts)])


async def store(unit: Writing, calls: Sequence[Row], attempts: Sequence[Row]) -> None:
    """Merges rows of calls and attempts, each of a call among these, into the records. Raises Unavailable."""
    if calls:
        await unit.run(lambda connection: _store(unit, connection, calls, attempts), within_s=COMMIT_WITHIN_S)


def _store(unit: Writing, connection: Connection, calls: Sequence[Row], attempts: Sequence[Row]) -> None:
    records = Records(connection, [row["id"] for row in calls])
    before = {row["id"]: records.contribution(row["id"]) for row in calls}
    _name_targets(connection, attempts)
    changed_calls, changed_attempts = list[Row](), list[Row]()
    for new in calls:
        old = records.calls.get(new["id"])
        row = CALLS.merged(old, new)
        if old is None or any(row[name] != old[name] for name in row if name not in ("tm_create", "tm_update")):
            row["tm_create"] = new["tm_create"] if old is None else old["tm_create"]
            records.calls[new["id"]] = row
            changed_calls.append(row)
    for new in attempts:
        of_call = records.attempts[new["call_id"]]
        old = of_call.get(new["number"])
        row = ATTEMPTS.merged(old, new)
        if row != old:
            of_call[new["number"]] = row
            changed_attempts.append(row)
    _write(unit, connection, CALLS.table, CALLS.identity, changed_calls)
    _write(unit, connection, ATTEMPTS.table, ATTEMPTS.identity, changed_attempts)
    touched = {row["id"] for row in changed_calls} | {row["call_id"] for row in changed_attempts}
    rollups.add(connection, [change(before[id_], records.contribution(id_)) for id_ in sorted(touched)])


def _name_targets(connection: Connection, attempts: Sequence[Row]) -> None:
    """The target of a route is kept with the attempt: a route may be changed later."""
    ids = {row["route_id"] for row in attempts if row.get("route_id")}
    targets = {row.id: row.target for row in connection.execute(_TARGETS, {"ids": sorted(ids)})} if ids else {}
    for row in attempts:
        if row.get("route_id"):
            row["target"] = targets.get(row["route_id"], "")


def _write(unit: Writing, connection: Connection, table: Table, identity: Sequence[str], rows: Sequence[Row]) -> None:
    if rows:
        insert = unit.backend.merging_insert(table)
        others = {column.name: insert.excluded[column.name] for column in table.c if column.name not in identity}
        connection.execute(insert.on_conflict_do_update(index_elements=list(identity), set_=others), rows)


@asynccontextmanager
async def recounted(unit: Writing, ids: Collection[str]) -> AsyncIterator[None]:
    """Within it these calls may be changed in any way: statistics follow. Raises Unavailable."""
    before = await _contributions(unit, ids)
    yield
    after = await _contributions(unit, ids)
    changes = [change(before[id_], after[id_]) for id_ in ids]
    await unit.run(lambda connection: rollups.add(connection, changes), within_s=COMMIT_WITHIN_S)


async def _contributions(unit: Writing, ids: Collection[str]) -> dict[str, Contribution]:
    def read(connection: Connection) -> dict[str, Contribution]:
        records = Records(connection, ids)
        return {id_: records.contribution(id_) for id_ in ids}

    return await unit.run(read, within_s=COMMIT_WITHIN_S)
