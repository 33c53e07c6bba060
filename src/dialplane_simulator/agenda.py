"""Actions for later, without a clock: the owner of the agenda runs it when `next_due` has come."""

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field

Action = Callable[[float], None]


@dataclass(slots=True, order=True)
class Entry:
    """One action at one moment. `cancel` makes it never happen."""

    when: float
    order: int
    action: Action | None = field(compare=False)

    def cancel(self) -> None:
        self.action = None


class Agenda:
    """Actions ordered by time (seconds of a monotonic clock); those of equal time in the order they were added."""

    def __init__(self) -> None:
        self._entries: list[Entry] = []
        self._added = 0

    def at(self, when: float, action: Action) -> Entry:
        """`action(now)` once `when` has come."""
        self._added += 1
        entry = Entry(when, self._added, action)
        heapq.heappush(self._entries, entry)
        return entry

    @property
    def next_due(self) -> float | None:
        """When the next action is due, or None."""
        while self._entries and self._entries[0].action is None:
            heapq.heappop(self._entries)
        return self._entries[0].when if self._entries else None

    def run(self, now: float) -> None:
        """Do all that is due by `now`, in order, including what that adds."""
        while (due := self.next_due) is not None and due <= now:
            entry = heapq.heappop(self._entries)
            if entry.action is not None:
                entry.action(now)
