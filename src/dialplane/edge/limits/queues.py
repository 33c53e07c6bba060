"""How full the receive queues of our SIP sockets are, as the kernel tells it (Linux; elsewhere no socket is found)."""

import os
import socket
import struct
import sys
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path

_SO_MEMINFO = 55  # asm-generic/socket.h
_MEMINFO = struct.Struct("=9I")
_QUEUED, _ROOM, _DROPPED = 0, 1, 8  # linux/sock_diag.h: SK_MEMINFO_RMEM_ALLOC, _RCVBUF, _DROPS


class Queues:
    """Of the UDP sockets at these addresses (`HOST:PORT`, IPv6 in brackets) that this process has inherited."""

    def __init__(self, addresses: Collection[str]) -> None:
        self._sockets = _inherited(addresses) if sys.platform == "linux" else []
        self._dropped = self._drops()

    def __len__(self) -> int:
        return len(self._sockets)

    def fullness(self) -> float:
        """Of the fullest queue, 0 to 1; 0 where there is none."""
        return max((min(told[_QUEUED] / told[_ROOM], 1.0) for told in map(_memory, self._sockets)), default=0.0)

    def newly_dropped(self) -> int:
        """Datagrams that found no room since this was last asked."""
        before, self._dropped = self._dropped, self._drops()
        return (self._dropped - before) & 0xFFFF_FFFF

    def close(self) -> None:
        """Let go of them."""
        for one in self._sockets:
            one.close()
        self._sockets = []

    def _drops(self) -> int:
        return sum(_memory(one)[_DROPPED] for one in self._sockets)


def _memory(one: socket.socket) -> tuple[int, ...]:
    return _MEMINFO.unpack(one.getsockopt(socket.SOL_SOCKET, _SO_MEMINFO, _MEMINFO.size))


def _inherited(addresses: Collection[str]) -> list[socket.socket]:
    found = []
    for entry in Path("/proc/self/fd").iterdir():
        with suppress(OSError):
            one = socket.socket(fileno=os.dup(int(entry.name)))
            if one.type == socket.SOCK_DGRAM and _address(one) in addresses:
                found.append(one)
            else:
                one.close()
    return found


def _address(one: socket.socket) -> str:
    if one.family not in (socket.AF_INET, socket.AF_INET6):
        return ""
    host, port = one.getsockname()[:2]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
