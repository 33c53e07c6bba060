"""Redirect mode: the caller gets the ordered carriers as Contacts and does the failover itself (RFC 3261, 21.3.1)."""

from collections.abc import Sequence

from dialplane.edge.call.plan import Plan
from dialplane.engine.reasons import DENIED_NETWORK, OWN_SOCKET

MULTIPLE_CHOICES = 300
_NOBODYS = (OWN_SOCKET, DENIED_NETWORK)


def contacts(plan: Plan) -> Sequence[str]:
    """The values of the Contact headers: each attempt's URI as it would be sent, its q falling from 1 in equal steps.

    What only the edge itself cannot do (resolve a name) does not count against a carrier here.
    """
    uris = [attempt.uri for attempt in plan.attempts if attempt.carrier.refusal not in _NOBODYS]
    return tuple(f"<{uri}>;q={1 - place / len(uris):.3f}" for place, uri in enumerate(uris))
