"""What retention needs: deleted objects by when, erased calls, and how far back the feed knows of deletions.

Revision: 0015
"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
DELETED = sa.text("tm_delete <> 253370764800000000")


def upgrade() -> None:
    for table in ("customers", "agents", "accesskeys", "providers", "routes", "trunks"):
        name = f"{table}_deleted"
        op.create_index(name, table, ["tm_delete"], sqlite_where=DELETED, postgresql_where=DELETED)
    op.add_column("clock", sa.Column("purged_revision", BIG, nullable=False, server_default="0"))
    op.create_table(
        "erased_calls",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("tm_create", BIG, nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sqlite_strict=True,
    )
    op.create_index("erased_calls_by_creation", "erased_calls", ["tm_create"], unique=False)
