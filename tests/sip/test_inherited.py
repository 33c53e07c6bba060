"""Calls that outlive Kamailio keep their channels: a crash or a restart gives no trunk and no provider more calls."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.sip.edges import RunningEdge
from tests.sip.races import header
from tests.sip.scenarios import ANSWER, Caller
from tests.sip.stage import Stage
from tests.sip.wire import Peer
from tests.waiting import eventually

LONG = Caller(number="+493012345", talk_ms=4_000)


@contextmanager
def restarted_under(
    stage: Stage, edge: RunningEdge, number: int = signal.SIGKILL, *, is_shipped: bool = False
) -> Iterator[None]:
    """A call is up while Kamailio ends and is started again."""
    with stage.calling(edge, LONG):
        answered = stage.await_call(edge)
        if is_shipped:
            snapshot = edge.config.run / "calls.json"
            told = f'"{answered["call"]}":["'
            eventually(snapshot.exists, what="a snapshot")
            eventually(
                lambda: told in snapshot.read_text() and ',true,"' in snapshot.read_text(), what="the call in it"
            )
        edge.kill(number)
        if is_shipped:
            for path in edge.config.events.glob("*.jsonl"):
                path.unlink()
        edge.start()
        yield


@pytest.mark.parametrize(
    ("number", "is_shipped"),
    [(signal.SIGKILL, False), (signal.SIGKILL, True), (signal.SIGTERM, False)],
    ids=["killed", "killed, with its log shipped and deleted", "stopped"],
)
def test_a_call_that_outlives_kamailio_holds_its_trunk_s_channel_until_its_bye(
    stage: Stage, number: int, is_shipped: bool
) -> None:
    stage.table.trunk(max_channels=1)
    stage.table.provider(stage.carrier(ANSWER).hostname)
    edge = stage.edge(list_calls_s=1 if is_shipped else 60)

    with restarted_under(stage, edge, number, is_shipped=is_shipped):
        stage.call(edge, Caller(expects=503))

    assert [event["reason"] for event in edge.await_events("call_rejected")] == ["trunk_channel_cap_full"]
    edge.await_events("call_ended")
    stage.call(edge)


def test_a_call_that_outlives_kamailio_holds_its_provider_s_channel_until_its_bye(stage: Stage) -> None:
    stage.table.trunk()
    stage.table.provider(stage.carrier(ANSWER).hostname, max_channels=1)
    stage.table.provider(stage.carrier(ANSWER).hostname)
    edge = stage.edge()

    with restarted_under(stage, edge):
        stage.call(edge)

    assert [event["why"][-1] for event in edge.await_events("attempt_skipped")] == ["channel_cap_full"]
    edge.await_events("call_ended", 2)
    stage.call(edge)
    assert len(edge.events("attempt_skipped")) == 1


def test_a_bye_that_is_sent_again_gives_no_second_channel_back(stage: Stage) -> None:
    stage.table.trunk(max_channels=2)
    with stage.by_hand() as (edge, caller, carrier):
        answer = answered(caller, carrier)
        answered(caller, carrier)
        edge.kill(signal.SIGKILL)
        edge.start()
        assert refused(caller)
        bye, another = (caller.request_within(answer, "BYE", cseq=cseq) for cseq in (2, 3))

        for sent, is_relayed in ((bye, True), (bye, False), (another, True)):
            caller.send(sent)
            if is_relayed:
                carrier.answer(carrier.receive_request("BYE"), 200)
            assert caller.receive_final().startswith("SIP/2.0 200")

        answered(caller, carrier)
        assert refused(caller)
    assert {event["reason"] for event in edge.events("call_rejected")} == {"trunk_channel_cap_full"}


def test_a_call_that_nobody_ends_gives_its_channel_back_when_its_time_is_up(stage: Stage) -> None:
    stage.table.trunk(max_channels=1)
    with stage.by_hand(max_call_s=5, list_calls_s=1) as (edge, caller, carrier):
        answered(caller, carrier)
        edge.kill(signal.SIGKILL)
        edge.start()
        assert refused(caller)

        def is_let_in() -> bool:
            caller.ask(caller.request("INVITE"))
            return len(edge.events("call_started")) > 1

        eventually(is_let_in, within_s=20, what="a free channel")


def test_an_answer_whose_ack_was_on_its_way_when_kamailio_died_is_acknowledged_after_all(stage: Stage) -> None:
    stage.table.trunk()
    with stage.by_hand() as (edge, caller, carrier):
        caller.send(caller.request("INVITE"))
        invite = carrier.receive_request("INVITE")
        carrier.answer(invite, 200, tag="callee")
        assert caller.receive_final().startswith("SIP/2.0 200")
        edge.kill(signal.SIGKILL)
        edge.start()

        carrier.answer(invite, 200, tag="callee")
        answer = caller.receive_final()
        caller.send(caller.request_within(answer, "ACK", cseq=1))
        assert carrier.receive_request("ACK")
        carrier.answer(invite, 200, tag="another")
        ended = carrier.receive_request("BYE")
        assert ";tag=another" in header(ended, "To")

        caller.send(caller.request_within(answer, "BYE", cseq=2))
        assert ";tag=callee" in header(carrier.receive_request("BYE"), "To")
    [over] = edge.await_events("call_ended")
    assert over["hangup_by"] == "caller"


def test_a_bye_for_another_leg_ends_no_record_of_a_call_that_goes_on(stage: Stage) -> None:
    stage.table.trunk()
    with stage.by_hand() as (edge, caller, carrier):
        for is_restarted in (False, True):
            answer = answered(caller, carrier)
            if is_restarted:
                edge.kill(signal.SIGKILL)
                edge.start()
            forged = caller.request_within(answer, "BYE", cseq=2).replace(";tag=callee", ";tag=nobody")
            caller.send(forged)
            assert caller.receive_final().startswith("SIP/2.0 481")
            assert carrier.receive_request("BYE", within_s=0.3) == ""
            assert len(edge.events("call_ended")) == is_restarted
            caller.send(caller.request_within(answer, "BYE", cseq=3))
            carrier.answer(carrier.receive_request("BYE"), 200)
            assert caller.receive_final().startswith("SIP/2.0 200")
            edge.await_events("call_ended", 1 + is_restarted)


@pytest.mark.parametrize("method", ["INVITE", "BYE", "MESSAGE"])
def test_through_the_routes_of_a_call_that_is_over_nothing_is_sent(stage: Stage, method: str) -> None:
    stage.table.trunk()
    with stage.by_hand() as (edge, caller, carrier):
        answer = answered(caller, carrier)
        caller.send(caller.request_within(answer, "BYE", cseq=2))
        carrier.answer(carrier.receive_request("BYE"), 200)
        assert caller.receive_final().startswith("SIP/2.0 200")
        edge.await_events("call_ended")

        caller.send(caller.request_within(answer, method, cseq=3))

        assert caller.receive_final().startswith("SIP/2.0 481")
        assert carrier.receive(within_s=0.3) == ""
    assert len(edge.events("call_ended")) == 1


def answered(caller: Peer, carrier: Peer) -> str:
    """The 200 of a call that is up now."""
    caller.send(caller.request("INVITE"))
    carrier.answer(carrier.receive_request("INVITE"), 200, tag="callee")
    answer = caller.receive_final()
    assert answer.startswith("SIP/2.0 200")
    caller.send(caller.request_within(answer, "ACK", cseq=1))
    assert carrier.receive_request("ACK")
    return answer


def refused(caller: Peer) -> bool:
    """Whether a new call is refused."""
    return caller.ask(caller.request("INVITE")).startswith("SIP/2.0 503")
