"""Lists, filters and single calls on PostgreSQL over many days of generated calls, each day a partition.

`BENCH_CALLS` says how many there are (default 200,000), `BENCH_DAYS` over how many days. With `BENCH_FOLDER` they are
those of `bench.lists`: a later run adds the days that are missing and measures again.
"""

import asyncio
import time

from bench import kept, looks, recorded
from bench.report import Report
from dialplane.control.units import LISTS
from tests.databases import open_database

GOAL = "p99 <= 50 ms"


def run(report: Report) -> None:
    """Print p50 and p99 of each question, beside their goal."""
    with kept.folder(f"lists-{kept.POSTGRESQL}") as data, kept.database(kept.POSTGRESQL, data) as url:
        began = time.monotonic()
        filled = recorded.fill(url, calls=recorded.CALLS)
        report.line("days filled", f"{filled} in {time.monotonic() - began:.0f} s")
        asyncio.run(_measure(report, url))


async def _measure(report: Report, url: str) -> None:
    db = open_database(url)
    try:
        async with db.read(LISTS) as unit:
            size = (await unit.run(db.backend.size)).bytes
        report.line("calls", f"{recorded.CALLS:,} in {recorded.DAYS} partitions; database {size / 1e9:.1f} GB")
        await looks.measure(report, db, looks.of_calls(await recorded.some_ids(db)), goal=GOAL)
    finally:
        await db.close()
