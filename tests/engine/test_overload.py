import math
import random
from collections import deque

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialplane.engine.overload import DEEP, Load, Reading, share_by_memory

TICK_S = 0.02
STEPS = 20  # of a tick
REFUSAL = 0.03  # what refusing a call costs, of what carrying it does


class Edge:
    """A machine that does one second of work in a second. A call comes as an INVITE and goes on as later messages.

    Every message waits in one queue with room for `room` of them; those that find none are lost, and sent again later.
    """

    def __init__(self, *, capacity_cps: float, later: int = 6, refusal: float = REFUSAL, room: int = 900) -> None:
        self.message_s = 1 / capacity_cps / (1 + later)
        self.refusal_s = refusal / capacity_cps
        self.later = later
        self.room = room
        self.queue: deque[tuple[str, int]] = deque()
        self.due: deque[tuple[float, str, int]] = deque()
        self.load = Load()
        self.now_s, self.credit_s, self.owed = 0.0, 0.0, 0.0
        self.lost, self.offered, self.answered, self.refused = False, 0, 0, 0
        self.chance = random.Random(1)

    def run(self, seconds: float, offered_cps: float) -> None:
        for _ in range(round(seconds / TICK_S)):
            self.lost, self.offered = False, 0
            for _ in range(STEPS):
                self._step(TICK_S / STEPS, offered_cps)
            fullness = len(self.queue) / self.room
            self.load = self.load.after(
                Reading(elapsed_s=TICK_S, fullness=fullness, is_losing=self.lost, offered=self.offered)
            )

    def _step(self, step_s: float, offered_cps: float) -> None:
        self.now_s += step_s
        self.owed += offered_cps * step_s
        while self.owed >= 1:
            self.owed -= 1
            self._come("invite", self.later)
        while self.due and self.due[0][0] <= self.now_s:
            _, kind, left = self.due.popleft()
            self._come(kind, left)
        self.credit_s = min(self.credit_s + step_s, step_s) if not self.queue else self.credit_s + step_s
        while self.queue and self.credit_s > 0:
            self._take(*self.queue.popleft())

    def _come(self, kind: str, left: int) -> None:
        if len(self.queue) < self.room:
            self.queue.append((kind, left))
        else:
            self.lost = True
            self.due.append((self.now_s + 0.5, kind, left))
            self.due = deque(sorted(self.due))

    def _take(self, kind: str, left: int) -> None:
        if kind == "invite":
            self.offered += 1
            if self.chance.random() < self.load.share:
                self.refused += 1
                self.credit_s -= self.refusal_s
                return
        self.credit_s -= self.message_s
        if left:
            self.due.append((self.now_s + 0.004, "later", left - 1))
            self.due = deque(sorted(self.due))
        else:
            self.answered += 1


@pytest.mark.parametrize("times", [1.5, 3.0, 10.0])
@pytest.mark.parametrize("capacity_cps", [200.0, 1_000.0])
def test_of_a_burst_what_fits_is_served(times: float, capacity_cps: float) -> None:
    edge = Edge(capacity_cps=capacity_cps)
    edge.run(2.0, 0.5 * capacity_cps)
    before = edge.answered

    edge.run(5.0, times * capacity_cps)

    possible = (1 - REFUSAL * times) / (1 - REFUSAL)
    assert (edge.answered - before) / (5.0 * capacity_cps) > 0.8 * possible
    assert edge.refused > 0


def test_what_can_be_carried_is_never_refused() -> None:
    edge = Edge(capacity_cps=500.0)

    edge.run(5.0, 400.0)

    assert (edge.refused, edge.load.share) == (0, 0.0)


def test_a_queue_that_is_deep_for_a_moment_is_no_overload() -> None:
    load = Load()
    for _ in range(100):
        for fullness in (1.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0):
            load = load.after(reading(fullness=fullness, offered=10))

    assert math.isinf(load.limit_cps)


def test_after_a_burst_everything_is_let_in_again_and_forgotten_later() -> None:
    edge = Edge(capacity_cps=500.0)
    edge.run(3.0, 5_000.0)
    assert edge.load.share > 0.5

    edge.run(2.0, 250.0)
    refused = edge.refused
    edge.run(2.0, 250.0)
    assert edge.refused == refused

    edge.run(12.0, 250.0)
    assert math.isinf(edge.load.limit_cps)


def test_loss_counts_as_a_full_queue() -> None:
    load = Load()
    for _ in range(10):
        load = load.after(reading(is_losing=True, offered=100))

    assert math.isfinite(load.limit_cps)


READINGS = st.builds(
    Reading,
    elapsed_s=st.floats(0.001, 1.0),
    fullness=st.floats(0.0, 1.0),
    is_losing=st.booleans(),
    offered=st.integers(0, 1_000_000),
)


@given(st.lists(READINGS, max_size=60))
def test_whatever_is_read_some_calls_are_let_in(readings: list[Reading]) -> None:
    load = Load()
    for one in readings:
        load = load.after(one)
        assert 0.0 <= load.share < 1.0
        assert load.limit_cps > 0


@given(st.lists(READINGS.filter(lambda one: one.fullness <= DEEP and not one.is_losing), max_size=60))
def test_nothing_is_refused_before_a_queue_was_too_deep(readings: list[Reading]) -> None:
    load = Load()
    for one in readings:
        load = load.after(one)
        assert load.share == 0.0


def reading(*, fullness: float = 0.0, is_losing: bool = False, offered: int = 0) -> Reading:
    return Reading(elapsed_s=TICK_S, fullness=fullness, is_losing=is_losing, offered=offered)


@pytest.mark.parametrize(("fullness", "share"), [(0.0, 0.0), (0.75, 0.0), (0.8, 0.5), (0.85, 1.0), (1.01, 1.0)])
def test_all_new_calls_are_refused_before_memory_ends(fullness: float, share: float) -> None:
    assert share_by_memory(fullness) == pytest.approx(share)
