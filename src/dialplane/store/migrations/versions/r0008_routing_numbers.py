"""The number that a call's routes were chosen by, if it is another than the one that was called.

Revision: 0008
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("calls", sa.Column("routing_number", sa.Text, nullable=True))
