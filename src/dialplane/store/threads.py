"""Database work in threads, always to its end.

A statement that has begun ends before its caller goes on, cancelled or not: a cancelled request can then neither split
a transaction nor share a connection with the next one. Only a deadline ends the wait; what the work holds is then
cleared up in its thread, whenever it ends.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Lock
from typing import Generic, TypeVar

T = TypeVar("T")


class Abandoned(Exception):
    """The work has not ended in time. It goes on in its thread, and what it holds must not be touched."""


async def run_to_end(threads: ThreadPoolExecutor, work: Callable[[], T]) -> T:
    """The result of `work`, called in a thread. A cancellation is raised only once the work has ended."""
    return await run_within(threads, work, within_s=None, when_abandoned=lambda: None)


async def run_within(
    threads: ThreadPoolExecutor, work: Callable[[], T], *, within_s: float | None, when_abandoned: Callable[[], None]
) -> T:
    """The same with a deadline. Raises Abandoned after it; `when_abandoned` is called in the thread after the work."""
    loop = asyncio.get_running_loop()
    job = _Job(work, when_abandoned)
    future = loop.run_in_executor(threads, job.carry_out)
    ends = None if within_s is None else loop.time() + within_s
    cancelled: asyncio.CancelledError | None = None
    while not future.done():
        try:
            await asyncio.wait({future}, timeout=None if ends is None else max(0.0, ends - loop.time()))
        except asyncio.CancelledError as error:
            cancelled = error
        if ends is not None and loop.time() >= ends and not future.done() and job.abandon():
            future.add_done_callback(_take_exception)
            raise cancelled or Abandoned
    if cancelled is not None:
        _take_exception(future)
        raise cancelled
    return future.result()


class _Job(Generic[T]):
    """Work that is either ended by its thread or abandoned by its caller, never both."""

    def __init__(self, work: Callable[[], T], when_abandoned: Callable[[], None]) -> None:
        self._work = work
        self._when_abandoned = when_abandoned
        self._lock = Lock()
        self._has_ended = False
        self._is_abandoned = False

    def carry_out(self) -> T:
        try:
            if self._is_abandoned:
                raise Abandoned
            return self._work()
        finally:
            with self._lock:
                self._has_ended = True
            if self._is_abandoned:
                self._when_abandoned()

    def abandon(self) -> bool:
        """Whether the work was abandoned now; False if it has just ended."""
        with self._lock:
            self._is_abandoned = not self._has_ended
        return self._is_abandoned


def _take_exception(future: "asyncio.Future[T]") -> None:
    """Marks the exception as retrieved: no caller waits for the result any more."""
    if not future.cancelled():
        future.exception()
