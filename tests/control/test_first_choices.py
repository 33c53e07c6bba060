"""The targets whose calls would try a provider first are those whose dialroutes begin with it, on both databases."""

import random
from typing import Any

import pytest

from dialplane.control import dialroutes, events, first_choices
from dialplane.control.actor import Actor
from dialplane.control.dialroutes import Call
from dialplane.control.first_choices import AT_ONCE, DRAWS, FirstChoice
from dialplane.control.invites import example_to
from dialplane.control.permissions import PermissionDenied
from dialplane.control.units import Database
from dialplane.control.whatif import NOTHING, WhatIf
from dialplane.domain.errors import NotFound
from dialplane.domain.ids import SYSTEM_DEFAULT_CUSTOMER
from dialplane.domain.provider import Provider
from dialplane.store import objects
from dialplane.store.objects import ROUTES
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
from tests.control.plans import sqlite_plans
from tests.control.seen import event

pytestmark = pytest.mark.anyio

SEED = 20_261_127
TARGETS = ("+1", "+12", "+123", "+4", "+44", "+442", "+4420", "+82", "+8210")
"""As numbers they match themselves and what they begin with, and no longer one."""


async def pages(
    db: Database, provider: Provider, customer_id: str, *, page_size: int = 100, what_if: WhatIf = NOTHING
) -> list[first_choices.Found]:
    """All pages."""
    found, after = list[first_choices.Found](), ""
    while not found or after:
        async with db.read() as unit:
            page = await first_choices.find(
                unit, ADMIN, provider.id, customer_id, now=db.now(), page_size=page_size, after=after, what_if=what_if
            )
        found.append(page)
        after = page.next
    return found


async def choices(db: Database, provider: Provider, customer_id: str, **more: Any) -> dict[str, FirstChoice]:
    found = [choice for page in await pages(db, provider, customer_id, **more) for choice in page.choices]
    assert len({choice.target for choice in found}) == len(found)
    return {choice.target: choice for choice in found}


async def first_of(db: Database, customer_id: str, number: str) -> str | None:
    """The id of the provider that a call would try first."""
    async with db.read() as unit:
        call = Call(customer_id=customer_id, number=number)
        computed = await dialroutes.compute(unit, ADMIN, call, now=db.now(), sees_caps=True)
    return next((place.candidate.provider_id for place in computed.dialroute.attempts), None)


async def down(db: Database, provider: Provider) -> None:
    report = event("provider_health", 5, provider_id=provider.id, hostname=provider.hostname, status="unhealthy")
    await events.ingest(db, EDGE_ACTOR, edge="e", events=[report])


async def test_they_are_those_whose_dialroutes_begin_with_it(db: Database) -> None:
    draw = random.Random(SEED)
    acme, rival = await make_customer(db), await make_customer(db)
    carriers = [await make_provider(db, enabled=number != 0) for number in range(5)]
    async with db.change(ADMIN, "route.create") as unit:
        for _ in range(60):
            customer_id = draw.choice((acme.id, rival.id, SYSTEM_DEFAULT_CUSTOMER))
            fields = {"priority": draw.randrange(3), "enabled": draw.random() > 0.2}
            target = draw.choice(TARGETS)
            await add_route(unit, draw.choice(carriers), customer_id=customer_id, target=target, **fields)
    await down(db, carriers[1])
    for customer_id in (acme.id, SYSTEM_DEFAULT_CUSTOMER):
        expected = {target: await first_of(db, customer_id, target) for target in TARGETS}
        assert len(set(expected.values())) > 2
        for carrier in carriers:
            found = await choices(db, carrier, customer_id, page_size=2)
            first = {target for target, provider_id in expected.items() if provider_id == carrier.id}
            assert set(found) == first & await routed(db, carrier, customer_id)
            assert not any(choice.share < 1 for choice in found.values())


async def routed(db: Database, carrier: Provider, customer_id: str) -> set[str]:
    """The targets to which a customer's routes or the default's lead to a carrier."""
    async with db.read() as unit:
        everything = await objects.select_objects(unit, ROUTES)
    theirs = (customer_id, SYSTEM_DEFAULT_CUSTOMER)
    return {route.target for route in everything if route.provider_id == carrier.id and route.customer_id in theirs}


async def test_by_which_route_and_who_is_next(db: Database) -> None:
    acme, one, two = await make_customer(db), await make_provider(db), await make_provider(db)
    default = await make_route(db, one, target="+82")
    own = await make_route(db, one, customer_id=acme.id, target="+44")
    await make_route(db, two, target="all")
    found = await choices(db, one, acme.id)
    assert found == {
        "+44": FirstChoice("+44", 1.0, own.id, True, 2, two.id),
        "+82": FirstChoice("+82", 1.0, default.id, False, 2, two.id),
    }
    assert await choices(db, two, acme.id) == {
        "all": FirstChoice("all", 1.0, (await choices(db, two, acme.id))["all"].route_id, False, 1, None)
    }
    assert set(await choices(db, one, SYSTEM_DEFAULT_CUSTOMER)) == {"+82"}


