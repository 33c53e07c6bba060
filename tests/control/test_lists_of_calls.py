"""Lists of calls look at those that may be meant alone, by an index, however many others there are."""

import random
import re
from typing import Any

import pytest
from sqlalchemy import create_engine, text

from dialplane.control import calls, events
from dialplane.control.units import LISTS, Database
from dialplane.store.backend_sqlite import Sqlite
from dialplane.store.queries.calls import FEW
from tests.control.making import ADMIN, EDGE_ACTOR
from tests.control.plans import postgresql_plans, sqlite_plans
from tests.control.seen import ROUTE, event, uuid_of

pytestmark = pytest.mark.anyio

OFTEN, SELDOM, NEVER_DIALLED = uuid_of(101), uuid_of(102), uuid_of(103)
SECOND = 1_000_000
CALLS = FEW + 10
FIRST = 1_000 * SECOND
LAST = FIRST + (CALLS - 1) * SECOND
BY_AN_INDEX = re.compile(r"\(id=\?|calls_by_creation \(tm_create|calls_apart \(tm_start")
SEED = 20_261_126


@pytest.fixture
async def db_with_calls(db: Database) -> Database:
    """One call a second; the tenth is the only one by the carrier that is seldom dialled."""
    batch: list[dict[str, Any]] = []
    for number in range(CALLS):
        call, at = uuid_of(1_000 + number), FIRST + number * SECOND
        provider = SELDOM if number == 9 else OFTEN
        batch.append(event("call_started", at, call=call))
        batch.append(event("attempt_sent", at, call=call, n=1, provider_id=provider, route_id=ROUTE, why=[]))
    assert (await events.ingest(db, EDGE_ACTOR, edge="edge-1", events=batch)).refused == ()
    return db


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({"provider_id": SELDOM}, [9]),
        ({"provider_id": NEVER_DIALLED}, []),
        ({"started_until": FIRST + 2 * SECOND}, [1, 0]),
        ({"started_from": LAST - SECOND}, [CALLS - 1, CALLS - 2]),
        ({"started_from": LAST + SECOND}, []),
        ({"started_from": FIRST, "started_until": LAST}, list(range(CALLS - 2, CALLS - 102, -1))),
        ({"provider_id": OFTEN, "started_until": FIRST + SECOND}, [0]),
    ],
)
async def test_few_calls_are_found_by_an_index(
    db_with_calls: Database, filters: dict[str, Any], expected: list[int]
) -> None:
    """By SQLite's own plan: calls are reached by their key, or by when they were stored or began."""
    with sqlite_plans(db_with_calls) as plans:
        async with db_with_calls.read() as unit:
            found = await calls.list_(unit, ADMIN, **filters)
    assert [record.call.id for record in found] == [uuid_of(1_000 + number) for number in expected]
    if not isinstance(db_with_calls.backend, Sqlite):
        return
    read = [step for plan in plans for step in plan if step.split()[1] == "calls"]
    assert read
    assert not [step for step in read if not BY_AN_INDEX.search(step)], plans


async def test_a_providers_attempts_are_looked_for_call_by_call(db_with_calls: Database) -> None:
    """By PostgreSQL's plan of vacuumed tables: of a provider with many calls it read all of them first."""
    if isinstance(db_with_calls.backend, Sqlite):
        return
    engine = create_engine(db_with_calls.backend.url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text("VACUUM (ANALYZE) calls, attempts"))
    engine.dispose()
    with postgresql_plans(db_with_calls) as plans:
        async with db_with_calls.read() as unit:
            await calls.list_(unit, ADMIN, provider_id=OFTEN, page_size=3)
    assert [plan for plan in plans if "SubPlan" in plan and "Aggregate" not in plan and "Join" not in plan], plans


async def test_a_list_is_planned_once_not_each_time(db: Database) -> None:
    """On PostgreSQL: after five plans for its values it keeps one, since its limit is written out."""
    if isinstance(db.backend, Sqlite):
        return
    counted = "SELECT generic_plans FROM pg_prepared_statements WHERE statement LIKE 'SELECT calls.id%'"
    async with db.read(LISTS) as unit:
        for number in range(8):
            await calls.list_(unit, ADMIN, number=f"+4420{number}")
        (kept,) = await unit.fetch(text(counted))
    assert kept.generic_plans == 3


@pytest.mark.parametrize("filters", [{"provider_id": OFTEN}, {"started_from": 0}, {"started_until": LAST + SECOND}])
async def test_of_many_calls_the_newest_are_listed(db_with_calls: Database, filters: dict[str, Any]) -> None:
    async with db_with_calls.read() as unit:
        found = await calls.list_(unit, ADMIN, page_size=3, **filters)
    assert [record.call.id for record in found] == [uuid_of(1_000 + CALLS - n) for n in (1, 2, 3)]


async def test_a_window_has_the_calls_that_began_in_it_whenever_they_were_stored(db: Database) -> None:
    """Some are stored as they begin, others an hour later; the newest is the one that was stored last."""
    draw, now = random.Random(SEED), db.now()
    began = {
        uuid_of(1_000 + n): now - draw.choice((0, 3_600)) * SECOND - draw.randrange(50) * SECOND for n in range(80)
    }
    customers = {call: draw.choice((OFTEN, SELDOM)) for call in began}
    for call, at in draw.sample(sorted(began.items()), len(began)):
        started = event("call_started", at, call=call, customer_id=customers[call])
        await events.ingest(db, EDGE_ACTOR, edge="edge-1", events=[started])
    async with db.read() as unit:
        stored = [record.call.id for record in await calls.list_(unit, ADMIN)]
        for _ in range(60):
            since, until = (draw.choice(list(began.values())) if draw.random() < 0.7 else None for _ in range(2))
            customer_id, size = draw.choice((None, OFTEN)), draw.choice((3, 100))
            found = await calls.list_(
                unit, ADMIN, page_size=size, customer_id=customer_id, started_from=since, started_until=until
            )
            assert [record.call.id for record in found] == [
                call
                for call in stored
                if (since is None or since <= began[call])
                and (until is None or began[call] < until)
                and customer_id in (None, customers[call])
            ][:size], (since, until, customer_id)
