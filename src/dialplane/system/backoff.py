"""Exponential backoff: how long to wait before the next try."""

import random
from collections.abc import Callable


def doubled_s(tries: int, *, first_s: float, longest_s: float) -> float:
    """Seconds to wait after `tries` failures in a row (from 1): `first_s`, doubled for each more, up to `longest_s`."""
    wait_s = first_s
    for _ in range(tries - 1):
        if wait_s >= longest_s:
            break
        wait_s *= 2
    return min(wait_s, longest_s)


class Backoff:
    """The waits of one retry loop: `next_s` after each failure, `reset` after a success.

    Of each wait the share `jitter` is random, so that many edges do not return at the same instant; `draw` gives that
    chance, from 0 to 1.
    """

    def __init__(
        self,
        *,
        first_s: float = 0.2,
        longest_s: float = 10.0,
        jitter: float = 0.5,
        draw: Callable[[], float] = random.random,
    ) -> None:
        self._first_s = first_s
        self._longest_s = longest_s
        self._jitter = jitter
        self._draw = draw
        self._tries = 0

    def next_s(self, *, at_least_s: float = 0.0) -> float:
        """Seconds to wait now. `at_least_s`: what the other side asked for (Retry-After)."""
        self._tries += 1
        wait_s = doubled_s(self._tries, first_s=self._first_s, longest_s=self._longest_s)
        return max(wait_s * (1 - self._jitter + self._jitter * self._draw()), at_least_s)

    def reset(self) -> None:
        """Start again with the shortest wait."""
        self._tries = 0
