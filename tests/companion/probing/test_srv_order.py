"""The order of SRV targets that the resolver relies on (RFC 2782): by priority, then drawn by weight."""

from collections import Counter
from typing import Any

import dns.rdataset
import pytest
from hypothesis import given
from hypothesis import strategies as st

DRAWS = 20_000


def targets(*records: tuple[int, int, str]) -> dns.rdataset.Rdataset:
    """SRV records by priority, weight and name."""
    return dns.rdataset.from_text("IN", "SRV", 60, *(f"{a} {b} 5060 {name}.example." for a, b, name in records))


def names(order: list[Any]) -> list[str]:
    return [str(record.target).removesuffix(".example.") for record in order]


def share_of_first(*weights: int) -> list[float]:
    """How often each of the targets with these weights comes first."""
    records = targets(*((1, weight, str(n)) for n, weight in enumerate(weights)))
    firsts = Counter(names(records.processing_order())[0] for _ in range(DRAWS))
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
def test_each_target_comes_first_as_often_as_its_weight_says(
    weights: tuple[int, ...], shares: tuple[float, ...]
) -> None:
    """Give or take what chance does."""
    assert share_of_first(*weights) == pytest.approx(shares, abs=0.025)


def test_those_that_are_left_are_drawn_by_their_weights_too() -> None:
    records = targets((1, 800, "big"), (1, 150, "middle"), (1, 50, "small"))
    orders = Counter("-".join(names(records.processing_order())) for _ in range(DRAWS))

    assert orders["big-middle-small"] / orders["big-small-middle"] == pytest.approx(3, rel=0.15)


@given(
    st.lists(
        st.tuples(st.integers(0, 3), st.integers(0, 65_535), st.text("abc", min_size=1, max_size=2)),
        max_size=12,
        unique=True,
    )
)
def test_every_target_has_its_place_behind_those_of_lower_priority(records: list[tuple[int, int, str]]) -> None:
    order: list[Any] = list(targets(*records).processing_order())

    assert sorted(map(str, order)) == sorted(f"{a} {b} 5060 {name}.example." for a, b, name in records)
    assert [record.priority for record in order] == sorted(priority for priority, _, _ in records)
