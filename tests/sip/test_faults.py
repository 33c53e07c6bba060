"""What goes wrong inside the edge, and what the calls notice of it."""

import json
import os
import re
import signal
import time
from pathlib import Path

import pytest

from tests.sip.edges import RunningEdge
from tests.sip.scenarios import ANSWER, Caller, refuse
from tests.sip.stage import Stage
from tests.sip.wire import peer
from tests.waiting import eventually

FAULTY_SCRIPT = Path(__file__).with_name("faulty_script.py")


@pytest.mark.parametrize("number", ["+1000", "+2000", "+3000"])
def test_a_bug_in_the_script_is_500_and_the_next_call_goes_through(stage: Stage, number: str) -> None:
    stage.table.trunk()
    stage.table.provider(stage.carrier(refuse(503)).hostname)
    stage.table.provider(stage.carrier(ANSWER).hostname)
    edge = stage.edge(script=FAULTY_SCRIPT, script_carries=False, workers=1)

    stage.call(edge, Caller(number=number, expects=500))
    stage.call(edge)

    assert "Bug at faulty_script.py" in edge.log()
    eventually(lambda: script_errors(edge) == 1, what="the error to be counted")
    started = {event["call"] for event in edge.events("call_started")}
    ended = [event["call"] for event in edge.await_events("call_ended", len(started))]
    assert sorted(ended) == sorted(started)


def script_errors(edge: RunningEdge) -> int:
    """As Kamailio tells the agent."""
    return int(json.loads((edge.config.run / "load.json").read_text())["counters"]["script_errors"])


def test_a_bug_in_the_reply_route_costs_the_record_but_not_the_call(stage: Stage) -> None:
    stage.table.trunk()
    stage.table.provider(stage.carrier(ANSWER).hostname)
    edge = stage.edge(script=FAULTY_SCRIPT, script_carries=False, workers=1)

    stage.call(edge, Caller(number="+4000"))


def test_an_invite_that_lacks_what_its_provider_asks_for_is_not_sent(stage: Stage) -> None:
    stage.table.trunk()
    particular, other = stage.carrier(ANSWER), stage.carrier(ANSWER)
    stage.table.provider(particular.hostname, tech_headers={"X-Account": "1"})
    stage.table.provider(other.hostname)
    edge = stage.edge(script=FAULTY_SCRIPT, script_carries=False, workers=1)

    stage.call(edge, Caller(number="+5000"))

    assert not particular.received("INVITE")
    edge.await_events("call_ended")
    assert [event["verdict"] for event in edge.events("attempt_ended")] == ["transport_error"]
    stage.call(edge)
    assert particular.received("INVITE")


def test_without_a_replica_callers_are_told_to_come_back(stage: Stage) -> None:
    stage.table.trunk()
    stage.table.provider(stage.carrier(ANSWER).hostname)
    edge = stage.edge()
    (edge.config.replica / "current").unlink()

    call = stage.call(edge, Caller(expects=503))
    assert call.response(503).header("Retry-After") == "5"
    [rejected] = edge.await_events("call_rejected")
    assert (rejected["status"], rejected["reason"]) == (503, "no_routing_table")
    assert (rejected["customer_id"], rejected["trunk_id"], rejected["revision"]) == (None, None, None)
    assert (rejected["dialled"], rejected["source_address"]) == ("+821012345678", "127.0.0.1")

    edge.load(stage.table)
    stage.call(edge)


def test_an_invite_that_is_sent_again_to_an_edge_without_a_replica_is_one_call(stage: Stage) -> None:
    edge = stage.edge()
    (edge.config.replica / "current").unlink()

    with peer(edge.port) as caller:
        invite = caller.request("INVITE")
        answers = [caller.ask(invite) for _ in range(3)]

    assert [answer[8:11] for answer in answers] == ["503"] * 3
    assert edge.kinds() == ["call_rejected"]


def test_a_replica_found_damaged_in_the_middle_of_a_decision_is_a_recorded_refusal(stage: Stage) -> None:
    """The trunk was found, and its transaction begun; its customer is unreadable."""
    stage.table.trunk()
    stage.table.provider(stage.carrier(ANSWER).hostname)
    edge = stage.edge()
    overwrite(edge.config.replica / "current" / "data.mdb", f'"id":"{stage.table.customer.id}","name"'.encode())

    with peer(edge.port) as caller:
        assert caller.ask(caller.request("INVITE"))[8:11] == "503"

    [rejected] = edge.await_events("call_rejected")
    assert (rejected["reason"], rejected["customer_id"]) == ("no_routing_table", None)
    assert edge.kinds() == ["call_rejected"]


