"""A response that is read while it comes."""

import asyncio
from collections.abc import Callable, Iterator
from queue import SimpleQueue


class ArrivingLines:
    """The lines of a response: chunks are written on the event loop, and another thread iterates over the lines.

    The iterator waits for what has not come yet, until `end`; `on_chunk` is called for each chunk. Chunks are held in
    memory until they are read: an edge decodes a table in less time than a control plane needs to write it.
    """

    def __init__(self, *, on_chunk: Callable[[], None] = lambda: None) -> None:
        self._on_chunk = on_chunk
        self._chunks: SimpleQueue[bytes] = SimpleQueue()
        self._has_begun = asyncio.Event()

    def write(self, chunk: bytes) -> int:
        """A chunk has come."""
        self._chunks.put(chunk)
        self._has_begun.set()
        self._on_chunk()
        return len(chunk)

    def end(self) -> None:
        """No more will come."""
        self.write(b"")

    async def begun(self) -> None:
        """Returns once the first chunk has come, or none will."""
        await self._has_begun.wait()

    def __iter__(self) -> Iterator[bytes]:
        rest = b""
        while chunk := self._chunks.get():
            *lines, rest = (rest + chunk).split(b"\n")
            yield from lines
        if rest:
            yield rest
