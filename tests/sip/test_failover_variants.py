"""What a carrier may do before it fails a call that rings: early media, reliable provisionals, forks. Then the table of
docs/domain.md, section 5, holds as it does after a plain 18x; and what one carrier answers or overrides, to the letter.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from tests.sip.edges import RunningEdge
from tests.sip.races import header
from tests.sip.scenarios import SDP
from tests.sip.stage import Stage
from tests.sip.wire import Peer, peer, peer_at_edge
from tests.waiting import eventually

EARLY_MEDIA, RELIABLE, FORKED = "early media", "reliable", "forked"
NO_ANSWER = None
NEXT = 200
AFTER_RINGING = {486: 486, 404: 404, 604: 604, 603: 603, NO_ANSWER: 480, 503: NEXT, 302: NEXT, 407: NEXT}
"""Read from the paper, not from the code: what the caller of such an attempt hears, 200 being the next carrier's."""
CHALLENGE = 'Proxy-Authenticate: Digest realm="carrier", nonce="abc", qop="auth"\n'


@dataclass(frozen=True)
class Between:
    """An edge between callers and two carriers."""

    edge: RunningEdge
    first: Peer
    second: Peer


@contextmanager
def between(stage: Stage, *, first: dict[str, Any], second: dict[str, Any], **settings: Any) -> Iterator[Between]:
    """The edge with these settings of each of its two providers."""
    with peer_at_edge() as one, peer_at_edge() as two:
        stage.table.trunk()
        for carrier, fields in ((one, first), (two, second)):
            stage.table.provider(f"127.0.0.1:{carrier.port}", **fields)
        edge = stage.edge(workers=1, **settings)
        for carrier in (one, two):
            carrier.reach(edge.port)
        yield Between(edge, one, two)


def response_to(caller: Peer, status: int, method: str) -> str:
    """The next such response at the caller, lines ended by LF."""
    for _ in range(20):
        message = caller.receive(within_s=5).replace("\r\n", "\n")
        if message.startswith(f"SIP/2.0 {status} ") and header(message, "CSeq").endswith(f" {method}"):
            return message
        assert message, f"no {status} to the {method}"
    raise AssertionError(f"too many messages, and no {status} to the {method}")


def ring(how: str, caller: Peer, carrier: Peer, invite: str, *, cseq: int) -> None:
    """Let the carrier ring in that way and the caller do what is due; `cseq` is that of its next request."""
    if how == EARLY_MEDIA:
        body = f"Content-Type: application/sdp\nContent-Length: {len(SDP) + SDP.count(chr(10))}\n\n{SDP}"
        carrier.send(carrier.response(invite, 183, tag="media").replace("Content-Length: 0\n\n", body))
        assert "m=audio 20000" in response_to(caller, 183, "INVITE")
    elif how == FORKED:
        for tag, status in (("one", 180), ("two", 183)):
            carrier.answer(invite, status, tag=tag)
            assert header(response_to(caller, status, "INVITE"), "To").endswith(f";tag={tag}")
    else:
        carrier.answer(invite, 183, tag="early", headers=f"Require: 100rel\nRSeq: {7 * cseq}\n")
        ringing = response_to(caller, 183, "INVITE")
        assert header(ringing, "Require") == "100rel"
        caller.send(caller.request_within(ringing, "PRACK", cseq=cseq, headers=f"RAck: {7 * cseq} 1 INVITE\n"))
        prack = carrier.receive_request("PRACK")
        assert (header(prack, "RAck"), header(prack, "CSeq")) == (f"{7 * cseq} 1 INVITE", f"{cseq} PRACK")
        carrier.answer(prack, 200)
        response_to(caller, 200, "PRACK")


def fail(carrier: Peer, invite: str, status: int | None, *, tag: str) -> None:
    """End the attempt: with a status, or with no answer until the edge cancels it."""
    if status is NO_ANSWER:
        cancel = carrier.receive_request("CANCEL")
        carrier.answer(cancel, 200, tag=tag)
        carrier.answer(invite, 487, tag=tag)
    else:
        carrier.answer(invite, status, tag=tag, headers=CHALLENGE if status == 407 else "")
    assert carrier.receive_request("ACK")


def talk_and_hang_up(caller: Peer, carrier: Peer, answer: str) -> None:
    """The rest of an answered call, which is between this carrier and the caller."""
    caller.send(caller.request_within(answer, "ACK", cseq=1))
    assert carrier.receive_request("ACK")
    caller.send(caller.request_within(answer, "BYE", cseq=9))
    carrier.answer(carrier.receive_request("BYE"), 200)
    response_to(caller, 200, "BYE")


