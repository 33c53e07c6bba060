"""The breaker of one provider: after failures in a row it is tried last, until an attempt gets through.

closed     the provider is tried where its routes put it
open       after `failures` failed attempts in a row: it is tried last for `open_s`
half_open  after that, one attempt is made at the provider's own place, a trial; it closes the breaker or opens it
           again. While the trial is not decided, there is one more each `open_s`

A 503 with Retry-After opens it at once, for as long as it says, but for no longer than `LONGEST_HOLD_S`.

Which outcomes are failures is a column of the failover table.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from dialplane.domain.health import CLOSED, HALF_OPEN, OPEN, BreakerState


class Signal(StrEnum):
    """The events that may change a breaker."""

    FAILURES = "failures in a row"
    SUCCESS = "carrier works"
    TRIAL = "trial begins"
    MOVED = "provider moved"
    BUSY = "carrier says when to try again"


TRANSITIONS: Mapping[tuple[BreakerState, Signal], BreakerState] = {
    (CLOSED, Signal.FAILURES): OPEN,
    (CLOSED, Signal.BUSY): OPEN,
    (OPEN, Signal.BUSY): OPEN,
    (HALF_OPEN, Signal.BUSY): OPEN,
    (OPEN, Signal.SUCCESS): CLOSED,
    (OPEN, Signal.TRIAL): HALF_OPEN,
    (OPEN, Signal.MOVED): CLOSED,
    (HALF_OPEN, Signal.FAILURES): OPEN,
    (HALF_OPEN, Signal.SUCCESS): CLOSED,
    (HALF_OPEN, Signal.TRIAL): HALF_OPEN,
    (HALF_OPEN, Signal.MOVED): CLOSED,
}
"""State and signal to the next state, whose time begins then; pairs that are not here change nothing."""

LONGEST_HOLD_S = 300
"""Of what a carrier asks for (RFC 3261, section 21.5.4): some say an hour, and are back in a minute."""


@dataclass(frozen=True, slots=True)
class BreakerRule:
    """`failures` in a row open a breaker, for `open_s` seconds. 0 failures: there are no breakers."""

    failures: int
    open_s: int

    def is_trial_due(self, state: BreakerState, *, for_s: float) -> bool:
        """Whether an attempt may be made at its place, when the breaker has been in this state for so long."""
        return state == CLOSED or for_s >= self.open_s
