"""Database work in threads, always to its end.

A statement that has begun ends before its caller goes on, cancelled or not: a cancelled request can then neither split
a transaction nor share a connection with the next one. What only reads is interrupted, so that it ends soon. Only a
deadline ends the wait; what the work holds is then cleared up in its thread, whenever it ends.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from math import inf
from threading import Lock
from typing import Generic, TypeVar

T = TypeVar("T")


class Abandoned(Exception):
    """The work has not ended in time. It goes on in its thread, and what it holds must not be touched."""


INTERRUPT_EVERY_S = 0.05
"""An interruption ends the statement that runs, not one that is about to begin: it is repeated until the work ends."""


async def run_to_end(threads: ThreadPoolExecutor, work: Callable[[], T]) -> T:
    """The result of `work`, called in a thread. A cancellation is raised only once the work has ended."""
    return await run_within(threads, work, within_s=None)


async def run_within(
    threads: ThreadPoolExecutor,
    work: Callable[[], T],
    *,
    within_s: float | None,
    when_abandoned: Callable[[], None] | None = None,
    interrupt: Callable[[], None] | None = None,
) -> T:
    """The same with a deadline, and with `interrupt` to make the work end once nobody waits for it any more.

    After the deadline, or a cancellation, the work is interrupted. With `when_abandoned`, the deadline ends the wait at
    once: Abandoned is raised, and `when_abandoned` called in the thread after the work.
    """
    loop = asyncio.get_running_loop()
    job = _Job(work, when_abandoned or _nothing)
    future = threads.submit(job.carry_out)
    ends = inf if within_s is None else loop.time() + within_s
    cancelled: asyncio.CancelledError | None = None
    while not future.done():
        try:
            await _ended(future, within_s=_next_look_s(ends - loop.time(), is_cancelled=cancelled is not None))
        except asyncio.CancelledError as error:
            cancelled = error
        is_late = loop.time() >= ends
        if interrupt is not None and (is_late or cancelled) and not future.done():
            interrupt()
        if is_late and when_abandoned is not None and not future.done() and job.abandon():
            if interrupt is not None:
                _interrupt_until_done(loop, future, interrupt, every_s=INTERRUPT_EVERY_S)
            raise cancelled or Abandoned
    if cancelled is not None:
        raise cancelled
    return future.result()


async def _ended(future: "Future[T]", *, within_s: float | None) -> None:
    """Returns when the work has ended, or after `within_s` seconds; two turns of the loop after it.

    `asyncio.wait` on a future of the loop's takes three, and among hostile callers each takes milliseconds.
    """
    loop = asyncio.get_running_loop()
    waiter = loop.create_future()

    def wake() -> None:
        if not waiter.done():
            waiter.set_result(None)

    def wake_from_thread(_: "Future[T]") -> None:
        with suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(wake)

    future.add_done_callback(wake_from_thread)
    timer = None if within_s is None else loop.call_later(within_s, wake)
    try:
        await waiter
    finally:
        if timer is not None:
            timer.cancel()


def _interrupt_until_done(
    loop: asyncio.AbstractEventLoop, future: "Future[T]", interrupt: Callable[[], None], *, every_s: float
) -> None:
    """What was interrupted a moment before its statement began would go on for as long as that takes."""
    if not future.done():
        interrupt()
        loop.call_later(every_s, lambda: _interrupt_until_done(loop, future, interrupt, every_s=2 * every_s))


def _next_look_s(left_s: float, *, is_cancelled: bool) -> float | None:
    if is_cancelled or left_s <= 0:
        return INTERRUPT_EVERY_S
    return None if left_s == inf else left_s


def _nothing() -> None:
    pass


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
