"""Recorded calls by the million, made within the database: a hundred days of them, two attempts each.

The first attempt is refused, the second is answered. All have ended but a thousand that began just now. Instants are
those of a year that is over, so that a database which is kept can be filled up later.
"""

import os
import random
import time
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, create_engine, text

from dialplane.control.units import LISTS, Database
from dialplane.domain.instants import DAY_US, MINUTE_US
from dialplane.store import tables
from dialplane.store.address import parse_address
from dialplane.store.partitions import Partition, first_id

CALLS = int(os.environ.get("BENCH_CALLS", "200000"))
DAYS = int(os.environ.get("BENCH_DAYS", "100"))
OLDER_DAYS = int(os.environ.get("BENCH_OLDER_DAYS", "0"))
OLDER_CALLS = int(os.environ.get("BENCH_OLDER_CALLS", "1000000"))
"""Days before these, and calls of each, whose attempts are gone: they may be kept for a shorter time. On PostgreSQL."""

LAST_DAY = 1_790_000_000_000_000 - 1_790_000_000_000_000 % DAY_US
GOING_ON = 1_000
"""Calls that go on."""

CUSTOMERS, PROVIDERS, ROUTES, CALLERS = 200, 30, 5_000, 10_000
NUMBERS = 500_000
FIRST_NUMBER = 4_930_000_000_000
FIRST_CALLER = 15_551_000_000

_DRAWN = {
    "sqlite": """
        SELECT at, printf('%012x', at / 1000) AS hex, lower(hex(randomblob(16))) AS noise,
               abs(random() % 1073741824) AS number_of, abs(random() % 1073741824) AS customer,
               abs(random() % 1073741824) AS provider
        FROM (WITH RECURSIVE counted(n) AS (VALUES (0) UNION ALL SELECT n + 1 FROM counted WHERE n + 1 < :calls)
              SELECT :since + n * (:day / :calls) AS at FROM counted)""",
    "postgresql": """
        SELECT at, lpad(to_hex(at / 1000), 12, '0') AS hex, md5(at::text) AS noise,
               hashint8(at) & 1073741823 AS number_of, hashint8(at + 1) & 1073741823 AS customer,
               hashint8(at + 2) & 1073741823 AS provider
        FROM (SELECT CAST(:since + n * (:day / :calls) AS bigint) AS at
              FROM generate_series(0, :calls - 1) AS n) AS instants""",
}
"""Dialect -> what is drawn of each call of a day: its instant, digits of its id, and numbers by chance."""

_GENERATED = """
CREATE TEMPORARY TABLE generated AS
SELECT substr(hex, 1, 8) || '-' || substr(hex, 9) || '-7' || substr(noise, 1, 3) || '-a' || substr(noise, 4, 3) || '-'
       || substr(noise, 7, 12) AS id, at, noise, number_of, customer, provider
FROM ({drawn}) AS drawn
"""


def uuid_of(number: int) -> str:
    """The id of the customer, trunk, provider or route of this number."""
    return f"00000000-0000-4000-8000-{number:012}"


def _uuid(number: str) -> str:
    """The same in SQL."""
    return f"substr('{uuid_of(0)}', 1, 36 - length(CAST({number} AS text))) || ({number})"


_CUSTOMER = _uuid(f"customer % {CUSTOMERS}")
_ENDED = "CASE WHEN at < :going_on_since THEN {} END"
_CALLS = f"""
INSERT INTO {{name}} (id, edge, customer_id, trunk_id, sip_call_id, source, source_address, dialled, number,
    table_revision, decision, sip_status, reason, hangup_by, tm_start, tm_ringing, tm_answered, tm_ended,
    mono_start, mono_ringing, mono_answered, mono_ended, tm_create, tm_update)
SELECT id, 'edge-1', {_CUSTOMER}, {_CUSTOMER}, noise || '@pbx.example', '+' || ({FIRST_CALLER} + number_of % {CALLERS}),
    '192.0.2.1', '00' || ({FIRST_NUMBER} + number_of % {NUMBERS}), '+' || ({FIRST_NUMBER} + number_of % {NUMBERS}),
    5, :decision, {_ENDED.format(200)}, {_ENDED.format("'OK'")}, {_ENDED.format("'caller'")},
    at, at + 2000000, at + 5000000, {_ENDED.format("at + 65000000")},
    at, at + 2000000, at + 5000000, {_ENDED.format("at + 65000000")}, at, at
FROM generated
"""
_ATTEMPTS = f"""
INSERT INTO {{name}} (call_id, number, provider_id, route_id, target, uri, why, tm_placed, skipped, tm_ringing,
    tm_answered, tm_ended, answered_status, ended_status, sip_reason, verdict, action)
SELECT id, n, {_uuid(f"(provider + n) % {PROVIDERS}")}, {_uuid(f"provider % {ROUTES}")}, '+4930',
    'sip:+' || ({FIRST_NUMBER} + number_of % {NUMBERS}) || '@carrier.example:5060', '["own_route"]', at + n * 500000, 0,
    CASE n WHEN 2 THEN at + 2000000 END, CASE n WHEN 2 THEN at + 5000000 END, CASE n WHEN 1 THEN at + 900000 END,
    CASE n WHEN 2 THEN 200 END, CASE n WHEN 1 THEN 503 END, CASE n WHEN 1 THEN 'Service Unavailable' END,
    CASE n WHEN 1 THEN 'carrier_error' END, CASE n WHEN 1 THEN 'next' END
FROM generated, (SELECT 1 AS n UNION ALL SELECT 2 AS n) AS numbers
"""
_PLACE = (
    f'{{"route_id": "{uuid_of(1)}", "provider_id": "{uuid_of(2)}", "target": "+4930", "priority": 1, '
    '"outcome": "tried", "position": 1, "reasons": ["own_route"]}'
)
_DECISION = f'{{"places": [{", ".join([_PLACE] * 3)}], "not_tried": {{}}}}'


