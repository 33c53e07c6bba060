"""Where no probe and no call may go, looked at again when a name has become an address."""

import ipaddress
import socket
from collections.abc import Sequence

from dialplane.companion.probing.resolver import Endpoint
from dialplane.domain.hostname import Network, forbidden_destination


class Destinations:
    """`own` is the edge's SIP socket (a call sent there would come back in); `denied` what a setting adds."""

    def __init__(self, *, own: tuple[str, int], denied: Sequence[Network] = ()) -> None:
        self._own_address = ipaddress.ip_address(own[0])
        self._own_port = own[1]
        self._denied = tuple(denied)

    def refusal(self, endpoint: Endpoint) -> str | None:
        """Why nothing may be sent there, or None."""
        address = ipaddress.ip_address(endpoint.address)
        address = getattr(address, "ipv4_mapped", None) or address
        reason = forbidden_destination(address)
        if reason is not None:
            return f"an {reason} address" if reason[0] in "aeiou" else f"a {reason} address"
        if any(address.version == network.version and address in network for network in self._denied):
            return "in a network that the settings deny"
        if endpoint.port == self._own_port and self._is_own(address):
            return "this edge's own SIP socket"
        return None

    def _is_own(self, address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
        if not self._own_address.is_unspecified:
            return address == self._own_address
        return address.is_loopback or _is_of_this_machine(str(address))


def _is_of_this_machine(address: str) -> bool:
    """Towards its own addresses the kernel sends from just these (as edge/destinations.py has it, for calls)."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect((address, 9))
        except OSError:
            return False
        return bool(probe.getsockname()[0] == address)
