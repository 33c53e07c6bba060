"""Windows: so many of something in a minute, by whatever key; a key's minute begins with its first."""

import time
from collections import OrderedDict
from collections.abc import Callable, Hashable

WINDOW_S = 60.0


class Windows:
    """What came in the minute of each key. Minutes are counted by a clock that nobody sets, and forgotten when over."""

    def __init__(self, *, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._counts: dict[Hashable, int] = {}
        self._ends: OrderedDict[Hashable, float] = OrderedDict()

    def __len__(self) -> int:
        return len(self._counts)

    def add(self, key: Hashable) -> int:
        """How many came in this key's minute, with this one."""
        now = self._now()
        self._forget(now)
        self._ends.setdefault(key, now + WINDOW_S)
        self._counts[key] = count = self._counts.get(key, 0) + 1
        return count

    def take_back(self, key: Hashable) -> None:
        """One fewer came in this key's minute."""
        self._forget(self._now())
        if self._counts.get(key, 0) > 0:
            self._counts[key] -= 1

    def clear(self, key: Hashable) -> None:
        """Nothing came in this key's minute."""
        self._counts.pop(key, None)
        self._ends.pop(key, None)

    def left_s(self, key: Hashable) -> float:
        """Seconds until this key's minute is over."""
        return max(0.0, self._ends.get(key, 0.0) - self._now())

    def _forget(self, now: float) -> None:
        """All minutes are of one length, so those that began first end first."""
        while self._ends and next(iter(self._ends.values())) <= now:
            key, _ = self._ends.popitem(last=False)
            del self._counts[key]
