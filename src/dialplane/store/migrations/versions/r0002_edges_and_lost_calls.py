"""Reports of edges about themselves and their breakers, calls that ended unseen, and what statistics are counted by.

Revision: 0002
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
OPEN = sa.text("tm_ended IS NULL AND tm_lost IS NULL")


def upgrade() -> None:
    _calls()
    _edges()
    _provider_breakers()
    op.create_index("attempts_by_placing", "attempts", ["tm_placed"], unique=False)


def _calls() -> None:
    op.add_column("calls", sa.Column("tm_lost", BIG, nullable=True))
    op.add_column("calls", sa.Column("lost_reason", sa.Text, nullable=True))
    op.create_index(
        "calls_open",
        "calls",
        ["tm_ended", "tm_lost", "edge"],
        unique=False,
        sqlite_where=OPEN,
        postgresql_where=OPEN,
    )


def _edges() -> None:
    """Nothing was ever written into the table that goes."""
    op.drop_table("edges")
    op.create_table(
        "edges",
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("last_contact", BIG, nullable=True),
        sa.Column("tm_polled", BIG, nullable=True),
        sa.Column("revision", BIG, nullable=True),
        sa.Column("epoch", sa.Text, nullable=True),
        sa.Column("tm_status", BIG, nullable=True),
        sa.Column("agent_version", sa.Text, nullable=True),
        sa.Column("kamailio_version", sa.Text, nullable=True),
        sa.Column("kamailio_started", BIG, nullable=True),
        sa.Column("max_call_s", sa.Integer, nullable=True),
        sa.Column("tm_create", BIG, nullable=False),
        sa.PrimaryKeyConstraint("name"),
        sqlite_strict=True,
    )
    op.create_index("edges_by_creation", "edges", ["tm_create"], unique=True)


def _provider_breakers() -> None:
    op.create_table(
        "provider_breakers",
        sa.Column("provider_id", sa.Text, nullable=False),
        sa.Column("edge", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
        sa.Column("changed_at", BIG, nullable=False),
        sa.PrimaryKeyConstraint("provider_id", "edge"),
        sqlite_strict=True,
    )
