"""Socket addresses: HOST:PORT as text, what this machine knows of its own, and a path in front of them."""

import ipaddress
import re
import socket
from typing import NamedTuple, Self

from dialplane.domain.hostname import Address

PATH_PREFIX = re.compile(r"(/[A-Za-z0-9_~-][A-Za-z0-9._~-]{0,63}){1,8}")
"""A path that a reverse proxy may serve the API below."""

_PORT = re.compile(r"[0-9]{1,5}")
_HIGHEST_PORT = 65_535
_DISCARD = 9  # connecting a datagram socket sends nothing, to whatever port
_LOOPBACK = {"0.0.0.0": "127.0.0.1", "::": "::1"}
_ELSEWHERE = {"0.0.0.0": "192.0.2.1", "::": "2001:db8::1"}
"""All addresses -> one that belongs to no machine (RFC 5737, RFC 3849): packets to it would take the default route."""


class SocketAddress(NamedTuple):
    """Host (a name or an IP address, without brackets) and port, as the socket functions take them."""

    host: str
    port: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """`HOST:PORT` or `[IPV6]:PORT`. Port 0 asks the system for a free one. Raises ValueError."""
        host, colon, port = text.rpartition(":")
        bare = host[1:-1] if host.startswith("[") and host.endswith("]") else host
        if not colon or not bare or not _PORT.fullmatch(port) or int(port) > _HIGHEST_PORT:
            raise ValueError("must be HOST:PORT, like 127.0.0.1:8080")
        return cls(bare, int(port))

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def from_here(self) -> "SocketAddress":
        """How this machine reaches a socket that listens there: by loopback if it listens on all addresses."""
        return SocketAddress(_LOOPBACK.get(self.host, self.host), self.port)


def resolve(host: str, port: int) -> SocketAddress:
    """The first IP address to listen on for a host name or address. Raises OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM, flags=socket.AI_PASSIVE)
    return SocketAddress(str(found[0][4][0]), port)


def source_address(destination: str) -> str:
    """The address of this machine that packets to an IP address come from. Sends nothing. Raises OSError: no route."""
    with socket.socket(family(destination), socket.SOCK_DGRAM) as probe:
        probe.connect((destination, _DISCARD))
        return str(probe.getsockname()[0])


def advertised(listening: SocketAddress, wanted: str) -> str:
    """The IP address that others reach a socket at, "" if its own: as `wanted`, else that of the default route.

    The default route counts for a socket on all addresses; on a machine without one it is loopback.
    """
    if wanted or listening.host not in _ELSEWHERE:
        return wanted
    try:
        return source_address(_ELSEWHERE[listening.host])
    except OSError:
        return listening.from_here.host


def family(host: str) -> socket.AddressFamily:
    """The address family of an IP address."""
    return socket.AF_INET6 if ":" in host else socket.AF_INET


def is_of_this_machine(address: Address) -> bool:
    """Whether an address is one of this machine's: the kernel sends to its own addresses from the same address.

    Trying `bind` would not do: with net.ipv4.ip_nonlocal_bind, usual on nodes with a floating address, it takes any.
    """
    if address.is_loopback:
        return True
    try:
        return ipaddress.ip_address(source_address(str(address))) == address
    except OSError:
        return False
