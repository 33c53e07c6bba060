"""When a simulator's process has to stop: at SIGTERM, Ctrl-C, or the end of its standard input."""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Iterator


@contextlib.contextmanager
def stopping(*, until_stdin_ends: bool) -> Iterator[asyncio.Event]:
    """The event that is set then.

    A pipe that the starter holds ends when it dies, however it dies: with `until_stdin_ends` nothing is left behind.
    """
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    if not until_stdin_ends:
        yield stop
        return
    descriptor = sys.stdin.fileno()

    def readable() -> None:
        if not os.read(descriptor, 4096):
            loop.remove_reader(descriptor)
            stop.set()

    loop.add_reader(descriptor, readable)
    try:
        yield stop
    finally:
        loop.remove_reader(descriptor)