async def test_an_own_route_to_all_stands_before_the_defaults_target(db: Database) -> None:
    acme, one, two = await make_customer(db), await make_provider(db), await make_provider(db)
    await make_route(db, one, target="+82")
    await make_route(db, two, customer_id=acme.id, target="all")
    assert await choices(db, one, acme.id) == {}
    assert set(await choices(db, one, SYSTEM_DEFAULT_CUSTOMER)) == {"+82"}


async def test_weights_make_it_a_share_of_the_calls(db: Database) -> None:
    often, seldom = await make_provider(db), await make_provider(db)
    await make_route(db, often, target="+82", weight=900)
    await make_route(db, seldom, target="+82", weight=300)
    shares = [(await choices(db, one, SYSTEM_DEFAULT_CUSTOMER))["+82"].share for one in (often, seldom)]
    assert sum(shares) == pytest.approx(1)
    assert 0.5 < shares[0] < 1
    assert (shares[1] * DRAWS).is_integer()


async def test_as_things_are_or_as_they_would_be(db: Database) -> None:
    one, two = await make_provider(db), await make_provider(db)
    await make_route(db, one, target="+82", priority=1)
    await make_route(db, two, target="+82", priority=2)
    await down(db, one)
    assert await choices(db, one, SYSTEM_DEFAULT_CUSTOMER) == {}
    assert set(await choices(db, two, SYSTEM_DEFAULT_CUSTOMER)) == {"+82"}
    assert set(await choices(db, one, SYSTEM_DEFAULT_CUSTOMER, what_if=WhatIf(all_well=True))) == {"+82"}
    assert await choices(db, two, SYSTEM_DEFAULT_CUSTOMER, what_if=WhatIf(removed={two.id})) == {}


async def test_a_carrier_that_wants_national_numbers_gets_whole_ones(db: Database) -> None:
    national = await make_provider(db, number_format="national", home_region="GB")
    await make_route(db, national, target="+44")
    assert set(await choices(db, national, SYSTEM_DEFAULT_CUSTOMER)) == {"+44"}


@pytest.mark.parametrize("target", ["all", "+4", "+44", "+442071", "+1", "+999", "+8835100", "+821021656521999"])
def test_an_example_begins_with_its_target_and_is_as_long_as_numbers_are(target: str) -> None:
    number = example_to(target)
    assert number.startswith("+" if target == "all" else target)
    assert 10 <= len(number) <= 16


async def test_a_page_that_has_taken_too_long_ends_and_the_next_goes_on(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(first_choices, "FOR_S", -1.0)
    acme, rival = await make_customer(db), await make_customer(db)
    one = await make_provider(db)
    targets = [f"+8{number}" for number in range(1000, 1000 + 2 * AT_ONCE + 5)]
    async with db.change(ADMIN, "route.create") as unit:
        for target in targets:
            await add_route(unit, one, customer_id=rival.id, target=target)
        await add_route(unit, one, customer_id=acme.id, target="all")
    found = await pages(db, one, acme.id)
    assert [len(page.choices) for page in found] == [0, 0, 1]
    assert [page.examined for page in found] == [AT_ONCE, AT_ONCE, 6]
    assert [page.next for page in found] == [targets[AT_ONCE - 1], targets[2 * AT_ONCE - 1], ""]


async def test_an_index_finds_the_next_targets(db: Database) -> None:
    one = await make_provider(db)
    await make_route(db, one, target="+82")
    with sqlite_plans(db) as plans:
        await choices(db, one, SYSTEM_DEFAULT_CUSTOMER)
    steps = " ".join(step for plan in plans for step in plan)
    if plans:
        assert "routes_of_provider_by_target (provider_id=? AND target>?)" in steps
        assert "routes_by_customer_target (customer_id=? AND target=?)" in steps
        assert "B-TREE" not in steps


async def find_as(db: Database, actor: Actor, provider_id: str, customer_id: str, **more: Any) -> first_choices.Found:
    async with db.read() as unit:
        return await first_choices.find(unit, actor, provider_id, customer_id, now=db.now(), page_size=9, **more)


async def test_the_platforms_people_alone_learn_it_and_of_what_there_is(db: Database) -> None:
    acme, one = await make_customer(db), await make_provider(db)
    for actor in (admin_of(acme), EDGE_ACTOR):
        with pytest.raises(PermissionDenied):
            await find_as(db, actor, one.id, acme.id)
    for provider_id, customer_id in ((UNKNOWN_ID, acme.id), (one.id, UNKNOWN_ID)):
        with pytest.raises(NotFound):
            await find_as(db, ADMIN, provider_id, customer_id)
