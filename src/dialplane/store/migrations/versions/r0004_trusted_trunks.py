"""Trunks whose word on who calls is passed on.

Revision: 0004
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("trunks", sa.Column("trusted_identity", sa.Integer, nullable=False, server_default="0"))
