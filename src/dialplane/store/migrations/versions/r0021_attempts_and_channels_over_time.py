"""Sums count the INVITEs of calls and the channels of providers, filled from the records; edges' earlier reports.

Revision: 0021
"""

import json
from collections.abc import Iterator, Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

FIGURES, ATTEMPTS, TAKEN, HELD_MS = 14, 10, 12, 13
"""How many figures a sum has from here on, and the places of those that are filled."""

MINUTE_US, DAY_US = 60_000_000, 86_400_000_000
LENGTHS_US = {60: MINUTE_US, 3_600: 60 * MINUTE_US, 86_400: DAY_US}

THOSE = """WITH those AS (
  SELECT id, COALESCE(customer_id, '') AS customer_id, COALESCE(trunk_id, '') AS trunk_id, edge, tm_start,
    COALESCE(tm_ended, tm_lost) AS over FROM calls WHERE tm_create >= :since AND tm_create < :until
), sent AS (
  SELECT those.*, provider_id, tm_placed, CASE
    WHEN attempts.tm_ended IS NULL THEN over WHEN over IS NULL OR attempts.tm_ended < over THEN attempts.tm_ended
    ELSE over END AS freed
  FROM those JOIN attempts ON call_id = id WHERE skipped = 0
)"""
INVITES_OF_CALLS = f"""{THOSE} SELECT tm_start - tm_start % {MINUTE_US}, customer_id, trunk_id, edge, COUNT(*)
  FROM sent WHERE tm_start IS NOT NULL GROUP BY 1, 2, 3, 4"""
INVITES_OF_CALLS_WITH = f"""{THOSE} SELECT tm_start - tm_start % {MINUTE_US}, customer_id, met.provider_id, COUNT(*)
  FROM (SELECT DISTINCT id, provider_id FROM those JOIN attempts ON call_id = id WHERE provider_id <> '') AS met
  JOIN sent ON sent.id = met.id WHERE tm_start IS NOT NULL GROUP BY 1, 2, 3"""
CHANNELS = f"""{THOSE} SELECT at - at % {MINUTE_US}, customer_id, provider_id, SUM(sign), SUM(-sign * (at / 1000))
  FROM (
    SELECT customer_id, provider_id, tm_placed AS at, 1 AS sign FROM sent WHERE tm_placed IS NOT NULL
    UNION ALL
    SELECT customer_id, provider_id, CASE WHEN freed < tm_placed THEN tm_placed ELSE freed END, -1 FROM sent
      WHERE tm_placed IS NOT NULL AND freed IS NOT NULL
  ) AS changes WHERE provider_id <> '' GROUP BY 1, 2, 3"""

Block = tuple[str, str, int, int]
Sums = dict[tuple[str, str], list[int]]
SAME = "grouped_by = :by AND customer_id = :customer_id AND step_s = :step_s AND instant = :instant"


def upgrade() -> None:
    op.add_column("edges", sa.Column("reports", sa.Text))
    connection = op.get_bind()
    for day in _days(connection):
        blocks: dict[Block, Sums] = {}
        for minute, customer_id, keys, figures in _counted(connection, day):
            _add(blocks, minute, customer_id, keys, figures)
        for block, sums in blocks.items():
            _store(connection, block, sums)


def _days(connection: sa.Connection) -> Iterator[int]:
    """Those in which records were made."""
    next_ = sa.text("SELECT MIN(tm_create) FROM calls WHERE tm_create >= :since")
    since = 0
    while (at := connection.execute(next_, {"since": since}).scalar()) is not None:
        yield at - at % DAY_US
        since = at - at % DAY_US + DAY_US


def _counted(connection: sa.Connection, day: int) -> Iterator[tuple[int, str, Sequence[tuple[str, str, str]], Any]]:
    """Minute, customer, keys (grouping, key, provider), and place of a figure -> what is added to it."""

    def rows(statement: str) -> Iterator[Any]:
        yield from connection.execute(sa.text(statement), {"since": day, "until": day + DAY_US})

    for minute, customer_id, trunk_id, edge, invites in rows(INVITES_OF_CALLS):
        keys = [("trunks", trunk_id, ""), ("edges", edge, ""), ("customers", customer_id, "")]
        yield minute, customer_id, keys, {ATTEMPTS: invites}
    for minute, customer_id, provider_id, invites in rows(INVITES_OF_CALLS_WITH):
        yield minute, customer_id, [("customers", customer_id, provider_id)], {ATTEMPTS: invites}
    for minute, customer_id, provider_id, taken, held_ms in rows(CHANNELS):
        keys = [("providers", provider_id, provider_id)]
        yield minute, customer_id, keys, {TAKEN: int(taken), HELD_MS: int(held_ms)}


def _add(
    blocks: dict[Block, Sums],
    minute: int,
    customer_id: str,
    keys: Sequence[tuple[str, str, str]],
    figures: dict[int, int],
) -> None:
    for by, key, provider_id in keys:
        for whose in {"", "" if by == "customers" else customer_id} if key else ():
            for step_s, length in LENGTHS_US.items():
                block = blocks.setdefault((by, whose, step_s, minute - minute % length), {})
                total = block.setdefault((key, provider_id), [0] * FIGURES)
                for place, figure in figures.items():
                    total[place] += figure


def _store(connection: sa.Connection, block: Block, sums: Sums) -> None:
    """Adds them to those that are there."""
    at = dict(zip(("by", "customer_id", "step_s", "instant"), block, strict=True))
    there = connection.execute(sa.text(f"SELECT sums FROM rollups WHERE {SAME}"), at).scalar()
    rest, stored = dict(sums), []
    for key, provider_id, figures, delays in json.loads(there or "[]"):
        more = rest.pop((key, provider_id), [0] * FIGURES)
        figures += [0] * (FIGURES - len(figures))
        stored.append((key, provider_id, [one + other for one, other in zip(figures, more, strict=True)], delays))
    stored += [(*entry, figures, {}) for entry, figures in rest.items() if any(figures)]
    text = json.dumps(stored, separators=(",", ":"))
    if there is None:
        insert = "INSERT INTO rollups (grouped_by, customer_id, step_s, instant, sums) "
        connection.execute(
            sa.text(f"{insert} VALUES (:by, :customer_id, :step_s, :instant, :sums)"), at | {"sums": text}
        )
    else:
        connection.execute(sa.text(f"UPDATE rollups SET sums = :sums WHERE {SAME}"), at | {"sums": text})
