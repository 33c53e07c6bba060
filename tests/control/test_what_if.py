"""A what-if is the decision that a call would meet if the circumstances were those: never another one."""

import random
from collections.abc import Collection
from typing import Any

import pytest

from dialplane.control import dialroutes, events, providers
from dialplane.control.dialroutes import Call
from dialplane.control.permissions import PermissionDenied
from dialplane.control.units import Database
from dialplane.control.whatif import NOTHING, WhatIf
from dialplane.domain.errors import NotFound
from dialplane.domain.ids import SYSTEM_DEFAULT_CUSTOMER
from dialplane.engine.refusals import Refusal
from tests.control.making import ADMIN, EDGE_ACTOR, admin_of, make_customer, make_provider, make_route, make_trunk
from tests.control.seen import event

pytestmark = pytest.mark.anyio

SEED = 20_261_126
TABLES = 6
EDGE = "edge-1"
NUMBER = "+8210"


async def places(db: Database, call: Call, what_if: WhatIf = NOTHING, **rest: Any) -> list[tuple[Any, ...]]:
    async with db.read() as unit:
        computed = await dialroutes.compute(unit, ADMIN, call, now=db.now(), what_if=what_if, **rest)
    return [
        (place.candidate.route_id, place.outcome, place.position, place.reasons) for place in computed.dialroute.places
    ]


async def report(db: Database, kind: str, provider_id: str, **fields: Any) -> None:
    seen = event(kind, db.now(), provider_id=provider_id, hostname="sip.carrier.example", detail="", **fields)
    assert (await events.ingest(db, EDGE_ACTOR, edge=EDGE, events=[seen])).refused == ()


async def bring_about(db: Database, down: Collection[str], broken: Collection[str], removed: Collection[str]) -> None:
    for id_ in down:
        await report(db, "provider_health", id_, status="unhealthy")
    for id_ in broken:
        await report(db, "provider_breaker", id_, state="open")
    for id_ in removed:
        async with db.change(ADMIN, "provider.update") as unit:
            await providers.update(unit, ADMIN, id_, {"enabled": False})


async def test_what_would_be_is_what_is_once_it_has_come_about(db: Database) -> None:
    draw = random.Random(SEED)
    for number in range(TABLES):
        acme = await make_customer(db)
        carriers = [(await make_provider(db)) for _ in range(6)]
        for _ in range(14):
            await make_route(
                db,
                draw.choice(carriers),
                customer_id=draw.choice((acme.id, SYSTEM_DEFAULT_CUSTOMER)),
                target=draw.choice(("all", "+8", "+82", "+821")),
                priority=draw.randrange(3),
                weight=draw.choice((None, None, 1, 5)),
                enabled=draw.random() > 0.1,
            )
        call = Call(customer_id=acme.id, number=NUMBER, id=f"call {number}")
        down, broken, removed = ({carrier.id for carrier in carriers if draw.random() < 0.25} for _ in range(3))
        would_be = await places(db, call, WhatIf(edge=EDGE, down=down, broken=broken, removed=removed))
        await bring_about(db, down, broken, removed)
        assert await places(db, call, WhatIf(edge=EDGE)) == would_be, f"table {number} of seed {SEED}"


async def test_a_full_carrier_would_be_skipped_as_it_is_when_it_is_full(db: Database) -> None:
    acme = await make_customer(db)
    capped, other = await make_provider(db, max_channels=1), await make_provider(db)
    route = await make_route(db, capped, customer_id=acme.id)
    await make_route(db, other, customer_id=acme.id, priority=2)
    call = Call(customer_id=acme.id, number=NUMBER)
    would_be = await places(db, call, WhatIf(full={capped.id}), sees_caps=True)
    seen = [
        event("call_started", db.now(), customer_id=acme.id),
        event("attempt_sent", db.now(), n=1, provider_id=capped.id, route_id=route.id, why=[]),
    ]
    await events.ingest(db, EDGE_ACTOR, edge=EDGE, events=seen)
    assert await places(db, call, sees_caps=True) == would_be
    assert would_be[1][3][-1] == "channel_cap_full"
    assert (await places(db, call, WhatIf(all_well=True), sees_caps=True))[0][1] == "tried"


async def test_at_another_time_other_routes_hold(db: Database) -> None:
    carrier = await make_provider(db)
    route = await make_route(db, carrier, valid_from=db.now() + 3_600_000_000)
    call = Call(customer_id=SYSTEM_DEFAULT_CUSTOMER, number=NUMBER)
    assert [(place[0], place[1]) for place in await places(db, call)] == [(route.id, "skipped")]
    later = WhatIf(at=route.valid_from)
    assert [(place[0], place[1]) for place in await places(db, call, later)] == [(route.id, "tried")]


async def test_a_carrier_that_shares_no_codec_with_the_caller_would_be_skipped(db: Database) -> None:
    picky, other = await make_provider(db, codecs="PCMA,G729"), await make_provider(db)
    await make_route(db, picky)
    await make_route(db, other, priority=2)
    call = Call(customer_id=SYSTEM_DEFAULT_CUSTOMER, number=NUMBER)
    outcomes = {
        codecs: [place[3][-1] for place in await places(db, call, WhatIf(codecs=codecs))]
        for codecs in (("opus",), ("g729",), ("telephone-event",))
    }
    assert outcomes[("opus",)] == outcomes[("telephone-event",)] == ["default_route", "no_shared_codec"]
    assert outcomes[("g729",)] == ["default_route", "default_route"]


@pytest.mark.parametrize(
    ("dialled", "number", "refusal"),
    [
        ("0079161234567", "+79161234567", None),
        ("020-7946 0000".replace(" ", ""), "+442079460000", None),
        ("999", "+999", Refusal.EMERGENCY),
        ("abc", "", Refusal.INVALID_NUMBER),
    ],
)
async def test_what_a_switch_dials_is_read_and_let_in_as_its_trunks_calls_are(
    db: Database, dialled: str, number: str, refusal: Refusal | None
) -> None:
    acme, carrier = await make_customer(db), await make_provider(db)
    trunk = await make_trunk(db, acme, default_region="GB")
    await make_route(db, carrier, customer_id=acme.id)
    async with db.read() as unit:
        call = Call(trunk_id=trunk.id, dialled=dialled)
        computed = await dialroutes.compute(unit, admin_of(acme), call, now=db.now())
        assert (computed.arrival.number, computed.refusal) == (number, refusal)
        assert len(computed.dialroute.attempts) == (refusal is None)
        assert [step.after for step in computed.arrival.steps][-1:] == ([number] if dialled != "abc" else [])
        with pytest.raises(NotFound):
            await dialroutes.compute(unit, admin_of(await make_customer(db)), call, now=db.now())


async def test_only_who_may_see_edges_may_take_their_view(db: Database) -> None:
    acme = await make_customer(db)
    call = Call(customer_id=acme.id, number=NUMBER)
    async with db.read() as unit:
        with pytest.raises(PermissionDenied):
            await dialroutes.compute(unit, admin_of(acme), call, now=db.now(), what_if=WhatIf(edge=EDGE))
