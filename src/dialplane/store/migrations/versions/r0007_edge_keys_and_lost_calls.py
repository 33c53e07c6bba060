"""The edge that an access key is bound to, and an index of the calls that were closed without a report of their end.

Revision: 0007
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Keys that there are stay bound to no edge."""
    op.add_column("accesskeys", sa.Column("edge", sa.Text, nullable=False, server_default=""))
    is_lost = sa.text("tm_lost IS NOT NULL")
    op.create_index("calls_lost", "calls", ["tm_lost"], sqlite_where=is_lost, postgresql_where=is_lost)
