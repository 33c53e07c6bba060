"""How long statistics take: a month of 10 million calls, a day and an hour in steps, by every grouping.

The sums are those of one made day, of as many calls as a 31st of them, which stands for each of the 31: statistics read
nothing else of what is over. A thousand calls go on.
"""

import asyncio
import http.client
import json
import os
import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, partial
from urllib.parse import urlencode

from sqlalchemy import insert

from bench import kept, reports
from bench.node import free_port, make_database, running
from bench.report import Report
from bench.table import RouteTable
from dialplane.api.database import opened_database
from dialplane.control.stats import GROUPINGS
from dialplane.domain.instants import DAY_US, format_instant
from dialplane.domain.rollups import DAY_S, HOUR_S, MINUTE_S, Block, Sums, floored, longer_of, minutes_of
from dialplane.domain.statistics import AttemptPlace, CallPlace, Figures, Place, bucket_of
from dialplane.settings import Settings
from dialplane.store import tables
from dialplane.store.queries.rollups import packed

CALLS = 10_000_000
DAYS = 31
MINUTES_OF_DAYS = 2
"""Days of which the sums of minutes are there."""

OPEN_CALLS = 1_000
TARGETS = [f"+{n}" for n in range(200, 500)]
AT_ONCE = 500
"""Rows of sums, some of which are half a megabyte."""

REQUESTS = int(os.environ.get("BENCH_TIMES", "200"))
"""Of each kind."""


def run(report: Report) -> None:
    """Both databases."""
    today = floored(time.time_ns() // 1_000, DAY_S)
    for kind in kept.DATABASES:
        with kept.folder(f"statistics-{kind}") as data, kept.database(kind, data) as url:
            settings = Settings(data=data, database_url=url if kind == kept.POSTGRESQL else "")
            token = kept.once(data, f"day-{today}", partial(_made, settings, today))
            measure(report, kind, settings, token, today)


def _made(settings: Settings, today: int) -> str:
    """A database with the sums; the token of an administrator's key."""
    token = make_database(settings.data, RouteTable(1_000), database_url=settings.database_url)
    asyncio.run(_fill(settings, _blocks(today), today))
    return token


@cache
def _blocks(today: int) -> dict[Block, Sums]:
    minutes = minutes_of(_day(today))
    return minutes | longer_of(minutes)


def measure(report: Report, name: str, settings: Settings, token: str, today: int) -> None:
    """The figures on one database."""
    with running(settings.data, port=free_port(), database_url=settings.database_url) as node:
        for what, goal, paths in _kinds(today):
            took = sorted(_took_ms(node.base_url, token, paths))
            p50, p99 = took[len(took) // 2], took[-1 - len(took) // 100]
            report.line(f"{name}, {what}", f"p50 {p50:.0f} ms  p99 {p99:.0f} ms", goal=goal)


@dataclass(frozen=True)
class _Window:
    days: float
    step_s: int | None = None

    def query(self, today: int) -> str:
        until = today + DAY_US
        values = {"from": format_instant(until - int(self.days * DAY_US)), "to": format_instant(until)}
        return urlencode(values if self.step_s is None else {**values, "step": str(self.step_s)})


def _kinds(today: int) -> Iterator[tuple[str, str, Sequence[str]]]:
    month, day, hour = _Window(DAYS), _Window(1, 300), _Window(1 / 24, 60)
    for what, goal, window in (
        ("31 days", "p99 <= 50 ms", month),
        ("a day, step 300", "", day),
        ("an hour, step 60", "", hour),
    ):
        query = window.query(today)
        yield f"{what}: overview", goal, [f"/v1.0/stats/overview?{query}"]
        for by in GROUPINGS:
            yield f"{what}: {by}", goal, [f"/v1.0/stats/{by}?{query}"]


def _took_ms(base_url: str, token: str, paths: Sequence[str]) -> Iterator[float]:
    connection = http.client.HTTPConnection(base_url.removeprefix("http://"), timeout=60)
    for _ in range(REQUESTS):
        for path in paths:
            began = time.perf_counter()
            connection.request("GET", path, headers={"Authorization": f"Bearer {token}"})
            answer = connection.getresponse()
            body = answer.read()
            yield 1e3 * (time.perf_counter() - began)
            assert answer.status == 200, body
            assert json.loads(body)


def _day(begin: int) -> Iterator[tuple[Place, Figures]]:
    """What the calls of a day count for: two attempts each, of which the second is answered."""
    chosen = random.Random(1)
    for n in range(CALLS // DAYS):
        at = begin + n * DAY_US // (CALLS // DAYS)
        minute = floored(at, MINUTE_S)
        customer, route = chosen.randrange(len(reports.CUSTOMERS)), chosen.randrange(len(reports.ROUTES))
        target, delay = TARGETS[route % len(TARGETS)], bucket_of(int(chosen.lognormvariate(7.3, 0.6)))
        carriers = [reports.PROVIDERS[(route + n) % len(reports.PROVIDERS)] for n in range(2)]
        routes = [reports.ROUTES[(route + n) % len(reports.ROUTES)] for n in range(2)]
        whose = reports.CUSTOMERS[customer]
        yield AttemptPlace(minute, whose, carriers[0], routes[0], target, "503", -1), Figures(seized=1, moved_on=1)
        answered = Figures(seized=1, answered=1, effective=1, saved=1, ended=1, duration_ms=chosen.randrange(300_000))
        yield AttemptPlace(minute, whose, carriers[1], routes[1], target, "200", delay), answered
        for carrier, taken, freed in ((carriers[0], at, at), (carriers[1], at, at + 1_000 * answered.duration_ms)):
            yield from _channel(whose, carrier, taken, freed)
        edge = reports.EDGES[n % len(reports.EDGES)]
        trunk = reports.TRUNKS[2 * customer + n % 2]
        yield CallPlace(minute, whose, trunk, edge, tuple(sorted(carriers)), delay), answered._replace(moved_on=1)


def _channel(whose: str, carrier: str, taken: int, freed: int) -> Iterator[tuple[Place, Figures]]:
    for at, sign in ((taken, 1), (freed, -1)):
        place = AttemptPlace(floored(at, MINUTE_S), whose, carrier, "", "", "", -1)
        yield place, Figures(taken=sign, held_ms=-sign * (at // 1_000))


async def _fill(settings: Settings, blocks: dict[Block, Sums], today: int) -> None:
    """The same sums for each of the days, and calls that go on."""
    rows = [
        {**block._replace(instant=block.instant - day * DAY_US)._asdict(), "sums": text}
        for block, text in ((block, packed(sums)) for block, sums in blocks.items())
        for day in range(DAYS if block.step_s >= HOUR_S else MINUTES_OF_DAYS)
    ]
    calls = [
        {"id": f"ffffffff-0000-4000-8000-{n:012}", "edge": reports.EDGES[0], "customer_id": reports.CUSTOMERS[n % 12],
         "tm_start": today, "tm_create": today + n, "tm_update": today}
        for n in range(OPEN_CALLS)
    ]  # fmt: skip
    async with opened_database(settings) as db, db.write() as unit:
        for first in range(0, len(rows), AT_ONCE):
            await unit.execute(insert(tables.rollups), rows[first : first + AT_ONCE])
        await unit.execute(insert(tables.calls), calls)
