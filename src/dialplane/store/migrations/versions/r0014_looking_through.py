"""Indexes by which people look through routes (in other orders, by state, by name) and calls (by Call-ID); jobs.

Revision: 0014
"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

LIVE = "tm_delete = 253370764800000000"
INDEXES = (
    ("routes_of_provider_by_target", ("provider_id", "target", "tm_create"), ""),
    ("routes_of_provider_by_priority", ("provider_id", "priority", "tm_create"), ""),
    ("routes_of_provider_by_change", ("provider_id", "revision", "tm_create"), ""),
    ("routes_of_customer_by_priority", ("customer_id", "priority", "tm_create"), ""),
    ("routes_of_customer_by_change", ("customer_id", "revision", "tm_create"), ""),
    ("routes_by_priority", ("priority", "tm_create"), ""),
    ("routes_by_change", ("revision", "tm_create"), ""),
    ("routes_disabled", ("tm_create",), " AND enabled = 0"),
    ("routes_by_begin", ("valid_from",), " AND valid_from > 0"),
    ("routes_by_end", ("valid_until",), " AND valid_until < 253370764800000000"),
)


BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    _create_jobs()
    op.create_index("calls_by_sip_call_id", "calls", ["sip_call_id", "tm_create"])
    for name, columns, also in INDEXES:
        where = sa.text(LIVE + also)
        op.create_index(name, "routes", list(columns), sqlite_where=where, postgresql_where=where)
    where = sa.text(f"{LIVE} AND name <> ''")
    op.create_index(
        "routes_by_name",
        "routes",
        [sa.func.lower(sa.column("name", sa.Text)).label("lower_name")],
        sqlite_where=where,
        postgresql_where=where,
        postgresql_ops={"lower_name": "text_pattern_ops"},
    )


def _create_jobs() -> None:
    texts = ("kind", "parameters", "state", "node", "actor_kind", "actor_id", "actor_name")
    op.create_table(
        "jobs",
        sa.Column("id", sa.Text, primary_key=True, nullable=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in texts),
        sa.Column("done", BIG, nullable=False),
        sa.Column("total", BIG),
        sa.Column("result", sa.Text),
        sa.Column("error", sa.Text),
        sa.Column("tm_create", BIG, nullable=False),
        sa.Column("tm_start", BIG),
        sa.Column("tm_end", BIG),
        sqlite_strict=True,
    )
    op.create_index("jobs_by_creation", "jobs", ["tm_create"], unique=True)
