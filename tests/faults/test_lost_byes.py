"""Calls whose BYE never comes: the edge asks both sides whether they still are in it, and ends it for both."""

import time

import pytest

from tests.faults.counts import FULL
from tests.sip.edges import RunningEdge
from tests.sip.scenarios import ANSWER, BUSY, TAKE_ACK, TAKE_BYE, Caller, Send, TakeOptions
from tests.sip.stage import Stage
from tests.waiting import eventually

ASKED_EACH_S = 10
"""Less than may be set. A side that says nothing is asked at each look, and judged at the next."""

MANY = 20
ASKS_FOR_CHANNEL = "+33"
ASKED_ONCE = (Send(200, with_sdp=True), TAKE_ACK, TakeOptions(405), TAKE_BYE)
ASKED_TWICE = (Send(200, with_sdp=True), TAKE_ACK, TakeOptions(405), TakeOptions(405), TAKE_BYE)
TOPOLOGY = [True, False] if FULL else [True]
SILENT_LIMIT = pytest.mark.timeout(240)
ONLY_FULL = pytest.mark.skipif(not FULL, reason="takes two minutes: FAULTS=full")


@pytest.mark.parametrize("hide_topology", TOPOLOGY)
def test_a_call_whose_time_is_up_is_ended_for_both_sides(stage: Stage, hide_topology: bool) -> None:
    carrier = stage.carrier(ANSWER)
    stage.table.trunk()
    stage.table.provider(carrier.hostname)
    edge = stage.edge(max_call_s=2, hide_topology=hide_topology)

    stage.call(edge, Caller(callee_hangs_up=True), calls=MANY, per_second=MANY)

    carrier.await_statistics("SuccessfulCall(C)", MANY)
    ended = edge.await_events("call_ended", MANY)
    timed_out = [event["hangup_by"] for event in ended].count("timeout")
    print(f"\nTime is up: {MANY} calls without a BYE, {timed_out} ended for both sides")
    assert timed_out == len(ended) == MANY


@pytest.mark.parametrize("hide_topology", TOPOLOGY)
def test_a_side_that_knows_no_such_call_ends_it_and_any_other_answer_keeps_it(
    stage: Stage, hide_topology: bool
) -> None:
    left, kept = stage.carrier(ASKED_ONCE), stage.carrier(ASKED_TWICE)
    stage.table.trunk(max_channels=2)
    stage.table.provider(left.hostname, target="+8210")
    stage.table.provider(kept.hostname, target="+4930")
    stage.table.provider(stage.carrier(BUSY).hostname, target=ASKS_FOR_CHANNEL)
    edge = stage.edge(call_keepalive_s=ASKED_EACH_S, call_keepalive_failures=1, hide_topology=hide_topology)
    talks_on = Caller(number="+493012345678", options_status=200, options=2, talk_ms=6_000)

    with stage.calling(edge, talks_on, timeout_s=80):
        stage.call(edge, Caller(options_status=481, callee_hangs_up=True), timeout_s=60)
        left.await_statistics("SuccessfulCall(C)", 1)
        assert ended_by(edge) == {"+821012345678": "timeout"}
        assert has_free_channel(stage, edge)

    kept.await_statistics("SuccessfulCall(C)", 1)
    edge.await_events("call_ended", 2)
    assert ended_by(edge)["+493012345678"] == "caller"


@ONLY_FULL
@SILENT_LIMIT
@pytest.mark.parametrize("hide_topology", [True, False])
def test_a_caller_that_vanished_is_missed_and_its_channels_are_freed(stage: Stage, hide_topology: bool) -> None:
    asked = TakeOptions(405)
    carrier = stage.carrier((Send(200, with_sdp=True), TAKE_ACK, asked, asked, asked, asked, TAKE_BYE))
    stage.table.trunk(max_channels=1)
    stage.table.provider(carrier.hostname, target="+8210")
    stage.table.provider(stage.carrier(BUSY).hostname, target=ASKS_FOR_CHANNEL)
    edge = stage.edge(call_keepalive_s=ASKED_EACH_S, hide_topology=hide_topology)

    stage.attempt_call(edge, Caller(options_status=200, talk_ms=60_000), timeout_s=14)
    assert not has_free_channel(stage, edge)
    began_s = time.monotonic()
    eventually(lambda: "timeout" in ended_by(edge).values(), within_s=180, what="the call to be ended")

    carrier.await_statistics("SuccessfulCall(C)", 1)
    print(
        f"\nA caller that vanished: asked every {ASKED_EACH_S} s, missed and ended after "
        f"{time.monotonic() - began_s:.0f} s, its channel free again"
    )
    assert has_free_channel(stage, edge)


def has_free_channel(stage: Stage, edge: RunningEdge) -> bool:
    """Whether the trunk gets one more call as far as a carrier, which is busy."""
    return stage.attempt_call(edge, Caller(number=f"{ASKS_FOR_CHANNEL}123456789", expects=486)).exit_code == 0


def ended_by(edge: RunningEdge) -> dict[str, str]:
    """Who ended each call, by the number that it was for."""
    dialled = {event["call"]: event["dialled"] for event in edge.events("call_started")}
    return {dialled[event["call"]]: event["hangup_by"] for event in edge.events("call_ended")}
