"""What all programs say, as JSON objects, one a line, on standard output: for a journal, or a container's log.

A thread writes. No call waits for a reader that does not read: what finds no room is dropped, and counted in the next
line that is not.
"""

import asyncio
import io
import json
import os
import re
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from functools import partial
from queue import SimpleQueue
from typing import TextIO

OWN = "dialplane"
"""The supervisor, among the programs."""

MOST_WAITING = 20_000
"""Lines that may wait for the reader."""

LONGEST_LINE = 1 << 20
"""Bytes; what is longer is cut into several."""

LAST_LINES_S = 2.0
"""How long the reader has for what is left at the end."""

_LEVELS = {"ALERT": "critical", "BUG": "critical", "CRITICAL": "critical", "NOTICE": "info"}
_OF_KAMAILIO = re.compile(r"^ ?\d+\(\d+\) (ALERT|BUG|CRITICAL|ERROR|WARNING|NOTICE|INFO|DEBUG): ")


class Journal:
    """Takes lines of any thread."""

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._lines: SimpleQueue[str] = SimpleQueue()
        self._dropped = 0
        self._writer = threading.Thread(target=self._write, daemon=True, name="journal")
        self._writer.start()

    def put(self, line: str, *, program: str = OWN, level: str = "") -> None:
        """A line of a program; what is a JSON object already stays one. Returns at once."""
        if self._lines.qsize() >= MOST_WAITING:
            self._dropped += 1
            return
        if self._dropped:
            dropped, self._dropped = self._dropped, 0
            self._lines.put(as_json(OWN, f"{dropped} lines were dropped: nobody read them", level="warning"))
        self._lines.put(as_json(program, line, level=level))

    @asynccontextmanager
    async def pipe(self, program: str, *, waits: bool) -> AsyncIterator[int]:
        """A file descriptor that a program may write lines to; to be kept open until it has it.

        If this process stands still, the program `waits` once the pipe is full, or its lines are lost.
        """
        ours, theirs = os.pipe()
        os.set_blocking(theirs, waits)
        lines = partial(_Reading, partial(self.put, program=program))
        await asyncio.get_running_loop().connect_read_pipe(lines, os.fdopen(ours, "rb"))
        try:
            yield theirs
        finally:
            os.close(theirs)

    def stream(self) -> TextIO:
        """A text to print into: each line is one of the supervisor's own."""
        return _Printed(self.put)

    def close(self) -> None:
        """Write what is left."""
        self._lines.put("")
        self._writer.join(LAST_LINES_S)

    def _write(self) -> None:
        while line := self._lines.get():
            with suppress(OSError, ValueError):  # a reader that is gone
                self._out.write(f"{line}\n")
                self._out.flush()


def as_json(program: str, line: str, *, level: str = "") -> str:
    """The line as an object, with the program that wrote it; as the API writes its own: event, level, timestamp."""
    if line.startswith("{"):
        with suppress(ValueError):
            return json.dumps({"program": program, **json.loads(line)}, ensure_ascii=False)
    found = _OF_KAMAILIO.match(line)
    named = found[1] if found else "INFO"
    return json.dumps(
        {
            "program": program,
            "event": line,
            "level": level or _LEVELS.get(named, named.lower()),
            "timestamp": datetime.now(UTC).isoformat().replace("+00:00", "Z"),
        },
        ensure_ascii=False,
    )


class _Lines:
    """Bytes as they come -> lines that are not empty."""

    def __init__(self, take: Callable[[str], None]) -> None:
        self._take = take
        self._rest = b""

    def feed(self, data: bytes) -> None:
        *lines, self._rest = (self._rest + data).split(b"\n")
        if len(self._rest) > LONGEST_LINE:
            lines, self._rest = [*lines, self._rest], b""
        for line in lines:
            if text := line.decode(errors="replace").rstrip():
                self._take(text)


class _Reading(asyncio.Protocol):
    """The reading end of a program's pipe."""

    def __init__(self, take: Callable[[str], None]) -> None:
        self._lines = _Lines(take)

    def data_received(self, data: bytes) -> None:
        self._lines.feed(data)

    def connection_lost(self, exc: Exception | None) -> None:
        self._lines.feed(b"\n")


class _Printed(io.StringIO):
    """What is printed into it."""

    def __init__(self, take: Callable[[str], None]) -> None:
        self._lines = _Lines(take)

    def write(self, text: str) -> int:
        self._lines.feed(text.encode(errors="replace"))
        return len(text)
