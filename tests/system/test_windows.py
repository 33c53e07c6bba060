"""Windows: a key's minute begins with its first, ends by a clock that nobody sets, and leaves nothing in memory."""

import time
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialplane.system.windows import WINDOW_S, Windows


class Clock:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


def test_what_comes_in_a_keys_minute_is_counted_until_it_is_over() -> None:
    clock = Clock()
    windows = Windows(now=clock)
    assert [windows.add("a") for _ in range(3)] == [1, 2, 3]
    clock.now += WINDOW_S - 1
    assert (windows.add("a"), windows.add("b"), windows.left_s("a")) == (4, 1, 1.0)
    clock.now += 1
    assert (windows.add("a"), windows.add("b")) == (1, 2)
    windows.take_back("b")
    windows.clear("a")
    assert (windows.add("a"), windows.add("b")) == (1, 2)


def test_a_wall_clock_that_was_ahead_keeps_nobody_out(monkeypatch: pytest.MonkeyPatch) -> None:
    ahead = SimpleNamespace(time=lambda: time.time() + 4e8, monotonic=time.monotonic)
    with monkeypatch.context() as wrong:
        wrong.setattr("dialplane.system.windows.time", ahead)
        windows = Windows()
        windows.add("a")
    assert windows.left_s("a") <= WINDOW_S


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from(["add", "take_back", "clear"]), st.integers(0, 40))))
def test_a_count_is_that_of_a_plain_list(steps: list[tuple[str, str, int]]) -> None:
    clock = Clock()
    windows = Windows(now=clock)
    plain: dict[str, tuple[float, int]] = {}
    for key, act, later in steps:
        clock.now += later
        plain = {name: (began, count) for name, (began, count) in plain.items() if clock.now - began < WINDOW_S}
        began, count = plain.get(key, (clock.now, 0))
        if act == "add":
            assert windows.add(key) == count + 1
            plain[key] = (began, count + 1)
        elif act == "take_back":
            windows.take_back(key)
            if key in plain:
                plain[key] = (began, max(0, count - 1))
        else:
            windows.clear(key)
            plain.pop(key, None)
        assert windows.left_s(key) == (WINDOW_S - (clock.now - plain[key][0]) if key in plain else 0.0)
    clock.now += WINDOW_S
    windows.add("last")
    assert len(windows) == 1
