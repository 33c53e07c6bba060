"""Lists, counts and the search over a million routes and so many calls as `BENCH_CALLS` says (default 200,000).

With 10 million, name a `BENCH_FOLDER` (see `bench.kept`): they take some 26 GB, and minutes to make.
"""

import asyncio
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from sqlalchemy import Connection, create_engine, text

from bench import kept, looks, recorded
from bench.report import Report
from bench.served import served
from bench.table import CALLER, RouteTable
from dialplane.control import bootstrap
from dialplane.control.actor import SYSTEM
from dialplane.control.units import Database
from dialplane.domain.records import record_of
from dialplane.store import objects
from dialplane.store.address import parse_address
from dialplane.store.objects import CUSTOMERS, PROVIDERS, ROUTES
from tests.databases import open_database

SIZE = 1_000_000
GOAL = "p99 <= 20 ms"
AT_ONCE = 50_000
SEEDED_WITHIN_S = 60.0
"""So many routes at once, on PostgreSQL on a busy machine."""


def run(report: Report) -> None:
    """Print the times of pages, counts and searches, on both databases."""
    table = RouteTable(SIZE)
    for kind in kept.DATABASES:
        with kept.folder(f"lists-{kind}") as data, kept.database(kind, data) as url:
            kept.once(data, "routes", partial(_seeded, url, table))
            filled = recorded.fill(url, calls=recorded.CALLS)
            report.note(f"{kind}: {table.size:,} routes, {recorded.CALLS:,} calls, {filled} days of them new")
            with served(data, url) as api:
                for some in (looks.of_routes(table), looks.of_calls(api.ids), looks.of_search(_words(table, api.ids))):
                    looks.measure(report, api, some, goal=GOAL)


def _words(table: RouteTable, ids: Sequence[str]) -> Mapping[str, Callable[[random.Random], str]]:
    return {
        "a target": lambda draw: f"+{draw.choice(table.prefixes)}",
        "a number": lambda draw: f"{recorded.FIRST_NUMBER + draw.randrange(recorded.NUMBERS)}",
        "a caller": lambda draw: f"+{recorded.FIRST_CALLER + draw.randrange(recorded.CALLERS)}",
        "an id": lambda draw: draw.choice(ids),
        "the beginning of an id": lambda draw: draw.choice(ids)[:8],
        "a name": lambda draw: f"carrier {draw.randrange(100)}",
        "what is not there": lambda draw: f"nothing {draw.random()}",
    }


def _seeded(url: str, table: RouteTable) -> str:
    asyncio.run(_seed(url, table))
    return f"{table.size}"


async def _seed(url: str, table: RouteTable) -> None:
    db = open_database(url)
    try:
        await bootstrap.prepare(db, username="admin@localhost", password="a long password")
        callers = [customer for customer in table.customers() if customer.id == CALLER]
        async with db.change(SYSTEM, "bench.seed") as change:
            await objects.add_all(change, CUSTOMERS, callers)
            await objects.add_all(change, PROVIDERS, list(table.providers()))
            columns = [column.name for column in ROUTES.table.c]
            for some in _portions(table):
                rows = [[row[name] for name in columns] for row in some]
                await change.run(partial(_insert, db, columns, rows), within_s=SEEDED_WITHIN_S)
    finally:
        await db.close()
    if parse_address(url).get_backend_name() == "postgresql":
        engine = create_engine(parse_address(url))
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM (ANALYZE) routes"))
        engine.dispose()


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
