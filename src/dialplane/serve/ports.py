"""The addresses to listen on, looked at before anything is started."""

import errno
import socket
import time
from dataclasses import dataclass, replace
from ipaddress import ip_address

from dialplane.serve.refusal import CannotStart
from dialplane.settings import split_address

TRIES_S = 3.0
"""How long a taken port is waited for: the processes of an instance that was just killed need a moment to end."""

SIP_PORT = 5060
HIGHEST_PORT = 65_535


@dataclass(frozen=True, slots=True)
class Listening:
    """`flag` and `kinds` say which option this is and what sockets it needs."""

    host: str
    port: int
    flag: str
    kinds: tuple[socket.SocketKind, ...]


def http(host: str, port: int) -> tuple[str, int]:
    """The API's address and port, a free one for port 0. Raises CannotStart where it is taken."""
    return _free(Listening(host, port, "--http", (socket.SOCK_STREAM,)))


def sip(host: str, port: int) -> tuple[str, int]:
    """The edge's address and port for UDP and TCP, a free one for port 0. Raises CannotStart where it is taken."""
    return _free(Listening(host, port, "--sip", (socket.SOCK_DGRAM, socket.SOCK_STREAM)))


def sip_tls(wanted: str, *, beside: tuple[str, int]) -> tuple[str, int]:
    """The address and port for SIP over TLS: as `wanted`, or one above `beside`, or any. Raises CannotStart."""
    if wanted:
        return _free(Listening(*split_address(wanted), "DIALPLANE_SIP_TLS", (socket.SOCK_STREAM,)))
    host, sip_port = beside
    implied = Listening(host, min(sip_port + 1, HIGHEST_PORT), "DIALPLANE_SIP_TLS", (socket.SOCK_STREAM,))
    try:
        return host, _bindable(host, implied)
    except OSError:
        return _free(replace(implied, port=0))


def advertised(host: str, wanted: str) -> str:
    """The address to tell others: as `wanted`, or where all are listened on that of the default route; else ""."""
    if wanted or not ip_address(host).is_unspecified:
        return wanted
    family, elsewhere, here = _ELSEWHERE[":" in host]
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect((elsewhere, 9))  # of a datagram socket: nothing is sent
        except OSError:
            return here
        return str(probe.getsockname()[0])


_ELSEWHERE = ((socket.AF_INET, "192.0.2.1", "127.0.0.1"), (socket.AF_INET6, "2001:db8::1", "::1"))
"""By whether it is IPv6: an address that is nobody's (RFC 5737, RFC 3849), and what is left without a network."""


def _free(wanted: Listening) -> tuple[str, int]:
    address = _address(wanted)
    deadline = time.monotonic() + TRIES_S
    while True:
        try:
            return address, _bindable(address, wanted)
        except OSError as error:
            if error.errno != errno.EADDRINUSE or time.monotonic() > deadline:
                raise _refused(wanted, error) from error
        time.sleep(0.1)


def _address(wanted: Listening) -> str:
    try:
        found = socket.getaddrinfo(wanted.host, wanted.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except OSError as error:
        raise _refused(wanted, error) from error
    return str(found[0][4][0])


def _bindable(address: str, wanted: Listening) -> int:
    """The port, once every kind of socket could be bound to it. Raises OSError."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    port = wanted.port
    for kind in wanted.kinds:
        with socket.socket(family, kind) as trial:
            if kind == socket.SOCK_STREAM:
                trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            trial.bind((address, port))
            port = int(trial.getsockname()[1])
    return port


def _refused(wanted: Listening, error: OSError) -> CannotStart:
    where = f"{wanted.host}:{wanted.port}"
    if error.errno == errno.EADDRINUSE:
        mend = f"Choose another with {wanted.flag} {wanted.host}:{wanted.port + 1}, or stop that program."
        if wanted.flag == "--sip" and wanted.port == SIP_PORT:
            mend += " (Debian starts a Kamailio of its own: systemctl disable --now kamailio.)"
        return CannotStart(f"Another program already uses {where}.", mend)
    if error.errno in (errno.EACCES, errno.EPERM):
        mend = f"Choose a port from 1024 up with {wanted.flag} HOST:PORT."
        return CannotStart(f"This user may not listen on {where}.", mend)
    mend = f"Choose an address of this machine with {wanted.flag} HOST:PORT."
    return CannotStart(f"It is not possible to listen on {where}: {error.strerror or error}.", mend)
