import socket
import sys
from collections.abc import Iterator
from contextlib import closing

import pytest

from dialplane.edge.limits.queues import Queues

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the kernel tells it on Linux alone")

DATAGRAM = b"x" * 800


@pytest.fixture
def phone() -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as made:
        made.bind(("127.0.0.1", 0))
        made.setblocking(False)
        yield made


def address(one: socket.socket) -> str:
    return "{}:{}".format(*one.getsockname())


def flood(one: socket.socket, datagrams: int) -> None:
    for _ in range(datagrams):
        one.sendto(DATAGRAM, one.getsockname())


def test_only_the_named_sockets_are_looked_at(phone: socket.socket) -> None:
    for named, found in ((address(phone), 1), ("127.0.0.1:1", 0)):
        with closing(Queues([named])) as queues:
            assert len(queues) == found
            assert queues.fullness() == 0.0


def test_a_queue_fills_overflows_and_is_emptied(phone: socket.socket) -> None:
    with closing(Queues([address(phone)])) as queues:
        assert (queues.fullness(), queues.newly_dropped()) == (0.0, 0)

        flood(phone, 20)
        assert 0.0 < queues.fullness() < 1.0
        assert queues.newly_dropped() == 0

        flood(phone, 20_000)
        assert queues.fullness() > 0.9
        assert queues.newly_dropped() > 0
        assert queues.newly_dropped() == 0

        while queues.fullness() > 0:
            phone.recv(1_000)
