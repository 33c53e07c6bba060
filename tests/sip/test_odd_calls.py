"""Calls that go another way than most: what each side sends reaches the other, and the record tells what came of it."""

from collections.abc import Iterator

import pytest

from tests.sip.between import Between, between_carriers
from tests.sip.established import Established, establish
from tests.sip.races import header
from tests.sip.stage import Stage
from tests.sip.wire import Peer

RELIABLE = "Require: 100rel\nRSeq: {}\n"


@pytest.fixture
def between(stage: Stage) -> Iterator[Between]:
    with between_carriers(stage) as made:
        yield made


def carried(call: Established, method: str, *, by: str, cseq: int, headers: str = "", status: int = 200) -> str:
    """Have a side send a request within the call and the other answer it; the request as it came."""
    sender, receiver = (call.caller, call.carrier) if by == "caller" else (call.carrier, call.caller)
    request = call.from_caller(method, cseq=cseq) if by == "caller" else call.from_carrier(method, cseq=cseq)
    sender.send(request.replace("Max-Forwards", f"{headers}Max-Forwards", 1))
    got = receiver.receive_request(method)
    assert got, f"{method} by the {by}"
    receiver.answer(got, status)
    assert answered(sender).startswith(f"SIP/2.0 {status} ")
    return got


def answered(sender: Peer) -> str:
    """The next final response, with lines ended by LF; "" where none comes."""
    message = sender.receive_final()
    while message.startswith("ACK "):
        message = sender.receive_final()
    return message.replace("\r\n", "\n")


def test_forks_that_ring_reliably_are_acknowledged_and_changed_each_before_the_answer(between: Between) -> None:
    _, invite = between.call(with_headers="Supported: 100rel\n")
    forks = {}
    for number, tag in enumerate(("other", "carrier"), 1):
        between.first.answer(invite, 183, tag=tag, headers=RELIABLE.format(number))
        forks[tag] = Established(between.edge, between.caller, between.first, between.heard(183), invite)
    for number, (tag, fork) in enumerate(forks.items(), 1):
        got = carried(fork, "PRACK", by="caller", cseq=1 + number, headers=f"RAck: {number} 1 INVITE\n")
        assert header(got, "To").endswith(f";tag={tag}")
    carried(forks["carrier"], "UPDATE", by="caller", cseq=4)
    carried(forks["carrier"], "UPDATE", by="carrier", cseq=1)

    between.first.answer(invite, 200, tag="carrier")
    answer = between.heard(200)
    call = Established(between.edge, between.caller, between.first, answer, invite)
    between.caller.send(call.from_caller("ACK", cseq=1))
    assert between.first.receive_request("ACK")
    carried(call, "BYE", by="carrier", cseq=2)

    assert [event["hangup_by"] for event in between.edge.await_events("call_ended")] == ["callee"]
    assert not between.edge.events("late_answer")


def test_both_sides_may_change_a_call_at_the_same_instant(between: Between) -> None:
    call = establish(between.edge, between.caller, between.first)
    sides = {"caller": call.caller, "carrier": call.carrier}
    sent = {"caller": call.from_caller("INVITE", cseq=2), "carrier": call.from_carrier("INVITE", cseq=1)}
    contact = "Contact: <sip:x@127.0.0.1:{}>\nMax-Forwards"
    for side, one in sides.items():
        one.send(sent[side].replace("Max-Forwards", contact.format(one.port), 1))
    got = {side: one.receive_request("INVITE") for side, one in sides.items()}
    for side, one in sides.items():
        one.answer(got[side], 491)
    for side, one in sides.items():
        refusal = answered(one)
        assert refusal.startswith("SIP/2.0 491 ")
        one.acknowledge(sent[side], refusal)

    carried(call, "INVITE", by="carrier", cseq=2, headers=f"Contact: <sip:x@127.0.0.1:{call.carrier.port}>\n")

    assert not between.edge.events("call_ended")


def test_whatever_is_sent_within_a_call_reaches_the_other_side(between: Between) -> None:
    call = establish(between.edge, between.caller, between.first)
    refers = "Refer-To: <sip:+44207@example.com>\n"
    for cseq, (method, headers, status) in enumerate(
        [
            ("INFO", "", 200),
            ("MESSAGE", "", 200),
            ("REFER", refers, 202),
            ("NOTIFY", "Event: refer\nSubscription-State: active\n", 200),
            ("SUBSCRIBE", "Event: dialog\n", 489),
            ("OPTIONS", "", 200),
        ],
        2,
    ):
        for side in ("caller", "carrier"):
            carried(call, method, by=side, cseq=cseq, headers=headers, status=status)

    assert not between.edge.events("call_ended")


