"""What the edge tells of the calls that go on."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialplane.edge.recovery.dialog_report import DialogReport, split
from dialplane.edge.sip import KsrError, Sip
from dialplane.eventlog.writer import EventLog, new_call_id, new_id
from tests.edge.fakeksr import FakeKsr


class Dialogs:
    """Kamailio's dialogs: `calls` is what `dlg.dump_file` writes, in the words of Kamailio 5.6.3."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.answer = '{"jsonrpc":"2.0","result":[],"id":1}'

    def exec(self, asked: str) -> int:
        command = json.loads(asked)
        assert command["method"] == "dlg.dump_file"
        with open(command["params"][0], "a+") as file:
            file.write(
                '{"h_entry":1,"call_id":"x","from_uri":"sip:\\"variables\\":{\\"call\\":\\"no\\"}","variables":{}}\n'
            )
            for call in self.calls:
                file.write(f'{{"h_entry":1,"call_id":"x","state":4,"profiles":{{}},"variables":{{"call":"{call}"}}}}\n')
        return 1


@pytest.fixture
def log(tmp_path: Path) -> EventLog:
    return EventLog(tmp_path, edge="test")


@pytest.fixture
def dialogs() -> Dialogs:
    return Dialogs()


@pytest.fixture
def report(dialogs: Dialogs, log: EventLog) -> DialogReport:
    instants = iter(range(100, 1000, 100))
    ksr = FakeKsr({"jsonrpcs.exec": dialogs.exec, "jsonrpcs.response": lambda: dialogs.answer})
    return DialogReport(Sip(ksr), log, now_us=lambda: next(instants))


def told(log: EventLog, folder: Path) -> list[dict[str, Any]]:
    log.flush()
    return [json.loads(line) for path in folder.glob("*.jsonl") for line in path.read_bytes().splitlines()]


def test_a_report_names_what_either_of_two_looks_has_found_and_speaks_for_calls_before_the_first(
    report: DialogReport, dialogs: Dialogs, log: EventLog, tmp_path: Path
) -> None:
    ends, stays, begins = sorted(new_id() for _ in range(3))
    dialogs.calls = [ends, stays]
    report.report()
    assert told(log, tmp_path) == []

    dialogs.calls = [stays, begins]
    report.report()

    [event] = told(log, tmp_path)
    assert (event["kind"], event["since"], event["before"], event["suffix"]) == ("edge_calls", 100, 200, "")
    assert event["calls"] == [ends, stays, begins]


def test_where_kamailio_does_not_say_nothing_is_told(
    report: DialogReport, dialogs: Dialogs, log: EventLog, tmp_path: Path
) -> None:
    report.report()
    dialogs.answer = '{"jsonrpc":"2.0","error":{"code":500,"message":"Method Not Found"},"id":1}'

    with pytest.raises(KsrError):
        report.report()

    assert told(log, tmp_path) == []


def test_a_call_is_over_that_was_up_before_the_earlier_of_two_looks_and_is_in_neither(
    report: DialogReport, dialogs: Dialogs
) -> None:
    ends, stays = new_id(), new_id()
    dialogs.calls = [ends, stays]
    report.report()  # at 200
    assert not report.is_over("lost", 150)
    dialogs.calls = [stays]
    report.report()  # at 300: the one that ended is told of once more
    assert report.is_over("lost", 150)
    assert not any(report.is_over(call, 150) for call in (ends, stays))
    assert not any(report.is_over("lost", at) for at in (99, 200))

    report.report()
    assert report.is_over(ends, 150)


@given(st.lists(st.uuids(version=4).map(str), max_size=400), st.integers(1, 60))
def test_every_call_stands_in_the_part_that_its_id_ends_with(calls: list[str], most: int) -> None:
    parts = split(calls, most=most)

    assert sorted(call for _, part in parts for call in part) == sorted(calls)
    assert all(call.endswith(suffix) for suffix, part in parts for call in part)
    assert len({len(suffix) for suffix, _ in parts}) == 1
    assert len(parts) == 16 ** len(parts[0][0])


def test_calls_of_the_same_second_are_spread_over_all_parts() -> None:
    """Their ids begin alike, with the time."""
    parts = split([new_call_id() for _ in range(1_600)], most=200)
    assert len(parts) == 16
    assert all(40 < len(part) < 200 for _, part in parts)
