"""How far edges' clocks are ahead, and until when their certificates hold.

Revision: 0022
"""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("edges", sa.Column("certificates", sa.Text))
    op.add_column("edges", sa.Column("tm_clock", BIG))
    op.add_column("edges", sa.Column("clock_ahead_us", BIG))
