"""The receive queues of the edge's SIP sockets, as the kernel reports them (Linux; elsewhere none is found)."""

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
    """The queues of the UDP sockets at these addresses (`HOST:PORT`, IPv6 in brackets), inherited by this process."""

    def __init__(self, addresses: Collection[str]) -> None:
        self._sockets = _inherited(addresses) if sys.platform == "linux" else []
        self._dropped = self._drops()

    def __len__(self) -> int:
        return len(self._sockets)

    def fullness(self) -> float:
        """The fullness of the fullest queue, 0 to 1; 0 if there is none."""
        return max((min(used[_QUEUED] / used[_ROOM], 1.0) for used in map(_memory, self._sockets)), default=0.0)

    def newly_dropped(self) -> int:
        """The number of datagrams that found no room since the last call."""
        before, self._dropped = self._dropped, self._drops()
        return (self._dropped - before) & 0xFFFF_FFFF

    def close(self) -> None:
        """Close this process's descriptors of the sockets."""
        for inherited in self._sockets:
            inherited.close()
        self._sockets = []

    def _drops(self) -> int:
        return sum(_memory(inherited)[_DROPPED] for inherited in self._sockets)


def _memory(inherited: socket.socket) -> tuple[int, ...]:
    return _MEMINFO.unpack(inherited.getsockopt(socket.SOL_SOCKET, _SO_MEMINFO, _MEMINFO.size))


def _inherited(addresses: Collection[str]) -> list[socket.socket]:
    sockets = []
    for entry in Path("/proc/self/fd").iterdir():
        with suppress(OSError):
            candidate = socket.socket(fileno=os.dup(int(entry.name)))
            if candidate.type == socket.SOCK_DGRAM and _address(candidate) in addresses:
                sockets.append(candidate)
            else:
                candidate.close()
    return sockets


def _address(candidate: socket.socket) -> str:
    if candidate.family not in (socket.AF_INET, socket.AF_INET6):
        return ""
    host, port = candidate.getsockname()[:2]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