_UNSAFE = ("journal_mode=OFF", "synchronous=OFF", "cache_size=-400000", "temp_store=MEMORY")
"""SQLite's settings while calls are filled in."""


def fill(url: str, *, calls: int) -> int:
    """Fills the days that are missing, the newest last; how many there were. SQLite's indexes are made at the end.

    PostgreSQL's tables are vacuumed, as its autovacuum does: indexes alone are read then, and plans are others.
    """
    engine = create_engine(parse_address(url))
    try:
        with engine.connect() as connection:
            if connection.dialect.name == "sqlite":
                for pragma in _UNSAFE:
                    connection.exec_driver_sql(f"PRAGMA {pragma}")
            filled = _fill(connection, calls=calls)
        if filled and engine.dialect.name == "postgresql":
            with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                connection.execute(text("VACUUM (ANALYZE) calls, attempts"))
        return filled
    finally:
        engine.dispose()


def _fill(connection: Connection, *, calls: int) -> int:
    is_one_table = connection.dialect.name == "sqlite"
    first = LAST_DAY - (DAYS - 1) * DAY_US
    older = [] if is_one_table else range(first - OLDER_DAYS * DAY_US, first, DAY_US)
    missing = [
        since for since in (*older, *range(first, LAST_DAY + DAY_US, DAY_US)) if not _is_filled(connection, since)
    ]
    indexes = [index for table in (tables.calls, tables.attempts) for index in table.indexes if is_one_table]
    for index in indexes if missing else ():
        index.drop(connection, checkfirst=True)
    for since in missing:
        if since in older:
            _fill_day(connection, since, calls=OLDER_CALLS, has_attempts=False)
        else:
            _fill_day(connection, since, calls=calls // DAYS)
        connection.commit()
    for index in indexes:
        index.create(connection, checkfirst=True)
        connection.commit()
    return len(missing)


def go_on(url: str) -> None:
    """Calls that began within the last minute, in place of those that a run before has made."""
    engine = create_engine(parse_address(url))
    now = time.time_ns() // 1_000
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM calls WHERE id >= :first"), {"first": first_id(LAST_DAY + DAY_US)})
        generated = _GENERATED.format(drawn=_DRAWN[connection.dialect.name])
        connection.execute(text(generated), {"since": now - MINUTE_US, "day": MINUTE_US, "calls": GOING_ON})
        values = {"decision": _DECISION, "going_on_since": 0}
        connection.execute(text(_CALLS.format(name="calls")), values)
    engine.dispose()


async def some_ids(db: Database) -> list[str]:
    """Ids of calls here and there: the first of some minutes, whose calls are read one by one later."""
    draw = random.Random(2)
    instants = [LAST_DAY - draw.randrange((DAYS + OLDER_DAYS - 1) * DAY_US) for _ in range(500)]
    first = text("SELECT id FROM calls WHERE id >= :first ORDER BY id LIMIT 1")
    async with db.read(LISTS) as unit:
        return [(await unit.fetch(first, {"first": first_id(instant)}))[0][0] for instant in instants]


def _is_filled(connection: Connection, since: int) -> bool:
    bounds = {"first": first_id(since), "last": first_id(since + DAY_US)}
    some = "SELECT 1 FROM calls WHERE id >= :first AND id < :last LIMIT 1"
    return connection.execute(text(some), bounds).first() is not None


def _fill_day(connection: Connection, since: int, *, calls: int, has_attempts: bool = True) -> None:
    connection.execute(text("DROP TABLE IF EXISTS generated"))
    generated = _GENERATED.format(drawn=_DRAWN[connection.dialect.name])
    connection.execute(text(generated), {"since": since, "day": DAY_US, "calls": calls})
    insert = _into_partition if connection.dialect.name == "postgresql" else _into_table
    insert(connection, since, "calls", _CALLS, {"decision": _DECISION, "going_on_since": since + DAY_US})
    if has_attempts:
        insert(connection, since, "attempts", _ATTEMPTS, {})


def _into_table(connection: Connection, _since: int, table: str, statement: str, values: Mapping[str, Any]) -> None:
    connection.execute(text(statement.format(name=table)), values)


def _into_partition(connection: Connection, since: int, table: str, statement: str, values: Mapping[str, Any]) -> None:
    """Filled before it is attached, which makes its indexes."""
    part = Partition(table, since, since + DAY_US)
    connection.execute(text(f"CREATE TABLE {part.name} (LIKE {table} INCLUDING DEFAULTS)"))
    connection.execute(text(statement.format(name=part.name)), values)
    bounds = f"FROM ('{first_id(part.since)}') TO ('{first_id(part.until)}')"
    connection.execute(text(f"ALTER TABLE {table} ATTACH PARTITION {part.name} FOR VALUES {bounds}"))
