"""What a connection sends leaves together at the end of a turn of the event loop, in order and completely."""

import asyncio
from typing import Any, cast

import pytest

from dialplane.api.process.outgoing import MOST_GATHERED, Outgoing

pytestmark = pytest.mark.anyio


class Transport:
    """Notes what it is given."""

    def __init__(self) -> None:
        self.given: list[bytes] = []
        self.is_closed = False

    def write(self, data: bytes) -> None:
        self.given.append(data)

    def is_closing(self) -> bool:
        return self.is_closed

    def close(self) -> None:
        self.is_closed = True


def made() -> tuple[Transport, Any]:
    transport = Transport()
    return transport, Outgoing(cast(asyncio.Transport, transport), asyncio.get_running_loop())


async def test_the_writes_of_one_turn_are_one() -> None:
    transport, outgoing = made()
    outgoing.write(b"head ")
    outgoing.write(b"body")
    assert transport.given == []
    await asyncio.sleep(0)
    assert transport.given == [b"head body"]
    outgoing.write(b"next")
    await asyncio.sleep(0)
    assert transport.given == [b"head body", b"next"]


async def test_what_is_large_leaves_at_once_and_in_order() -> None:
    transport, outgoing = made()
    outgoing.write(b"head ")
    outgoing.write(b"x" * MOST_GATHERED)
    assert transport.given == [b"head " + b"x" * MOST_GATHERED]
    outgoing.write(b"rest")
    await asyncio.sleep(0)
    assert transport.given[1:] == [b"rest"]


async def test_what_was_written_before_the_end_is_sent() -> None:
    transport, outgoing = made()
    outgoing.write(b"last words")
    outgoing.close()
    assert (transport.given, transport.is_closed) == ([b"last words"], True)


async def test_nothing_is_sent_to_who_is_gone() -> None:
    transport, outgoing = made()
    outgoing.write(b"never read")
    transport.close()
    await asyncio.sleep(0)
    assert transport.given == []
    assert outgoing.is_closing()
