"""Where no call may go, looked at when a carrier is planned: our own SIP sockets, and networks that settings deny."""

import ipaddress
import socket
from collections.abc import Collection, Iterable

from dialplane.domain.hostname import Address, split_hostname
from dialplane.engine.reasons import DENIED_NETWORK, OWN_SOCKET


class Destinations:
    """`own_sockets` are the `address:port`s that we listen on ourselves, `denied` networks."""

    def __init__(self, own_sockets: Iterable[str], *, denied: Collection[str] = ()) -> None:
        own = [_socket(text) for text in own_sockets]
        self._own = frozenset(own)
        self._own_everywhere = frozenset(port for address, port in own if address.is_unspecified)
        self._denied = tuple(ipaddress.ip_network(network) for network in denied)

    def refusal(self, destination: str) -> str:
        """The reason why nothing is sent to this `address:port`, or "". Asks the kernel, and sends nothing."""
        address, port = _socket(destination)
        if (address, port) in self._own or (port in self._own_everywhere and is_of_this_machine(address)):
            return OWN_SOCKET
        return DENIED_NETWORK if any(address in network for network in self._denied) else ""


def is_of_this_machine(address: Address) -> bool:
    """Whether what is sent there comes back in: towards its own addresses the kernel sends from just these.

    Not told by `bind`, which takes any address where net.ipv4.ip_nonlocal_bind is set, as nodes with a floating one do.
    """
    if address.is_loopback:
        return True
    family = socket.AF_INET if address.version == 4 else socket.AF_INET6
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect((str(address), 9))
        except OSError:
            return False
        return ipaddress.ip_address(probe.getsockname()[0]) == address


def _socket(text: str) -> tuple[Address, int]:
    """Raises ValueError where there is a name, or no port."""
    place = split_hostname(text)
    if place.address is None or place.port is None:
        raise ValueError(f"{text} is no address with a port")
    return getattr(place.address, "ipv4_mapped", None) or place.address, place.port
