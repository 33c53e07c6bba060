"""A year in fast motion: calls come in day by day, old ones go, the database stays as large as its days, none waits.

Days pass by a clock of the test's own; what is stored and deleted is real, and a writer stores calls all the time.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from typing import Any

import pytest
from sqlalchemy import Connection, func, select

from dialplane.control import events, retention
from dialplane.control.retention import Periods
from dialplane.control.units import Database, Encryption
from dialplane.domain.errors import Unavailable
from dialplane.domain.instants import DAY_US
from dialplane.store import tables
from dialplane.store.backend_sqlite import Sqlite
from tests.control.making import EDGE_ACTOR
from tests.control.seen import failed_over_call
from tests.databases import ENCRYPTION_KEY
from tests.faults.counts import may_take_long, times

pytestmark = pytest.mark.anyio

DAYS = times(24, 365)
CALLS = times(2_400, 10_000_000)
KEPT_DAYS = times(5, 30)
AT_ONCE = 200
"""Calls in one transaction of what fills the days, so that it makes nobody wait."""

FIRST_DAY = (time.time_ns() // 1_000 // DAY_US + 1) * DAY_US
"""After all that the database has instants of."""
LONGEST_WAIT_S = times(1, 0) or 0.2
"""In a run of many tests at a time the processor is waited for too; the full form must have the machine to itself."""

PERIODS = Periods(calls=KEPT_DAYS, attempts=KEPT_DAYS, revisions=0, deleted=0, edges=0)
_CALL = (
    "id",
    "edge",
    "source",
    "number",
    "decision",
    "sip_status",
    "reason",
    "tm_start",
    "tm_ended",
    "tm_create",
    "tm_update",
)
_ATTEMPT = ("call_id", "number", "provider_id", "route_id", "uri", "tm_placed", "skipped", "tm_ended", "ended_status")
_DECISION = '[{"route_id": "x", "provider_id": "y", "target": "+82", "priority": 1, "outcome": "tried"}]' * 4
_ID = "00000000-0000-4000-8000-{:012}"


class Days:
    """A clock that goes through the days; every look at it is a microsecond later."""

    def __init__(self) -> None:
        self.now = FIRST_DAY

    def __call__(self) -> int:
        self.now += 1
        return self.now


def call_id(at: int, n: int) -> str:
    digits = f"{at // 1_000:012x}"
    return f"{digits[:8]}-{digits[8:]}-7000-8000-{n:012x}"


def store(connection: Connection, db: Database, ats: Sequence[tuple[int, int]]) -> None:
    """Calls with two attempts each, as the edges' events would have left them."""
    calls = (
        (
            call_id(at, n),
            "edge",
            f"+4930{n % 9973}",
            f"+82{n % 99991}",
            _DECISION,
            200,
            "OK",
            at,
            at + 60_000_000,
            at,
            at,
        )
        for at, n in ats
    )
    attempts = (
        (call_id(at, n), k, _ID.format(n % 50), _ID.format(n % 500), "sip:+82@carrier.example", at, 0, at, 503)
        for at, n in ats
        for k in (1, 2)
    )
    db.backend.insert_many(connection, "calls", _CALL, calls)
    db.backend.insert_many(connection, "attempts", _ATTEMPT, attempts)


async def fill_day(db: Database, since: int, count: int) -> None:
    """A day's calls."""
    ats = [(since + n * (DAY_US // count), n) for n in range(count)]
    for start in range(0, count, AT_ONCE):
        async with db.write() as unit:
            await unit.run(partial(store, db=db, ats=ats[start : start + AT_ONCE]))


class Writer:
    """Stores a call again and again, and knows how long it waited each time for the writer's lock, and in all."""

    def __init__(self, db: Database) -> None:
        self.waits: list[float] = []
        self.times: list[float] = []
        self._db = db

    async def run(self) -> None:
        while True:
            began = time.monotonic()
            with suppress(Unavailable):  # it has waited as long as any writer does; the figures tell
                async with self._db.write(caller="writer"):
                    pass
            self.waits.append(time.monotonic() - began)
            call = call_id(self._db.now(), len(self.waits))
            with suppress(Unavailable):
                await events.ingest(self._db, EDGE_ACTOR, edge="edge-1", events=failed_over_call(call))
            self.times.append(time.monotonic() - began)
            await asyncio.sleep(0.02)


@may_take_long
async def test_a_year_of_calls_leaves_the_database_as_large_as_its_days(database_url: str) -> None:
    days, deleted, sizes = Days(), Counter[str](), list[int]()
    db = Database(database_url, encryption=Encryption([ENCRYPTION_KEY]), now=days)
    writer = Writer(db)
    task = asyncio.create_task(writer.run())

    def report(name: str, count: int) -> None:
        deleted[name] += count

    try:
        for day in range(DAYS):
            days.now = max(days.now, FIRST_DAY + day * DAY_US)
            await fill_day(db, days.now, CALLS // DAYS)
            assert await retention.keep(db, PERIODS, now=days.now, within_s=600, report=report)
            sizes.append((await retention.stock(db)).size.bytes)
            assert not task.done(), task.result()
        left = await kept(db)
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        await db.close()
    _show(db, sizes, writer, deleted)
    slack = db.backend.rows_outlast_us // DAY_US + 2
    assert left <= (KEPT_DAYS + slack) * (CALLS // DAYS) + len(writer.waits)
    full = sizes[KEPT_DAYS + slack]
    assert max(sizes[KEPT_DAYS + slack :]) <= 1.25 * full, sizes
    assert max(writer.waits) <= LONGEST_WAIT_S


async def kept(db: Database) -> int:
    async with db.read() as unit:
        rows: Any = await unit.fetch(select(func.count()).select_from(tables.calls))
    return int(rows[0][0])


def _show(db: Database, sizes: list[int], writer: Writer, deleted: Counter[str]) -> None:
    name = "SQLite" if isinstance(db.backend, Sqlite) else "PostgreSQL"
    waits, most = sorted(writer.waits), max(sizes)
    long = sum(wait > LONGEST_WAIT_S for wait in waits)
    print(
        f"\n{name}: {CALLS:,} calls in {DAYS} days of which {KEPT_DAYS} are kept; deleted {dict(deleted)}; size after "
        f"{KEPT_DAYS + 4} days {sizes[KEPT_DAYS + 4] / 1e6:.0f} MB, at the end {sizes[-1] / 1e6:.0f} MB, most "
        f"{most / 1e6:.0f} MB; {len(waits)} writes waited {1e3 * waits[len(waits) // 2]:.1f} ms (median), "
        f"{1e3 * waits[int(len(waits) * 0.999)]:.0f} ms (99.9 %), {1e3 * waits[-1]:.0f} ms (most); "
        f"{long} over {LONGEST_WAIT_S} s"
    )
