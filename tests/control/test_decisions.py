"""What is kept of a decision: whom it would try, who stood before them, and counts of the rest."""

import json

from dialplane.control import decisions
from dialplane.eventlog.kinds import ConsideredRoute


def place(
    name: str,
    *reasons: str,
    target: str = "+82",
    priority: int = 1,
    position: int | None = None,
    first: str = "own_route",
) -> ConsideredRoute:
    return ConsideredRoute(
        route_id=name,
        provider_id=name,
        target=target,
        priority=priority,
        outcome="skipped" if position is None else "tried",
        position=position,
        reasons=(first, *reasons),
    )


def kept(*routes: ConsideredRoute) -> str:
    return "".join(route.route_id for route in decisions.places_of(routes))


def test_those_before_one_that_is_tried_are_kept_and_of_the_others_the_first_of_each_reason() -> None:
    tried = place("t", priority=2, position=1)
    before = place("b", "route_disabled", priority=1)
    beside = place("s", "route_disabled", priority=2)
    behind = place("x", "route_disabled", priority=3)
    shorter = [
        place(name, reason, target="+8") for name, reason in (("1", "repeated"), ("2", "repeated"), ("3", "full"))
    ]
    assert kept(tried, before, beside, behind, *shorter) == "tbs13"


def test_a_route_of_the_default_stands_behind_every_own_one() -> None:
    tried = place("t", target="all", priority=9, position=1)
    disabled = [place(name, "route_disabled", target="+8210", first="default_route") for name in "de"]
    assert kept(tried, *disabled) == "td"


def test_where_none_is_tried_the_first_others_are_kept() -> None:
    others = [place(str(number % 10), "provider_disabled", priority=number) for number in range(188)]
    assert kept(*others) == "01234567890123456789"
    assert decisions.not_tried(others) == {"provider_disabled": 188}


def test_a_decision_from_before_0_1_is_read_with_its_counts() -> None:
    places = [
        {"outcome": "tried", "reasons": ["own_route"]},
        {"outcome": "skipped", "reasons": ["own_route", "route_disabled"]},
        {"outcome": "dropped", "reasons": ["own_route", "provider_repeated"]},
    ]
    read = decisions.read(json.dumps(places))
    assert (list(read.places), read.not_tried) == (places, {"route_disabled": 1, "provider_repeated": 1})
    assert decisions.read(None) == ((), {})
