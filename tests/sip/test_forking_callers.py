"""Several INVITEs of one Call-ID, From tag and CSeq: what a PBX's proxy sends that tries numbers one after the other,
or all at once (RFC 3261, section 16.7). They differ in their branch, and each is a call of its own.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.sip.edges import RunningEdge
from tests.sip.races import header
from tests.sip.stage import Stage
from tests.sip.wire import Peer, peer, peer_at_edge

FIRST, SECOND = "+8210", "+8220"


@dataclass(frozen=True)
class Forking:
    """A proxy, and a carrier for each of the two numbers that it tries."""

    edge: RunningEdge
    proxy: Peer
    first: Peer
    second: Peer

    def fork(self, number: str, *, of: str = "") -> str:
        """Send an INVITE to the number: a new one, or the same on another branch."""
        request = of or self.proxy.request("INVITE")
        branch = f"branch=z9hG4bK{number[1:]}"
        sent = re.sub(r"branch=\S+", branch, re.sub(r"^INVITE sip:[^@]*@", f"INVITE sip:{number}@", request))
        self.proxy.send(sent)
        return sent

    def heard(self, status: int, invite: str, method: str = "INVITE") -> str:
        """The next response with that status to the request of that branch, lines ended by LF; "" where none comes."""
        for _ in range(50):
            message = self.proxy.receive(within_s=5).replace("\r\n", "\n")
            of_it = header(message, "Via") == header(invite, "Via") and header(message, "CSeq").endswith(method)
            if not message or (of_it and message.startswith(f"SIP/2.0 {status} ")):
                return message
        return ""

    def cancel(self, invite: str) -> None:
        kept = [line for line in invite.splitlines() if line.startswith(("Via:", "From:", "To:", "Call-ID:", "Max-"))]
        first = invite.partition("\n")[0].replace("INVITE ", "CANCEL ", 1)
        self.proxy.send("\n".join([first, *kept, "CSeq: 1 CANCEL", "Content-Length: 0", "", ""]))


@pytest.fixture
def forking(stage: Stage) -> Iterator[Forking]:
    stage.table.trunk()
    with peer_at_edge() as first, peer_at_edge() as second:
        for target, carrier in ((FIRST, first), (SECOND, second)):
            stage.table.provider(f"127.0.0.1:{carrier.port}", target=target)
        edge = stage.edge()
        first.reach(edge.port)
        second.reach(edge.port)
        with peer(edge.port) as proxy:
            yield Forking(edge, proxy, first, second)


def refused(forking: Forking) -> str:
    """The INVITE to the first number, after its carrier has refused it."""
    sent = forking.fork(FIRST)
    forking.first.answer(forking.first.receive_request("INVITE"), 404, tag="nobody")
    forking.proxy.acknowledge(sent, forking.heard(404, sent))
    return sent


def both_ringing(forking: Forking) -> list[tuple[str, str]]:
    """The INVITEs to both numbers, as the proxy sent each and as its carrier, which rings, got it."""
    one = forking.fork(FIRST)
    sent = [one, forking.fork(SECOND, of=one)]
    got = [carrier.receive_request("INVITE") for carrier in (forking.first, forking.second)]
    for carrier, invite, asked in zip((forking.first, forking.second), got, sent, strict=True):
        carrier.answer(invite, 180, tag="ringing")
        assert forking.heard(180, asked)
    return list(zip(sent, got, strict=True))


def cancelled_by(forking: Forking, carrier: Peer, invite: str) -> None:
    """The carrier's part of a CANCEL."""
    forking_cancel = carrier.receive_request("CANCEL")
    assert forking_cancel
    carrier.answer(forking_cancel, 200, tag="ringing")
    carrier.answer(invite, 487, tag="ringing")


