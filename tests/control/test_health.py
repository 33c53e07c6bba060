"""Each edge's view of a provider: probes and breaker, the newest of each; a new hostname forgets both."""

from collections.abc import Sequence
from typing import Any

import pytest

from dialplane.control import events, health, providers
from dialplane.control.health import STALE_AFTER_US, EdgeView
from dialplane.control.units import Database
from dialplane.domain.health import HALF_OPEN, HEALTHY, OPEN, UNHEALTHY, Breaker, Health
from dialplane.domain.provider import Provider
from tests.control.making import ADMIN, EDGE_ACTOR, make_provider
from tests.control.seen import event

pytestmark = pytest.mark.anyio


async def ingest(db: Database, batch: Sequence[Any]) -> events.Ingested:
    return await events.ingest(db, EDGE_ACTOR, edge="edge-1", events=batch)


def probed(provider: Provider, at: int, status: str, edge: str, **fields: Any) -> dict[str, Any]:
    values: dict[str, Any] = {"provider_id": provider.id, "hostname": provider.hostname, "status": status, "edge": edge}
    return {name: value for name, value in event("provider_health", at).items()} | values | fields


def tripped(provider: Provider, at: int, state: str, edge: str, detail: str = "") -> dict[str, Any]:
    told = event("provider_breaker", at, provider_id=provider.id, state=state, edge=edge, detail=detail)
    return {name: value for name, value in told.items() if name != "call"} | {"hostname": provider.hostname}


async def views_of(db: Database, provider: Provider) -> list[EdgeView]:
    async with db.read() as unit:
        return await health.views(unit, provider)


async def test_each_edge_tells_its_own_view(db: Database) -> None:
    provider = await make_provider(db)
    await ingest(
        db,
        [
            probed(provider, 10, "healthy", "a"),
            probed(provider, 20, "unhealthy", "b", detail="timeout"),
            tripped(provider, 30, "open", "b", detail="5 timeouts"),
            tripped(provider, 5, "half_open", "c"),
        ],
    )
    assert await views_of(db, provider) == [
        EdgeView(provider.id, "a", Health(HEALTHY, 10, provider.hostname, ""), Breaker()),
        EdgeView(
            provider.id, "b", Health(UNHEALTHY, 20, provider.hostname, "timeout"), Breaker(OPEN, 30, "5 timeouts")
        ),
        EdgeView(provider.id, "c", Health(), Breaker(HALF_OPEN, 5, "")),
    ]


async def test_the_newest_state_of_a_breaker_counts(db: Database) -> None:
    provider = await make_provider(db)
    await ingest(db, [tripped(provider, 30, "half_open", "a"), tripped(provider, 20, "open", "a")])
    await ingest(db, [tripped(provider, 10, "open", "a")])
    assert [view.breaker.state for view in await views_of(db, provider)] == ["half_open"]
    await ingest(db, [tripped(provider, 40, "closed", "a")])
    assert [view.breaker.state for view in await views_of(db, provider)] == ["closed"]


async def test_another_hostname_forgets_what_the_edges_knew(db: Database) -> None:
    provider = await make_provider(db)
    await ingest(db, [probed(provider, 10, "unhealthy", "a"), tripped(provider, 10, "open", "a")])
    async with db.change(ADMIN, "provider.update") as unit:
        changed = await providers.update(unit, ADMIN, provider.id, {"hostname": "other.example"})
    assert await views_of(db, changed) == []
    await ingest(db, [tripped(provider, 20, "open", "cut off until now")])
    assert await views_of(db, changed) == []
    await ingest(db, [tripped(changed, 30, "open", "a")])
    assert [view.breaker.state for view in await views_of(db, changed)] == ["open"]


async def test_an_unknown_state_is_refused_alone(db: Database) -> None:
    provider = await make_provider(db)
    result = await ingest(db, [tripped(provider, 10, "ajar", "a"), tripped(provider, 10, "open", "b")])
    assert (result.accepted, len(result.refused)) == (1, 1)
    assert [view.edge for view in await views_of(db, provider)] == ["b"]


async def test_all_views_are_those_of_live_providers_at_their_present_hostname(db: Database) -> None:
    here, gone = await make_provider(db), await make_provider(db)
    await ingest(db, [probed(one, 10, "healthy", edge) for one in (here, gone) for edge in ("a", "b")])
    await ingest(db, [probed(here, 10, "healthy", "c", hostname="former.example"), tripped(here, 9, "open", "b")])
    async with db.change(ADMIN, "provider.delete") as unit:
        await providers.delete(unit, ADMIN, gone.id)
    async with db.read() as unit:
        found = await health.all_views(unit, limit=10)
        assert found == await health.views(unit, here)
        assert [(view.edge, view.breaker.state) for view in found] == [("a", "closed"), ("b", "open")]
        assert len(await health.all_views(unit, limit=1)) == 1


async def test_the_breakers_of_a_kamailio_that_was_started_anew_are_closed(db: Database) -> None:
    provider = await make_provider(db)
    await ingest(db, [probed(provider, 10, "healthy", edge) for edge in ("a", "b")])
    await ingest(db, [tripped(provider, 20, "open", edge) for edge in ("a", "b")])
    await ingest(db, [event("edge_status", 40, edge="a", kamailio_started=30)])
    await ingest(db, [event("edge_status", 40, edge="b", kamailio_started=15)])
    async with db.read() as unit:
        found = await health.all_views(unit, limit=10)
        assert found == await health.views(unit, provider)
    assert [(view.edge, view.breaker.state) for view in found] == [("a", "closed"), ("b", "open")]
    await ingest(db, [tripped(provider, 50, "open", "a")])
    assert [view.breaker.state for view in await views_of(db, provider)] == ["open", "open"]


async def test_an_edge_that_tells_no_more_keeps_no_provider_healthy(db: Database) -> None:
    provider = await make_provider(db)
    later = 10 + STALE_AFTER_US
    await ingest(db, [probed(provider, 10, "healthy", "gone"), probed(provider, later, "unhealthy", "here")])
    assert (await health_of(db, provider)).status == "healthy"
    await ingest(db, [probed(provider, later + 1, "unhealthy", "here")])
    assert (await health_of(db, provider)) == Health(UNHEALTHY, later + 1, provider.hostname, "")


async def test_where_all_edges_have_fallen_silent_what_they_said_last_holds(db: Database) -> None:
    provider = await make_provider(db)
    await ingest(db, [probed(provider, 10, "unhealthy", "a"), probed(provider, 20, "healthy", "b")])
    assert (await health_of(db, provider)).status == "healthy"


async def health_of(db: Database, provider: Provider) -> Health:
    async with db.read() as unit:
        return (await health.of_providers(unit, [provider]))[provider.id]
