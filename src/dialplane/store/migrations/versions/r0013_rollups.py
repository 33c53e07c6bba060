"""Sums of what calls and attempts count for in statistics, filled from the records; the target of each attempt.

Revision: 0013
"""

import json
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from alembic import op

from dialplane.domain.rollups import Sum, Total, sums_of
from dialplane.domain.statistics import Figures, Place, contribution

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
IDENTITY = ("grouped_by", "step_s", "customer_id", "instant", "provider_id", "key")
FIGURES = (
    *("seized", "skipped", "answered", "effective", "moved_on", "saved", "refused", "late_answers"),
    *("ended", "duration_ms"),
)
CALLS_AT_ONCE = 2_000
MOST_SUMS = 100_000
"""Sums that are held in memory."""


def upgrade() -> None:
    """The target of an attempt that is there is that of its route as it is now."""
    op.create_table(
        "rollups",
        sa.Column("grouped_by", sa.Text, primary_key=True),
        sa.Column("step_s", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("customer_id", sa.Text, primary_key=True),
        sa.Column("instant", BIG, primary_key=True, autoincrement=False),
        sa.Column("provider_id", sa.Text, primary_key=True),
        sa.Column("key", sa.Text, primary_key=True),
        *(sa.Column(name, BIG, nullable=False) for name in FIGURES),
        sa.Column("delays", sa.Text, nullable=False),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
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
    sums: dict[Sum, Total] = {}
    for counted in _counted(connection):
        for sum_, total in sums_of(counted).items():
            sums.setdefault(sum_, Total()).add(total.figures, total.delays)
        if len(sums) > MOST_SUMS:
            _add(connection, sums)
            sums = {}
    _add(connection, sums)


def _counted(connection: sa.Connection) -> Iterator[list[tuple[Place, Figures]]]:
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
        yield [counted for row in rows for counted in contribution(dict(row), of_call[row["id"]]).items()]


def _add(connection: sa.Connection, sums: dict[Sum, Total]) -> None:
    """Adds them to those that are there already."""
    same = " AND ".join(f"{name} = :{name}" for name in IDENTITY)
    there = sa.text(f"SELECT {', '.join(FIGURES)}, delays FROM rollups WHERE {same}")
    rows = []
    for sum_, total in sums.items():
        row = connection.execute(there, sum_._asdict()).first()
        if row is not None:
            total.add(row[:-1], {int(bucket): count for bucket, count in json.loads(row[-1]).items()})
            connection.execute(sa.text(f"DELETE FROM rollups WHERE {same}"), sum_._asdict())
        delays = json.dumps({bucket: count for bucket, count in total.delays.items() if count}, separators=(",", ":"))
        rows.append({**sum_._asdict(), **total.sums._asdict(), "delays": delays})
    if rows:
        names = (*IDENTITY, *FIGURES, "delays")
        values = ", ".join(f":{name}" for name in names)
        connection.execute(sa.text(f"INSERT INTO rollups ({', '.join(names)}) VALUES ({values})"), rows)
