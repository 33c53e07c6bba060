"""Slots: so many of a thing that all share, of which one caller may hold so many, so that none takes them all.

Requests in flight, long polls, bytes of bodies, connections that read, the turn to write, logins being checked.
"""

import asyncio
from collections import OrderedDict, deque

EVERYBODY = ""
"""The caller of what the process does on its own account: it may hold every slot."""


class NoFreeSlot(Exception):
    """`is_own`: the caller has as many as one may have; else all slots are in use."""

    def __init__(self, *, is_own: bool) -> None:
        super().__init__("the caller has as many slots as one may have" if is_own else "all slots are in use")
        self.is_own = is_own


class Slots:
    """`total` slots, of which each caller may hold `each`. Whoever waits gets its turn caller by caller.

    Belongs to one event loop.
    """

    def __init__(self, total: int, *, each: int) -> None:
        self.total = total
        self.each = each
        self.held = 0
        self._held_by: dict[str, int] = {}
        self._waiting: OrderedDict[str, deque[asyncio.Future[None]]] = OrderedDict()

    def enter(self, caller: str, size: int = 1) -> None:
        """Take `size` slots at once. Raises NoFreeSlot."""
        held = self._held_by.get(caller, 0)
        if held + size > self.each and caller != EVERYBODY:
            raise NoFreeSlot(is_own=True)
        if self.held + size > self.total:
            raise NoFreeSlot(is_own=False)
        self.held += size
        self._held_by[caller] = held + size

    def leave(self, caller: str, size: int = 1) -> None:
        """Give them back, to those who wait."""
        self.held -= size
        left = self._held_by[caller] - size
        if left:
            self._held_by[caller] = left
        else:
            del self._held_by[caller]
        if self._waiting:
            self._hand_on()

    async def wait(self, caller: str, *, within_s: float | None) -> None:
        """Take one slot, in turn. Raises TimeoutError after `within_s` seconds; None waits for as long as it takes."""
        if self.has_room(caller):
            self.enter(caller)
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(caller, deque()).append(turn)
        try:
            await (turn if within_s is None else _within(turn, within_s))
        except BaseException:
            self._give_up(caller, turn)
            raise

    @property
    def is_waited_for(self) -> bool:
        """Whether a caller waits for its turn."""
        return bool(self._waiting)

    def has_room(self, caller: str) -> bool:
        """Whether the caller may take a slot now. Free slots are those of nobody who waits: all are handed on."""
        is_allowed = caller == EVERYBODY or self._held_by.get(caller, 0) < self.each
        return is_allowed and self.held < self.total

    def _hand_on(self) -> None:
        """Give free slots to those who wait, one caller after the other."""
        while (caller := next(filter(self.has_room, self._waiting), None)) is not None:
            turn = self._next_turn(caller)
            if not turn.cancelled():
                self.enter(caller)
                turn.set_result(None)

    def _next_turn(self, caller: str) -> "asyncio.Future[None]":
        """The caller's first turn, out of the queue; its others come after those of all other callers."""
        turns = self._waiting[caller]
        turn = turns.popleft()
        if turns:
            self._waiting.move_to_end(caller)
        else:
            del self._waiting[caller]
        return turn

    def _give_up(self, caller: str, turn: "asyncio.Future[None]") -> None:
        """Leave the queue, or give back the slot that has just been handed on."""
        turns = self._waiting.get(caller)
        if turns is not None and turn in turns:
            turns.remove(turn)
            if not turns:
                del self._waiting[caller]
        elif not turn.cancelled():
            self.leave(caller)


async def _within(turn: "asyncio.Future[None]", seconds: float) -> None:
    async with asyncio.timeout(seconds):
        await turn
