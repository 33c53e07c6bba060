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


def test_those_that_stood_before_one_that_is_tried_are_kept_and_no_others() -> None:
    tried = place("t", priority=2, position=1)
    before = place("b", "route_disabled", priority=1)
    beside = place("s", "route_disabled", priority=2)
    behind = place("x", "route_disabled", priority=3)
    shorter = place("y", "route_disabled", target="+8", priority=1)
    assert kept(tried, before, beside, behind, shorter) == "tbs"


def test_a_route_of_the_default_stands_behind_every_own_one() -> None:
    tried = place("t", target="all", priority=9, position=1)
    default = place("d", "route_disabled", target="+8210", first="default_route")
    assert kept(tried, default) == "t"


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
    assert (read.places, read.not_tried) == (places, {"route_disabled": 1, "provider_repeated": 1})
    assert decisions.read(None) == ([], {})
