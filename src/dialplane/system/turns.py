"""Turns of the event loop: what takes long leaves it to others in between, and only so much begins in each."""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Iterable
from typing import TypeVar
from weakref import WeakKeyDictionary

from dialplane.system.slots import Slots

T = TypeVar("T")
R = TypeVar("R")

TURN_S = 0.001
"""How long work on many items keeps a turn: a page of 100 calls takes 20 ms to show, which all others would wait for.

Nor much shorter: it waits for a whole turn of all others each time. With two calls a turn a page took 0.8 s among
hostile callers, where other requests took 0.02 (measured)."""

BEGIN_FOR_S = 0.002
"""How long requests may begin before all that are under way go on."""

BEGIN_AT_LEAST = 2
"""Requests that may begin at once however long they take.

Among hostile callers, whose requests take a millisecond each, the loop came 28 ms late with four (its 90th percentile,
measured), 16 ms with one."""

BEGIN_AT_MOST = 16
"""The same while they take next to nothing. What begins beside others of its kind finds the processor's caches warm:
a dialroute takes a sixth less so than two at once (measured)."""


class _Parts:
    """Long work on one event loop: TURN_S of it in each turn, whoever has waited for longest first.

    Three pages with a millisecond each, and each with its next millisecond as soon as it went on to the next list of
    items, made turns of five, for everybody else too (measured).
    """

    def __init__(self) -> None:
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._is_next_taken = False
        self._ends: float | None = None

    def is_due(self) -> bool:
        """Whether this turn has had its part of long work. If there was none yet, it begins now."""
        now = time.perf_counter()
        ends = self._begin(now) if self._ends is None else self._ends
        return now >= ends

    async def wait(self) -> None:
        """Returns in the next turn that no other part has."""
        if self._is_next_taken:
            await self._wait_in_line()
        else:
            self._is_next_taken = True
            try:
                await asyncio.sleep(0)
            finally:
                self._hand_on()
        self._begin(time.perf_counter())

    async def _wait_in_line(self) -> None:
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            await turn
        finally:
            if not turn.cancelled():
                self._hand_on()

    def _hand_on(self) -> None:
        """The turn after this one is the next part's."""
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                return
        self._is_next_taken = False

    def _begin(self, now: float) -> float:
        self._ends = ends = now + TURN_S
        asyncio.get_running_loop().call_soon(self._end, ends)
        return ends

    def _end(self, ends: float) -> None:
        if self._ends == ends:
            self._ends = None


_parts: WeakKeyDictionary[asyncio.AbstractEventLoop, _Parts] = WeakKeyDictionary()


class Turn:
    """A turn of the loop. Whoever works on many items ends it between two of them, once long work has had TURN_S."""

    def __init__(self) -> None:
        loop = asyncio.get_running_loop()
        if loop not in _parts:
            _parts[loop] = _Parts()
        self._parts = _parts[loop]

    async def end_if_due(self) -> None:
        """Whatever else is ready on the loop goes on first, if it is time."""
        if self._parts.is_due():
            await self._parts.wait()


async def in_turns(items: Iterable[T], work: Callable[[T], R]) -> list[R]:
    """The result of `work` for each item, in order; whatever else is ready on the loop goes on after each TURN_S."""
    results: list[R] = []
    turn = Turn()
    for item in items:
        await turn.end_if_due()
        results.append(work(item))
    return results


class Beginnings:
    """Has requests begin a few at a time, caller by caller: one caller's hundred delay another's first by a few.

    Without that, all that have come in begin in one turn of the loop, and each step of another request waits for them.
    """

    def __init__(self) -> None:
        self._slots = Slots(BEGIN_AT_LEAST, each=BEGIN_AT_LEAST)
        self._begun: list[str] = []
        self._turn_began_s = 0.0

    async def wait(self, caller: str) -> None:
        """Returns when a request of this caller may begin: at once if few do."""
        if self._slots.has_room(caller):
            self._slots.enter(caller)
        else:
            await self._slots.wait(caller, within_s=None)
        if not self._begun:
            self._turn_began_s = time.perf_counter()
            asyncio.get_running_loop().call_soon(self._end_turn)
        self._begun.append(caller)

    def _end_turn(self) -> None:
        begun, self._begun = self._begun, []
        at_once = at_this_pace(len(begun), time.perf_counter() - self._turn_began_s)
        self._slots.total = self._slots.each = at_once
        for caller in begun:
            self._slots.leave(caller)


def at_this_pace(begun: int, lasted_s: float) -> int:
    """How many requests may begin at once, where so many made the last turn last so long, with whatever else it did."""
    return max(BEGIN_AT_LEAST, min(BEGIN_AT_MOST, int(begun * BEGIN_FOR_S / max(lasted_s, 1e-6))))
