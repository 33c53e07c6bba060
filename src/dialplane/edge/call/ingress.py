"""Who calls, and whom: the trunk a call comes in by, and the number it is for."""

import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

from dialplane.domain.customer import ACTIVE
from dialplane.domain.trunk import BASIC, DEFAULT_REALM, IP, Trunk
from dialplane.engine.dialroute import Candidate
from dialplane.engine.number import normalise
from dialplane.replica.reader import View

_FOLD = re.compile(r"\r\n[ \t]+")
_ONE_ROUTE = re.compile(r"\s*<(sips?:[^<>,\s]+)>\s*", re.ASCII)

NO_ROUTE = "no_route"
INVALID_NUMBER = "invalid_number"
EMERGENCY = "emergency"
CUSTOMER_FROZEN = "customer_frozen"
CUSTOMER_MISSING = "customer_missing"
TRUNK_CHANNELS_FULL = "trunk_channel_cap_full"
TRUNK_CPS_FULL = "trunk_cps_cap_full"
NO_TABLE = "no_routing_table"
NO_DIALOG = "invalid_dialog_headers"
NO_CARRIER = "no_usable_carrier"
REDIRECTED = "redirected"

STATUSES = {
    NO_ROUTE: 404,
    INVALID_NUMBER: 484,
    EMERGENCY: 404,
    CUSTOMER_FROZEN: 403,
    CUSTOMER_MISSING: 403,
    TRUNK_CHANNELS_FULL: 503,
    TRUNK_CPS_FULL: 503,
    NO_TABLE: 503,
    NO_CARRIER: 503,
    NO_DIALOG: 400,
}
"""What the caller gets for each reason that a call is refused."""


class Admission(NamedTuple):
    """`refusal` is a reason out of STATUSES, or "" where the call may go to one of `candidates`."""

    number: str
    candidates: Sequence[Candidate]
    refusal: str


def dialled_in(uri: str) -> str:
    """What was dialled: all that a `sip:` URI has before its host (a password too), or a `tel:` URI's subscriber."""
    scheme, _, rest = uri.partition(":")
    if scheme.lower() == "tel":
        return rest
    user, at, _ = rest.partition("@")
    return user if at else ""


def one_line(body: str) -> str:
    """A header's body unfolded, "" where it has what no header may hold."""
    line = _FOLD.sub(" ", body).strip()
    return line if line.isprintable() else ""


def outbound_proxy(routes: Sequence[str]) -> str:
    """The URI in the Route of a new call, where there is just one; "" where there are more, or it is none.

    A PBX with an outbound proxy puts us there. Anything further would have us send the call where we did not decide.
    """
    found = _ONE_ROUTE.fullmatch(routes[0]) if len(routes) == 1 else None
    return found[1] if found else ""


def trunk_of(trunks: Sequence[Trunk], hosts: Callable[[], Sequence[str]]) -> Trunk | None:
    """The trunk, out of those that allow the source address (most specific network first), or None.

    Several are told apart by their domain_name, which must be one of the `hosts` that the request names; a trunk
    without one takes what no other claims.
    """
    usable = [trunk for trunk in trunks if trunk.enabled and IP in trunk.auth_types]
    if len(usable) <= 1:
        return usable[0] if usable else None
    named = {host.lower() for host in hosts()}
    return next(
        (trunk for trunk in usable if trunk.domain_name and trunk.domain_name in named),
        next((trunk for trunk in usable if not trunk.domain_name), None),
    )


def trunk_of_user(trunks: Sequence[Trunk], realm: str) -> Trunk | None:
    """The trunk, out of those with a digest user name, whose callers are challenged in this realm, or None."""
    return next(
        (
            trunk
            for trunk in trunks
            if trunk.enabled and BASIC in trunk.auth_types and trunk.ha1 and trunk.realm == realm
        ),
        None,
    )


def realm_for(view: View, hosts: Sequence[str]) -> str:
    """The realm to challenge a caller in that names these hosts, "" where no trunk could be meant."""
    named = (host.lower() for host in hosts)
    return next((realm for realm in (*named, DEFAULT_REALM) if view.has_realm(realm)), "")


def admit(view: View, trunk: Trunk, dialled: str) -> Admission:
    """Whether this trunk may call what was dialled, and the routes that could carry it."""
    customer = view.customer(trunk.customer_id)
    if customer is None:
        return Admission("", (), CUSTOMER_MISSING)
    if customer.status != ACTIVE:
        return Admission("", (), CUSTOMER_FROZEN)
    number, emergency = normalise(dialled, default_region=trunk.default_region)
    if number is None:
        return Admission("", (), INVALID_NUMBER)
    candidates: Sequence[Candidate] = view.candidates(trunk.customer_id, number)
    if emergency:
        candidates = [candidate for candidate in candidates if candidate.target == number]
        return Admission(number, candidates, "" if candidates else EMERGENCY)
    return Admission(number, candidates, "" if candidates else NO_ROUTE)