def overwrite(file: Path, text: bytes) -> None:
    """Change the last letter of a text wherever the file has it, in place, as a bad disk might."""
    places = [found.end() - 1 for found in re.finditer(re.escape(text), file.read_bytes())]
    assert places
    with file.open("r+b") as data:
        for place in places:
            data.seek(place)
            data.write(b"?")


def test_a_replica_replaced_under_way_is_used_by_the_next_call(stage: Stage) -> None:
    stage.table.trunk()
    edge = stage.edge()
    stage.call(edge, Caller(expects=404))

    stage.table.provider(stage.carrier(ANSWER).hostname)
    edge.load(stage.table)

    stage.call(edge)


def test_calls_are_not_stopped_by_an_event_log_that_cannot_be_written(stage: Stage) -> None:
    stage.table.trunk()
    stage.table.provider(stage.carrier(ANSWER).hostname)
    edge = stage.edge()
    edge.config.events.rename(edge.config.events.with_name("moved"))
    edge.config.events.write_text("in the way")

    stage.call(edge)


@pytest.mark.alone
def test_after_a_kill_the_edge_is_back_within_a_second_and_old_calls_can_be_ended(stage: Stage) -> None:
    stage.table.trunk()
    stage.table.provider(stage.carrier(ANSWER).hostname)
    edge = stage.edge()
    with stage.calling(edge, Caller(talk_ms=1500)):
        answered = stage.await_call(edge)
        edge.kill(signal.SIGKILL)
        started_at = time.monotonic()
        edge.start()
        assert time.monotonic() - started_at < 1.0
        stage.call(edge)

    ended = edge.await_events("call_ended", 2)
    [old] = [event for event in ended if event["call"] == answered["call"]]
    assert (old["status"], old["hangup_by"]) == (200, "caller")


def test_no_worker_outlives_its_group(stage: Stage) -> None:
    stage.table.trunk()
    edge = stage.edge()
    group = edge.group
    edge.kill(signal.SIGKILL)

    eventually(lambda: not _members(group), what="the group to be gone")


def _members(group: int) -> list[str]:
    return [
        entry.name
        for entry in Path("/proc").iterdir()
        if entry.name.isdigit() and _group_of(int(entry.name)) == group and _state(entry) != "Z"
    ]


def _group_of(pid: int) -> int:
    try:
        return os.getpgid(pid)
    except ProcessLookupError:
        return 0


def _state(entry: Path) -> str:
    try:
        return (entry / "stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return "Z"


def test_a_call_that_refreshes_itself_ends_at_its_time_all_the_same(stage: Stage) -> None:
    stage.table.trunk()
    with stage.by_hand(max_call_s=2) as (edge, caller, carrier):
        caller.send(caller.request("INVITE"))
        carrier.answer(carrier.receive_request("INVITE"), 200, tag="up")
        answer = caller.receive_final()
        caller.send(caller.request_within(answer, "ACK", cseq=1))
        assert carrier.receive_request("ACK")

        got: list[str] = []
        while "BYE" not in got and len(got) < 40:
            caller.send(caller.request_within(answer, "UPDATE", cseq=2 + len(got)))
            for message in carrier.receive_all(for_s=0.25):
                got.append(message.partition(" ")[0])
                carrier.answer(message, 200)

    assert got.count("UPDATE") >= 2
    assert "BYE" in got
    [ended] = edge.await_events("call_ended")
    assert ended["hangup_by"] == "timeout"


def test_a_call_whose_bye_was_lost_is_ended_in_the_record(stage: Stage) -> None:
    stage.table.trunk()
    stage.table.provider(stage.carrier(ANSWER).hostname)
    edge = stage.edge(max_call_s=1)

    stage.attempt_call(edge, Caller(talk_ms=60_000), timeout_s=1)

    [ended] = edge.await_events("call_ended")
    assert ended["hangup_by"] == "timeout"
