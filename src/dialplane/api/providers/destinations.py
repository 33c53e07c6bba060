"""Provider hostnames that are refused when they are entered: denied networks, and the SIP socket of this machine.

Each edge checks again, on its own machine, and the addresses that names lead to: its companion before a probe, Kamailio
before a call. So a network that is denied later, or a hostname that an undo restores, is skipped there.
"""

from collections.abc import Mapping, Sequence

from dialplane.domain.errors import InvalidValue
from dialplane.domain.hostname import HostPort, split_hostname
from dialplane.engine.destinations import Destinations
from dialplane.engine.reasons import Reason

SIP_PORT = 5060
_MESSAGES: Mapping[str, str] = {
    Reason.DENIED_NETWORK: "must not be in a network that this platform denies",
    Reason.OWN_SOCKET: "must not be this platform's own SIP address",
}


def destinations(*, denied: Sequence[str], own_sip: tuple[str, int]) -> Destinations:
    """`denied`: networks. `own_sip`: host and port that calls come in on; of all addresses, only loopback counts."""
    own = _literal(*own_sip)
    return Destinations([own] if own else [], denied=denied, is_local=lambda address: address.is_loopback)


def check_hostname(hostname: str, allowed: Destinations) -> None:
    """Raises InvalidValue for a hostname that calls must not be sent to; what a DNS name leads to is not checked."""
    place = split_hostname(hostname)
    literal = _literal(place.host, place.port or SIP_PORT)
    refusal = allowed.refusal(literal) if literal else None
    if refusal is not None:
        raise InvalidValue("hostname", "forbidden_address", _MESSAGES[refusal])


def _literal(host: str, port: int) -> HostPort | None:
    """The destination, if the host is an IP address already or stands for one."""
    place = HostPort("127.0.0.1" if host.lower().rstrip(".") == "localhost" else host, port)
    return place if place.address else None
