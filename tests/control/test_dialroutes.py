"""Dialroutes out of the database: the candidates are the right ones, and the engine's order is what is answered."""

import asyncio

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dialplane.control import customers, dialroutes, events, providers, routes
from dialplane.control.dialroutes import Call
from dialplane.control.units import Database
from dialplane.domain.customer import Customer
from dialplane.domain.errors import InvalidValue, NotFound
from dialplane.domain.ids import SYSTEM_DEFAULT_CUSTOMER
from dialplane.domain.target import matches
from tests.control.making import (
    ADMIN,
    EDGE_ACTOR,
    UNKNOWN_ID,
    add_route,
    admin_of,
    make_customer,
    make_provider,
    make_route,
)
from tests.control.seen import event
from tests.databases import open_database

pytestmark = pytest.mark.anyio


async def compute(db: Database, customer_id: str, number: str) -> dialroutes.Computed:
    async with db.read() as unit:
        return await dialroutes.compute(unit, ADMIN, Call(customer_id=customer_id, number=number), now=db.now())


async def order(db: Database, customer_id: str, number: str) -> list[str]:
    computed = await compute(db, customer_id, number)
    return [computed.routes[place.candidate.route_id].name for place in computed.dialroute.attempts]


async def test_own_before_default_longer_before_shorter_lower_priority_first(db: Database) -> None:
    acme = await make_customer(db)
    carriers = [await make_provider(db) for _ in range(6)]
    layout = [
        ("default all", SYSTEM_DEFAULT_CUSTOMER, "all", 1),
        ("default +82", SYSTEM_DEFAULT_CUSTOMER, "+82", 1),
        ("own all", acme.id, "all", 1),
        ("own +82 second", acme.id, "+82", 2),
        ("own +82 first", acme.id, "+82", 1),
        ("own +821", acme.id, "+821", 9),
    ]
    for carrier, (name, customer_id, target, priority) in zip(carriers, layout, strict=True):
        await make_route(db, carrier, name=name, customer_id=customer_id, target=target, priority=priority)
    own = ["own +821", "own +82 first", "own +82 second", "own all"]
    assert await order(db, acme.id, "+8210123") == [*own, "default +82", "default all"]
    assert await order(db, acme.id, "+1") == ["own all", "default all"]
    assert await order(db, SYSTEM_DEFAULT_CUSTOMER, "+82") == ["default +82", "default all"]


async def test_what_another_process_changes_counts_in_the_next_dialroute(database_url: str) -> None:
    here, elsewhere = open_database(database_url), open_database(database_url)
    acme, carrier = await make_customer(elsewhere), await make_provider(elsewhere, tech_prefix="1")
    await make_route(elsewhere, carrier, name="the only one")
    assert await order(here, acme.id, "+1") == ["the only one"]

    async with elsewhere.change(ADMIN, "provider.update") as unit:
        await providers.update(unit, ADMIN, carrier.id, {"tech_prefix": "2"})
    (place,) = (await compute(here, acme.id, "+1")).dialroute.attempts
    assert place.provider is not None
    assert place.provider.tech_prefix == "2"

    async with elsewhere.change(ADMIN, "provider.update") as unit:
        await providers.update(unit, ADMIN, carrier.id, {"enabled": False})
    assert await order(here, acme.id, "+1") == []
    async with elsewhere.change(ADMIN, "customer.delete") as unit:
        await customers.delete(unit, ADMIN, acme.id)
    with pytest.raises(NotFound):
        await order(here, acme.id, "+1")
    await here.close()
    await elsewhere.close()


async def test_deleted_routes_providers_and_other_customers_do_not_count(db: Database) -> None:
    acme, rival = await make_customer(db), await make_customer(db)
    carrier, gone = await make_provider(db), await make_provider(db)
    kept = await make_route(db, carrier, customer_id=acme.id, name="kept")
    await make_route(db, carrier, customer_id=rival.id, name="rival's")
    deleted = await make_route(db, carrier, customer_id=acme.id, name="deleted")
    await make_route(db, gone, customer_id=acme.id, name="of a deleted provider")
    async with db.change(ADMIN, "delete") as unit:
        await routes.delete(unit, ADMIN, deleted.id)
        await providers.delete(unit, ADMIN, gone.id, force=True)
    assert await order(db, acme.id, "+1") == ["kept"]
    assert set((await compute(db, acme.id, "+1")).routes) == {kept.id}


async def test_what_is_off_is_skipped_with_its_reason(db: Database) -> None:
    carriers = [await make_provider(db, enabled=n != 0) for n in range(3)]
    await make_route(db, carriers[0])
    await make_route(db, carriers[1], enabled=False)
    await make_route(db, carriers[2], valid_from=db.now() + 10**12)
    computed = await compute(db, SYSTEM_DEFAULT_CUSTOMER, "+1")
    assert not computed.dialroute.attempts
    assert {place.reasons[-1] for place in computed.dialroute.places} == {
        "provider_disabled",
        "route_disabled",
        "route_not_valid_now",
    }


async def test_an_unhealthy_provider_stands_behind_the_healthy_ones(db: Database) -> None:
    bad, good = await make_provider(db), await make_provider(db)
    await make_route(db, bad, priority=1, name="bad")
    await make_route(db, good, priority=2, name="good")
    report = event("provider_health", 5, provider_id=bad.id, hostname=bad.hostname, status="unhealthy")
    await events.ingest(db, EDGE_ACTOR, edge="e", events=[report])
    assert await order(db, SYSTEM_DEFAULT_CUSTOMER, "+1") == ["good", "bad"]


async def test_customers_ask_for_their_own_dialroutes_only(db: Database) -> None:
    acme, rival, gone = await make_customer(db), await make_customer(db), await make_customer(db)
    async with db.change(ADMIN, "customer.delete") as unit:
        await customers.delete(unit, ADMIN, gone.id)

    async def ask(who: Customer, about: str) -> None:
        async with db.read() as unit:
            await dialroutes.compute(unit, admin_of(who), Call(customer_id=about, number="+1"), now=db.now())

    await ask(acme, acme.id)
    for hidden in (rival.id, UNKNOWN_ID, SYSTEM_DEFAULT_CUSTOMER):
        with pytest.raises(NotFound) as absent:
            await ask(acme, hidden)
        assert absent.value.kind == "customer"
    with pytest.raises(NotFound):
        await compute(db, gone.id, "+1")


@pytest.mark.parametrize("number", ["", "+", "44", "+0", "+" + "1" * 16, "all", "+44\n", "+٣", "' OR 1=1--"])
async def test_a_number_that_is_none_is_refused(db: Database, number: str) -> None:
    with pytest.raises(InvalidValue):
        await compute(db, SYSTEM_DEFAULT_CUSTOMER, number)


TARGETS = st.one_of(st.just("all"), st.from_regex(r"\+[1-3][1-3]{0,5}", fullmatch=True))


@given(targets=st.lists(TARGETS, min_size=1, max_size=8), number=st.from_regex(r"\+[1-3][1-3]{0,8}", fullmatch=True))
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_candidates_are_the_routes_whose_target_is_a_prefix(
    database_url: str, targets: list[str], number: str
) -> None:
    async def candidates() -> list[str]:
        db = open_database(database_url)
        acme, carrier = await make_customer(db), await make_provider(db)
        async with db.change(ADMIN, "route.create") as unit:
            for target in targets:
                await add_route(unit, carrier, customer_id=acme.id, target=target)
        computed = await compute(db, acme.id, number)
        await db.close()
        return sorted(route.target for route in computed.routes.values())

    assert asyncio.run(candidates()) == sorted(target for target in targets if matches(target, number))
