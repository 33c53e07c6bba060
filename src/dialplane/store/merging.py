"""Merging what edges report into rows: the same in whatever order, and however often, the reports come.

A table's columns are split into groups. Each group is written by one kind of report and has a key column, the instant
of that report; of several reports the earliest one stays, or the latest, for rows that show the present state.
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

    `latest`: the newest report of a group stays instead of the earliest, unless it lies ahead of the writer's clock: no
    report can be from there, so any other replaces it. `always` columns take the last write's value.
    """

    table: Table
    identity: tuple[str, ...]
    groups: Groups
    always: tuple[str, ...] = ()
    latest: bool = False

    def merge(self, into: dict[str, Any], key: str, instant: int, values: Mapping[str, Any]) -> None:
        """Folds one report, of this instant, of the group of this key column into a row."""
        present = into.get(key)
        if present is None or (instant >= present if self.latest else instant < present):
            into[key] = instant
            into.update(values)

    def taken_over(self, old: Mapping[str, Any], new: Mapping[str, Any]) -> tuple[str, ...]:
        """The keys of the groups that a new row brings to a stored one, or brings from earlier."""
        brought = [key for key in self.groups if new.get(key) is not None]
        return tuple([key for key in brought if old[key] is None or new[key] < old[key]])

    def columns_of(self, groups: Sequence[str]) -> list[str]:
        """The columns of these groups, their keys among them."""
        return [name for key in groups for name in (key, *self.groups[key])]

    def values_of(self, groups: Sequence[str], row: Mapping[str, Any]) -> dict[str, Any]:
        """What a row has in these groups."""
        return {name: row.get(name) for name in self.columns_of(groups)}

    async def store(self, unit: Writing, rows: Sequence[Mapping[str, Any]]) -> None:
        """Inserts the rows or merges them into those that are there; columns that are missing are unknown."""
        if rows:
            clock = {_NOW.key: unit.now()} if self.latest else {}
            full = [{column.name: row.get(column.name) for column in self.table.c} | clock for row in rows]
            statement = _statement(self, unit.backend)
            await unit.run(lambda connection: connection.execute(statement, full))


_NOW = bindparam("now_", type_=BigInteger)


@cache
def _statement(merged: Merged, backend: Backend) -> "MergingInsert":
    insert = backend.merging_insert(merged.table)
    new, old = insert.excluded, merged.table.c
    changes: dict[str, Any] = {name: new[name] for name in merged.always}
    for key, columns in merged.groups.items():
        takes_over = or_(new[key] >= old[key], old[key] > _NOW) if merged.latest else new[key] < old[key]
        is_better = and_(new[key].is_not(None), or_(old[key].is_(None), takes_over))
        changes |= {name: case((is_better, new[name]), else_=old[name]) for name in (key, *columns)}
    return insert.on_conflict_do_update(index_elements=list(merged.identity), set_=changes)


CALLS = Merged(
    tables.calls,
    identity=("id",),
    groups={
        "tm_start": (
            "customer_id",
            "trunk_id",
            "sip_call_id",
            "source",
            "source_address",
            "dialled",
            "number",
            "routing_number",
            "table_revision",
            "decision",
            "mono_start",
        ),
        "tm_ringing": ("mono_ringing",),
        "tm_answered": ("mono_answered",),
        "tm_ended": ("sip_status", "reason", "hangup_by", "mono_ended"),
    },
    always=("tm_update",),
)

ATTEMPTS = Merged(
    tables.attempts,
    identity=("call_id", "number"),
    groups={
        "tm_placed": ("skipped", "provider_id", "route_id", "target", "uri", "why", "identity"),
        "tm_ringing": (),
        "tm_answered": ("answered_status",),
        "tm_ended": ("ended_status", "sip_reason", "verdict", "action"),
        "tm_late_answer": ("late_status",),
    },
)

HEALTH = Merged(
    tables.provider_health,
    identity=("provider_id", "edge"),
    groups={"checked_at": ("hostname", "status", "detail")},
    latest=True,
)

BREAKERS = Merged(
    tables.provider_breakers,
    identity=("provider_id", "edge"),
    groups={"changed_at": ("hostname", "state", "detail")},
    latest=True,
)

EDGES = Merged(
    tables.edges,
    identity=("name",),
    groups={
        "last_contact": (),
        "tm_polled": ("revision", "epoch"),
        "tm_status": (
            *("agent_version", "kamailio_version", "kamailio_started"),
            *("max_call_s", "calls_shed", "shed_percent", "events_lost", "counters"),
        ),
        "tm_refusals": ("refusals",),
    },
    latest=True,
)
