"""Logs: one JSON object per line on standard output, the libraries' own lines included, written by a thread.

No query string gets here: uvicorn's access log, which would print it, is off, and ours has the path only.
"""

import logging
import sys
import time
from contextlib import suppress
from datetime import UTC, datetime
from logging.handlers import QueueHandler, QueueListener
from queue import SimpleQueue
from typing import Any, TextIO

import msgspec
import structlog
from structlog.typing import EventDict

MOST_WAITING = 50_000
"""Lines that may wait for a reader that does not read; whoever logs more waits with them."""

MOST_GATHERED = 1_000
"""Lines that are written in one piece at most."""

GATHER_S = 0.05
"""How long a line waits for others at most."""

_encoder = msgspec.json.Encoder(enc_hook=str)


def configure(level: str) -> QueueListener:
    """Send all logging of this process to standard output, from `level` (debug, info, warning, error) up.

    The caller stops the listener at the end of the process, so that the last lines are written.
    """
    number = logging.getLevelName(level.upper())
    handler = _LineHandler(SimpleQueue())
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.add_logger_name],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, render],
        )
    )
    logging.basicConfig(level=max(number, logging.INFO), handlers=[handler], force=True)
    logging.getLogger("uvicorn.access").disabled = True
    structlog.configure(
        processors=[render],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=lambda *names: _LineLogger(handler),
        cache_logger_on_first_use=True,
    )
    listener = _LineWriter(handler.queue, sys.stdout)
    listener.start()
    return listener


class _LineHandler(QueueHandler):
    """Puts finished lines on the queue, and waits while it is full: no line is dropped."""

    queue: SimpleQueue[str]

    def enqueue(self, record: logging.LogRecord) -> None:
        """A line of a library, formatted by `prepare`."""
        self.put(record.getMessage())

    def put(self, line: str) -> None:
        while self.queue.qsize() >= MOST_WAITING:
            time.sleep(GATHER_S)
        self.queue.put(line)


class _LineLogger:
    """structlog's output: finished lines, without a detour through `logging.Logger`.

    That one looks for its caller in the stack, and each request writes a line: a tenth of a short request (measured).
    """

    def __init__(self, handler: _LineHandler) -> None:
        self.msg = self.debug = self.info = self.warning = self.error = self.critical = handler.put


class _LineWriter(QueueListener):
    """Writes the lines of GATHER_S in one piece: each write of its own would take the interpreter from requests."""

    queue: SimpleQueue[str]

    def __init__(self, lines: SimpleQueue[str], out: TextIO) -> None:
        super().__init__(lines)
        self._out = out
        self._gathered: list[str] = []

    def dequeue(self, block: bool) -> Any:
        if self.queue.empty():
            self._flush()
            time.sleep(GATHER_S)
        return super().dequeue(block)

    def handle(self, record: Any) -> None:
        self._gathered.append(f"{record}\n")
        if len(self._gathered) >= MOST_GATHERED:
            self._flush()

    def stop(self) -> None:
        super().stop()
        self._flush()

    def _flush(self) -> None:
        gathered, self._gathered = self._gathered, []
        with suppress(OSError):  # a full disk or a reader that is gone: requests are served without a log
            self._out.write("".join(gathered))
            self._out.flush()


def render(logger: Any, level: str, event: EventDict) -> str:
    """The last processor: an event as a line of JSON with level, time and traceback, in one step."""
    if "exc_info" in event:
        event = structlog.processors.format_exc_info(logger, level, event)
    event["level"] = level
    event["timestamp"] = datetime.now(UTC)
    return _encoder.encode(event).decode()
