"""Admission: whether a call of a trunk is let in, and the routes that could carry it (docs/domain.md, section 6)."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from dialplane.domain.customer import ACTIVE, Customer
from dialplane.domain.trunk import Trunk
from dialplane.engine.dialroute import Candidate
from dialplane.engine.number import normalise
from dialplane.engine.refusals import Refusal


class Admission(NamedTuple):
    """`number` is normalised, "" if there is none. Without a `refusal` there is at least one candidate."""

    number: str
    candidates: Sequence[Candidate]
    refusal: Refusal | None


def admit(
    trunk: Trunk,
    customer: Customer | None,
    dialled: str,
    *,
    candidates: Callable[[str, str], Sequence[Candidate]],
) -> Admission:
    """Admit or refuse a call of this trunk to what was dialled, the user part of its request URI.

    `customer` is the trunk's, None if it is deleted; `candidates` returns the routes by customer id and number. An
    emergency number needs a route to just this number: where such a call should go is never guessed.
    """
    if customer is None:
        return _refused(Refusal.CUSTOMER_MISSING)
    if customer.status != ACTIVE:
        return _refused(Refusal.CUSTOMER_FROZEN)
    number, is_emergency = normalise(dialled, default_region=trunk.default_region)
    if number is None:
        return _refused(Refusal.INVALID_NUMBER)
    matching = candidates(trunk.customer_id, number)
    if is_emergency:
        matching = [candidate for candidate in matching if candidate.target == number]
    if matching:
        return Admission(number, matching, None)
    return Admission(number, matching, Refusal.EMERGENCY if is_emergency else Refusal.NO_ROUTE)


def _refused(refusal: Refusal) -> Admission:
    return Admission("", (), refusal)
