"""Fields that clients of the contract's API say of an agent beyond what it may do: kept as given.

Revision: 0010
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name, default in (("ring_method", ""), ("tag_ids", "[]"), ("addresses", "[]")):
        op.add_column("agents", sa.Column(name, sa.Text, nullable=False, server_default=default))
