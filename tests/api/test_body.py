"""The depth of a body: counted outside of strings, whatever stands in them."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialplane.api.http.body import MAX_DEPTH, decode_object
from dialplane.api.http.errors import ApiError

TEXTS = st.text(alphabet='[]{}"\\,:an', max_size=12)
VALUES = st.recursive(TEXTS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4))


@given(value=VALUES, depth=st.integers(min_value=0, max_value=2 * MAX_DEPTH))
def test_a_body_is_refused_exactly_where_it_is_too_deep(value: object, depth: int) -> None:
    for _ in range(depth):
        value = [value]
    body = {"value": value, "brackets": ["[" * MAX_DEPTH, "{" * MAX_DEPTH]}
    if depth_of(body) <= MAX_DEPTH:
        assert decode_object(json.dumps(body).encode()) == body
    else:
        with pytest.raises(ApiError):
            decode_object(json.dumps(body).encode())


def depth_of(value: object) -> int:
    """By walking it."""
    if isinstance(value, dict):
        return 1 + max(map(depth_of, value.values()), default=0)
    if isinstance(value, list):
        return 1 + max(map(depth_of, value), default=0)
    return 0