def place(table: Between, how: str, status: int | None) -> str:
    """A call whose first carrier rings and fails; the second is there to answer. Its Call-ID."""
    with peer(table.edge.port) as caller:
        sent = caller.request("INVITE", headers="Supported: 100rel\n")
        caller.send(sent)
        invite = table.first.receive_request("INVITE")
        ring(how, caller, table.first, invite, cseq=2)
        fail(table.first, invite, status, tag={EARLY_MEDIA: "media", RELIABLE: "early", FORKED: "two"}[how])
        heard = AFTER_RINGING[status]
        if heard == NEXT:
            invite = table.second.receive_request("INVITE")
            ring(how, caller, table.second, invite, cseq=3)
            table.second.answer(invite, 200, tag={EARLY_MEDIA: "media", RELIABLE: "early", FORKED: "one"}[how])
            talk_and_hang_up(caller, table.second, response_to(caller, 200, "INVITE"))
        else:
            caller.acknowledge(sent, response_to(caller, heard, "INVITE"))
    return header(sent, "Call-ID")


@pytest.mark.parametrize("how", [EARLY_MEDIA, RELIABLE, FORKED])
def test_however_a_carrier_rings_before_it_fails_the_table_says_what_follows(stage: Stage, how: str) -> None:
    with_credentials = {"username": "me", "password": "secret", "ring_timeout_s": 1}
    with between(stage, first=with_credentials, second={}) as table:
        placed = {place(table, how, status): status for status in AFTER_RINGING}
        ends = table.edge.await_events("call_ended", len(AFTER_RINGING))
        assert table.second.receive_request("INVITE", within_s=0.2) == ""

    status_of = {event["call"]: placed[event["sip_call_id"]] for event in table.edge.events("call_started")}
    assert {status_of[event["call"]]: event["status"] for event in ends} == AFTER_RINGING
    sent = [(status_of[event["call"]], event["n"]) for event in table.edge.events("attempt_sent")]
    rang = [(status_of[event["call"]], event["n"]) for event in table.edge.events("attempt_ringing")]
    assert rang == sent
    assert sorted(map(str, sent)) == sorted(
        str((status, n)) for status, heard in AFTER_RINGING.items() for n in (1, 2)[: 2 if heard == NEXT else 1]
    )
    assert not table.edge.events("late_answer")


@pytest.mark.parametrize("status", [202, 299])
def test_any_2xx_is_an_answer(stage: Stage, status: int) -> None:
    with between(stage, first={}, second={}) as table, peer(table.edge.port) as caller:
        caller.send(caller.request("INVITE"))
        table.first.answer(table.first.receive_request("INVITE"), status, tag="here")
        talk_and_hang_up(caller, table.first, response_to(caller, status, "INVITE"))
        table.edge.await_events("call_ended")

    assert [event["status"] for event in table.edge.events("attempt_answered")] == [status]
    assert len(table.edge.events("attempt_sent")) == 1


def test_a_status_that_a_provider_overrides_to_next_goes_to_the_next_carrier(stage: Stage) -> None:
    with between(stage, first={"failover": {486: "next"}}, second={}) as table:
        for rings in (False, True):
            with peer(table.edge.port) as caller:
                sent = caller.request("INVITE")
                caller.send(sent)
                invite = table.first.receive_request("INVITE")
                if rings:
                    ring(FORKED, caller, table.first, invite, cseq=2)
                table.first.answer(invite, 486, tag="two")
                table.second.answer(table.second.receive_request("INVITE"), 486, tag="busy")
                caller.acknowledge(sent, response_to(caller, 486, "INVITE"))
        table.edge.await_events("call_ended", 2)

    steps = [(event["n"], event["verdict"], event["action"]) for event in table.edge.events("attempt_ended")]
    assert steps == [(1, "busy", "next"), (2, "busy", "stop")] * 2


def test_a_provider_with_a_shorter_progress_timeout_is_given_up_while_others_are_still_waited_for(
    stage: Stage,
) -> None:
    with ExitStack() as stack:
        patient, hasty, second = (stack.enter_context(peer_at_edge()) for _ in range(3))
        stage.table.trunk()
        stage.table.provider(f"127.0.0.1:{patient.port}", target="+49")
        stage.table.provider(f"127.0.0.1:{hasty.port}", target="+82", progress_timeout_s=1)
        stage.table.provider(f"127.0.0.1:{second.port}", target="+82")
        edge = stage.edge(workers=1)
        waiting, caller = (stack.enter_context(peer(edge.port)) for _ in range(2))
        for carrier in (patient, hasty, second):
            carrier.reach(edge.port)
        waiting.send(waiting.request("INVITE", uri="sip:+493012345678@127.0.0.1"))
        invite = patient.receive_request("INVITE")
        patient.answer(invite, 100)
        caller.send(caller.request("INVITE"))
        hasty.answer(hasty.receive_request("INVITE"), 100)

        second.answer(second.receive_request("INVITE"), 200, tag="here")
        response_to(caller, 200, "INVITE")
        patient.answer(invite, 200, tag="there")
        response_to(waiting, 200, "INVITE")
        eventually(lambda: len(edge.events("attempt_answered")) == 2, what="both answers")

    [given_up] = edge.events("attempt_ended")
    assert (given_up["n"], given_up["status"], given_up["verdict"]) == (1, None, "timeout")
    assert [event["n"] for event in edge.events("attempt_answered")] == [2, 1]
