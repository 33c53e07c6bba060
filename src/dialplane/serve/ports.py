"""The sockets to listen on, tried before anything is started."""

import errno
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace

from dialplane.serve.output import CannotStart
from dialplane.system.address import SocketAddress, family, resolve

TRIES_S = 3.0
"""How long to wait for a port in use: the processes of an instance that was just killed need a moment to end."""

PROBE_S = 0.02
SIP_PORT = 5060
HIGHEST_PORT = 65_535
NEXT_PORTS = 20
"""How many ports are tried behind one in use."""


@dataclass(frozen=True, slots=True)
class Listening:
    """A socket address of every type in `types`, set by the option `flag`."""

    address: SocketAddress
    flag: str
    types: tuple[socket.SocketKind, ...]


OnTaken = Callable[[SocketAddress, SocketAddress], None]
"""Gets the address that is in use, and the one with the next free port that is taken instead."""


def http(wanted: SocketAddress, *, on_taken: OnTaken | None = None) -> SocketAddress:
    """The API's IP address and port, a free one for port 0. Raises CannotStart if it cannot be listened on.

    With `on_taken` the next free port takes the place of one in use.
    """
    return _free(Listening(wanted, "--http", (socket.SOCK_STREAM,)), on_taken)


def sip(wanted: SocketAddress, *, on_taken: OnTaken | None = None) -> SocketAddress:
    """The edge's IP address and port for UDP and TCP, a free one for port 0. Raises CannotStart, as `http` does."""
    return _free(Listening(wanted, "--sip", (socket.SOCK_DGRAM, socket.SOCK_STREAM)), on_taken)


def sip_tls(wanted: SocketAddress | None, *, beside: SocketAddress) -> SocketAddress:
    """The IP address and port for SIP over TLS: as `wanted`, or one port above `beside`, or any. Raises CannotStart."""
    above = SocketAddress(beside.host, min(beside.port + 1, HIGHEST_PORT))
    listening = Listening(wanted or above, "DIALPLANE_SIP_TLS", (socket.SOCK_STREAM,))
    if wanted:
        return _free(listening)
    try:
        return _bound(above, listening)
    except OSError:
        return _free(replace(listening, address=SocketAddress(beside.host, 0)))


def await_listener(address: SocketAddress, *, within_s: float) -> None:
    """Return once a program of this machine has bound the UDP port, or after so long. Blocking."""
    deadline = time.monotonic() + within_s
    while not _has_listener(address) and time.monotonic() < deadline:
        time.sleep(PROBE_S)


def _has_listener(address: SocketAddress) -> bool:
    """An unbound port refuses even a keep-alive (RFC 5626, section 3.5.1)."""
    with socket.socket(family(address.host), socket.SOCK_DGRAM) as probe:
        probe.settimeout(PROBE_S)
        try:
            probe.connect(tuple(address.from_here))
            probe.send(b"\r\n\r\n")
            probe.recv(1)
        except ConnectionRefusedError:
            return False
        except OSError:
            return True
    return True


def _free(wanted: Listening, on_taken: OnTaken | None = None) -> SocketAddress:
    try:
        address = resolve(*wanted.address)
    except OSError as error:
        raise _refused(wanted, error) from error
    deadline = time.monotonic() + TRIES_S
    while True:
        try:
            return _bound(address, wanted)
        except OSError as error:
            if error.errno == errno.EADDRINUSE and time.monotonic() > deadline and on_taken is not None:
                instead = _next_free(address, wanted)
                on_taken(wanted.address, instead)
                return instead
            if error.errno != errno.EADDRINUSE or time.monotonic() > deadline:
                raise _refused(wanted, error) from error
        time.sleep(0.1)


def _next_free(address: SocketAddress, wanted: Listening) -> SocketAddress:
    """The address with the next port that is free; any, if none of the next is."""
    for port in range(address.port + 1, min(address.port + NEXT_PORTS, HIGHEST_PORT)):
        with suppress(OSError):
            return _bound(SocketAddress(address.host, port), wanted)
    return _bound(SocketAddress(address.host, 0), wanted)


def _bound(address: SocketAddress, wanted: Listening) -> SocketAddress:
    """The address with its real port, once a socket of each type could be bound to it. Raises OSError."""
    port = address.port
    for kind in wanted.types:
        with socket.socket(family(address.host), kind) as trial:
            if kind == socket.SOCK_STREAM:
                trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            trial.bind((address.host, port))
            port = int(trial.getsockname()[1])
    return SocketAddress(address.host, port)


def _refused(wanted: Listening, error: OSError) -> CannotStart:
    where, flag = wanted.address, wanted.flag
    if error.errno == errno.EADDRINUSE:
        remedy = f"Choose another with {flag} {SocketAddress(where.host, where.port + 1)}, or stop that program."
        if flag == "--sip" and where.port == SIP_PORT:
            remedy += " (Debian starts a Kamailio of its own: systemctl disable --now kamailio.)"
        return CannotStart(f"Another program already uses {where}.", remedy)
    if error.errno in (errno.EACCES, errno.EPERM):
        return CannotStart(
            f"This user may not listen on {where}.", f"Choose a port from 1024 up with {flag} HOST:PORT."
        )
    return CannotStart(
        f"It is not possible to listen on {where}: {error.strerror or error}.",
        f"Choose an address of this machine with {flag} HOST:PORT.",
    )
