"""Other counters of edges: errors, refusals of strangers, damage to their tables.

Revision: 0005
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("edges", sa.Column("counters", sa.Text, nullable=True))