def test_a_bye_that_the_carrier_refuses_ends_the_call_all_the_same(between: Between) -> None:
    """Whoever sends BYE has left the call (RFC 3261, section 15.1.1), even with a CSeq that is too low (12.2.2)."""
    call = establish(between.edge, between.caller, between.first)

    carried(call, "BYE", by="caller", cseq=1, status=500)

    [ended] = between.edge.await_events("call_ended")
    assert (ended["hangup_by"], ended["status"]) == ("caller", 200)


def test_the_way_to_the_carrier_is_that_of_its_answer(between: Between) -> None:
    """A proxy that stays in the path of the 180 alone gets nothing within the call (RFC 3261, section 12.1.2)."""
    _, invite = between.call()
    elsewhere = f"Record-Route: <sip:127.0.0.1:{between.second.port};lr>\n"
    between.first.answer(invite, 180, tag="carrier", above=elsewhere)
    assert between.heard(180)
    between.first.answer(invite, 200, tag="carrier")
    call = Established(between.edge, between.caller, between.first, between.heard(200), invite)
    between.caller.send(call.from_caller("ACK", cseq=1))
    assert between.first.receive_request("ACK")

    carried(call, "BYE", by="caller", cseq=2)

    assert between.second.receive(within_s=0.2) == ""


def test_a_caller_may_be_a_telephone_number(between: Between) -> None:
    invite = between.caller.request("INVITE", uri="tel:+821012345678")
    invite = invite.replace("<sip:+15550001@127.0.0.1>", "<tel:+1-555-0001>")
    invite = invite.replace("To: <sip:+821012345678@127.0.0.1>", "To: <tel:+821012345678>")
    between.caller.send(invite)
    got = between.first.receive_request("INVITE")
    assert header(got, "From").startswith("<tel:+1-555-0001>")
    between.first.answer(got, 486, tag="carrier")
    refusal = between.caller.receive_final()
    assert refusal.startswith("SIP/2.0 486 ")
    between.caller.acknowledge(invite, refusal.replace("\r\n", "\n"))

    [started] = between.edge.await_events("call_started")
    assert (started["number"], started["source"]) == ("+821012345678", "+1-555-0001")


def test_a_redirect_with_several_contacts_is_followed_by_nobody(between: Between) -> None:
    _, invite = between.call()
    contacts = f"Contact: <sip:a@127.0.0.1:{between.second.port}>;q=0.5, <sip:b@10.255.0.9>\n"

    between.first.answer(invite, 302, tag="carrier", headers=contacts)
    got = between.second.receive_request("INVITE")
    between.second.answer(got, 404, tag="carrier")

    assert got.startswith("INVITE sip:+821012345678@")
    refusal = between.caller.receive_final().replace("\r\n", "\n")
    assert refusal.startswith("SIP/2.0 404 ")
    assert "10.255.0.9" not in refusal


def test_a_second_carrier_that_answers_a_cancelled_call_is_hung_up(between: Between) -> None:
    sent, invite = between.call()
    between.first.answer(invite, 503, tag="first")
    got = between.second.receive_request("INVITE")
    between.second.answer(got, 180, tag="second")
    assert between.heard(180)
    cancel = sent.replace("INVITE ", "CANCEL ", 1).replace("CSeq: 1 INVITE", "CSeq: 1 CANCEL")
    between.caller.send("".join(line for line in cancel.splitlines(keepends=True) if not line.startswith("Contact")))
    assert between.second.receive_request("CANCEL")
    assert between.heard(487)
    between.caller.receive_all(for_s=0.1)

    between.second.answer(got, 200, tag="second")

    assert between.second.receive_request("ACK")
    assert between.second.receive_request("BYE")
    [late] = between.edge.await_events("late_answer")
    assert late["n"] == 2
    assert not [message for message in between.caller.receive_all(for_s=0.2) if message.startswith("SIP/2.0 200 ")]


def test_who_leaves_the_route_out_is_told(between: Between) -> None:
    """Against RFC 3261, section 12.2.1.1 (decision 20): such an ACK goes nowhere, other requests are refused."""
    call = establish(between.edge, between.caller, between.first)
    for method, cseq in (("ACK", 1), ("BYE", 2)):
        request = call.from_caller(method, cseq=cseq)
        call.caller.send("".join(line for line in request.splitlines(keepends=True) if not line.startswith("Route:")))

    assert answered(call.caller).startswith("SIP/2.0 481 ")
    assert call.carrier.receive(within_s=0.2) == ""
    assert not between.edge.events("call_ended")
