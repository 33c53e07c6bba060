"""Writes of one turn of the event loop leave in one piece and in order; nothing written before a close is lost."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from dialplane.api.server.gathering import MOST_GATHERED, GatheringTransport


class Recorder(asyncio.Transport):
    """A transport that records each write."""

    def __init__(self) -> None:
        super().__init__()
        self.writes: list[bytes] = []
        self.is_closed = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        assert not self.is_closed
        self.writes.append(bytes(data))

    def is_closing(self) -> bool:
        return self.is_closed

    def close(self) -> None:
        self.is_closed = True


@contextmanager
def gathering() -> Iterator[tuple[Recorder, GatheringTransport]]:
    recorder = Recorder()
    yield recorder, GatheringTransport(recorder, asyncio.get_running_loop())


@pytest.mark.anyio
async def test_the_head_and_the_body_of_a_response_are_one_write() -> None:
    with gathering() as (recorder, transport):
        transport.write(b"head")
        transport.write(b"body")
        assert recorder.writes == []
        await asyncio.sleep(0)
        transport.write(b"next")
        await asyncio.sleep(0)
        assert recorder.writes == [b"headbody", b"next"]


@pytest.mark.anyio
async def test_what_is_large_leaves_at_once_so_that_its_writer_can_be_paused() -> None:
    with gathering() as (recorder, transport):
        transport.write(b"head")
        transport.write(b"x" * MOST_GATHERED)
        assert recorder.writes == [b"head" + b"x" * MOST_GATHERED]
        await asyncio.sleep(0)
        assert len(recorder.writes) == 1


@pytest.mark.anyio
async def test_a_close_sends_what_was_written_before_it() -> None:
    with gathering() as (recorder, transport):
        transport.write(b"refused")
        transport.close()
        assert recorder.writes == [b"refused"]
        assert transport.is_closing()
        await asyncio.sleep(0)
        assert len(recorder.writes) == 1


@pytest.mark.anyio
async def test_what_a_lost_connection_had_gathered_is_dropped() -> None:
    with gathering() as (recorder, transport):
        transport.write(b"late")
        recorder.close()
        await asyncio.sleep(0)
        assert recorder.writes == []
