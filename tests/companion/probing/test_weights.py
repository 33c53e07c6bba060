"""SRV targets are drawn by their weight."""

from collections import Counter
from random import Random
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialplane.companion.probing.weights import drawn

DRAWS = 20_000


class Target(NamedTuple):
    name: str
    priority: int
    weight: int


def share_of_first(*weights: int) -> list[float]:
    """How often each of the targets with these weights stands first."""
    targets, draw = [Target(str(n), 1, weight) for n, weight in enumerate(weights)], Random(2782)
    firsts = Counter(drawn(targets, draw)[0].name for _ in range(DRAWS))
    return [firsts[str(n)] / DRAWS for n in range(len(weights))]


@pytest.mark.parametrize(
    ("weights", "shares"),
    [
        ((60, 30, 10), (0.6, 0.3, 0.1)),
        ((10, 30, 60), (0.1, 0.3, 0.6)),
        ((100, 100, 100, 100), (0.25, 0.25, 0.25, 0.25)),
        ((0, 0), (0.5, 0.5)),
        ((65_535, 0), (1.0, 0.0)),
        ((5,), (1.0,)),
    ],
)
def test_each_target_stands_first_as_often_as_its_weight_says(
    weights: tuple[int, ...], shares: tuple[float, ...]
) -> None:
    """Give or take what chance does, and one in the sum: the draw is of 0 to the sum, both included."""
    assert share_of_first(*weights) == pytest.approx(shares, abs=0.025)


def test_those_that_are_left_are_drawn_by_their_weights_too() -> None:
    targets, draw = [Target("big", 1, 800), Target("middle", 1, 150), Target("small", 1, 50)], Random(2782)
    orders = Counter("-".join(target.name for target in drawn(targets, draw)) for _ in range(DRAWS))

    assert orders["big-middle-small"] / orders["big-small-middle"] == pytest.approx(3, rel=0.15)


@given(
    st.lists(st.builds(Target, st.text(max_size=2), st.integers(0, 3), st.integers(0, 65_535)), max_size=12),
    st.randoms(),
)
def test_every_target_has_its_place_behind_those_of_lower_priority(targets: list[Target], draw: Random) -> None:
    order = drawn(targets, draw)

    assert sorted(order) == sorted(targets)
    assert [target.priority for target in order] == sorted(target.priority for target in targets)
