"""How many channels were in use over time, from how many were taken and became free, and when."""

from collections.abc import Sequence
from typing import NamedTuple

_MS_US = 1_000


class ChannelChange(NamedTuple):
    """Channels that were taken in some time, less those that became free (`taken`).

    `held_ms`: the instants (ms since 1970) at which they became free, less those at which they were taken.
    """

    taken: int = 0
    held_ms: int = 0

    def plus(self, taken: int, held_ms: int) -> "ChannelChange":
        """Both together."""
        return ChannelChange(self.taken + taken, self.held_ms + held_ms)


class Use(NamedTuple):
    """The channels in use over `length_us`, summed up over its time."""

    channel_us: int
    length_us: int


def in_use(
    changes: Sequence[tuple[int, ChannelChange]], *, at_begin: int, length_us: int, now: int
) -> list[Use | None]:
    """The use of each span of one length (begin in us, what changed in it), the first of which begins with `at_begin`.

    Of a span that goes on until now (us), as far as that; None for one that is still to come.
    """
    uses: list[Use | None] = []
    there = at_begin
    for begin, change in changes:
        end = min(begin + length_us, now)
        if end <= begin:
            uses.append(None)
            continue
        changed_us = change.taken * end + change.held_ms * _MS_US
        uses.append(Use(max(0, there * (end - begin) + changed_us), end - begin))
        there += change.taken
    return uses


def average(uses: Sequence[Use | None]) -> float | None:
    """Channels in use on average, None if all of the time is still to come."""
    known = [use for use in uses if use]
    return round(sum(use.channel_us for use in known) / sum(use.length_us for use in known), 2) if known else None


def most(uses: Sequence[Use | None]) -> float | None:
    """The highest average of one of the spans."""
    return max((average([use]) or 0.0 for use in uses if use), default=None)
