"""Cache of committed objects, for what is read with every decision: customers, providers, their health.

Every commit moves the clock row's last instant (`unit.py`), whichever process makes it. So two snapshots with the same
last instant show the same database, and whatever was read in one of them holds in the other.
"""

from collections.abc import Callable
from typing import Any

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
