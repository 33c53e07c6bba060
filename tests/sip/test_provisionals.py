"""What carriers say before they answer: early media, reliable provisionals, forks, and too much of it."""

from collections.abc import Iterator

import pytest

from tests.sip.between import Between, between_carriers
from tests.sip.races import header, headers
from tests.sip.scenarios import SDP
from tests.sip.stage import Stage


@pytest.fixture
def between(stage: Stage) -> Iterator[Between]:
    with between_carriers(stage) as made:
        yield made


def test_early_media_of_each_carrier_reaches_the_caller(between: Between) -> None:
    _, invite = between.call()
    sdp = SDP.replace("\n", "\r\n")
    media = f"Content-Type: application/sdp\nContent-Length: {len(sdp)}\n\n{SDP}"

    for carrier, got in ((between.first, invite), (between.second, "")):
        got = got or carrier.receive_request("INVITE")
        carrier.send(carrier.response(got, 183, tag="media").replace("Content-Length: 0\n\n", media))
        assert "m=audio 20000" in between.heard(183)
        if carrier is between.first:
            carrier.answer(got, 503, tag="media")
        else:
            carrier.answer(got, 200, tag="media")
    assert between.heard(200)

    assert [event["status"] for event in between.edge.await_events("attempt_ringing", 2)] == [183, 183]
    assert between.edge.await_events("attempt_answered")[0]["n"] == 2


def test_a_reliable_provisional_and_its_prack_pass_through(between: Between) -> None:
    _, invite = between.call(with_headers="Supported: 100rel\n")
    assert header(invite, "Supported") == "100rel"

    between.first.answer(invite, 183, tag="early", headers="Require: 100rel\nRSeq: 17\n")
    ringing = between.heard(183)
    assert (header(ringing, "RSeq"), header(ringing, "Require")) == ("17", "100rel")
    between.caller.send(between.caller.request_within(ringing, "PRACK", cseq=2, headers="RAck: 17 1 INVITE\n"))
    got = between.first.receive_request("PRACK")
    assert header(got, "RAck") == "17 1 INVITE"
    between.first.answer(got, 200)
    assert "PRACK" in header(between.heard(200), "CSeq")

    between.first.answer(invite, 200, tag="early")

    assert "INVITE" in header(between.heard(200), "CSeq")
    assert between.edge.await_events("attempt_answered")[0]["n"] == 1
    assert not between.edge.events("late_answer")


def test_each_fork_of_a_carrier_rings_at_the_caller_and_counts_once(between: Between) -> None:
    _, invite = between.call()

    for tag in ("one", "two", "three"):
        between.first.answer(invite, 180, tag=tag)
        assert header(between.heard(180), "To").endswith(f";tag={tag}")
    between.first.answer(invite, 200, tag="three")

    assert header(between.heard(200), "To").endswith(";tag=three")
    assert len(between.edge.await_events("attempt_ringing")) == 1


def test_a_199_is_no_ringing(between: Between) -> None:
    _, invite = between.call()

    for _ in range(20):
        between.first.answer(invite, 199, tag="gone")
    assert between.heard(199)
    between.first.answer(invite, 404, tag="gone")
    between.second.answer(between.second.receive_request("INVITE"), 200, tag="here")

    assert between.heard(200)
    assert not between.edge.events("attempt_ringing")


def test_a_reason_of_4_kb_with_bytes_that_do_not_print_is_cut_and_cleaned(between: Between) -> None:
    _, invite = between.call()

    between.first.answer(invite, 503, tag="long", reason="\x01\x7fwhy " * 700)
    between.second.answer(between.second.receive_request("INVITE"), 200, tag="here")

    assert between.heard(200)
    [ended] = between.edge.await_events("attempt_ended")
    assert len(ended["reason"]) == 128
    assert ended["reason"].isprintable()


def test_a_200_sent_again_and_again_is_one_answer(between: Between) -> None:
    _, invite = between.call()

    for _ in range(5):
        between.first.answer(invite, 200, tag="here")

    answers = [between.heard(200) for _ in range(5)]
    assert len(set(answers)) == 1
    assert between.first.receive_request("BYE", within_s=0.5) == ""
    assert between.edge.kinds().count("attempt_answered:1") == 1
    assert not between.edge.events("late_answer")


def test_a_call_can_be_changed_by_either_side_and_others_go_on(between: Between) -> None:
    sent, invite = between.call()
    between.first.answer(invite, 200, tag="here")
    answer = between.heard(200)
    routes = "".join(f"Route: {route}\n" for route in headers(answer, "Record-Route")[::-1])
    target = header(answer, "Contact").partition("<")[2].partition(">")[0]
    again = between.caller.request(
        "INVITE", uri=target, headers=routes, call_id=header(answer, "Call-ID"), to_tag=";tag=here"
    )
    again = again.replace(header(again, "From"), header(answer, "From"))
    for cseq in (2, 3, 4):
        between.caller.send(again.replace("CSeq: 1", f"CSeq: {cseq}").replace("branch=", f"branch=z9hG4bK{cseq}"))
        got = between.first.receive_request("INVITE")
        for _ in range(2):
            between.first.answer(got, 200)
            assert header(between.heard(200), "CSeq") == f"{cseq} INVITE"

    between.caller.send(sent.replace("CSeq: 1", "CSeq: 9").replace("branch=", "branch=z9hG4bK9"))

    between.first.answer(between.first.receive_request("INVITE"), 200, tag="new")
    assert header(between.heard(200), "To").endswith(";tag=new")
    assert not between.edge.events("late_answer")
