"""Fills a database with a bench's route table, by the store's own statements but without a revision for each route."""

from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import TypeVar

from sqlalchemy import insert

from bench.table import RouteTable
from dialplane.api.database import opened_database, prepare
from dialplane.control.actor import SYSTEM
from dialplane.domain.ids import SYSTEM_DEFAULT_CUSTOMER
from dialplane.settings import Settings
from dialplane.store import objects
from dialplane.store.objects import CUSTOMERS, PROVIDERS, ROUTES, TRUNKS

ROUTES_AT_ONCE = 20_000

T = TypeVar("T")


async def seed(data: Path, table: RouteTable) -> int:
    """Make the database in this data folder, with the table in it; returns its revision."""
    settings = Settings(data=data)
    async with opened_database(settings) as db:
        await prepare(db, settings)
        async with db.change(SYSTEM, "bench.seed") as change:
            callers = [customer for customer in table.customers() if customer.id != SYSTEM_DEFAULT_CUSTOMER]
            await objects.add_all(change, CUSTOMERS, callers)
            await objects.add_all(change, PROVIDERS, list(table.providers()))
            await objects.add_all(change, TRUNKS, [table.trunk()])
            for routes in _portions(table.routes()):
                rows = [
                    ROUTES.row(ROUTES.encrypted_record(route, change.encryption), change.revision) for route in routes
                ]
                await change.execute(insert(ROUTES.table), rows)
        return change.revision


def _portions(items: Iterator[T]) -> Iterator[Sequence[T]]:
    while portion := list(islice(items, ROUTES_AT_ONCE)):
        yield portion
