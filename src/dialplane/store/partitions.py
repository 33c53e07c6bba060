"""Partitions of calls and attempts on PostgreSQL: one for each day, by the time that a call's id begins with.

Edges name calls by UUIDs of version 7, whose text begins with the milliseconds since 1970: the ids of a day are one
range, so the id alone leads to the partition. What has no partition of its day (random ids of older edges, calls of an
edge whose clock is wrong) has a place all the same. Ids of years from 2050 on, as which all but a hundredth of random
ids read, are in `undated`, the rest is in `default`, which is looked through whenever a partition is made.
docs/decisions/0023 says why.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, TextClause, text

from dialplane.domain.instants import DAY_US

DAYS_BEHIND = 1
DAYS_AHEAD = 3
"""Days before and after today that have a partition: calls are reported late, and the job that makes them may fail."""

UNDATED_SINCE = 2_524_608_000_000_000
"""2050-01-01: calls of later days have no partition of their own."""

MOST_MOVED = 10_000
"""Calls of a day that move into its partition. A day that has more in `default` has no partition: it holds the lock."""

LOCK_TIMEOUT_MS = 100
"""Longest wait for those who read the tables, while all others wait behind."""

KEYS = {"calls": "id", "attempts": "call_id"}
"""Partitioned table -> the column of the call's id."""

_BOUNDS = re.compile(r"FROM \('([0-9a-f-]{36})'\) TO \('([0-9a-f-]{36})'\)")
_PARTITIONS = text(
    "SELECT part.relname, pg_get_expr(part.relpartbound, part.oid) AS bounds "
    "FROM pg_inherits JOIN pg_class AS part ON part.oid = inhrelid "
    "WHERE inhparent = to_regclass(:parent) ORDER BY bounds"
)


@dataclass(frozen=True, slots=True)
class Partition:
    """Holds the rows of a table whose calls began from `since` to before `until`, by their ids. Instants."""

    table: str
    since: int
    until: int

    @property
    def name(self) -> str:
        return f"{self.table}_{datetime.fromtimestamp(self.since / 1_000_000, UTC):%Y%m%d}"


def first_id(instant: int) -> str:
    """The least id that a call of this instant may have."""
    digits = f"{max(0, instant) // 1_000:012x}"
    return f"{digits[:8]}-{digits[8:]}-0000-0000-000000000000"


def partitions_of(connection: Connection, table: str) -> list[Partition]:
    """Those that hold days, the oldest first."""
    found = (_BOUNDS.search(row.bounds) for row in connection.execute(_PARTITIONS, {"parent": table}))
    return [Partition(table, _instant(match[1]), _instant(match[2])) for match in found if match]


def make(connection: Connection, *, now: int) -> None:
    """Makes the partitions of the days around `now` that are missing, within the transaction that has begun.

    Raises the driver's error if somebody reads the tables for longer than LOCK_TIMEOUT_MS.
    """
    today = now - now % DAY_US
    until = min(today + (DAYS_AHEAD + 1) * DAY_US, UNDATED_SINCE)
    days = range(today - DAYS_BEHIND * DAY_US, until, DAY_US)
    for table in KEYS:
        held = partitions_of(connection, table)
        for since in days:
            if not any(partition.since <= since < partition.until for partition in held):
                _make(connection, Partition(table, since, since + DAY_US))


def drop_oldest(connection: Connection, *, calls_before: int, attempts_before: int) -> str:
    """Drops one partition that holds nothing younger, nor of a call that goes on; its name, "" if there is none.

    Attempts go before their calls, or with them. Raises as `make` does.
    """
    calls = {partition.since: partition for partition in partitions_of(connection, "calls")}
    for partition in partitions_of(connection, "attempts"):
        of_calls = calls.get(partition.since)
        if partition.until <= attempts_before and _is_over(connection, of_calls, before=attempts_before):
            return _drop(connection, partition)
    attempts = {partition.since for partition in partitions_of(connection, "attempts")}
    for since, partition in calls.items():
        if partition.until <= calls_before and since not in attempts:
            if _is_over(connection, partition, before=calls_before):
                return _drop(connection, partition)
    return ""


def _is_over(connection: Connection, calls: Partition | None, *, before: int) -> bool:
    """Whether no call of the partition goes on, or was first stored at `before` or later."""
    if calls is None:
        return True
    is_young, is_open = "tm_create >= :before", "tm_ended IS NULL AND tm_lost IS NULL"
    found = (f"EXISTS (SELECT FROM {calls.name} WHERE {condition})" for condition in (is_young, is_open))
    return not connection.execute(text(f"SELECT {' OR '.join(found)}"), {"before": before}).scalar_one()


def _drop(connection: Connection, partition: Partition) -> str:
    _wait_briefly(connection)
    connection.execute(text(f"DROP TABLE {partition.name}"))
    return partition.name


def _make(connection: Connection, partition: Partition) -> None:
    table, name, bounds = partition.table, partition.name, (first_id(partition.since), first_id(partition.until))
    _wait_briefly(connection)
    connection.execute(text(f"LOCK TABLE {table}_default IN ACCESS EXCLUSIVE MODE"))
    within = f"FROM {table}_default WHERE {KEYS[table]} >= :since AND {KEYS[table]} < :until"
    values: dict[str, Any] = {"since": bounds[0], "until": bounds[1]}
    waiting = connection.execute(
        text(f"SELECT count(*) FROM (SELECT 1 {within} LIMIT {MOST_MOVED + 1}) AS few"), values
    )
    if waiting.scalar_one() > MOST_MOVED:
        return
    connection.execute(text(f"CREATE TABLE {name} (LIKE {table} INCLUDING DEFAULTS)"))
    connection.execute(
        text(f"WITH moved AS (DELETE {within} RETURNING *) INSERT INTO {name} SELECT * FROM moved"), values
    )
    connection.execute(_attaching(partition, bounds))


def _attaching(partition: Partition, bounds: Sequence[str]) -> TextClause:
    """The bounds are literals: a statement of the schema takes no parameters."""
    since, until = bounds
    return text(
        f"ALTER TABLE {partition.table} ATTACH PARTITION {partition.name} FOR VALUES FROM ('{since}') TO ('{until}')"
    )


def _wait_briefly(connection: Connection) -> None:
    connection.execute(text(f"SET LOCAL lock_timeout = {LOCK_TIMEOUT_MS}"))


def _instant(id_: str) -> int:
    return int(id_[:8] + id_[9:13], 16) * 1_000
