"""The last events, in order, for all who watch; each has a place of its own in them.

Nobody has a queue: memory holds the last events once, however many watch and however slowly they read. Whoever falls
behind them, or comes back after too long, is told to look anew.
"""

import asyncio
import secrets
from collections import deque
from contextlib import suppress
from itertools import islice
from typing import NamedTuple

KEPT = 5_000
"""Events that are kept: a quarter of a minute at 300 calls a second."""


class Event(NamedTuple):
    """`text`: as the platform sees it; `for_customer`: as people of its customer are, None if they are not.

    `kind` is the topic's word for one event.
    """

    number: int
    topic: str
    kind: str
    text: bytes
    customer_id: str | None = None
    for_customer: bytes | None = None


class Published:
    """The last events. An event's id is this process's random `epoch`, and its number in it."""

    def __init__(self) -> None:
        self.epoch = secrets.token_hex(4)
        self.last = 0
        self._events: deque[Event] = deque(maxlen=KEPT)
        self._wakeup = asyncio.Event()

    def add(
        self, topic: str, kind: str, text: bytes, *, customer_id: str | None = None, for_customer: bytes | None = None
    ) -> None:
        """Tell an event; its fields as `Event` has them."""
        self.last += 1
        self._events.append(Event(self.last, topic, kind, text, customer_id, for_customer))

    def gap(self) -> None:
        """Something happened that no event says: those who watch must look anew."""
        self._events.clear()
        self.last += 1

    def announce(self) -> None:
        """Wake those who watch."""
        self._wakeup.set()
        self._wakeup = asyncio.Event()

    def has_all_after(self, number: int) -> bool:
        """Whether every event after this one is still here."""
        first = self._events[0].number if self._events else self.last + 1
        return first - 1 <= number <= self.last

    def after(self, number: int, most: int) -> list[Event]:
        """The first events after this one, at most so many, as far as they are here."""
        skipped = max(0, len(self._events) - (self.last - number))
        return list(islice(self._events, skipped, skipped + most))

    async def news(self, number: int, *, within_s: float) -> None:
        """Returns once something was announced after this event, or after so many seconds."""
        if self.last == number and within_s > 0:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._wakeup.wait(), within_s)

    def id_of(self, number: int) -> str:
        """The id of an event."""
        return f"{self.epoch}-{number}"

    def number_of(self, id_: str) -> int | None:
        """The number of an event of this process by its id; None for that of another one, or for none at all."""
        epoch, _, number = id_.rpartition("-")
        return int(number) if epoch == self.epoch and number.isdecimal() and len(number) < 16 else None
