"""Where no provider may live, beyond what the domain refuses: networks set by the operator, and our own SIP socket."""

import ipaddress
from collections.abc import Sequence

from dialplane.domain.errors import InvalidValue
from dialplane.domain.hostname import Address, Network, split_hostname

SIP_PORT = 5060
_LOOPBACK = ipaddress.IPv4Address("127.0.0.1")


class Destinations:
    """Checks literals where they are given; where an edge is to listen on all addresses, it knows only loopback as own.

    Each edge looks again, on its own machine, and at what names lead to: its agent before a probe, Kamailio before a
    call. So a network that is denied later, or a hostname that an undo brings back, is skipped there.
    """

    def __init__(self, *, denied: Sequence[str], own_sip: tuple[str, int]) -> None:
        """`denied`: networks. `own_sip`: host and port that calls come in on."""
        self._denied: tuple[Network, ...] = tuple(ipaddress.ip_network(network) for network in denied)
        self._own_host = _literal(own_sip[0])
        self._own_port = own_sip[1]

    def check(self, hostname: str) -> None:
        """Raises InvalidValue for a destination that a call must not be sent to."""
        place = split_hostname(hostname)
        address = _literal(place.host)
        if address is None:
            return
        if any(address in network for network in self._denied):
            raise InvalidValue("hostname", "forbidden_address", "must not be in a network that this platform denies")
        if self._is_own(address) and (place.port or SIP_PORT) == self._own_port:
            raise InvalidValue("hostname", "forbidden_address", "must not be this platform's own SIP address")

    def _is_own(self, address: Address) -> bool:
        if self._own_host is not None and self._own_host.is_unspecified:
            return address.is_loopback
        return address == self._own_host


def _literal(host: str) -> Address | None:
    if host.lower().rstrip(".") == "localhost":
        return _LOOPBACK
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address
