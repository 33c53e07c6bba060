"""Which hostname of a provider an edge's breaker is about.

Revision: 0006
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Existing rows are about the present hostname: a change of it has removed the others."""
    op.add_column("provider_breakers", sa.Column("hostname", sa.Text, nullable=True))
    op.execute(
        "UPDATE provider_breakers SET hostname = (SELECT hostname FROM providers WHERE providers.id = provider_id)"
    )