def test_a_number_that_is_tried_after_another_failed_is_answered_for_good(forking: Forking) -> None:
    before = refused(forking)

    sent = forking.fork(SECOND, of=before)
    forking.second.answer(forking.second.receive_request("INVITE"), 200, tag="won")

    answer = forking.heard(200, sent)
    assert ";tag=won" in header(answer, "To")
    forking.proxy.send(forking.proxy.request_within(answer, "ACK", cseq=1))
    assert forking.second.receive_request("ACK")
    forking.proxy.send(forking.proxy.request_within(answer, "BYE", cseq=2))
    forking.second.answer(forking.second.receive_request("BYE"), 200)
    ended = forking.edge.await_events("call_ended", 2)
    assert [(event["status"], event["hangup_by"]) for event in ended] == [(404, "edge"), (200, "caller")]
    assert len({event["call"] for event in ended}) == 2
    assert not forking.edge.events("late_answer")


def test_a_number_that_is_tried_after_another_failed_can_be_cancelled(forking: Forking) -> None:
    sent = forking.fork(SECOND, of=refused(forking))
    invite = forking.second.receive_request("INVITE")
    forking.second.answer(invite, 180, tag="ringing")
    assert forking.heard(180, sent)

    forking.cancel(sent)

    assert forking.heard(200, sent, "CANCEL")
    cancelled_by(forking, forking.second, invite)
    assert forking.heard(487, sent)
    assert [event["status"] for event in forking.edge.await_events("call_ended", 2)] == [404, 487]


def test_of_two_numbers_that_ring_at_once_the_one_that_is_cancelled_stops_and_the_other_is_answered(
    forking: Forking,
) -> None:
    (one, rings), (other, stops) = both_ringing(forking)

    forking.cancel(other)
    assert forking.heard(200, other, "CANCEL")
    cancelled_by(forking, forking.second, stops)
    assert forking.heard(487, other)
    forking.first.answer(rings, 200, tag="ringing")

    answer = forking.heard(200, one)
    assert answer
    forking.proxy.send(forking.proxy.request_within(answer, "ACK", cseq=1))
    assert forking.first.receive_request("ACK")
    assert forking.first.receive_request("BYE", within_s=0.5) == ""
    forking.proxy.send(forking.proxy.request_within(answer, "BYE", cseq=2))
    forking.first.answer(forking.first.receive_request("BYE"), 200)
    started = {event["call"]: event["number"] for event in forking.edge.events("call_started")}
    ended = forking.edge.await_events("call_ended", 2)
    assert {started[event["call"]]: event["status"] for event in ended} == {FIRST: 200, SECOND: 487}
    assert {started[event["call"]] for event in forking.edge.events("attempt_answered")} == {FIRST}


def test_the_first_of_two_numbers_that_ring_can_be_cancelled_as_well(forking: Forking) -> None:
    (one, stops), (other, rings) = both_ringing(forking)

    forking.cancel(one)

    cancelled_by(forking, forking.first, stops)
    assert forking.heard(487, one)
    assert forking.second.receive_request("CANCEL", within_s=0.5) == ""
    forking.second.answer(rings, 486, tag="ringing")
    assert forking.heard(486, other)
    started = {event["call"]: event["number"] for event in forking.edge.events("call_started")}
    ended = forking.edge.await_events("call_ended", 2)
    assert {started[event["call"]]: event["status"] for event in ended} == {FIRST: 487, SECOND: 486}


def test_an_invite_that_is_sent_again_is_no_fork_and_its_cancel_is_answered_at_once(forking: Forking) -> None:
    sent = forking.fork(FIRST)
    invite = forking.first.receive_request("INVITE")
    for _ in range(5):
        forking.proxy.send(sent)
    forking.first.answer(invite, 180, tag="mute")
    assert forking.heard(180, sent)

    forking.cancel(sent)

    assert forking.heard(487, sent)
    assert forking.first.receive_request("CANCEL")
    assert len(forking.edge.events("call_started")) == 1


def test_a_number_whose_carrier_is_mute_can_be_cancelled_beside_another(forking: Forking) -> None:
    one = forking.fork(FIRST)
    rings = forking.first.receive_request("INVITE")
    forking.first.answer(rings, 180, tag="rings")
    assert forking.heard(180, one)
    other = forking.fork(SECOND, of=one)
    assert forking.second.receive_request("INVITE")

    forking.cancel(other)

    assert forking.heard(487, other)
    [ended] = forking.edge.await_events("call_ended")
    assert (ended["status"], ended["hangup_by"]) == (487, "caller")
    forking.first.answer(rings, 200, tag="rings")
    assert forking.heard(200, one)
