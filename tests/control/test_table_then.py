"""What a call would have got by the table after an older revision is what it got then, on both databases."""

import random
from typing import Any

import pytest

from dialplane.control import customers, dialroutes, providers, routes, table_then, trunks
from dialplane.control.dialroutes import Call
from dialplane.control.permissions import PermissionDenied
from dialplane.control.units import Change, Database
from dialplane.domain.errors import InvalidValue, NotFound
from dialplane.domain.ids import SYSTEM_DEFAULT_CUSTOMER
from dialplane.store.queries import retention
from tests.control.making import ADMIN, add_route, admin_of, make_customer, make_provider, make_route, make_trunk

pytestmark = pytest.mark.anyio

SEED = 20_261_127
CHANGES = 40
TARGETS = ("all", "+4", "+44", "+8", "+82")
NUMBERS = ("+4420", "+8210", "+1")


async def places(db: Database, call: Call, revision: int | None = None, **more: Any) -> list[tuple[Any, ...]]:
    async with db.read() as unit:
        computed = await dialroutes.compute(unit, ADMIN, call, now=db.now(), revision=revision, **more)
    told = computed.dialroute.places
    return [
        (place.candidate, place.target, place.provider, place.outcome, place.position, place.reasons) for place in told
    ]


async def revision_of(db: Database) -> int:
    async with db.read() as unit:
        return (await unit.clock()).revision


async def change_something(db: Database, draw: random.Random, made: dict[str, list[Any]]) -> None:
    """A route comes, goes or changes, or a provider does."""

    async def create(unit: Change) -> None:
        owner = draw.choice((SYSTEM_DEFAULT_CUSTOMER, made["customers"][0].id))
        carrier = draw.choice(made["providers"])
        fields = {"customer_id": owner, "target": draw.choice(TARGETS), "priority": draw.randrange(4)}
        made["routes"].append(await add_route(unit, carrier, **fields))

    async def update(unit: Change) -> None:
        fields = {"priority": draw.randrange(4), "target": draw.choice(TARGETS), "enabled": draw.random() > 0.3}
        await routes.update(unit, ADMIN, draw.choice(made["routes"]).id, fields)

    async def delete(unit: Change) -> None:
        gone = made["routes"].pop(draw.randrange(len(made["routes"])))
        await routes.delete(unit, ADMIN, gone.id)

    async def switch(unit: Change) -> None:
        fields = {"enabled": draw.random() > 0.4, "tech_prefix": str(draw.randrange(9)), "password": draw.choice("ab")}
        await providers.update(unit, ADMIN, draw.choice(made["providers"]).id, fields)

    does = draw.choice((create, update, delete, switch) if len(made["routes"]) > 3 else (create,))
    async with db.change(ADMIN, "change") as unit:
        await does(unit)


async def test_each_decision_is_the_one_that_was_made_then(db: Database) -> None:
    draw = random.Random(SEED)
    acme = await make_customer(db)
    made: dict[str, list[Any]] = {
        "customers": [acme], "routes": [], "providers": [await make_provider(db) for _ in range(4)],
    }  # fmt: skip
    calls = [
        Call(customer_id=owner, number=number) for owner in (acme.id, SYSTEM_DEFAULT_CUSTOMER) for number in NUMBERS
    ]
    then = dict[int, list[Any]]()
    for _ in range(CHANGES):
        await change_something(db, draw, made)
        then[await revision_of(db)] = [await places(db, call) for call in calls]
    assert len({repr(decided) for decided in then.values()}) > CHANGES / 2
    for revision, decided in then.items():
        assert [await places(db, call, revision) for call in calls] == decided


async def test_before_a_provider_or_a_customer_was_there(db: Database) -> None:
    one = await make_provider(db)
    before = await revision_of(db)
    acme = await make_customer(db)
    await make_route(db, one)
    call = Call(customer_id=SYSTEM_DEFAULT_CUSTOMER, number="+1")
    assert len(await places(db, call)) == 1
    assert await places(db, call, before) == []
    with pytest.raises(NotFound):
        await places(db, Call(customer_id=acme.id, number="+1"), before)


async def test_of_what_is_deleted_by_now(db: Database) -> None:
    acme, one = await make_customer(db), await make_provider(db)
    await make_route(db, one, customer_id=acme.id)
    before = await revision_of(db)
    call = Call(customer_id=acme.id, number="+1")
    decided = await places(db, call)
    async with db.change(ADMIN, "delete") as unit:
        await providers.delete(unit, ADMIN, one.id, force=True)
        await customers.delete(unit, ADMIN, acme.id)
    assert len(decided) == 1
    assert await places(db, call, before) == decided


async def test_a_trunk_reads_numbers_as_it_did(db: Database) -> None:
    acme, one = await make_customer(db), await make_provider(db)
    trunk = await make_trunk(db, acme, default_region="GB")
    await make_route(db, one, target="+44")
    before = await revision_of(db)
    async with db.change(ADMIN, "trunk.update") as unit:
        await trunks.update(unit, ADMIN, trunk.id, {"default_region": "DE"})
    call = Call(trunk_id=trunk.id, dialled="02079460000")
    assert await places(db, call) == []
    assert len(await places(db, call, before)) == 1


async def test_what_cannot_be_known_exactly_is_refused(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    one = await make_provider(db)
    first = await revision_of(db)
    for _ in range(3):
        await make_route(db, one)
    call = Call(customer_id=SYSTEM_DEFAULT_CUSTOMER, number="+1")
    with pytest.raises(NotFound):
        await places(db, call, 10**9)
    monkeypatch.setattr(table_then, "MOST_COMPARED", 2)
    assert len(await places(db, call, first + 1)) == 1
    with pytest.raises(InvalidValue) as far:
        await places(db, call, first)
    assert far.value.code == "too_far"
    monkeypatch.undo()
    assert await places(db, call, first) == []
    async with db.write() as unit:
        await retention.revision_contents(unit, before=db.now() + 1, limit=1_000)
    with pytest.raises(InvalidValue) as forgotten:
        await places(db, call, first)
    assert forgotten.value.code == "not_kept"


async def test_it_is_for_those_who_may_see_revisions(db: Database) -> None:
    acme = await make_customer(db)
    async with db.read() as unit:
        call = Call(customer_id=acme.id, number="+1")
        with pytest.raises(PermissionDenied):
            await dialroutes.compute(unit, admin_of(acme), call, now=db.now(), revision=0)
