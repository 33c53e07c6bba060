"""The index of routes by priority has their targets: a prefix is looked for in it, and no row is read for that.

Revision: 0017
"""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

LIVE = sa.text("tm_delete = 253370764800000000")


def upgrade() -> None:
    op.drop_index("routes_by_priority", "routes")
    op.create_index(
        "routes_by_priority", "routes", ["priority", "tm_create", "target"], sqlite_where=LIVE, postgresql_where=LIVE
    )
