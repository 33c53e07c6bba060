import pytest

from dialplane.system.backoff import Backoff, doubled_s


def test_waits_double_up_to_the_longest_and_begin_again_after_a_success() -> None:
    backoff = Backoff(first_s=1.0, longest_s=4.0, draw=lambda: 1.0)

    waits = [backoff.next_s() for _ in range(4)]
    backoff.reset()

    assert waits == [1.0, 2.0, 4.0, 4.0]
    assert backoff.next_s() == 1.0


def test_jitter_takes_away_at_most_half() -> None:
    assert Backoff(first_s=1.0, draw=lambda: 0.0).next_s() == 0.5


def test_without_jitter_chance_has_no_part_in_it() -> None:
    assert [Backoff(first_s=3.0, jitter=0.0, draw=lambda: draw).next_s() for draw in (0.0, 1.0)] == [3.0, 3.0]


def test_what_the_other_side_asks_for_is_waited_at_least() -> None:
    assert Backoff(first_s=1.0).next_s(at_least_s=7.0) == 7.0


@pytest.mark.parametrize(
    ("tries", "wait_s"), [(1, 0.5), (2, 1.0), (3, 2.0), (5, 8.0), (6, 10.0), (5_000, 10.0), (1_000_000, 10.0)]
)
def test_the_wait_stays_at_the_longest_however_many_tries_failed(tries: int, wait_s: float) -> None:
    assert doubled_s(tries, first_s=0.5, longest_s=10.0) == wait_s
