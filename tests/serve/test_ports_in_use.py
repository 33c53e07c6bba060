"""A socket that another program listens on: a demo takes the next free port, nothing else does."""

import socket
from collections.abc import Callable, Iterator

import pytest

from dialplane.serve import ports
from dialplane.serve.output import CannotStart
from dialplane.system.address import SocketAddress

Listen = Callable[..., SocketAddress]


@pytest.fixture
def taken(monkeypatch: pytest.MonkeyPatch) -> Iterator[SocketAddress]:
    """An address that is listened on, by UDP and by TCP."""
    monkeypatch.setattr(ports, "TRIES_S", 0.0)
    with socket.create_server(("127.0.0.1", 0)) as tcp, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        address = tcp.getsockname()
        udp.bind(address)
        yield SocketAddress(*address)


@pytest.mark.parametrize("listen", [ports.http, ports.sip])
def test_a_demo_takes_the_next_one_and_says_so(taken: SocketAddress, listen: Listen) -> None:
    said: list[tuple[SocketAddress, SocketAddress]] = []
    instead = listen(taken, on_taken=lambda wanted, instead: said.append((wanted, instead)))
    assert said == [(taken, instead)]
    assert instead.host == taken.host
    assert instead.port != taken.port


@pytest.mark.parametrize("listen", [ports.http, ports.sip])
def test_any_other_start_is_refused(taken: SocketAddress, listen: Listen) -> None:
    with pytest.raises(CannotStart, match=f"already uses {taken}"):
        listen(taken)
