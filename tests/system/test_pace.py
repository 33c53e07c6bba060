"""So much at once for each caller, and one a second from then on, none later than the longest wait."""

from dialplane.system import pace
from dialplane.system.pace import Pace


class Seconds:
    """A clock to be set."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


def test_a_caller_has_so_many_at_once_and_one_a_second_from_then_on() -> None:
    clock = Seconds()
    refusals = Pace(2, most_s=5.0, now=clock)
    assert [refusals.delay_s("often") for _ in range(5)] == [0.0, 0.0, 1.0, 2.0, 3.0]
    assert refusals.delay_s("seldom") == 0.0
    clock.now += 4.0
    assert [refusals.delay_s("often") for _ in range(3)] == [0.0, 1.0, 2.0]
    clock.now += 60.0
    assert [refusals.delay_s("often") for _ in range(3)] == [0.0, 0.0, 1.0]


def test_nobody_waits_for_longer_than_the_longest_wait_and_owes_no_more_than_that() -> None:
    clock = Seconds()
    refusals = Pace(2, most_s=5.0, now=clock)
    assert max(refusals.delay_s("often") for _ in range(1_000)) == 5.0
    clock.now += 6.0
    assert refusals.delay_s("often") == 0.0


def test_callers_of_long_ago_are_forgotten() -> None:
    clock = Seconds()
    refusals = Pace(1, most_s=5.0, now=clock)
    for caller in ("first", "last"):
        assert [refusals.delay_s(caller) for _ in range(2)] == [0.0, 1.0]
    for number in range(pace.MOST_CALLERS - 1):
        refusals.delay_s(str(number))
    assert (refusals.delay_s("last"), refusals.delay_s("first")) == (2.0, 0.0)
