"""The path to a caller behind NAT: the address that its INVITE came from, or the connection.

What such a caller writes into Via and Contact leads nowhere, so requests within its calls go where its own come from
(the practice of edges, RFC 5626 and RFC 6314 have the reasons).
"""

from ipaddress import ip_address
from typing import NamedTuple, Self

from dialplane.edge.call.late_leg import host_of, uri_in

_TRANSPORTS = ("udp", "tcp", "tls")
_HEAD_BYTES = 3


class Path(NamedTuple):
    """An address (IPv6 without brackets), a port and a transport: a UDP address, or a connection that is up."""

    address: str
    port: int
    transport: str

    @property
    def uri(self) -> str:
        """The SIP URI to send to."""
        host = f"[{self.address}]" if ":" in self.address else self.address
        return f"sip:{host}:{self.port};transport={self.transport}"

    def packed(self) -> bytes:
        """The 7 or 19 bytes that `unpacked` reads."""
        head = bytes((_TRANSPORTS.index(self.transport),)) + self.port.to_bytes(2, "big")
        return head + ip_address(self.address).packed

    @classmethod
    def unpacked(cls, packed: bytes) -> Self | None:
        """The path in these bytes, None if they hold none."""
        try:
            address = str(ip_address(packed[_HEAD_BYTES:]))
            return cls(address, int.from_bytes(packed[1:_HEAD_BYTES], "big"), _TRANSPORTS[packed[0]])
        except (ValueError, IndexError):
            return None


def path_behind_nat(source: Path, *, via_host: str, record_routes: list[str], contact: str) -> Path | None:
    """The path to the caller of an INVITE from `source`, None if it is reached as it says.

    It is behind NAT if neither its topmost Via nor where its dialog leads (its nearest Record-Route, else its Contact)
    has the address that the INVITE came from. A Via with a name says nothing of addresses.
    """
    said = _address(via_host)
    if said is None or said == source.address or source.transport not in _TRANSPORTS:
        return None
    leads_to = uri_in(record_routes[0].partition(",")[0] if record_routes else contact)
    return None if _address(host_of(leads_to)) == source.address else source


def _address(host: str) -> str | None:
    try:
        return str(ip_address(host.strip("[]")))
    except ValueError:
        return None
