from dialplane.companion.backoff import Backoff


def test_waits_double_up_to_the_longest_and_begin_again_after_a_success() -> None:
    backoff = Backoff(first_s=1.0, longest_s=4.0, draw=lambda: 1.0)

    waits = [backoff.next_s() for _ in range(4)]
    backoff.reset()

    assert waits == [1.0, 2.0, 4.0, 4.0]
    assert backoff.next_s() == 1.0


def test_jitter_takes_away_at_most_half() -> None:
    assert Backoff(first_s=1.0, draw=lambda: 0.0).next_s() == 0.5


def test_what_the_other_side_asks_for_is_waited_at_least() -> None:
    assert Backoff(first_s=1.0).next_s(at_least_s=7.0) == 7.0
