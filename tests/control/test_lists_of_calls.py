"""Lists of calls by a filter that few calls meet look at those alone, however many others there are."""

from typing import Any

import pytest

from dialplane.control import calls, events
from dialplane.control.units import Database
from dialplane.store.backend_sqlite import Sqlite
from dialplane.store.queries.calls import FEW
from tests.control.making import ADMIN, EDGE_ACTOR
from tests.control.plans import sqlite_plans
from tests.control.seen import ROUTE, event, uuid_of

pytestmark = pytest.mark.anyio

OFTEN, SELDOM, NEVER_DIALLED = uuid_of(101), uuid_of(102), uuid_of(103)
SECOND = 1_000_000
CALLS = FEW + 10
FIRST = 1_000 * SECOND
LAST = FIRST + (CALLS - 1) * SECOND


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
        ({"provider_id": OFTEN, "started_until": FIRST + SECOND}, [0]),
    ],
)
async def test_few_calls_are_found_by_an_index(
    db_with_calls: Database, filters: dict[str, Any], expected: list[int]
) -> None:
    """By SQLite's own plan: calls are reached by their key or their start, none is looked through."""
    with sqlite_plans(db_with_calls) as plans:
        async with db_with_calls.read() as unit:
            found = await calls.list_(unit, ADMIN, **filters)
    assert [record.call.id for record in found] == [uuid_of(1_000 + number) for number in expected]
    if not isinstance(db_with_calls.backend, Sqlite):
        return
    read = [step for plan in plans for step in plan if step.split()[1] == "calls"]
    assert read
    assert not [step for step in read if "(id=?" not in step and "calls_by_start" not in step], plans


@pytest.mark.parametrize("filters", [{"provider_id": OFTEN}, {"started_from": 0}, {"started_until": LAST + SECOND}])
async def test_of_many_calls_the_newest_are_listed(db_with_calls: Database, filters: dict[str, Any]) -> None:
    async with db_with_calls.read() as unit:
        found = await calls.list_(unit, ADMIN, page_size=3, **filters)
    assert [record.call.id for record in found] == [uuid_of(1_000 + CALLS - n) for n in (1, 2, 3)]
