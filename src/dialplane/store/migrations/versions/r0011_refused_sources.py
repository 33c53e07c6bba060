"""The sources that an edge refused last, as it reported them.

Revision: 0011
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("edges", sa.Column("tm_refusals", BIG, nullable=True))
    op.add_column("edges", sa.Column("refusals", sa.Text, nullable=True))
