"""Sums of what calls and attempts count for in statistics, filled from the records; the target of each attempt.

Revision: 0013
"""

import json
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from alembic import op

from dialplane.store.migrations.sums_of_0013 import FIGURES, Blocks, Counted, Total, add, counted

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
CALLS_AT_ONCE = 2_000
MOST_SUMS = 200_000
"""Sums that are held in memory."""

IDENTITY = ("grouped_by", "customer_id", "step_s", "instant")
SAME = "grouped_by = :grouped_by AND customer_id = :customer_id AND step_s = :step_s AND instant = :instant"


def upgrade() -> None:
    """The target of an attempt that is there is that of its route as it is now."""
    op.create_table(
        "rollups",
        sa.Column("grouped_by", sa.Text, primary_key=True),
        sa.Column("customer_id", sa.Text, primary_key=True),
        sa.Column("step_s", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("instant", BIG, primary_key=True, autoincrement=False),
        sa.Column("sums", sa.Text, nullable=False),
        sqlite_strict=True,
    )
    op.create_index("rollups_by_instant", "rollups", ["step_s", "instant"])
    op.create_table(
        "rollup_changes",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("first", BIG, nullable=False),
        sa.Column("last", BIG, nullable=False),
        sa.Column("contribution", sa.Text, nullable=False),
        sqlite_strict=True,
    )
    op.add_column("attempts", sa.Column("target", sa.Text))
    op.execute("UPDATE attempts SET target = (SELECT target FROM routes WHERE routes.id = attempts.route_id)")
    _fill(op.get_bind())


def _fill(connection: sa.Connection) -> None:
    blocks: Blocks = {}
    for some in _counted(connection):
        for one in some:
            add(blocks, one)
        if sum(map(len, blocks.values())) > MOST_SUMS:
            _store(connection, blocks)
            blocks = {}
    _store(connection, blocks)


def _counted(connection: sa.Connection) -> Iterator[list[Counted]]:
    """What the calls count for, some of them at a time."""
    last = -1
    calls = sa.text("SELECT * FROM calls WHERE tm_create > :last ORDER BY tm_create LIMIT :most")
    attempts = sa.text("SELECT * FROM attempts WHERE call_id IN :ids ORDER BY call_id, number").bindparams(
        sa.bindparam("ids", expanding=True)
    )
    while rows := connection.execute(calls, {"last": last, "most": CALLS_AT_ONCE}).mappings().all():
        last = rows[-1]["tm_create"]
        of_call: dict[str, list[Any]] = {row["id"]: [] for row in rows}
        for attempt in connection.execute(attempts, {"ids": list(of_call)}).mappings():
            of_call[attempt["call_id"]].append(attempt)
        yield [one for row in rows for one in counted(dict(row), of_call[row["id"]])]


def _store(connection: sa.Connection, blocks: Blocks) -> None:
    """Adds them to those that are there already: one statement for all that go and one for all that come."""
    keys = [dict(zip(IDENTITY, block, strict=True)) for block in blocks]
    if not keys:
        return
    if connection.execute(sa.text("SELECT 1 FROM rollups LIMIT 1")).first():
        for key, sums in zip(keys, blocks.values(), strict=True):
            _add_stored(connection, key, sums)
        connection.execute(sa.text(f"DELETE FROM rollups WHERE {SAME}"), keys)
    connection.execute(
        sa.text("INSERT INTO rollups VALUES (:grouped_by, :customer_id, :step_s, :instant, :sums)"),
        [{**key, "sums": _encoded(sums)} for key, sums in zip(keys, blocks.values(), strict=True)],
    )


def _add_stored(connection: sa.Connection, key: dict[str, Any], sums: dict[tuple[str, str], Total]) -> None:
    there = connection.execute(sa.text(f"SELECT sums FROM rollups WHERE {SAME}"), key).scalar()
    for name, provider_id, stored, delays in json.loads(there or "[]"):
        figures, counts = sums.setdefault((name, provider_id), ([0] * FIGURES, {}))
        figures[:] = map(sum, zip(figures, stored, strict=True))
        for bucket, count in delays.items():
            counts[int(bucket)] = counts.get(int(bucket), 0) + count


def _encoded(sums: dict[tuple[str, str], Total]) -> str:
    return json.dumps([(*entry, *total) for entry, total in sums.items()], separators=(",", ":"))
