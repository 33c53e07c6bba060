"""Calls that were not stored about when they began have an index: lists of a window look for all others near it.

Revision: 0018
"""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

APART = sa.text("abs(tm_create - tm_start) > 60000000")


def upgrade() -> None:
    op.create_index("calls_apart", "calls", ["tm_start"], sqlite_where=APART, postgresql_where=APART)
