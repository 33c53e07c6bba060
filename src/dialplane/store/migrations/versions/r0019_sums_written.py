"""Sums say when they were written last: what was made of many of them is kept until then.

Revision: 0019
"""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    column = sa.Column(
        "written", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False, server_default="0"
    )
    op.add_column("rollups", column)
