"""One call, several carriers: which is tried after which, and what the caller hears."""

from collections.abc import Sequence
from typing import Any

import pytest

from tests.sip.edges import Event, RunningEdge
from tests.sip.scenarios import (
    ANSWER,
    BUSY,
    HANG_UP,
    ONLY_TRYING,
    SILENT,
    TAKE_ACK,
    TAKE_BYE,
    TAKE_CANCEL,
    Caller,
    Pause,
    Send,
    Step,
    refuse,
)
from tests.sip.stage import Stage

FAILED_OVER = [
    "call_started", "attempt_sent:1", "attempt_ended:1", "attempt_sent:2", "attempt_ringing:2", "attempt_answered:2",
    "call_ended",
]  # fmt: skip


def two_carriers(stage: Stage, first: Sequence[Step], **fields: Any) -> RunningEdge:
    stage.table.trunk()
    stage.table.provider(stage.carrier(first).hostname, **fields)
    stage.table.provider(stage.carrier(ANSWER).hostname)
    return stage.shared_edge()


def seconds_between(earlier: Event, later: Event) -> float:
    return float(later["mono"] - earlier["mono"]) / 1e9


def test_a_refused_call_is_connected_by_the_next_carrier(stage: Stage) -> None:
    edge = two_carriers(stage, refuse(503))

    stage.call(edge)

    [ended] = edge.await_events("call_ended")
    assert edge.kinds() == FAILED_OVER
    assert len({event["call"] for event in edge.events()}) == 1
    assert (ended["status"], ended["hangup_by"]) == (200, "caller")
    [refused] = edge.events("attempt_ended")
    assert (refused["status"], refused["verdict"], refused["action"]) == (503, "carrier_error", "next")


def test_a_silent_carrier_costs_three_seconds(stage: Stage) -> None:
    edge = two_carriers(stage, SILENT)

    stage.call(edge)

    first, second = edge.await_events("attempt_sent", 2)
    assert 2.9 < seconds_between(first, second) < 3.3
    [given_up] = edge.events("attempt_ended")
    assert (given_up["status"], given_up["verdict"]) == (None, "timeout")
    assert seconds_between(first, edge.await_events("attempt_answered")[0]) < 4


def test_a_carrier_that_only_says_trying_is_left_after_eight_seconds_and_cancelled(stage: Stage) -> None:
    stage.table.trunk()
    first, second = stage.carrier(ONLY_TRYING), stage.carrier(ANSWER)
    stage.table.provider(first.hostname)
    stage.table.provider(second.hostname)
    edge = stage.edge()

    stage.call(edge)

    sent, sent_again = edge.await_events("attempt_sent", 2)
    assert 7.9 < seconds_between(sent, sent_again) < 8.3
    assert first.received("CANCEL")


def test_the_waiting_times_are_the_providers_own(stage: Stage) -> None:
    edge = two_carriers(stage, SILENT, no_response_timeout_s=1)

    stage.call(edge)

    first, second = edge.await_events("attempt_sent", 2)
    assert 0.9 < seconds_between(first, second) < 1.3


def test_a_busy_callee_is_not_rung_again(stage: Stage) -> None:
    stage.table.trunk()
    first, second = stage.carrier(BUSY), stage.carrier(ANSWER)
    stage.table.provider(first.hostname)
    stage.table.provider(second.hostname)
    edge = stage.edge()

    stage.call(edge, Caller(expects=486))

    [ended] = edge.await_events("call_ended")
    assert (ended["status"], ended["hangup_by"]) == (486, "callee")
    assert not second.received("INVITE")


def test_when_all_carriers_fail_the_caller_hears_503_with_retry_after(stage: Stage) -> None:
    stage.table.trunk()
    for status in (500, 503):
        stage.table.provider(stage.carrier(refuse(status)).hostname)
    edge = stage.edge()

    call = stage.call(edge, Caller(expects=503))

    assert call.response(503).header("Retry-After") == "5"
    [ended] = edge.await_events("call_ended")
    assert (ended["status"], ended["hangup_by"]) == (503, "edge")


def test_when_all_were_tried_the_most_telling_answer_wins(stage: Stage) -> None:
    stage.table.trunk()
    for status in (480, 404, 500):
        stage.table.provider(stage.carrier(refuse(status)).hostname)
    edge = stage.edge()

    stage.call(edge, Caller(expects=404))

    assert edge.await_events("call_ended")[0]["status"] == 404


def test_a_carrier_that_fails_after_ringing_is_followed_by_the_next(stage: Stage) -> None:
    edge = two_carriers(stage, (Send(100), Send(180), Pause(40), *refuse(503)))

    stage.call(edge)

    edge.await_events("call_ended")
    assert edge.kinds().count("attempt_ringing:1") == 1
    assert "attempt_answered:2" in edge.kinds()


