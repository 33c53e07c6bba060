"""The breaker's states, one row per state and signal."""

import pytest

from dialplane.domain.health import CLOSED, HALF_OPEN, OPEN, BreakerState
from dialplane.engine.breaker import TRANSITIONS, BreakerRule, Signal

# state, signal, next state (None: nothing changes)
TABLE = [
    (CLOSED, Signal.FAILURES, OPEN),
    (CLOSED, Signal.SUCCESS, None),
    (CLOSED, Signal.TRIAL, None),
    (CLOSED, Signal.MOVED, None),
    (CLOSED, Signal.BUSY, OPEN),
    (OPEN, Signal.BUSY, OPEN),
    (HALF_OPEN, Signal.BUSY, OPEN),
    (OPEN, Signal.FAILURES, None),
    (OPEN, Signal.SUCCESS, CLOSED),
    (OPEN, Signal.TRIAL, HALF_OPEN),
    (OPEN, Signal.MOVED, CLOSED),
    (HALF_OPEN, Signal.FAILURES, OPEN),
    (HALF_OPEN, Signal.SUCCESS, CLOSED),
    (HALF_OPEN, Signal.TRIAL, HALF_OPEN),
    (HALF_OPEN, Signal.MOVED, CLOSED),
]


@pytest.mark.parametrize(("state", "signal", "after"), TABLE)
def test_each_signal_leads_where_the_table_says(
    state: BreakerState, signal: Signal, after: BreakerState | None
) -> None:
    assert TRANSITIONS.get((state, signal)) == after


def test_the_table_has_a_row_for_each_state_and_signal() -> None:
    assert {(state, signal) for state, signal, _ in TABLE} == {
        (state, signal) for state in BreakerState for signal in Signal
    }


@pytest.mark.parametrize(
    ("state", "for_s", "is_due"), [(CLOSED, 0, True), (OPEN, 29.9, False), (OPEN, 30, True), (HALF_OPEN, 30, True)]
)
def test_a_trial_is_due_after_the_open_time(state: BreakerState, for_s: float, is_due: bool) -> None:
    assert BreakerRule(failures=3, open_s=30).is_trial_due(state, for_s=for_s) is is_due
