"""Pace: so much of something at once for each caller, and one a second from then on, however often it is asked for."""

import time
from collections import OrderedDict
from collections.abc import Callable

MOST_CALLERS = 10_000
"""Callers that are remembered; those of longest ago are forgotten."""


class Pace:
    """A leaky bucket for each caller: it holds `at_once`, and one a second leaves it.

    Nobody waits for longer than `most_s` seconds, however many wait.
    """

    def __init__(self, at_once: float, *, most_s: float, now: Callable[[], float] = time.monotonic) -> None:
        self.at_once = at_once
        self.most_s = most_s
        self._now = now
        self._empty_at: OrderedDict[str, float] = OrderedDict()

    def delay_s(self, caller: str, size: float = 1.0) -> float:
        """Puts one more in, or so much; the seconds until its turn comes."""
        now = self._now()
        empty_at = max(self._empty_at.pop(caller, now), now) + size
        self._empty_at[caller] = min(empty_at, now + self.at_once + self.most_s)
        if len(self._empty_at) > MOST_CALLERS:
            self._empty_at.popitem(last=False)
        return max(0.0, self._empty_at[caller] - now - self.at_once)
