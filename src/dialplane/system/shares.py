"""Shares: what long work costs is counted by caller, and whoever has taken most of it lately comes last.

Long work is what no index bounds: pages of lists, figures, exports. One piece costs up to a thousand times what a short
request does, and a caller may have dozens of them in flight. While more than BUSY pieces are wanted and somebody else
is there, each caller has one at a time, and pays for the last one before the next one begins.
"""

import asyncio
import sys
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Generator
from contextlib import asynccontextmanager
from math import inf
from typing import Any, Generic, TypeVar

from dialplane.system.slots import Slots

T = TypeVar("T")

SHARE = 0.25
"""Seconds of a processor that long work may take of each second, evenly for all who owe some."""

FREE_S = 0.1
"""What a caller may owe before it waits: a page of the console has a dozen lists and figures at once."""

MOST_S = 2.0
"""What it owes at the most, so that nobody waits for minutes."""

BUSY = 2
"""More pieces at one time are a queue. Whoever reads page by page is none, nor are two who do."""

THERE_S = 1.0
"""For how long somebody is there after a request."""

LOOK_AGAIN_S = 0.2
"""How often a caller who waits looks whether all others have gone, or have paid."""


class Debts:
    """Seconds that callers owe, paid off evenly. `now`: seconds of a clock that nobody sets."""

    def __init__(self) -> None:
        self._owed: dict[str, float] = {}
        self._paid_at = 0.0

    def add(self, caller: str, seconds: float, *, now: float) -> None:
        """What a piece of work has cost."""
        self._pay(now)
        self._owed[caller] = min(self._owed.get(caller, 0.0) + seconds, MOST_S)

    def delay_s(self, caller: str, *, now: float) -> float:
        """Seconds until the caller owes no more than FREE_S, while all others who owe go on owing."""
        self._pay(now)
        return max(0.0, self._owed.get(caller, 0.0) - FREE_S) * len(self._owed) / SHARE

    def _pay(self, now: float) -> None:
        """Evenly: what is left of the part of one who owes less is the others'."""
        left, self._paid_at = (now - self._paid_at) * SHARE, now
        owing = sorted(self._owed.items(), key=lambda item: item[1])
        for number, (caller, owed) in enumerate(owing):
            paid = min(owed, left / (len(owing) - number))
            left -= paid
            if owed > paid:
                self._owed[caller] = owed - paid
            else:
                del self._owed[caller]


class Presence:
    """Who is there, as far as it must be known: the latest caller, and the latest other one."""

    def __init__(self) -> None:
        self._latest, self._at = "", 0.0
        self._other_at = 0.0

    def note(self, caller: str, *, now: float) -> None:
        """The caller is there."""
        if caller != self._latest:
            self._latest, self._other_at = caller, self._at
        self._at = now

    def has_others(self, caller: str, *, now: float) -> bool:
        """Whether somebody else was there within THERE_S."""
        return now - (self._other_at if caller == self._latest else self._at) < THERE_S


class TooLate(Exception):
    """The caller's turn has not come in time."""


class Shares:
    """The long work of one process: `wanted` pieces are carried out, or wait. Belongs to one event loop."""

    def __init__(self, *, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._presence = Presence()
        self._debts = Debts()
        self._turns = Slots(sys.maxsize, each=1)
        self.wanted = 0

    def note(self, caller: str) -> None:
        """A request of any kind has come from this caller."""
        self._presence.note(caller, now=self._now())

    def charge(self, caller: str, seconds: float) -> None:
        """Long work of this caller has taken so much of a processor."""
        self._debts.add(caller, seconds, now=self._now())

    async def charged(self, caller: str, work: Coroutine[Any, Any, T]) -> T:
        """The result of a piece of long work; the caller is charged with what it takes of the event loop."""
        steps = _Steps(work)
        try:
            return await steps
        finally:
            self.charge(caller, steps.seconds)

    @asynccontextmanager
    async def turn(self, caller: str, *, within_s: float | None) -> AsyncIterator[None]:
        """A piece of long work begins once it is the caller's turn. Raises TooLate; None waits as long as it takes."""
        self.wanted += 1
        try:
            if not self._is_contended(caller):
                yield
                return
            ends = inf if within_s is None else self._now() + within_s
            try:
                await self._turns.wait(caller, within_s=within_s)
            except TimeoutError:
                raise TooLate from None
            try:
                await self._pay(caller, ends)
                yield
            finally:
                self._turns.leave(caller)
        finally:
            self.wanted -= 1

    def _is_contended(self, caller: str) -> bool:
        return self.wanted > BUSY and self._presence.has_others(caller, now=self._now())

    async def _pay(self, caller: str, ends: float) -> None:
        """Returns once the caller has paid, or nobody else is there any more. Raises TooLate."""
        while (delay_s := self._debts.delay_s(caller, now=self._now())) and self._is_contended(caller):
            if self._now() + delay_s > ends:
                raise TooLate
            await asyncio.sleep(min(delay_s, LOOK_AGAIN_S))


class _Steps(Generic[T]):
    """A coroutine, awaited step by step. `seconds`: of a processor that its steps have taken."""

    def __init__(self, work: Coroutine[Any, Any, T]) -> None:
        self._work = work
        self.seconds = 0.0

    def __await__(self) -> Generator[Any, Any, T]:
        step: Callable[[Any], Any] = self._work.send
        argument: Any = None
        while True:
            began = time.thread_time()
            try:
                waited_for = step(argument)
            except StopIteration as end:
                result: T = end.value
                return result
            finally:
                self.seconds += time.thread_time() - began
            try:
                argument = yield waited_for
                step = self._work.send
            except BaseException as error:
                argument, step = error, self._work.throw
