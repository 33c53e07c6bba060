"""Decisions on a real replica, over tables drawn by chance, are those that the rules make one after the other."""

import random
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dialplane.control.dialroutes import Arrival, decide, groups_of
from dialplane.control.whatif import Circumstances, WhatIf
from dialplane.domain.health import HEALTHY, UNHEALTHY, Health
from dialplane.domain.ids import SYSTEM_DEFAULT_CUSTOMER
from dialplane.domain.instants import NEVER
from dialplane.domain.provider import Provider
from dialplane.domain.records import record_of
from dialplane.domain.route import Route
from dialplane.engine.dialroute import Dialroute, dialroute, groups_for
from dialplane.engine.stages import stages
from dialplane.replica.reader import ReplicaReader
from dialplane.replica.writer import ReplicaWriter
from tests.engine.naive import Drawn, told
from tests.faults.counts import may_take_long, times
from tests.replica.records import ACME, DEFAULT, customer, id_of

TABLES = times(100, 10_000)
SEED = 20_261_126
PROVIDERS = [id_of(number) for number in range(1, 8)]
NOW = 50
DELETED = 7


def draw_providers(draw: random.Random) -> dict[str, Provider]:
    return {
        id_: Provider(id=id_, type="sip", hostname="a.example", enabled=draw.random() > 0.1)
        for id_ in PROVIDERS
        if draw.random() > 0.1
    }


def draw_route(draw: random.Random, number: int) -> Route:
    return Route(
        id=id_of(1_000 + draw.randrange(500) * 100 + number),
        customer_id=draw.choice((ACME, DEFAULT)),
        provider_id=draw.choice(PROVIDERS),
        target=draw.choice(("all", "+1", "+12", "+123", "+1233", "+2")),
        priority=draw.randrange(3),
        weight=draw.choice((None, None, None, 1, 7)),
        enabled=draw.random() > 0.1,
        valid_from=draw.choice((0, 0, 0, NOW, NOW + 1)),
        valid_until=draw.choice((NEVER, NEVER, NEVER, NOW, NOW + 1)),
        tm_create=draw.randrange(3),
    )


def drawn_table(draw: random.Random) -> Drawn:
    return Drawn(
        customer_id=draw.choice((ACME, DEFAULT)),
        number=draw.choice(("+1", "+12", "+1234", "+123321", "+2", "+3")),
        now=NOW,
        call_id=f"call {draw.random()}",
        routes=[draw_route(draw, number) for number in range(draw.randrange(20))],
        providers=draw_providers(draw),
        unhealthy={id_ for id_ in PROVIDERS if draw.random() < 0.15},
        broken={id_ for id_ in PROVIDERS if draw.random() < 0.1},
        most=draw.choice((1, 3, 10, 30)),
    )


def put(writer: ReplicaWriter, drawn: Drawn, draw: random.Random, revision: int) -> None:
    """Bring the replica to the drawn table: all at once, or in two steps of which the first has other routes."""
    providers = [("provider", record_of(provider)) for provider in drawn.providers.values()]
    routes = [("route", record_of(route)) for route in drawn.routes]
    whole: list[tuple[str, Any]] = [customer(), customer(DEFAULT), *providers, *routes]
    draw.shuffle(whole)
    if draw.random() < 0.5:
        writer.replace(whole, revision=revision, epoch="e")
    else:
        moved = [replace(route, target=draw.choice(("all", "+12", "+9"))) for route in drawn.routes]
        gone = Route(id=id_of(9), customer_id=ACME, provider_id=PROVIDERS[0], target="+1", priority=0)
        before = [("route", record_of(route)) for route in (*moved, gone)]
        writer.replace([customer(), customer(DEFAULT), *providers, *before], revision=revision, epoch="e")
        after = [*routes, ("route", record_of(replace(gone, tm_delete=DELETED)))]
        writer.apply(after, revision=revision, epoch="e")
    before_health = writer.health()
    for id_ in PROVIDERS:
        status = UNHEALTHY if id_ in drawn.unhealthy else HEALTHY
        if before_health.get(id_, Health()).status != status:
            writer.set_health(id_, Health(status, 1, "a.example"))


@pytest.fixture
def writer(tmp_path: Path) -> Iterator[ReplicaWriter]:
    writer = ReplicaWriter(tmp_path / "replica")
    yield writer
    writer.close()


def by_what_if(drawn: Drawn) -> Dialroute:
    """The control plane's decision where all is well, if these circumstances held."""
    owners = (drawn.customer_id, SYSTEM_DEFAULT_CUSTOMER)
    routes = [route for route in drawn.routes if route.customer_id in owners]
    there = WhatIf(at=drawn.now, down=drawn.unhealthy, broken=drawn.broken).applied(
        Circumstances(at=0, providers=drawn.providers)
    )
    return decide(
        groups_for(drawn.number, groups_of(routes, drawn.customer_id)),
        Arrival(drawn.number),
        there,
        call_id=drawn.call_id,
        max_attempts=drawn.most,
    )


@may_take_long
def test_a_decision_is_what_the_rules_say_of_any_table(writer: ReplicaWriter, tmp_path: Path) -> None:
    reader, draw = ReplicaReader(tmp_path / "replica"), random.Random(SEED)
    outcomes = set()
    for number in range(TABLES):
        drawn = drawn_table(draw)
        put(writer, drawn, draw, number + 1)
        with reader.view() as view:
            groups = view.groups(drawn.customer_id, drawn.number)
            decided = dialroute(
                groups,
                now=drawn.now,
                call_id=drawn.call_id,
                standing=view.standing,
                breakers=drawn.broken,
                max_attempts=drawn.most,
            )
        expected = drawn.decide()
        assert told(decided) == expected, f"table {number} of seed {SEED}: {drawn}"
        ranked = stages(groups, decided, call_id=drawn.call_id)
        assert [list(stage.ranks) for stage in ranked] == drawn.stages(), f"table {number} of seed {SEED}: {drawn}"
        assert told(by_what_if(drawn)) == expected, f"table {number} of seed {SEED}: {drawn}"
        assert list(ranked[-1].ranks) == [place.candidate.route_id for place in decided.attempts]
        outcomes |= {(entry.outcome, entry.reasons[-1]) for entry in expected}
    reader.close()
    assert len(outcomes) == 11, "all outcomes and last reasons have come"
