"""Ports that nobody has, for tests that run beside one another.

Each process of a test run looks in its own part, below the range that the kernel takes ports from for whoever asks for
none. Even ones are given; the next one up is left for SIP over TLS.
"""

import itertools
import os
import socket

_FIRST, _LAST, _PARTS = 10_000, 31_600, 8
_SIZE = (_LAST - _FIRST) // _PARTS
_worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw7").removeprefix("gw")) % _PARTS
_part = range(_FIRST + _worker * _SIZE, _FIRST + (_worker + 1) * _SIZE, 2)
_start = os.getpid() * 97 % len(_part)  # far from where another test run of this moment begins
_candidates = itertools.chain(_part[_start:], itertools.cycle(_part))


def free_port() -> int:
    """A port that is free for UDP and TCP on all loopback addresses, as is the next; another one each time."""
    return next(port for port in _candidates if _is_free(port) and _is_free(port + 1))


def _is_free(port: int) -> bool:
    for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM):
        with socket.socket(socket.AF_INET, kind) as probe:
            try:
                probe.bind(("0.0.0.0", port))
            except OSError:
                return False
    return True
