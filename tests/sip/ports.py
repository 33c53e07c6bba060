"""Ports that nobody has, for tests that run beside one another."""

import itertools
import os
import socket

_FIRST, _LAST = 10_000, 31_000  # below the kernel's own ephemeral range
_start = _FIRST + (os.getpid() * 97) % (_LAST - _FIRST)
_candidates = itertools.chain(range(_start, _LAST), itertools.cycle(range(_FIRST, _LAST)))


def free_port() -> int:
    """A port that is free for UDP and TCP on all loopback addresses, never given twice in this process's round."""
    return next(port for port in _candidates if _is_free(port))


def _is_free(port: int) -> bool:
    for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM):
        with socket.socket(socket.AF_INET, kind) as probe:
            try:
                probe.bind(("0.0.0.0", port))
            except OSError:
                return False
    return True
