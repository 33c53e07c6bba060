"""Writes of a connection, gathered over one turn of the event loop, so that a short response is one packet."""

import asyncio
from typing import Any

MOST_GATHERED = 65_536
"""Bytes; more are sent at once, so that the transport can pause its writer."""


class GatheringTransport:
    """A transport whose writes leave together at the end of the loop's turn; all else is the transport's own.

    The server writes the head of a response, then its body. Sent one by one they are two calls into the kernel, of
    which the first wakes the client for nothing: a quarter of the processor time of a short response (measured).
    """

    __slots__ = ("_gathered", "_loop", "_size", "_transport", "is_closing")

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport = transport
        self.is_closing = transport.is_closing
        self._loop = loop
        self._gathered: list[bytes] = []
        self._size = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def write(self, data: bytes) -> None:
        """Sent in the order of the writes."""
        if not self._gathered:
            self._loop.call_soon(self._send)
        self._gathered.append(data)
        self._size += len(data)
        if self._size > MOST_GATHERED:
            self._send()

    def close(self) -> None:
        """Everything written before is sent first."""
        self._send()
        self._transport.close()

    def _send(self) -> None:
        gathered, self._gathered, self._size = self._gathered, [], 0
        if gathered and not self.is_closing():
            self._transport.write(b"".join(gathered))
