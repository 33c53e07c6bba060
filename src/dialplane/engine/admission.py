"""Admission: whether a call of a trunk is let in, and the routes that could carry it (docs/domain.md, section 6)."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from dialplane.domain.customer import ACTIVE, Customer
from dialplane.domain.trunk import Trunk
from dialplane.engine.dialroute import Group
from dialplane.engine.number import NOT_LOOKED_UP, Ported, normalise, ported
from dialplane.engine.refusals import Refusal


class Admission(NamedTuple):
    """`number` is normalised, "" if there is none. Without a `refusal` there is at least one group of routes.

    `ported` is what a trusted trunk says of the number's portability.
    """

    number: str
    groups: Sequence[Group]
    refusal: Refusal | None
    ported: Ported = NOT_LOOKED_UP

    @property
    def routing_number(self) -> str:
        """The number that routes are chosen by: the network that it was ported to, else the number itself."""
        return self.ported.routing_number or self.number


def admit(
    trunk: Trunk,
    customer: Customer | None,
    dialled: str,
    *,
    groups: Callable[[str, str], Sequence[Group]],
) -> Admission:
    """Admit or refuse a call of this trunk to what was dialled, the user part of its request URI.

    `customer` is the trunk's, None if it is deleted; `groups` returns those that match, by customer id and number. An
    emergency number needs a route to just this number: where such a call should go is never guessed. A routing number
    is taken from trusted trunks alone (RFC 4694, section 7): it could send any number by any route.
    """
    if customer is None:
        return _refused(Refusal.CUSTOMER_MISSING)
    if customer.status != ACTIVE:
        return _refused(Refusal.CUSTOMER_FROZEN)
    number, is_emergency = normalise(dialled, default_region=trunk.default_region)
    if number is None:
        return _refused(Refusal.INVALID_NUMBER)
    if is_emergency:
        exact = [group for group in groups(trunk.customer_id, number) if group.target == number]
        return Admission(number, exact, None if exact else Refusal.EMERGENCY)
    said = ported(dialled) if trunk.trusted_identity else NOT_LOOKED_UP
    matching = groups(trunk.customer_id, said.routing_number or number)
    return Admission(number, matching, None if matching else Refusal.NO_ROUTE, said)


def _refused(refusal: Refusal) -> Admission:
    return Admission("", (), refusal)
