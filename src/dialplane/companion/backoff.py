"""How long to wait before the next try: doubling, with jitter, so that many edges do not return at one instant."""

import random
from collections.abc import Callable


class Backoff:
    """`next_s` gives between half and all of the doubled wait; `reset` after a success."""

    def __init__(
        self, *, first_s: float = 0.2, longest_s: float = 10.0, draw: Callable[[], float] = random.random
    ) -> None:
        self._first_s = first_s
        self._longest_s = longest_s
        self._draw = draw
        self._current_s = first_s

    def next_s(self, *, at_least_s: float = 0.0) -> float:
        """Seconds to wait now. `at_least_s` is what the other side asked for (Retry-After)."""
        wait_s = self._current_s * (0.5 + self._draw() / 2)
        self._current_s = min(self._current_s * 2, self._longest_s)
        return max(wait_s, at_least_s)

    def reset(self) -> None:
        """Begin again at the first wait."""
        self._current_s = self._first_s
