"""Places where passwords are hashed: each takes all processors for a while, so callers have them in turn."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from dialplane.api.http import reasons
from dialplane.api.http.errors import ApiError
from dialplane.control.login.credentials import InvalidCredentials
from dialplane.control.login.passwords import KNOWN, STRANGERS
from dialplane.system.pace import Pace
from dialplane.system.slots import Slots

WAIT_S = 5.0
"""Longest wait until a password is hashed."""

REST, LONGEST_REST_S = 3, 1.0
"""How many times as long as a wrong password of a stranger took no other is looked at in its place, and at the most.

Each takes two processors for 0.15 s: guessers from sixty addresses had all of both, and others waited (measured)."""

FREE_S, LONGEST_PAUSE_S = 5.0, 3.0
"""Seconds of hashing that one who is known may take at once: the people of an office come in at nine. Whoever goes on
rests as strangers do, alone, and for so long at the most."""


class Hashing:
    """One password of each caller is hashed at a time, those of one who is known behind none of a stranger's."""

    def __init__(self) -> None:
        self.strangers = Slots(STRANGERS.at_once, each=1)
        self._known = Slots(KNOWN.at_once, each=1)
        self._own = Slots(sys.maxsize, each=1)
        self._taken = Pace((REST + 1) * FREE_S, most_s=LONGEST_PAUSE_S)

    @asynccontextmanager
    async def place_of_stranger(self, address: str) -> AsyncIterator[None]:
        """In the turn of the address. The place has a rest after a wrong password. Raises ApiError 503."""
        await self._wait(self.strangers, address)
        loop, rest_s = asyncio.get_running_loop(), 0.0
        began = loop.time()
        try:
            yield
        except InvalidCredentials:
            rest_s = min(REST * (loop.time() - began), LONGEST_REST_S)
            raise
        finally:
            loop.call_later(rest_s, self.strangers.leave, address)

    @asynccontextmanager
    async def place_of_known(self, caller: str) -> AsyncIterator[None]:
        """In the caller's turn, who rests after a while of it; nobody else does. Raises ApiError 503."""
        await self._wait(self._own, caller)
        loop, rest_s = asyncio.get_running_loop(), 0.0
        try:
            await self._wait(self._known, caller)
            began = loop.time()
            try:
                yield
            finally:
                self._known.leave(caller)
                rest_s = self._taken.delay_s(caller, (REST + 1) * (loop.time() - began))
        finally:
            loop.call_later(rest_s, self._own.leave, caller)

    async def _wait(self, slots: Slots, caller: str) -> None:
        try:
            await slots.wait(caller, within_s=WAIT_S)
        except TimeoutError:
            raise ApiError(reasons.OVERLOADED) from None
