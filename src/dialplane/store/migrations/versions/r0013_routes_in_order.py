"""Indexes by which routes are looked through: in other orders, by state, by name.

Revision: 0013
"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

LIVE = "tm_delete = 253370764800000000"
INDEXES = (
    ("routes_of_provider_by_target", ("provider_id", "target", "tm_create"), ""),
    ("routes_by_priority", ("priority", "tm_create"), ""),
    ("routes_by_change", ("revision", "tm_create"), ""),
    ("routes_disabled", ("tm_create",), " AND enabled = 0"),
    ("routes_by_begin", ("valid_from",), " AND valid_from > 0"),
    ("routes_by_end", ("valid_until",), " AND valid_until < 253370764800000000"),
)


def upgrade() -> None:
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
