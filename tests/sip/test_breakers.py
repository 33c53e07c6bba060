"""A carrier that dies: the calls after it go round it, until it is back."""

import re
import time

import pytest

from tests.sip.edges import Event, RunningEdge
from tests.sip.scenarios import ANSWER, SILENT, Caller, refuse
from tests.sip.sipp import Carrier
from tests.sip.stage import Stage
from tests.sip.wire import peer
from tests.waiting import eventually


def sent_of_last_call(edge: RunningEdge) -> list[Event]:
    last = edge.events("call_started")[-1]["call"]
    return [event for event in edge.events("attempt_sent") if event["call"] == last]


def milliseconds_to_winner(edge: RunningEdge) -> float:
    started, sent = edge.events("call_started")[-1], sent_of_last_call(edge)[-1]
    return float(sent["mono"] - started["mono"]) / 1e6


def place(stage: Stage, edge: RunningEdge, count: int = 1) -> None:
    for _ in range(count):
        stage.call(edge, Caller(talk_ms=10))


def states(edge: RunningEdge) -> list[str]:
    return [event["state"] for event in edge.events("provider_breaker")]


def test_an_open_breaker_takes_a_dead_first_carrier_out_of_the_way(stage: Stage) -> None:
    stage.table.trunk()
    dead, alive = stage.carrier(SILENT), stage.carrier(ANSWER)
    provider = stage.table.provider(dead.hostname, no_response_timeout_s=1)
    stage.table.provider(alive.hostname)
    edge = stage.edge(breaker_failures=2, breaker_open_s=3600)

    place(stage, edge, 2)
    assert milliseconds_to_winner(edge) > 900
    [opened] = edge.await_events("provider_breaker")
    assert (opened["provider_id"], opened["state"]) == (provider.id, "open")
    assert "call" not in opened
    assert "no_response" in opened["detail"]

    place(stage, edge)

    added = milliseconds_to_winner(edge)
    assert added < 500, "bounded by the load of the machine; without it, it is 1 ms"
    decision = edge.events("call_started")[-1]["decision"]
    assert [(found["provider_id"] == provider.id, found["position"]) for found in decision] == [(False, 1), (True, 2)]
    assert "breaker_open" in decision[1]["reasons"]


@pytest.mark.parametrize("script_carries", [True, False])
def test_a_carrier_that_says_when_to_try_again_gets_no_call_before(stage: Stage, script_carries: bool) -> None:
    stage.table.trunk()
    busy = stage.carrier(refuse(503, headers="Retry-After: 2 (in a moment)\n"))
    stage.table.provider(busy.hostname)
    stage.table.provider(stage.carrier(ANSWER).hostname)
    edge = stage.edge(breaker_failures=50, script_carries=script_carries)

    place(stage, edge)
    began_s = time.monotonic()
    place(stage, edge)
    assert [event["n"] for event in sent_of_last_call(edge)] == [1]
    assert len(busy.received("INVITE")) == 1
    assert time.monotonic() - began_s < 2, "the machine was too slow for this test"

    time.sleep(max(0.0, began_s + 2.1 - time.monotonic()))
    place(stage, edge)
    assert len(busy.received("INVITE")) == 2
    assert states(edge)[0] == "open"


def test_a_carrier_that_returns_gets_one_call_and_then_all(stage: Stage) -> None:
    stage.table.trunk()
    dying = stage.carrier(refuse(503))
    stage.table.provider(dying.hostname)
    stage.table.provider(stage.carrier(ANSWER).hostname)
    edge = stage.edge(breaker_failures=2, breaker_open_s=1)
    place(stage, edge, 2)
    assert states(edge) == ["open"]
    dying.process.kill()
    dying.process.wait()
    returned = stage.carrier(ANSWER, port=dying.port)

    while "closed" not in states(edge):
        place(stage, edge)
    place(stage, edge)

    assert states(edge) == ["open", "half_open", "closed"]
    assert len(received(returned)) >= 2
    assert sent_of_last_call(edge)[0]["provider_id"] == edge.events("attempt_sent")[0]["provider_id"]


