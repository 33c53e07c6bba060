"""Caps on calls at once and on calls per second, beside a naive count."""

from collections.abc import Sequence
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from dialplane.edge.limits.channels import LOCKS, PROVIDER, Caps
from dialplane.edge.sip import Sip
from tests.edge.fakeksr import FakeKsr

MEMBER = "4dbeabd6-f397-4375-95d2-a38411e07ed1"


class Shared:
    """Kamailio's shared memory, and a clock."""

    def __init__(self) -> None:
        self.texts: dict[tuple[str, str], str] = {}
        self.held = 0
        self.now_s = 5_000.0
        answers: dict[str, Any] = {
            "htable.sht_get": lambda table, key: self.texts.get((table, key)),
            "htable.sht_sets": lambda table, key, text: self.texts.update({(table, key): text}),
            "dialog.get_profile_size": 1,
            "pv.get": lambda name: self.held if name == "$var(size)" else None,
            "dialog.set_dlg_profile": lambda *_: self._hold(1),
            "dialog.unset_dlg_profile": lambda *_: self._hold(-1),
        }
        self.ksr = FakeKsr(answers)
        self.caps = Caps(Sip(self.ksr), now_s=lambda: self.now_s)

    def _hold(self, by: int) -> int:
        self.held += by
        return 1


@given(st.integers(1, 5), st.lists(st.floats(0, 0.7), max_size=60))
def test_a_call_may_begin_exactly_where_less_than_the_cap_began_in_the_second_before(
    per_second: int, gaps_s: Sequence[float]
) -> None:
    shared = Shared()
    begun: list[float] = []
    for gap_s in gaps_s:
        shared.now_s = round(shared.now_s + gap_s, 6)
        lately = sum(round(shared.now_s - moment, 6) < 1.0 for moment in begun)

        may_begin = shared.caps.take_turn(MEMBER, per_second)

        assert may_begin == (lately < per_second)
        if may_begin:
            begun.append(shared.now_s)


def test_what_has_no_cap_costs_no_look() -> None:
    shared = Shared()
    assert shared.caps.take_turn(MEMBER, None)
    assert shared.caps.take_channel(PROVIDER, MEMBER, None)
    shared.caps.free_channel(PROVIDER, MEMBER, None)
    assert shared.ksr.calls == []


def test_the_last_channel_is_looked_at_and_taken_under_one_lock() -> None:
    shared = Shared()
    taken = [shared.caps.take_channel(PROVIDER, MEMBER, 2) for _ in range(3)]
    shared.caps.free_channel(PROVIDER, MEMBER, 2)
    assert taken == [True, True, False]
    assert shared.caps.has_channel(PROVIDER, MEMBER, 2)
    steps = [call[0].rpartition(".")[2] for call in shared.ksr.calls]
    begin, end = steps.index("sht_lock"), steps.index("sht_unlock")
    assert {"get_profile_size", "set_dlg_profile"} <= set(steps[begin:end])
    assert shared.ksr.called("htable.sht_lock")[0] == [LOCKS, MEMBER]
    assert steps.count("sht_lock") == steps.count("sht_unlock") == 3
