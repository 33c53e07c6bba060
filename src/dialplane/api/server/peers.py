"""Who connects: reverse proxies whose word on a client is believed, and the unix socket that they may come by."""

import os
import socket
from collections.abc import Sequence
from functools import lru_cache
from ipaddress import ip_address, ip_network
from pathlib import Path

UNIX = "unix"
"""What stands for the address of whoever comes by the unix socket; no client has it."""


_MOST_KEPT = 1_024
"""Addresses that are not looked up again: each request is by one, and few clients have most of them."""


class TrustedProxies:
    """`in` it are the addresses of these networks, and UNIX: who may open the socket, its mode says."""

    def __init__(self, networks: Sequence[str]) -> None:
        self.texts = [*networks, UNIX]
        self._networks = [ip_network(text) for text in networks]
        self._are_in = lru_cache(_MOST_KEPT)(self._is_in)

    def __contains__(self, host: object) -> bool:
        return host == UNIX or self._are_in(str(host))

    def _is_in(self, host: str) -> bool:
        try:
            address = ip_address(host)
        except ValueError:
            return False
        return any(address in network for network in self._networks)


def unix_socket(path: Path, mode: int) -> socket.socket:
    """A socket bound to the path, in the place of one that nobody listens on any more. Raises OSError."""
    made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        if path.is_socket():
            path.unlink()
        made.bind(str(path))
        os.chmod(path, mode)
    except OSError:
        made.close()
        raise
    return made
