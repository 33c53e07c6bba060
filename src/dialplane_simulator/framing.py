"""Cutting a TCP byte stream into SIP messages by Content-Length (RFC 3261 section 18.3)."""

import re

from dialplane_simulator.wire import MAX_MESSAGE, Malformed

_LENGTH = re.compile(rb"\r\n(?:content-length|l)[ \t]*:[ \t]*([0-9]{1,9})[ \t]*\r\n", re.IGNORECASE)
_END = b"\r\n\r\n"


class StreamFramer:
    """Collects what one connection sends. Never holds more than one message and one read."""

    def __init__(self) -> None:
        self._buffer = b""

    def feed(self, data: bytes) -> list[bytes]:
        """The messages that are now complete. Raises Malformed if the stream cannot be followed any more."""
        self._buffer += data
        messages = []
        while message := self._next():
            messages.append(message)
        if len(self._buffer) > MAX_MESSAGE:
            raise Malformed("longer than 65535 bytes")
        return messages

    def _next(self) -> bytes:
        self._buffer = self._buffer.lstrip(b"\r\n")
        end = self._buffer.find(_END)
        if end < 0:
            return b""
        length = _LENGTH.search(self._buffer, 0, end + len(_END))
        if length is None:
            raise Malformed("no Content-Length on a stream")
        size = end + len(_END) + int(length.group(1))
        if size > MAX_MESSAGE:
            raise Malformed("longer than 65535 bytes")
        if len(self._buffer) < size:
            return b""
        message, self._buffer = self._buffer[:size], self._buffer[size:]
        return message
