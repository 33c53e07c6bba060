import json
from pathlib import Path
from typing import Any

import pytest

from dialplane.edge.limits import shedding
from dialplane.edge.limits.shedding import Shedding
from dialplane.edge.sip import Sip
from dialplane.engine.overload import SHARES
from tests.edge.fakeksr import FakeKsr


class Kernel:
    """Queues that are as full as a test says."""

    def __init__(self) -> None:
        self.level = 0.0

    def __call__(self, addresses: Any) -> "Kernel":
        return self

    def fullness(self) -> float:
        return self.level

    def newly_dropped(self) -> int:
        return 0


class Times:
    """A Shedding whose clock, queues and counters a test moves."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.counters = {"offered": 0, "shed": 0, "events_lost": 3, "strangers": 5}
        self.memory_kb: int | None = 100
        self.ksr = FakeKsr(
            {"htable.sht_get": lambda table, key: self.counters.get(key), "jsonrpcs.response": self._memory}
        )
        self.kernel = Kernel()
        self.now_s = 100.0
        self.warned: list[str] = []
        self.file = folder / "load.json"
        monkeypatch.setattr(shedding, "Queues", self.kernel)
        self._shedding = Shedding(
            Sip(self.ksr), sockets=(), run=folder, warn=self.warned.append, monotonic_s=lambda: self.now_s
        )

    def _memory(self) -> str:
        if self.memory_kb is None:
            return json.dumps({"jsonrpc": "2.0", "id": 1, "error": {"code": 500, "message": "no memory"}})
        return json.dumps({"jsonrpc": "2.0", "id": 1, "result": {"total": 1_000, "real_used": self.memory_kb}})

    def go_by(self, ticks: int, *, offered: int, fullness: float) -> None:
        self.kernel.level = fullness
        for _ in range(ticks):
            self.now_s += 0.02
            self.counters["offered"] += offered
            self._shedding.sample()

    def shares(self) -> list[int]:
        return self._numbers("share")

    def limits(self) -> list[int]:
        return self._numbers("limited")

    def _numbers(self, key: str) -> list[int]:
        return [number for _, name, number in self.ksr.called("htable.sht_seti") if name == key]

    def told(self) -> dict[str, Any]:
        return dict(json.loads(self.file.read_text()))


@pytest.fixture
def times(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Times:
    return Times(tmp_path, monkeypatch)


def test_a_share_is_set_while_queues_stay_deep_and_taken_back_after(times: Times) -> None:
    times.go_by(60, offered=2, fullness=0.1)
    assert times.shares() == []

    times.go_by(60, offered=20, fullness=0.9)
    assert times.shares()[-1] > 2_000
    assert len(times.warned) == 1

    times.go_by(100, offered=2, fullness=0.0)
    assert times.shares()[-1] == 0
    assert times.limits() == [1]

    times.go_by(600, offered=2, fullness=0.0)
    assert times.limits() == [1, 0]


def test_new_calls_are_refused_while_shared_memory_is_nearly_full(times: Times) -> None:
    times.go_by(60, offered=2, fullness=0.0)
    times.memory_kb = 900
    times.go_by(60, offered=2, fullness=0.0)
    assert (times.shares(), times.limits()) == ([SHARES], [1])
    assert times.told()["shed_percent"] == 100

    times.memory_kb = 100
    times.go_by(60, offered=2, fullness=0.0)

    assert (times.shares(), times.limits()) == ([SHARES, 0], [1, 0])
    assert len(times.warned) == 1


def test_where_the_memory_cannot_be_read_its_last_share_stands_and_the_queues_go_on(times: Times) -> None:
    times.go_by(60, offered=2, fullness=0.0)
    times.memory_kb = 900
    times.go_by(1, offered=2, fullness=0.0)
    times.memory_kb = None
    times.go_by(60, offered=2, fullness=0.0)
    assert (times.shares(), times.told()["shed_percent"]) == ([SHARES], 100)


def test_the_agent_is_told_of_what_was_refused(times: Times) -> None:
    times.go_by(60, offered=2, fullness=0.0)
    others = {"script_errors": 0, "strangers": 5, "flooded": 0, "auth_failures": 0, "unparsable": 0}
    assert times.told() == {"calls_shed": 0, "shed_percent": 0, "events_lost": 3, "counters": others}

    times.counters["shed"] = 7
    times.go_by(120, offered=40, fullness=1.0)
    told = times.told()
    assert told["calls_shed"] == 7
    assert told["shed_percent"] > 50


def test_a_folder_that_cannot_be_written_stops_nothing(times: Times) -> None:
    times.file.with_name("load.json.new").mkdir()

    times.go_by(120, offered=40, fullness=1.0)

    assert times.shares()
    assert not times.file.exists()


def test_a_long_pause_between_two_samples_is_no_measure(times: Times) -> None:
    times.go_by(10, offered=2, fullness=0.0)
    times.now_s += 30
    times.counters["offered"] += 1_000_000

    times.go_by(1, offered=2, fullness=1.0)

    assert times.shares() == []
