"""Providers: their rules, their deletion with and without routes, and their secrets."""

import pytest
from sqlalchemy import select

from dialplane.control import events, health, providers, routes
from dialplane.control.permissions import PermissionDenied
from dialplane.control.units import Database
from dialplane.domain.errors import InvalidValue, ProviderInUse, StaleVersion
from dialplane.domain.health import Health
from dialplane.domain.instants import NEVER
from dialplane.domain.provider import Provider
from dialplane.store import tables
from tests.control.making import ADMIN, EDGE_ACTOR, add_route, admin_of, make_customer, make_provider
from tests.control.seen import event

pytestmark = pytest.mark.anyio

EVERYTHING = {
    "tech_prefix": "00#",
    "tech_postfix": "*1",
    "tech_headers": {"X-Account": "7 é"},
    "name": "Carrier",
    "detail": "the first",
    "metadata": {"contract": {"since": 2022, "tags": ["a", None, 1.5, True]}},
    "codecs": "PCMU,PCMA",
    "enabled": False,
    "transport": "tcp",
    "username": "me",
    "password": "s3cret",
    "max_channels": 10,
    "max_cps": 5,
    "failover": {404: "stop", 486: "next"},
    "no_response_timeout_s": 2,
    "progress_timeout_s": 5,
    "ring_timeout_s": 60,
    "home_region": "GB",
    "number_format": "national",
    "caller_format": "digits",
    "digit_rules": ({"match": "+44.", "strip": 3, "prepend": "0"},),
    "caller_rules": ({"match": "+.", "strip": 0, "prepend": "7"},),
    "trusted": True,
    "identity_headers": ("pai", "rpid"),
    "anonymous": "refuse",
    "diversion": "add",
    "sign": "pass",
    "portability": "rn",
}


async def delete(db: Database, provider: Provider, *, force: bool = False) -> Provider:
    async with db.change(ADMIN, "provider.delete") as unit:
        return await providers.delete(unit, ADMIN, provider.id, force=force)


async def test_every_field_is_stored_and_read_back_equal(db: Database) -> None:
    made = await make_provider(db, **EVERYTHING)
    async with db.read() as unit:
        assert await providers.get(unit, ADMIN, made.id) == made
    for name, value in EVERYTHING.items():
        assert getattr(made, name) == value


async def test_type_and_hostname_are_needed(db: Database) -> None:
    for fields in ({"type": "sip"}, {"hostname": "a.example"}):
        with pytest.raises(InvalidValue, match="must be given"):
            async with db.change(ADMIN, "provider.create") as unit:
                await providers.create(unit, ADMIN, fields)


async def test_each_field_can_be_updated_alone(db: Database) -> None:
    provider = await make_provider(db)
    for name, value in EVERYTHING.items():
        async with db.change(ADMIN, "provider.update") as unit:
            provider = await providers.update(unit, ADMIN, provider.id, {name: value})
        assert getattr(provider, name) == value
    async with db.read() as reading:
        assert await providers.get(reading, ADMIN, provider.id) == provider


async def test_a_secret_is_nowhere_in_the_database_as_it_is(db: Database) -> None:
    provider = await make_provider(db, password="hunter2-hunter2")
    async with db.change(ADMIN, "provider.update") as unit:
        await providers.update(unit, ADMIN, provider.id, {"password": "hunter3-hunter3"})
    async with db.read() as reading:
        for table in tables.metadata.sorted_tables:
            assert "hunter" not in repr(await reading.fetch(select(table)))
        assert (await providers.get(reading, ADMIN, provider.id)).password == "hunter3-hunter3"


async def test_a_provider_in_use_stays_and_its_routes_are_named(db: Database) -> None:
    provider = await make_provider(db)
    async with db.change(ADMIN, "route.create") as unit:
        made = [await add_route(unit, provider, priority=n) for n in range(103)]
        await routes.delete(unit, ADMIN, made[0].id)
    with pytest.raises(ProviderInUse) as in_use:
        await delete(db, provider)
    assert in_use.value.total == 102
    assert in_use.value.route_ids == tuple(route.id for route in made[1:101])
    async with db.read() as reading:
        assert (await providers.get(reading, ADMIN, provider.id)).tm_delete == NEVER


async def test_force_deletes_a_provider_and_its_routes_in_one_revision(db: Database) -> None:
    provider, other = await make_provider(db), await make_provider(db)
    async with db.change(ADMIN, "route.create") as unit:
        used = [await add_route(unit, provider, priority=n) for n in range(20)]
        kept = await add_route(unit, other)
    before = await db.clock()
    deleted = await delete(db, provider, force=True)
    assert deleted.tm_delete != NEVER
    async with db.read() as reading:
        assert (await reading.clock()).revision == before.revision + 1
        assert await routes.list_(reading, ADMIN) == [kept]
        assert (await routes.get(reading, ADMIN, used[3].id)).tm_delete < NEVER


async def test_deleting_again_answers_the_same(db: Database) -> None:
    provider = await make_provider(db)
    deleted = await delete(db, provider)
    assert await delete(db, provider) == deleted
    assert await delete(db, provider, force=True) == deleted


async def test_a_stale_delete_deletes_no_routes_either(db: Database) -> None:
    provider = await make_provider(db)
    async with db.change(ADMIN, "route.create") as unit:
        route = await add_route(unit, provider)
    with pytest.raises(StaleVersion):
        async with db.change(ADMIN, "provider.delete") as unit:
            await providers.delete(unit, ADMIN, provider.id, if_version=1, force=True)
    async with db.read() as reading:
        assert await routes.list_(reading, ADMIN) == [route]


async def test_another_hostname_forgets_the_health_of_the_old_one(db: Database) -> None:
    provider = await make_provider(db, hostname="a.example")
    report = event("provider_health", 5, provider_id=provider.id, hostname="a.example", status="unhealthy")
    await events.ingest(db, EDGE_ACTOR, edge="edge-1", events=[report])
    for hostname in ("b.example", "a.example"):
        async with db.change(ADMIN, "provider.update") as unit:
            provider = await providers.update(unit, ADMIN, provider.id, {"hostname": hostname})
        async with db.read() as reading:
            assert (await health.of_providers(reading, [provider]))[provider.id] == Health()


async def test_customers_see_no_providers(db: Database) -> None:
    provider, acme = await make_provider(db), admin_of(await make_customer(db))
    async with db.read() as unit:
        with pytest.raises(PermissionDenied):
            await providers.list_(unit, acme)
        with pytest.raises(PermissionDenied):
            await providers.get(unit, acme, provider.id)
