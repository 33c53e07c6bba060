"""When access keys and people's sessions were used last, and from where.

Revision: 0020
"""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "accesskey_uses",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("source_ip", sa.Text, nullable=False),
        sa.Column("tm_used", BIG, nullable=False),
        sqlite_strict=True,
    )
    op.create_table(
        "sessions",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("agent_id", sa.Text, nullable=False),
        sa.Column("stamp", sa.Text, nullable=False),
        sa.Column("is_browser", sa.Integer, nullable=False),
        sa.Column("source_ip", sa.Text, nullable=False),
        sa.Column("user_agent", sa.Text, nullable=False),
        sa.Column("tm_login", BIG, nullable=False),
        sa.Column("tm_used", BIG, nullable=False),
        sa.Column("tm_end", BIG, nullable=False),
        sqlite_strict=True,
    )
    op.create_index("sessions_of_agent", "sessions", ["agent_id", "tm_used"])
