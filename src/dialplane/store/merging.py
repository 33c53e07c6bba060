"""Merging what edges report of the present into rows: the same in whatever order, and however often, the reports come.

A table's columns are split into groups. Each group is written by one kind of report and has a key column, the instant
of that report; of several reports the latest one stays. Records of calls are others: store/reports.py.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import BigInteger, Table, and_, bindparam, case, or_

from dialplane.store import tables
from dialplane.store.backend import Backend
from dialplane.store.unit import Writing

if TYPE_CHECKING:
    from dialplane.store.backend import MergingInsert

Groups = Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True, eq=False)
class Merged:
    """`identity` columns name the row, `groups` maps a key column to the columns it decides on.

    The newest report of a group stays, unless it lies ahead of the writer's clock: no report can be from there, so any
    other replaces it.
    """

    table: Table
    identity: tuple[str, ...]
    groups: Groups

    def merge(self, into: dict[str, Any], key: str, instant: int, values: Mapping[str, Any]) -> None:
        """Folds one report, of this instant, of the group of this key column into a row."""
        present = into.get(key)
        if present is None or instant >= present:
            into[key] = instant
            into.update(values)

    async def store(self, unit: Writing, rows: Sequence[Mapping[str, Any]]) -> None:
        """Inserts the rows or merges them into those that are there; columns that are missing are unknown."""
        if rows:
            now = {_NOW.key: unit.now()}
            full = [{column.name: row.get(column.name) for column in self.table.c} | now for row in rows]
            statement = _statement(self, unit.backend)
            await unit.run(lambda connection: connection.execute(statement, full))


_NOW = bindparam("now_", type_=BigInteger)


@cache
def _statement(merged: Merged, backend: Backend) -> "MergingInsert":
    insert = backend.merging_insert(merged.table)
    new, old = insert.excluded, merged.table.c
    changes: dict[str, Any] = {}
    for key, columns in merged.groups.items():
        takes_over = or_(old[key].is_(None), new[key] >= old[key], old[key] > _NOW)
        is_better = and_(new[key].is_not(None), takes_over)
        changes |= {name: case((is_better, new[name]), else_=old[name]) for name in (key, *columns)}
    return insert.on_conflict_do_update(index_elements=list(merged.identity), set_=changes)


HEALTH = Merged(
    tables.provider_health,
    identity=("provider_id", "edge"),
    groups={"checked_at": ("hostname", "status", "detail")},
)

BREAKERS = Merged(
    tables.provider_breakers,
    identity=("provider_id", "edge"),
    groups={"changed_at": ("hostname", "state", "detail")},
)

EDGES = Merged(
    tables.edges,
    identity=("name",),
    groups={
        "last_contact": (),
        "tm_polled": ("revision", "epoch"),
        "tm_status": (
            *("agent_version", "kamailio_version", "kamailio_started"),
            *("max_call_s", "calls_shed", "shed_percent", "events_lost", "counters", "reports", "certificates"),
        ),
        "tm_clock": ("clock_ahead_us",),
        "tm_refusals": ("refusals",),
    },
)
