"""Lists of routes in every order, by filters that mean few or many, and the search: over a million routes.

In process, one after the other, through the use cases that the API calls: a page of 100 each.
"""

import asyncio
import random
import tempfile
import time
import uuid
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from bench.report import Report
from bench.table import CALLER, RouteTable
from dialplane.control import bootstrap, routes, search
from dialplane.control.actor import SYSTEM
from dialplane.control.routes import After, Filters, Order
from dialplane.control.units import LISTS, Database, Reading
from dialplane.domain.records import record_of
from dialplane.store import migrations, objects
from dialplane.store.address import sqlite_url
from dialplane.store.objects import CUSTOMERS, PROVIDERS, ROUTES
from tests.databases import open_database
from tests.postgresql import shared_postgresql

SIZE = 1_000_000
TIMES = 60
PAGE = 100
GOAL = "p99 <= 20 ms"
STATES = ("live", "disabled", "expired")
AT_ONCE = 50_000
SEEDED_WITHIN_S = 60.0
"""So many routes at once, on PostgreSQL on a busy machine."""


def run(report: Report) -> None:
    """Print the times of pages, counts and searches, on both databases."""
    table = RouteTable(SIZE)
    with tempfile.TemporaryDirectory(prefix="dialplane-bench-") as folder, ExitStack() as stack:
        sqlite = sqlite_url(Path(folder) / "bench.db")
        lock = Path(folder) / "postgresql.lock"
        server = stack.enter_context(shared_postgresql(uuid.uuid4().hex, lock, lambda server: None))
        for name, url in (("SQLite", sqlite), ("PostgreSQL", server.create("bench"))):
            asyncio.run(_measure(report, name, url, table))


async def _measure(report: Report, name: str, url: str, table: RouteTable) -> None:
    await asyncio.to_thread(migrations.upgrade, url)
    db = open_database(url)
    try:
        await bootstrap.prepare(db, username="admin@localhost", password="a long password")
        await _seed(db, table)
        report.note(f"{name}: {table.size:,} routes")
        for what, look in _looks(table).items():
            await _timed(report, db, what, look)
    finally:
        await db.close()


Look = Callable[[Reading], Awaitable[object]]


def _looks(table: RouteTable) -> Mapping[str, Callable[[], Look]]:
    """What is measured -> a maker of it, by chance other each time."""
    draw = random.Random(1)
    providers = [provider.id for provider in table.providers()]

    def page(key: str, **filters: Any) -> Callable[[], Look]:
        def make() -> Look:
            given = {name: value() if callable(value) else value for name, value in filters.items()}
            wanted = Filters(now=time.time_ns() // 1_000, **given)
            after = _somewhere(draw, key, table) if draw.random() < 0.5 else None
            return lambda unit: routes.find(
                unit, SYSTEM, wanted, Order(key, draw.random() < 0.5), page_size=PAGE, after=after
            )

        return make

    def count(**filters: Any) -> Callable[[], Look]:
        def make() -> Look:
            given = {name: value() if callable(value) else value for name, value in filters.items()}
            return lambda unit: routes.count(unit, SYSTEM, Filters(now=time.time_ns() // 1_000, **given))

        return make

    def one() -> tuple[str]:
        return (draw.choice(providers),)

    def prefix() -> str:
        return f"+{draw.choice(table.prefixes)[: draw.choice((1, 2, 4))]}"

    def number() -> str:
        return f"+{draw.choice(table.prefixes)}12345"

    return {
        "a page by target": page("target"),
        "a page by priority": page("priority"),
        "a page by last change": page("tm_update"),
        "of a provider (80,000), by target": page("target", provider_ids=one),
        "of a provider, by priority": page("priority", provider_ids=one),
        "of a provider, by last change": page("tm_update", provider_ids=one),
        "of a customer with 100, by priority": page("priority", customer_id=CALLER),
        "targets that begin so, by priority": page("priority", target_prefix=prefix),
        "targets that begin so, by target": page("target", target_prefix=prefix),
        "that cover a number": page("target", covers=number),
        "disabled (0.1 %)": page("target", state="disabled"),
        "expired (0.1 %), by last change": page("tm_update", state="expired"),
        "live": page("target", state="live"),
        "name begins so": page("target", text="carrier 7"),
        "count of all": count(),
        "count of a provider": count(provider_ids=one),
        "count of targets that begin so": count(target_prefix=prefix),
        "search for a number": lambda: lambda unit: search.find(unit, SYSTEM, number()),
        "search for a name": lambda: lambda unit: search.find(unit, SYSTEM, "carrier 7"),
    }


def _somewhere(draw: random.Random, key: str, table: RouteTable) -> After:
    """A place in the middle of an order."""
    instant = draw.randrange(1, table.size)
    values: dict[str, str | int] = {"target": f"+{draw.choice(table.prefixes)}", "priority": draw.randrange(4)}
    return After(values.get(key, 1), instant)


async def _timed(report: Report, db: Database, what: str, make: Callable[[], Look]) -> None:
    taken = list[float]()
    for number in range(TIMES + 3):
        look = make()
        began = time.perf_counter()
        async with db.read(LISTS) as unit:
            await look(unit)
        if number >= 3:
            taken.append((time.perf_counter() - began) * 1_000)
    taken.sort()
    report.line(what, f"p50 {taken[TIMES // 2]:6.1f} ms  p99 {taken[int(TIMES * 0.99)]:6.1f} ms", goal=GOAL)


async def _seed(db: Database, table: RouteTable) -> None:
    callers = [customer for customer in table.customers() if customer.id == CALLER]
    async with db.change(SYSTEM, "bench.seed") as change:
        await objects.add_all(change, CUSTOMERS, callers)
        await objects.add_all(change, PROVIDERS, list(table.providers()))
        columns = [column.name for column in ROUTES.table.c]
        for some in _portions(table):
            rows = [[row[name] for name in columns] for row in some]
            await change.run(partial(_insert, db, columns, rows), within_s=SEEDED_WITHIN_S)
    if db.backend.url.get_backend_name() == "postgresql":
        async with db.write() as unit:
            await unit.run(lambda connection: connection.exec_driver_sql("ANALYZE"))


def _insert(db: Database, columns: Sequence[str], rows: Sequence[Sequence[Any]], connection: Connection) -> None:
    db.backend.insert_many(connection, "routes", columns, rows)


def _portions(table: RouteTable) -> Iterator[Sequence[Mapping[str, Any]]]:
    """Rows: of a thousand routes one is disabled and one has ended; a hundred are the caller's; one in ten is named."""
    some = list[Mapping[str, Any]]()
    for number, route in enumerate(table.routes(), 1):
        row = ROUTES.row(record_of(route), 1 + number // 1_000)
        row |= {"tm_create": number, "enabled": int(number % 1_000 != 1)}
        row |= {"valid_until": 1} if number % 1_000 == 2 else {}
        row |= {"customer_id": CALLER} if number % 10_000 == 3 else {}
        row |= {"name": f"carrier {number}"} if number % 10 == 4 else {}
        some.append(row)
        if len(some) == AT_ONCE:
            yield some
            some = []
    yield some
