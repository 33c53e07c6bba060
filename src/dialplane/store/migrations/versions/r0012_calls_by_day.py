"""Calls and attempts in partitions by day, on PostgreSQL; calls by who called.

Revision: 0012
"""

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

UNDATED_FROM = "024bce5c-f000-0000-0000-000000000000"
"""The least id of a call of 2050, in milliseconds since 1970."""

INDEXES = {
    "calls": {
        "calls_by_creation": "(tm_create)",
        "calls_by_start": "(tm_start)",
        "calls_open": "(tm_ended, tm_lost, edge) WHERE tm_ended IS NULL AND tm_lost IS NULL",
        "calls_lost": "(tm_lost) WHERE tm_lost IS NOT NULL",
        "calls_of_customer": "(customer_id, tm_create)",
        "calls_of_trunk": "(trunk_id, tm_create)",
        "calls_by_number": "(number, tm_create)",
    },
    "attempts": {
        "attempts_of_provider": "(provider_id, call_id)",
        "attempts_by_placing": "(tm_placed)",
    },
}
KEYS = {"calls": ("id", "id"), "attempts": ("call_id", "call_id, number")}
"""Table -> the column that it is partitioned by, and its primary key."""


def upgrade() -> None:
    """No index over all partitions can be unique but for the id: the clock's row alone keeps tm_create so."""
    op.drop_index("calls_by_creation", "calls")
    if op.get_bind().dialect.name == "sqlite":
        op.create_index("calls_by_creation", "calls", ["tm_create"], unique=False)
    else:
        for table in KEYS:
            _partition(table)
    op.create_index("calls_by_caller", "calls", ["source", "tm_create"], unique=False)


def _partition(table: str) -> None:
    """The rows stay where they are, as the partition of undated calls, but for those whose ids read like dates."""
    column, key = KEYS[table]
    undated = f"{table}_undated"
    op.execute(f"ALTER TABLE {table} RENAME TO {undated}")
    op.execute(f"ALTER TABLE {undated} RENAME CONSTRAINT {table}_pkey TO {undated}_pkey")
    for index in INDEXES[table]:
        op.execute(f"ALTER INDEX IF EXISTS {index} RENAME TO {index}_undated")
    op.execute(f'ALTER TABLE {undated} ALTER COLUMN {column} TYPE text COLLATE "C"')
    op.execute(
        f"CREATE TABLE {table} (LIKE {undated} INCLUDING DEFAULTS, PRIMARY KEY ({key})) PARTITION BY RANGE ({column})"
    )
    for index, columns in INDEXES[table].items():
        op.execute(f"CREATE INDEX {index} ON {table} {columns}")
    op.execute(f"CREATE TABLE {table}_default PARTITION OF {table} DEFAULT")
    is_dated = f"{column} < '{UNDATED_FROM}'"
    op.execute(
        f"WITH moved AS (DELETE FROM {undated} WHERE {is_dated} RETURNING *) INSERT INTO {table} SELECT * FROM moved"
    )
    op.execute(f"ALTER TABLE {table} ATTACH PARTITION {undated} FOR VALUES FROM ('{UNDATED_FROM}') TO (MAXVALUE)")
