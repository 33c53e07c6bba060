"""The channels of calls from before a start, in a table like Kamailio's."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dialplane.edge.limits.channels import INHERITED, PROVIDER, TRUNK, Caps
from dialplane.edge.recovery.inherited_channels import InheritedChannels
from dialplane.edge.sip import Sip
from dialplane.eventlog.writer import new_id
from tests.edge.fakeksr import FakeKsr
from tests.edge.recovery.test_carried_calls import Log

MAX_CALL_S = 3600
US = 1_000_000


class Start:
    """One start of Kamailio, with shared memory of its own; `at_s` is counted from the present."""

    def __init__(self, folder: Path) -> None:
        self.table: dict[str, Any] = {}
        self.warnings: list[str] = []
        self.at_s = 0.0
        self.ksr = FakeKsr(
            {
                "htable.sht_get": lambda table, key: self.table.get(key, 0) if table == INHERITED else None,
                "htable.sht_sets": lambda table, key, text: self.table.update({key: text}),
                "htable.sht_seti": lambda table, key, number: self.table.update({key: number}),
                "htable.sht_rm": lambda table, key: self.table.pop(key, None),
                "htable.sht_dec": self._count_down,
                "pv.get": 0,
            }
        )
        self.caps = Caps(Sip(self.ksr), now_s=lambda: 0.0)
        self.inherited = InheritedChannels(
            Sip(self.ksr),
            events=folder / "events",
            snapshot=folder / "calls.json",
            max_call_s=MAX_CALL_S,
            warn=self.warnings.append,
            now_us=lambda: int((time.time() + self.at_s) * US),
        )
        self.inherited.begin()

    def _count_down(self, table: str, key: str) -> int:
        self.table[key] -= 1
        return int(self.table[key])

    def look(self, *, is_over: Callable[[str, int], bool] = lambda *_: False) -> None:
        """What the timer does."""
        self.inherited.follow(is_over=is_over)

    def free(self, profile: str, member: str, most: int) -> int:
        """How many of the channels are free."""
        return sum(self.caps.has_channel(profile, member, left) for left in range(1, most + 1))


@pytest.fixture
def log(tmp_path: Path) -> Log:
    return Log(tmp_path / "events")


def test_calls_of_before_hold_their_channels_until_each_ends_and_give_them_back_once(log: Log, tmp_path: Path) -> None:
    one, other = new_id(), new_id()
    log.answer(one, trunk="t", providers=("busy", "p"))
    log.answer(other, trunk="t", providers=("q",))
    log.lines()

    start = Start(tmp_path)

    assert (start.free(TRUNK, "t", 3), start.free(PROVIDER, "p", 3), start.free(PROVIDER, "busy", 3)) == (1, 2, 3)
    start.inherited.give_back(one)
    start.inherited.give_back(one)
    start.inherited.give_back(new_id())
    assert (start.free(TRUNK, "t", 3), start.free(PROVIDER, "p", 3), start.free(PROVIDER, "q", 3)) == (2, 3, 2)
    assert start.ksr.called("htable.sht_lock") == start.ksr.called("htable.sht_unlock")
    assert start.warnings == []


def test_what_no_call_of_before_holds_is_in_no_table(tmp_path: Path, log: Log) -> None:
    log.end(new_id())
    log.lines()

    start = Start(tmp_path)

    assert start.table == {}
    assert start.caps.has_channel(TRUNK, "t", None)
    assert start.ksr.called("htable.sht_get") == []


def test_calls_are_known_after_the_agent_has_deleted_what_told_of_them(log: Log, tmp_path: Path) -> None:
    going_on, ended, answered_later = new_id(), new_id(), new_id()
    log.answer(going_on)
    log.answer(ended)
    log.log.call_started(answered_later, {"trunk_id": "t"})
    log.lines()
    first = Start(tmp_path)
    first.look()  # after the start, which forgets what it was setting up
    started_again = new_id()
    log.log.call_started(started_again, {"trunk_id": "t"})
    log.log.attempt_sent(started_again, 1, provider_id="p", route_id="r", uri="sip:a", why=())
    log.lines()
    first.look()
    [hour] = (tmp_path / "events").iterdir()
    hour.unlink()
    later = Log(tmp_path / "events")
    later.log.attempt_answered(started_again, 1, status=200, tag="up")
    later.end(ended)
    later.log.attempt_answered(answered_later, 1, status=200, tag="up")
    later.lines()

    second = Start(tmp_path)

    assert {key for key in second.table if len(key) == 36} == {going_on, started_again}
    assert second.table["trunk:t"] == 2


def test_a_call_that_outlives_the_longest_gives_its_channels_back_at_the_next_look(log: Log, tmp_path: Path) -> None:
    log.answer(new_id())
    log.lines()
    start = Start(tmp_path)
    start.look()
    assert start.free(TRUNK, "t", 1) == 0

    start.at_s = MAX_CALL_S + 1
    start.look()
    start.look()

    assert (start.free(TRUNK, "t", 1), start.free(PROVIDER, "p", 1)) == (1, 1)
    assert start.table == {"trunk:t": 0, "provider:p": 0}
    assert Start(tmp_path).table == {}


def test_a_call_whose_end_was_lost_is_not_inherited_by_the_next_start(log: Log, tmp_path: Path) -> None:
    first = Start(tmp_path)
    lost = new_id()
    log.answer(lost)
    log.lines()

    first.look(is_over=lambda call, at: call == lost)

    assert Start(tmp_path).table == {}


def test_without_a_log_it_begins_with_nothing_and_says_so(tmp_path: Path) -> None:
    start = Start(tmp_path)

    assert start.table == {}
    assert len(start.warnings) == 1


def test_with_a_damaged_snapshot_the_log_tells(log: Log, tmp_path: Path) -> None:
    log.answer(new_id())
    log.lines()
    Start(tmp_path).look()
    snapshot = tmp_path / "calls.json"
    for damage in (b"", snapshot.read_bytes()[:-3], b'{"positions":{},"calls":{"x":[1]}}'):
        snapshot.write_bytes(damage)

        start = Start(tmp_path)

        assert start.free(TRUNK, "t", 2) == 1
        assert len(start.warnings) == 1
