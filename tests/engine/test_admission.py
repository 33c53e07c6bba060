"""Who may call what."""

import uuid
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from dialplane.domain.customer import FROZEN, Customer
from dialplane.domain.trunk import Trunk
from dialplane.engine.admission import Admission, admit
from dialplane.engine.dialroute import Group, group_of
from dialplane.engine.refusals import Refusal

CUSTOMER = Customer(id=str(uuid.uuid4()), name="customer")
EMERGENCY = "+119"


def trunk(**fields: Any) -> Trunk:
    return Trunk(id=str(uuid.uuid4()), customer_id=CUSTOMER.id, **fields)


def routes(*targets: str) -> Callable[[str, str], Sequence[Group]]:
    """Routes to these targets, whatever the number."""
    return lambda customer_id, number: [group_of(target, (), own=True) for target in targets]


def nobody(customer_id: str, number: str) -> Sequence[Group]:
    raise AssertionError("a refused call needs no routes")


def test_an_admitted_call_has_a_number_and_routes() -> None:
    admission = admit(trunk(), CUSTOMER, "0082-10", groups=routes("+82", "all"))

    assert (admission.number, admission.refusal) == ("+8210", None)
    assert [group.target for group in admission.groups] == ["+82", "all"]


@pytest.mark.parametrize(
    ("customer", "dialled", "refusal"),
    [
        (None, "+8210", Refusal.CUSTOMER_MISSING),
        (Customer(id=CUSTOMER.id, status=FROZEN), "+8210", Refusal.CUSTOMER_FROZEN),
        (CUSTOMER, "alice", Refusal.INVALID_NUMBER),
    ],
)
def test_a_call_is_refused_before_its_routes_are_looked_up(
    customer: Customer | None, dialled: str, refusal: Refusal
) -> None:
    assert admit(trunk(), customer, dialled, groups=nobody) == Admission("", (), refusal)


def test_a_number_without_a_route_is_refused_with_its_number() -> None:
    assert admit(trunk(), CUSTOMER, "+8210", groups=routes()) == Admission("+8210", [], Refusal.NO_ROUTE)


@pytest.mark.parametrize(
    ("targets", "refusal"),
    [((), Refusal.EMERGENCY), (("all", "+11"), Refusal.EMERGENCY), (("all", EMERGENCY), None)],
)
@pytest.mark.parametrize("region", ["KR", ""])
def test_an_emergency_number_needs_a_route_to_just_that_number(
    region: str, targets: tuple[str, ...], refusal: Refusal | None
) -> None:
    admission = admit(trunk(default_region=region), CUSTOMER, "119", groups=routes(*targets))

    assert (admission.number, admission.refusal) == (EMERGENCY, refusal)
    assert {group.target for group in admission.groups} <= {EMERGENCY}


def test_a_routing_number_of_a_trusted_trunk_chooses_the_routes_and_the_number_stays() -> None:
    numbers: list[str] = []

    def groups(customer_id: str, number: str) -> Sequence[Group]:
        numbers.append(number)
        return routes("all")(customer_id, number)

    trusted = admit(trunk(trusted_identity=True), CUSTOMER, "+5678;rn=+22233", groups=groups)
    other = admit(trunk(), CUSTOMER, "+5678;rn=+22233", groups=groups)
    plain = admit(trunk(trusted_identity=True), CUSTOMER, "+22233", groups=groups)

    assert numbers == ["+22233", "+5678", "+22233"]
    assert (trusted.number, trusted.routing_number) == ("+5678", "+22233")
    assert (other.number, other.routing_number) == ("+5678", "+5678")
    assert plain.groups == trusted.groups


def test_no_routing_number_moves_an_emergency_call() -> None:
    admission = admit(trunk(trusted_identity=True), CUSTOMER, "911;rn=+22233", groups=routes("all", "+222"))
    assert (admission.number, admission.refusal) == ("+911", Refusal.EMERGENCY)
