"""A route that is moved is tried one place earlier or later; all others keep their order."""

from collections.abc import Mapping, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialplane.domain.route import Route, moved

OWNER = "00000000-0000-0000-0000-000000000001"


def id_of(letter: str) -> str:
    return f"{ord(letter):08x}-0000-4000-8000-000000000000"


def routes_with(priorities: Sequence[int]) -> list[Route]:
    """Their ids are those of a, b, c ..."""
    return [
        Route(id=id_of(chr(ord("a") + number)), customer_id=OWNER, provider_id=OWNER, priority=priority, target="+1")
        for number, priority in enumerate(priorities)
    ]


def places(routes: Sequence[Route], new: Mapping[str, int] = {}) -> list[set[str]]:
    """The ids that share a priority, in order."""
    of = {route.id: new.get(route.id, route.priority) for route in routes}
    return [{id_ for id_ in of if of[id_] == priority} for priority in sorted(set(of.values()))]


@pytest.mark.parametrize(
    ("priorities", "letter", "is_earlier", "new"),
    [
        ([1, 2, 3], "b", True, {"a": 2, "b": 1}),
        ([1, 2, 3], "b", False, {"b": 3, "c": 2}),
        ([10, 20, 30], "c", True, {"b": 30, "c": 20}),
        ([1, 2, 3], "a", True, {}),
        ([1, 2, 3], "c", False, {}),
        ([1, 1, 5], "a", False, {"a": 2}),
        ([1, 1, 5], "a", True, {"b": 2}),
        ([1, 1, 2], "a", False, {"a": 2, "c": 3}),
        ([1, 1, 2], "c", True, {"a": 2, "b": 2, "c": 1}),
        ([4], "a", True, {}),
    ],
)
def test_where_a_route_goes(priorities: list[int], letter: str, is_earlier: bool, new: dict[str, int]) -> None:
    expected = {id_of(other): priority for other, priority in new.items()}
    assert moved(routes_with(priorities), id_of(letter), is_earlier=is_earlier) == expected


@given(st.lists(st.integers(0, 9), min_size=1, max_size=8), st.data(), st.booleans())
def test_all_others_keep_their_order_and_whom_they_share_a_place_with(
    priorities: list[int], data: st.DataObject, is_earlier: bool
) -> None:
    routes = routes_with(priorities)
    id_ = data.draw(st.sampled_from(routes)).id
    before, after = places(routes), places(routes, moved(routes, id_, is_earlier=is_earlier))
    assert [place - {id_} for place in before if place - {id_}] == [place - {id_} for place in after if place - {id_}]
    alone = after.index({id_}) if {id_} in after else None
    at = next(number for number, place in enumerate(before) if id_ in place)
    if before[at] == {id_}:
        assert alone == min(max(at + (-1 if is_earlier else 1), 0), len(before) - 1)
    else:
        assert alone == (at if is_earlier else at + 1)


@pytest.mark.parametrize(
    ("priorities", "letter", "is_earlier", "past", "new"),
    [
        ([1, 2, 3, 4], "d", True, "a", {"d": 1, "a": 2, "b": 3, "c": 4}),
        ([1, 2, 3, 4], "a", False, "c", {"b": 1, "c": 2, "a": 3}),
        ([1, 1, 1, 7], "c", True, "a", {"a": 2, "b": 2}),
        ([1, 2, 2, 7], "b", True, "a", {"b": 1, "a": 2, "c": 3}),
        ([1, 2, 2, 7], "b", False, "d", {"b": 8}),
        ([1, 2, 3], "a", True, "c", {}),
        ([1, 2, 3], "b", True, "b", {}),
    ],
)
def test_where_a_route_goes_past_another(
    priorities: list[int], letter: str, is_earlier: bool, past: str, new: dict[str, int]
) -> None:
    expected = {id_of(other): priority for other, priority in new.items()}
    assert moved(routes_with(priorities), id_of(letter), is_earlier=is_earlier, past=id_of(past)) == expected


@given(st.lists(st.integers(0, 9), min_size=2, max_size=8), st.data(), st.booleans())
def test_past_another_it_goes_and_all_others_stay_as_they_were(
    priorities: list[int], data: st.DataObject, is_earlier: bool
) -> None:
    routes = routes_with(priorities)
    id_, past = data.draw(st.permutations([route.id for route in routes]))[:2]
    before, after = places(routes), places(routes, moved(routes, id_, is_earlier=is_earlier, past=past))
    assert [place - {id_} for place in before if place - {id_}] == [place - {id_} for place in after if place - {id_}]
    at, to = (next(number for number, place in enumerate(after) if one in place) for one in (id_, past))
    assert at < to if is_earlier else at > to
