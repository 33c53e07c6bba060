"""A database from before statistics were sums: the migration counts its records."""

import random

import pytest
from sqlalchemy import create_engine, text

from dialplane.control import stats
from dialplane.control.stats import GROUPINGS, PROVIDERS, Stats, Window
from dialplane.store import migrations
from dialplane.store.address import parse_address
from tests.control.counting import Recorded
from tests.control.making import ADMIN
from tests.control.seen import uuid_of
from tests.databases import open_database

pytestmark = pytest.mark.anyio

BEFORE = "0012"
HOUR = 3_600_000_000
BEGAN = 20_000 * 24 * HOUR
CALLS = 60


def fill(url: str) -> None:
    chosen = random.Random(1)
    engine = create_engine(parse_address(url))
    with engine.begin() as connection:
        for n in range(CALLS):
            at = BEGAN + chosen.randrange(50 * HOUR)
            call = {"id": uuid_of(n), "at": at, "ended": at + 900_000_000, "customer": uuid_of(n % 3)}
            connection.execute(
                text(
                    "INSERT INTO calls (id, edge, customer_id, tm_start, tm_answered, tm_ended, tm_create, tm_update) "
                    "VALUES (:id, 'here', :customer, :at, :at, :ended, :at, :at)"
                ),
                call,
            )
            for number in range(1, 1 + n % 3):
                attempt = {"id": call["id"], "n": number, "at": at, "answered": at + 3_000 * n if number == 2 else None}
                connection.execute(
                    text(
                        "INSERT INTO attempts "
                        "(call_id, number, provider_id, route_id, tm_placed, skipped, tm_answered) "
                        f"VALUES (:id, :n, '{uuid_of(n % 5)}', '{uuid_of(n % 7)}', :at, 0, :answered)"
                    ),
                    attempt,
                )
    engine.dispose()


async def test_the_records_there_are_count(empty_url: str) -> None:
    migrations.upgrade_by_one(empty_url)
    engine = create_engine(parse_address(empty_url))
    with engine.connect() as connection:
        while connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one() != BEFORE:
            connection.rollback()
            migrations.upgrade_by_one(empty_url)
    engine.dispose()
    fill(empty_url)
    migrations.upgrade(empty_url)
    db, recorded = open_database(empty_url), Recorded(empty_url)
    window = Window(since=BEGAN, until=BEGAN + 60 * HOUR)
    async with db.read() as unit:
        for by in GROUPINGS:
            found = sorted(await stats.list_(unit, ADMIN, by, window), key=lambda one: one.key)
            assert [one for one in found if one != Stats(key=one.key, channels=one.channels)] == recorded.count(
                by, window
            )
        stepped = Window(since=BEGAN, until=BEGAN + 60 * HOUR, step_s=3_600)
        for one in await stats.list_(unit, ADMIN, PROVIDERS, stepped, now=stepped.until):
            naive = [recorded.channels(one.key, at, at + HOUR) for at in stepped.instants]
            assert any(naive)
            assert list(one.in_use) == pytest.approx(naive, abs=0.01)
    await db.close()
