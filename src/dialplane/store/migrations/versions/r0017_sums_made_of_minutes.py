"""Up to which instant the sums of hours and days have been made of those of minutes: all that there are.

Revision: 0017
"""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MINUTE_S, MINUTE_US = 60, 60_000_000


def upgrade() -> None:
    op.create_table(
        "sums_made",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("until", BIG, nullable=False),
        sa.CheckConstraint("id = 1", name="sums_made_is_one_row"),
        sqlite_strict=True,
    )
    last = f"(SELECT MAX(instant) + {MINUTE_US} FROM rollups WHERE step_s = {MINUTE_S})"
    op.execute(f"INSERT INTO sums_made (id, until) VALUES (1, COALESCE({last}, 0))")
