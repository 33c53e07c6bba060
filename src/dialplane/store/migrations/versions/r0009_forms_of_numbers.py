"""The form of numbers and identities that a provider wants, and the identity headers that an attempt had.

Revision: 0009
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_WORDS = {
    "number_format": "plus",
    "caller_format": "plus",
    "home_region": "",
    "digit_rules": "[]",
    "caller_rules": "[]",
    "identity_headers": "[]",
    "anonymous": "header",
    "diversion": "keep",
    "sign": "none",
    "portability": "drop",
}


def upgrade() -> None:
    """Providers that there are get numbers and identities as before."""
    for name, default in _WORDS.items():
        op.add_column("providers", sa.Column(name, sa.Text, nullable=False, server_default=default))
    op.add_column("providers", sa.Column("trusted", sa.Integer, nullable=False, server_default="0"))
    op.add_column("trunks", sa.Column("caller_default", sa.Text, nullable=False, server_default=""))
    op.add_column("attempts", sa.Column("identity", sa.Text, nullable=True))
