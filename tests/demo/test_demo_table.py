"""Whatever one carrier of the demo is switched to, another one of a call's routes would take it."""

from random import Random

import pytest

from dialplane.demo.callers import draw
from dialplane.demo.carriers import CARRIERS
from dialplane.demo.table import COUNTRIES, CUSTOMERS, DemoRoute, routes
from dialplane.engine.number import normalise

CALLS = 3_000
PLANS = {carrier.key: carrier.at(0).plan for carrier in CARRIERS}
TAKES = {200, 486}


def chain(customer: str, number: str) -> set[str]:
    """The carriers whose routes carry the number for this customer."""
    return {one.provider for one in routes() if one.customer in ("", customer) and carries(one, number)}


def carries(route: DemoRoute, number: str) -> bool:
    return route.target == "all" or number.startswith(route.target)


def takes(carrier: str, number: str) -> bool:
    """Whether the carrier answers, or the callee is busy."""
    return bool({step.status for step in PLANS[carrier].behaviour_for(number).steps} & TAKES)


def test_it_is_as_large_as_it_is_said_to_be() -> None:
    found = list(routes())
    assert (len(CUSTOMERS), len(CARRIERS), len(COUNTRIES), round(len(found), -1)) == (4, 6, 40, 290)
    assert len({(one.customer, one.target, one.priority) for one in found}) == len(found)
    assert len({(one.customer, one.target, one.provider) for one in found}) == len(found)


@pytest.mark.parametrize("off", PLANS)
def test_a_call_finds_somebody_without_any_one_carrier(off: str) -> None:
    random = Random(1)
    lost = [
        wanted.number
        for wanted in (draw(random) for _ in range(CALLS // len(PLANS)))
        if not any(takes(carrier, wanted.number) for carrier in chain(wanted.customer.key, wanted.number) - {off})
    ]
    assert lost == []


def test_callers_dial_numbers() -> None:
    random = Random(2)
    for _ in range(500):
        wanted = draw(random)
        assert normalise(wanted.number).number == wanted.number
        assert 8 <= len(wanted.number) <= 16


def test_one_seed_draws_the_same_calls() -> None:
    first, second = Random(3), Random(3)
    assert [draw(first) for _ in range(50)] == [draw(second) for _ in range(50)]