def test_a_callee_that_declined_after_ringing_is_not_rung_again(stage: Stage) -> None:
    edge = two_carriers(stage, (Send(180), Pause(40), *refuse(480)))

    stage.call(edge, Caller(expects=480))

    edge.await_events("call_ended")
    assert "attempt_sent:2" not in edge.kinds()


@pytest.mark.parametrize("progress", [Send(180), Send(183, with_sdp=True)])
def test_a_callee_who_does_not_pick_up_ends_the_call_with_480(stage: Stage, progress: Send) -> None:
    edge = two_carriers(stage, (progress, Pause(1000), progress, TAKE_CANCEL), ring_timeout_s=4)

    stage.call(edge, Caller(expects=480))

    [ended] = edge.await_events("call_ended")
    assert (ended["status"], ended["hangup_by"]) == (480, "timeout")
    [sent], [ringing], [given_up] = (edge.events(f"attempt_{kind}") for kind in ("sent", "ringing", "ended"))
    assert (given_up["verdict"], given_up["action"], given_up["status"]) == ("no_answer", "stop", None)
    # the timer is wound up before the ringing is noted, and early by as much as Kamailio's ticks are late: 0.14 s once
    assert 3.8 < seconds_between(sent, given_up)
    assert seconds_between(ringing, given_up) < 4.4


def test_ringing_outlasts_the_progress_timeout(stage: Stage) -> None:
    patient = (Send(100), Send(180), Pause(2500), Send(200, with_sdp=True), TAKE_ACK, TAKE_BYE)
    edge = two_carriers(stage, patient, progress_timeout_s=1)

    stage.call(edge)

    assert edge.await_events("attempt_answered")[0]["n"] == 1


@pytest.mark.parametrize(
    ("status", "caller_hears"),
    [(600, 600), (603, 603), (607, 607), (608, 608), (604, 200), (606, 200), (699, 200)],
)
def test_global_failures_follow_our_table(stage: Stage, status: int, caller_hears: int) -> None:
    edge = two_carriers(stage, refuse(status))

    stage.call(edge, Caller(expects=caller_hears))

    assert edge.await_events("call_ended")[0]["status"] == caller_hears
    assert len(edge.events("attempt_sent")) == (2 if caller_hears == 200 else 1)


def test_a_redirect_is_not_followed(stage: Stage) -> None:
    stage.table.trunk()
    elsewhere = stage.carrier(ANSWER)
    redirect = refuse(302, headers=f"Contact: <sip:x@{elsewhere.hostname}>\n")
    stage.table.provider(stage.carrier(redirect).hostname)
    edge = stage.edge()

    stage.call(edge, Caller(expects=503))

    assert not elsewhere.received("INVITE")


@pytest.mark.parametrize("status", [401, 407])
def test_a_carriers_challenge_never_reaches_the_caller(stage: Stage, status: int) -> None:
    stage.table.trunk()
    challenge = 'Digest realm="carrier", nonce="abc", algorithm=MD5'
    name = "WWW-Authenticate" if status == 401 else "Proxy-Authenticate"
    stage.table.provider(
        stage.carrier(refuse(status, headers=f"{name}: {challenge}\n")).hostname, failover={status: "stop"}
    )
    edge = stage.edge()

    call = stage.call(edge, Caller(expects=503))

    assert all("Digest" not in message.text for message in call.messages)


def test_a_providers_own_rule_overrides_the_table(stage: Stage) -> None:
    edge = two_carriers(stage, refuse(404), failover={404: "stop"})

    stage.call(edge, Caller(expects=404))

    edge.await_events("call_ended")
    assert len(edge.events("attempt_sent")) == 1


def test_a_long_reason_is_cut_in_the_record_and_the_call_goes_on(stage: Stage) -> None:
    edge = two_carriers(stage, refuse(503, reason="because " * 500))

    stage.call(edge)

    [ended] = edge.await_events("attempt_ended")
    assert ended["reason"].startswith("because because")
    assert len(ended["reason"]) == 128


def test_a_carrier_that_hangs_up_ends_the_call(stage: Stage) -> None:
    stage.table.trunk()
    steps = (Send(180), Pause(40), Send(200, with_sdp=True), TAKE_ACK, Pause(200), HANG_UP)
    stage.table.provider(stage.carrier(steps).hostname)
    edge = stage.edge()

    stage.call(edge, Caller(callee_hangs_up=True))

    [ended] = edge.await_events("call_ended")
    assert (ended["status"], ended["hangup_by"]) == (200, "callee")
