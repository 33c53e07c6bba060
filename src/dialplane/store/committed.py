"""Cache of committed objects, for what is read with every decision: customers, providers, their health; and of what
was computed from many rows.

Every commit moves the clock row's last instant (`unit.py`), whichever process makes it. So two snapshots with the same
last instant show the same database, and whatever was read in one of them holds in the other.
"""

import time
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Any, NamedTuple

from dialplane.system.clock import MOST_AHEAD_US

MOST_OBJECTS = 20_000
"""Objects of one kind, some 2 KB each."""

Objects = dict[str, Any]
"""Objects of one kind by id. Whoever reads more of them adds them."""


class CommittedCache:
    """Objects by kind, as they are at one last instant: the latest that a reader has seen."""

    def __init__(self, *, now: Callable[[], int]) -> None:
        """`now` is the wall clock (us)."""
        self._now = now
        self._instant = -1
        self._kinds: dict[str, Objects] = {}
        self.results = Results()

    def objects(self, kind: str, *, at: int) -> Objects:
        """The objects of this kind that were read in snapshots whose last instant is `at`.

        An older snapshot than the latest gets an empty dict of its own; but what a clock that was ahead has dated is
        later than nothing.
        """
        if at < self._instant <= self._now() + MOST_AHEAD_US:
            return {}
        if at != self._instant:
            self._instant, self._kinds = at, {}
        found = self._kinds.setdefault(kind, {})
        if len(found) >= MOST_OBJECTS:
            found = self._kinds[kind] = {}
        return found


MOST_BYTES = 64_000_000
"""What is kept of results, as it was read."""

KEPT_S = 300.0
"""How long at most: a node of the version before moves no version of what it writes."""


class _Result(NamedTuple):
    version: Hashable
    value: Any
    size: int
    until: float


class Results:
    """What was computed from committed rows, beside their version: those that were used last. For many threads."""

    def __init__(self) -> None:
        self._results: dict[Hashable, _Result] = {}
        self._lock = Lock()

    def get(self, key: Hashable, version: Hashable) -> Any | None:
        """What was computed from the rows of this version; None if it is not kept."""
        with self._lock:
            found = self._results.pop(key, None)
            if found is None or found.version != version or time.monotonic() > found.until:
                return None
            self._results[key] = found
            return found.value

    def keep(self, key: Hashable, version: Hashable, value: Any, *, size: int) -> None:
        """`size`: bytes of it."""
        with self._lock:
            self._results.pop(key, None)
            self._results[key] = _Result(version, value, size, time.monotonic() + KEPT_S)
            while sum(one.size for one in self._results.values()) > MOST_BYTES:
                del self._results[next(iter(self._results))]
