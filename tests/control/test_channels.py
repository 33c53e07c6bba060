"""Which providers are full, from the records of several edges."""

import pytest

from dialplane.control import events
from dialplane.control.channels import LATELY_S, full_providers
from dialplane.control.units import Database
from dialplane.domain.provider import Provider
from dialplane.store.backend_sqlite import Sqlite
from dialplane.store.queries import channels
from tests.control.making import EDGE_ACTOR, make_provider
from tests.control.plans import sqlite_plans
from tests.control.seen import ROUTE, event, uuid_of

pytestmark = pytest.mark.anyio

NOW = 10_000_000_000
LATELY = NOW - LATELY_S * 1_000_000


async def tell(db: Database, edge: str, *kinds: str, call: int, provider: Provider, at: int = NOW) -> None:
    fields: dict[str, dict[str, object]] = {
        "attempt_sent": {"n": 1, "provider_id": provider.id, "route_id": ROUTE},
        "attempt_skipped": {"n": 1, "provider_id": provider.id, "route_id": ROUTE},
        "attempt_answered": {"n": 1, "status": 200},
        "attempt_ended": {"n": 1, "status": 503, "verdict": "carrier_error", "action": "next"},
        "call_ended": {"status": 200, "hangup_by": "caller"},
    }
    batch = [event(kind, at, call=uuid_of(call), edge=edge, **fields.get(kind, {})) for kind in kinds]
    await events.ingest(db, EDGE_ACTOR, edge=edge, events=batch)


async def is_full(db: Database, provider: Provider) -> bool:
    async with db.read() as unit:
        full = await full_providers(unit, [provider], now=NOW)
    assert set(full.values()) <= {"channel_cap_full"}
    return provider.id in full


async def test_a_provider_is_full_while_as_many_attempts_are_under_way_as_it_has_channels(db: Database) -> None:
    carrier = await make_provider(db, max_channels=2)
    assert not await is_full(db, carrier)

    await tell(db, "one", "call_started", "attempt_sent", "attempt_answered", call=1, provider=carrier)
    assert not await is_full(db, carrier)

    await tell(db, "one", "call_started", "attempt_sent", call=2, provider=carrier)
    assert await is_full(db, carrier)

    await tell(db, "one", "call_ended", call=1, provider=carrier)
    assert not await is_full(db, carrier)


@pytest.mark.parametrize("kinds", [("attempt_skipped",), ("attempt_sent", "attempt_ended")])
async def test_what_was_skipped_or_has_failed_takes_no_channel(db: Database, kinds: tuple[str, ...]) -> None:
    carrier = await make_provider(db, max_channels=1)
    await tell(db, "one", "call_started", *kinds, call=1, provider=carrier)
    assert not await is_full(db, carrier)


async def test_without_a_cap_no_provider_is_full(db: Database) -> None:
    carrier = await make_provider(db)
    await tell(db, "one", "call_started", "attempt_sent", call=1, provider=carrier)
    assert not await is_full(db, carrier)


@pytest.mark.parametrize(("at", "is_it"), [(LATELY, False), (LATELY - 1, True)])
async def test_an_edge_with_room_counts_while_it_carries_calls(db: Database, at: int, is_it: bool) -> None:
    """Each edge holds the cap for itself; one that has had no call lately is not where the next call comes in."""
    carrier, elsewhere = await make_provider(db, max_channels=1), await make_provider(db)
    await tell(db, "one", "call_started", "attempt_sent", call=1, provider=carrier)
    await tell(db, "two", "call_started", "attempt_sent", "call_ended", call=2, provider=elsewhere, at=at)
    assert await is_full(db, carrier) is is_it


async def test_an_edge_with_a_long_call_counts_however_long_ago_that_began(db: Database) -> None:
    carrier = await make_provider(db, max_channels=1)
    await tell(db, "one", "call_started", "attempt_sent", call=1, provider=carrier)
    await tell(db, "two", "call_started", call=2, provider=carrier, at=1)
    assert not await is_full(db, carrier)

    await tell(db, "two", "attempt_sent", call=2, provider=carrier, at=2)
    assert await is_full(db, carrier)


async def test_only_open_calls_are_read(db: Database) -> None:
    """By SQLite's own plan: the calls by the index of open ones, their attempts by the call's key."""
    with sqlite_plans(db) as plans:
        async with db.read() as unit:
            await channels.of_providers(unit, [uuid_of(1)])
    if not isinstance(db.backend, Sqlite):
        return
    [plan] = [plan for plan in plans if "calls_open" in plan[0]]  # another API of this process may read, too
    assert "(call_id=?" in plan[1], plan
