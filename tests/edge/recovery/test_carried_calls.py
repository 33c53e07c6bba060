"""Which calls an edge carries, told by its event log alone."""

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialplane.edge.recovery.carried_calls import Carried, CarriedCalls, Snapshot, read_snapshot, write_snapshot
from dialplane.eventlog.writer import EventLog, new_id

HOUR = "20261122T11.jsonl"


class Log:
    """An edge's event log, and the lines of it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.log = EventLog(folder, edge="test")

    def answer(self, call: str, *, trunk: str = "t", providers: tuple[str, ...] = ("p",)) -> None:
        """A call that the last of these providers answers."""
        self.log.call_started(call, {"customer_id": "c", "trunk_id": trunk, "source": '{"v":1', "decision": []})
        for n, provider in enumerate(providers, 1):
            self.log.attempt_sent(call, n, provider_id=provider, route_id="r", uri="sip:a", why=())
        self.log.attempt_ringing(call, len(providers), status=180)
        self.log.attempt_answered(call, len(providers), status=200, tag="up")

    def end(self, call: str) -> None:
        """The call is over."""
        self.log.call_ended(call, status=200, reason="OK", hangup_by="caller")

    def lines(self) -> list[bytes]:
        """All that was written."""
        self.log.flush()
        return [line for path in sorted(self._folder.iterdir()) for line in path.read_bytes().splitlines(keepends=True)]


@pytest.fixture
def log(tmp_path: Path) -> Log:
    return Log(tmp_path / "written")


def fold(lines: list[bytes]) -> CarriedCalls:
    calls = CarriedCalls()
    for line in lines:
        calls.feed(line)
    return calls


def holders(calls: CarriedCalls) -> dict[str, tuple[str, str]]:
    return {call: (one.trunk_id, one.provider_id) for call, one in calls.answered.items()}


def test_a_call_goes_on_from_its_answer_to_its_end_in_the_channels_of_who_answered(log: Log) -> None:
    stays, ends = new_id(), new_id()
    log.answer(stays, trunk="t1", providers=("p1", "p2"))
    log.answer(ends)
    log.end(ends)
    log.log.call_started(new_id(), {"trunk_id": "t1"})
    log.log.attempt_answered(ends, 1, status=200, tag="up")

    calls = fold(log.lines())

    assert holders(calls) == {stays: ("t1", "p2")}
    assert len(calls.calls) == 2
    calls.forget_unanswered()
    assert list(calls.calls) == [stays]


@given(st.data())
def test_cut_anywhere_and_resumed_from_a_snapshot_the_log_tells_the_same(data: st.DataObject) -> None:
    with TemporaryDirectory() as folder:
        log = Log(Path(folder))
        calls = [new_id() for _ in range(data.draw(st.integers(1, 6)))]
        for call in calls:
            log.answer(call, trunk=data.draw(st.sampled_from("ab")))
            if data.draw(st.booleans()):
                log.end(data.draw(st.sampled_from(calls)))
        lines = log.lines()
        log.log.close()
    cut = data.draw(st.integers(0, len(lines)))

    resumed = CarriedCalls(fold(lines[:cut]).calls)
    for line in lines[cut:]:
        resumed.feed(line)

    assert resumed.calls == fold(lines).calls


@pytest.mark.parametrize(
    "damage",
    [b"", b"\n", b"\xff\x00\n", b'{"v":1,"id":', b"[]\n", b'{"v":1,"id":"' + b"0" * 36 + b'","kind":"call_ended"}\n'],
    ids=["none", "empty", "no text", "torn", "no object", "no call"],
)
def test_a_damaged_line_costs_no_other(log: Log, damage: bytes) -> None:
    call, ended = new_id(), new_id()
    log.answer(call)
    log.answer(ended)
    log.end(ended)
    lines = [damage + line for line in log.lines()]

    assert holders(fold(b"".join(lines).splitlines(keepends=True))) == {call: ("t", "p")}


def test_any_bytes_can_be_fed(log: Log) -> None:
    log.answer(new_id())
    for line in log.lines():
        for place in range(len(line)):
            CarriedCalls().feed(line[:place])
            CarriedCalls().feed(line[:place] + b"\xff" + line[place + 1 :])


def test_calls_whose_end_was_lost_are_taken_out_when_their_time_is_up_or_they_are_known_to_be_over() -> None:
    def answered(since_s: int) -> Carried:
        return Carried("t", since_s * 1_000_000, "p", True)

    calls = CarriedCalls(
        {
            "old": answered(0),
            "young": answered(50),
            "over": answered(60),
            "begun": Carried("t", 0),
            "stuck": Carried("t", -3_600_000_000),
        }
    )

    calls.expire(100_000_000, max_call_s=60, is_over=lambda call, at: (call, at) == ("over", 60_000_000))

    assert set(calls.calls) == {"young", "begun"}


def test_a_snapshot_is_read_as_it_was_written_and_is_replaced_whole(tmp_path: Path) -> None:
    file = tmp_path / "calls.json"
    assert read_snapshot(file) == Snapshot({}, {})
    for calls in ({}, {new_id(): Carried("t", 1, "p", True), new_id(): Carried("t", 2)}):
        write_snapshot(file, Snapshot({HOUR: 7}, calls))
        assert read_snapshot(file) == Snapshot({HOUR: 7}, calls)
    assert [path.name for path in tmp_path.iterdir()] == [file.name]

    file.write_bytes(file.read_bytes()[:-9])
    with pytest.raises(ValueError, match="truncated"):
        read_snapshot(file)
