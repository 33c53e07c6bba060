"""Waiting for the next revision: announced by this process, found by a poll if another process committed it."""

import asyncio
import time
from collections.abc import Awaitable, Callable

POLL_INTERVAL_S = 0.2
"""Interval of the one poll for revisions of other processes; a change must reach an edge within 1 s."""


class Notifier:
    """The latest revision seen so far; wakes those who wait for a later one."""

    def __init__(self, poll: Callable[[], Awaitable[int]]) -> None:
        self._poll = poll
        self._seen = 0
        self._polled_at = -POLL_INTERVAL_S
        self._polling = asyncio.Lock()
        self._wakeup = asyncio.Event()

    def announce(self, revision: int) -> None:
        """This process has just committed the revision."""
        if revision > self._seen:
            self._seen = revision
            self._wakeup.set()
            self._wakeup = asyncio.Event()

    async def latest(self) -> int:
        """The latest revision, of other processes too: not older than POLL_INTERVAL_S."""
        await self._poll_if_due()
        return self._seen

    async def wait(self, *, since: int, wait_s: float) -> None:
        """Returns once there is a revision after `since`, or after `wait_s` seconds."""
        ends = time.monotonic() + wait_s
        while self._seen <= since:
            await self._poll_if_due()
            left = ends - time.monotonic()
            if self._seen > since or left <= 0:
                return
            await _sleep_until(self._wakeup, min(left, POLL_INTERVAL_S))

    async def _poll_if_due(self) -> None:
        async with self._polling:
            if time.monotonic() - self._polled_at >= POLL_INTERVAL_S:
                self.announce(await self._poll())
                self._polled_at = time.monotonic()


async def _sleep_until(event: asyncio.Event, longest_s: float) -> None:
    try:
        await asyncio.wait_for(event.wait(), longest_s)
    except TimeoutError:
        pass