def received(carrier: Carrier) -> list[str]:
    return [message.first_line for message in carrier.received("INVITE")]


def test_a_carrier_behind_an_open_breaker_still_gets_what_nobody_else_takes(stage: Stage) -> None:
    stage.table.trunk()
    weak = stage.carrier((*refuse(503),))
    stage.table.provider(weak.hostname)
    stage.table.provider(stage.carrier(refuse(503)).hostname)
    edge = stage.edge(breaker_failures=1, breaker_open_s=3600)

    for _ in range(2):
        stage.call(edge, Caller(expects=503))

    assert len(sent_of_last_call(edge)) == 2
    assert states(edge) == ["open", "open"]


def test_a_redirected_call_is_no_trial_of_a_carrier_that_failed(stage: Stage) -> None:
    stage.table.trunk()
    stage.table.trunk(mode="redirect", allowed_ips=("127.0.0.2",))
    dead, alive = stage.carrier(refuse(503)), stage.carrier(ANSWER)
    stage.table.provider(dead.hostname)
    stage.table.provider(alive.hostname)
    edge = stage.edge(breaker_failures=1, breaker_open_s=1)
    place(stage, edge)
    [opened] = edge.await_events("provider_breaker")
    eventually(lambda: time.time_ns() // 1000 > opened["at"] + 2_000_000, what="a trial to be due")

    with peer(edge.port, address="127.0.0.2") as caller:
        redirection = caller.ask(caller.request("INVITE"))
    assert re.findall(r"^Contact: <sip:[^@]*@([^>]*)>", redirection, re.M) == [alive.hostname, dead.hostname]
    assert states(edge) == ["open"]

    place(stage, edge)
    assert states(edge) == ["open", "half_open", "open"]


def test_calls_that_lead_elsewhere_are_no_trial_and_a_trial_is_one_call(stage: Stage) -> None:
    """The calls to the second number never meet the carrier that failed, and there are many more of them."""
    stage.table.trunk()
    dying, alive = stage.carrier(refuse(503)), stage.carrier(ANSWER)
    first = stage.table.provider(dying.hostname, target="+8210")
    steady = stage.table.provider(alive.hostname, target="+82")
    edge = stage.edge(breaker_failures=1, breaker_open_s=1)
    place(stage, edge)
    [opened] = edge.await_events("provider_breaker")
    dying.process.kill()
    dying.process.wait()
    stage.carrier(ANSWER, port=dying.port)
    eventually(lambda: time.monotonic_ns() > opened["mono"] + 1_500_000_000, what="a trial to be due")

    for _ in range(5):
        stage.call(edge, Caller(number="+82111", talk_ms=10))
    assert states(edge) == ["open"]
    place(stage, edge)

    assert states(edge) == ["open", "half_open", "closed"]
    assert [sent["provider_id"] for sent in sent_of_last_call(edge)] == [first.id]
    assert {sent["provider_id"] for sent in edge.events("attempt_sent")} == {first.id, steady.id}


def test_a_breaker_that_opens_while_a_call_is_under_way_keeps_its_later_attempts_off(stage: Stage) -> None:
    stage.table.trunk()
    slow, failing, last = stage.carrier(SILENT), stage.carrier(refuse(503)), stage.carrier(ANSWER)
    first = stage.table.provider(slow.hostname, target="+8210", no_response_timeout_s=2)
    weak = stage.table.provider(failing.hostname, target="+82")
    steady = stage.table.provider(last.hostname, target="+82")
    edge = stage.edge(breaker_failures=1, breaker_open_s=3600)

    with stage.calling(edge, Caller(talk_ms=10)):
        [slowly] = edge.await_events("attempt_sent")
        stage.call(edge, Caller(number="+82111", talk_ms=10))
        assert states(edge) == ["open"]

    sent = [event["provider_id"] for event in edge.events("attempt_sent") if event["call"] == slowly["call"]]
    decided = next(event for event in edge.events("call_started") if event["call"] == slowly["call"])["decision"]
    assert [place["provider_id"] for place in decided] == [first.id, weak.id, steady.id]
    assert sent == [first.id, steady.id]
