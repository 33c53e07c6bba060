"""Who may call what."""

import uuid
from collections.abc import Callable, Sequence

import pytest

from dialplane.domain.customer import FROZEN, Customer
from dialplane.domain.trunk import Trunk
from dialplane.engine.admission import Admission, admit
from dialplane.engine.dialroute import Candidate
from dialplane.engine.refusals import Refusal

CUSTOMER = Customer(id=str(uuid.uuid4()), name="customer")
EMERGENCY = "+119"


def trunk(*, default_region: str = "") -> Trunk:
    return Trunk(id=str(uuid.uuid4()), customer_id=CUSTOMER.id, default_region=default_region)


def routes(*targets: str) -> Callable[[str, str], Sequence[Candidate]]:
    """Routes to these targets, whatever the number."""
    return lambda customer_id, number: [Candidate(target, "a provider", target, 1) for target in targets]


def nobody(customer_id: str, number: str) -> Sequence[Candidate]:
    raise AssertionError("a refused call needs no routes")


def test_an_admitted_call_has_a_number_and_candidates() -> None:
    admission = admit(trunk(), CUSTOMER, "0082-10", candidates=routes("+82", "all"))

    assert (admission.number, admission.refusal) == ("+8210", None)
    assert [candidate.target for candidate in admission.candidates] == ["+82", "all"]


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
    assert admit(trunk(), customer, dialled, candidates=nobody) == Admission("", (), refusal)


def test_a_number_without_a_route_is_refused_with_its_number() -> None:
    assert admit(trunk(), CUSTOMER, "+8210", candidates=routes()) == Admission("+8210", [], Refusal.NO_ROUTE)


@pytest.mark.parametrize(
    ("targets", "refusal"),
    [((), Refusal.EMERGENCY), (("all", "+11"), Refusal.EMERGENCY), (("all", EMERGENCY), None)],
)
def test_an_emergency_number_needs_a_route_to_just_that_number(
    targets: tuple[str, ...], refusal: Refusal | None
) -> None:
    admission = admit(trunk(default_region="KR"), CUSTOMER, "119", candidates=routes(*targets))

    assert (admission.number, admission.refusal) == (EMERGENCY, refusal)
    assert {candidate.target for candidate in admission.candidates} <= {EMERGENCY}
