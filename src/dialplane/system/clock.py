"""Wall-clock time in integers, as events, records and SIP cookies store it; and whether somebody has set the clock."""

import time
from collections.abc import Callable

MOST_AHEAD_US = 600_000_000
"""An instant that is so far ahead of the wall clock was dated by one that was wrong."""

STEADY_S = 3_600.0
"""After so long a wall clock that nobody has set is believed."""

SET_BY_US = 60_000_000
"""By how much a clock that was set differs from one that drifts or is slewed: no clock gains a minute in an hour."""


def now_us() -> int:
    """Microseconds since 1970-01-01 UTC."""
    return time.time_ns() // 1_000


def now_ms() -> int:
    """Milliseconds since 1970-01-01 UTC."""
    return time.time_ns() // 1_000_000


class ClockWatch:
    """For how long nobody has set the wall clock, by the monotonic one (ns), which nobody can set."""

    def __init__(self, monotonic_ns: Callable[[], int] = time.monotonic_ns) -> None:
        self._monotonic_ns = monotonic_ns
        self._difference_us: int | None = None
        self._since_ns = 0

    def steady_s(self, now_us: int) -> float:
        """Seconds since it was set, or since it was first looked at, now that it says `now_us`."""
        mono_ns = self._monotonic_ns()
        difference_us = now_us - mono_ns // 1_000
        if self._difference_us is None or abs(difference_us - self._difference_us) > SET_BY_US:
            self._difference_us, self._since_ns = difference_us, mono_ns
        return (mono_ns - self._since_ns) / 1e9

    def is_believed(self, now_us: int) -> bool:
        """Whether nobody has set it for STEADY_S: until then nothing is deleted by it."""
        return self.steady_s(now_us) >= STEADY_S
