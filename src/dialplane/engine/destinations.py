"""Where no call may be sent: addresses that the domain forbids, own sockets, and networks that a setting denies."""

import ipaddress
from collections.abc import Callable, Iterable

from dialplane.domain.hostname import Address, HostPort, embedded_ipv4, forbidden_destination
from dialplane.engine.reasons import Reason


class Destinations:
    """The edge's own SIP sockets, to which a call would come back, and the networks that a setting denies.

    `own` are sockets by IP address and port, `denied` networks in CIDR form. `is_local` says whether an address is one
    of the machine's: a socket that listens on all addresses is reached at each of them. Raises ValueError.
    """

    def __init__(
        self, own: Iterable[HostPort], *, denied: Iterable[str] = (), is_local: Callable[[Address], bool]
    ) -> None:
        self._own = frozenset(map(_socket, own))
        self._own_everywhere = frozenset(port for address, port in self._own if address.is_unspecified)
        self._denied = tuple(ipaddress.ip_network(network) for network in denied)
        self._is_local = is_local

    def refusal(self, destination: HostPort) -> Reason | None:
        """The reason (OWN_SOCKET, DENIED_NETWORK) why nothing is sent there, or None.

        The destination has an IP address and a port. Raises ValueError if it has not.
        """
        address, port = _socket(destination)
        if (address, port) in self._own or (port in self._own_everywhere and self._is_local(address)):
            return Reason.OWN_SOCKET
        return Reason.DENIED_NETWORK if forbidden_destination(address) or self._is_denied(address) else None

    def _is_denied(self, address: Address) -> bool:
        reached = (address, *embedded_ipv4(address))
        return any(one in network for one in reached for network in self._denied)


def _socket(place: HostPort) -> tuple[Address, int]:
    """An IPv4-mapped IPv6 address (RFC 4291 section 2.5.5.2) is the IPv4 address that it holds."""
    if place.address is None or place.port is None:
        raise ValueError(f"{place} is no IP address with a port")
    return getattr(place.address, "ipv4_mapped", None) or place.address, place.port
