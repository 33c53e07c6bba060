"""Calls that edges were too busy for, and events that they had no room for.

Revision: 0003
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("edges", sa.Column("calls_shed", BIG, nullable=True))
    op.add_column("edges", sa.Column("shed_percent", sa.Integer, nullable=True))
    op.add_column("edges", sa.Column("events_lost", BIG, nullable=True))
