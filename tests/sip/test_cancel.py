"""The caller changes their mind: at any moment, and no carrier is rung after it."""

import re
import time
from collections.abc import Callable
from datetime import timedelta

import pytest

from tests.sip.races import header
from tests.sip.scenarios import ANSWER, RING_UNTIL_CANCELLED, SILENT, Caller, Send, TakeCancel, refuse
from tests.sip.sipp import Call, Carrier, Message
from tests.sip.stage import Stage
from tests.sip.wire import Peer, peer

GRACE = timedelta(milliseconds=200)


def cancelled_at(call: Call) -> Message:
    return next(one for one in call.messages if not one.received and one.first_line.startswith("CANCEL "))


def new_invites_after(call: Call, *carriers: Carrier) -> list[str]:
    limit = cancelled_at(call).at + GRACE
    seen: set[str] = set()
    late = []
    for carrier in carriers:
        for invite in carrier.received("INVITE"):
            branch = (invite.header("Via") or "").partition("branch=")[2]
            if branch not in seen and invite.at > limit:
                late.append(invite.first_line)
            seen.add(branch)
    return late


def test_a_cancel_while_the_first_carrier_rings_stops_the_call(stage: Stage) -> None:
    stage.table.trunk()
    first, second = stage.carrier(RING_UNTIL_CANCELLED), stage.carrier(ANSWER)
    stage.table.provider(first.hostname)
    stage.table.provider(second.hostname)
    edge = stage.edge()

    call = stage.call(edge, Caller(expects=487, cancel_after_ms=300, cancel_once_ringing=True))

    [ended] = edge.await_events("call_ended")
    assert (ended["status"], ended["hangup_by"]) == (487, "caller")
    [attempt] = edge.events("attempt_ended")
    assert (attempt["status"], attempt["verdict"], attempt["action"]) == (None, "cancelled", "stop")
    assert first.received("CANCEL")
    assert not second.received("INVITE")
    assert not new_invites_after(call, first, second)


def test_a_cancel_before_the_first_carrier_said_anything_stops_the_call(stage: Stage) -> None:
    stage.table.trunk()
    first, second = stage.carrier(SILENT), stage.carrier(ANSWER)
    stage.table.provider(first.hostname)
    stage.table.provider(second.hostname)
    edge = stage.edge()

    call = stage.call(edge, Caller(expects=487, cancel_after_ms=300))

    [ended] = edge.await_events("call_ended")
    assert (ended["status"], ended["hangup_by"]) == (487, "caller")
    assert not second.received("INVITE")
    assert not new_invites_after(call, first, second)


def test_a_cancel_while_the_second_carrier_rings_stops_the_call(stage: Stage) -> None:
    stage.table.trunk()
    first, second, third = stage.carrier(refuse(503)), stage.carrier(RING_UNTIL_CANCELLED), stage.carrier(ANSWER)
    for carrier in (first, second, third):
        stage.table.provider(carrier.hostname)
    edge = stage.edge()

    call = stage.call(edge, Caller(expects=487, cancel_after_ms=300, cancel_once_ringing=True))

    assert edge.await_events("call_ended")[0]["status"] == 487
    assert second.received("CANCEL")
    assert not third.received("INVITE")
    assert not new_invites_after(call, first, second, third)


@pytest.mark.alone
def test_a_cancel_as_the_attempts_change_starts_no_new_one(stage: Stage) -> None:
    stage.table.trunk()
    carriers = [stage.polite_carrier(refuse_after_s=0.05) for _ in range(8)]
    for carrier in carriers:
        stage.table.provider(carrier.hostname)
    edge = stage.edge()

    cancelled_at: dict[str, float] = {}
    for after_ms in (*range(40, 60, 2), *range(90, 110, 2)):
        with peer(edge.port) as caller:
            invite = caller.request("INVITE")
            caller.send(invite)
            time.sleep(after_ms / 1000)
            cancelled_at[header(invite, "Call-ID")] = time.time()
            caller.send(invite.replace("INVITE sip", "CANCEL sip", 1).replace("1 INVITE", "1 CANCEL"))
            answers = [caller.receive_final(), caller.receive_final()]
            assert sorted(answer.split()[1] for answer in answers) == ["200", "487"]
    with peer(edge.port) as nobody:
        assert nobody.receive_all(for_s=2 * GRACE.total_seconds()) == [], "time for an INVITE that comes too late"

    ended = edge.await_events("call_ended", 20)
    sip_call_ids = {event["call"]: event["sip_call_id"] for event in edge.events("call_started")}
    sent = edge.events("attempt_sent")
    latest_s = max(event["at"] / 1e6 - cancelled_at[sip_call_ids[event["call"]]] for event in sent)
    print(
        f"\n{len(ended)} calls cancelled as their attempts changed: the last attempt {1000 * latest_s:+,.1f} ms from "
        f"the CANCEL; the bar is {1000 * GRACE.total_seconds():,.0f} ms"
    )
    assert latest_s < GRACE.total_seconds()
    assert [event["status"] for event in ended] == [487] * 20
    assert len(sent) == len(edge.events("attempt_ended"))
    assert sum(len(carrier.invites) for carrier in carriers) == len(sent)


def test_a_carrier_that_refuses_after_the_cancel_changes_nothing(stage: Stage) -> None:
    stage.table.trunk()
    stubborn = (Send(100), Send(180), TakeCancel(503))
    first, second = stage.carrier(stubborn), stage.carrier(ANSWER)
    stage.table.provider(first.hostname)
    stage.table.provider(second.hostname)
    edge = stage.edge()

    stage.call(edge, Caller(expects=487, cancel_after_ms=200, cancel_once_ringing=True))

    edge.await_events("call_ended")
    assert not second.received("INVITE")


def test_a_cancel_on_the_heels_of_the_invite_ends_the_call(stage: Stage) -> None:
    stage.table.trunk()
    carrier = stage.polite_carrier(refuse_after_s=0.2)
    stage.table.provider(carrier.hostname)
    edge = stage.edge(workers=4)

    for _ in range(20):
        with peer(edge.port) as caller:
            invite = caller.request("INVITE")
            caller.send(invite)
            caller.send(invite.replace("INVITE sip", "CANCEL sip", 1).replace("1 INVITE", "1 CANCEL"))
            finals = {caller.receive_final().split()[1] for _ in range(2)}
            if "481" in finals:  # the CANCEL was read first: there was nothing to cancel yet
                caller.send(invite.replace("INVITE sip", "CANCEL sip", 1).replace("1 INVITE", "1 CANCEL"))

    ended = edge.await_events("call_ended", 20)
    assert {event["status"] for event in ended} <= {487, 503}
    assert len({event["call"] for event in ended}) == len(ended) == 20
    assert len(edge.events("attempt_sent")) == len(edge.events("attempt_ended"))


@pytest.mark.parametrize(
    "reasons",
    [
        ('SIP;cause=200;text="Call completed elsewhere"',),
        ("Q.850;cause=16",),
        ("SIP;cause=200", "Q.850;cause=26"),
    ],
)
def test_the_carrier_hears_why_the_caller_has_cancelled(stage: Stage, reasons: tuple[str, ...]) -> None:
    stage.table.trunk()
    with stage.by_hand() as (_, caller, carrier):
        invite = caller.request("INVITE")
        cancel_ringing(caller, carrier, invite, headers="".join(f"Reason: {reason}\n" for reason in reasons))

        assert re.findall("^Reason: (.*)$", carrier.receive_request("CANCEL"), re.M) == list(reasons)


def as_tried_before(invite: str) -> str:
    return invite.replace("CSeq: 1 ", "CSeq: 2 ").replace(";branch=z9hG4bK", ";branch=z9hG4bKagain")


def compact(invite: str) -> str:
    return invite.replace("Call-ID: ", "i: ").replace("Via: ", "v: ")


def in_small_letters(invite: str) -> str:
    return invite.replace("Call-ID: ", "call-id: ").replace("CSeq: ", "cseq: ")


@pytest.mark.parametrize("written", [as_tried_before, compact, in_small_letters])
def test_a_cancel_is_answered_at_once_however_its_call_was_written_and_tried_before(
    stage: Stage, written: Callable[[str], str]
) -> None:
    stage.table.trunk()
    with stage.by_hand() as (edge, caller, carrier):
        invite = caller.request("INVITE")
        if written is as_tried_before:
            caller.send(invite)
            carrier.answer(carrier.receive_request("INVITE"), 486, tag="busy")
            caller.acknowledge(invite, caller.receive_final())
            assert carrier.receive_request("ACK")

        cancel_ringing(caller, carrier, written(invite))

        answers = [caller.receive_final(within_s=2) for _ in range(2)]
        assert sorted(answer.split()[1] for answer in answers if answer) == ["200", "487"]
    ended = edge.await_events("call_ended", 2 if written is as_tried_before else 1)[-1]
    assert (ended["status"], ended["hangup_by"]) == (487, "caller")


@pytest.mark.parametrize("final", [None, 487, 500, 503])
def test_a_caller_who_hangs_up_by_bye_in_the_early_dialog_has_cancelled(stage: Stage, final: int | None) -> None:
    stage.table.trunk()
    with stage.by_hand() as (edge, caller, first), peer(edge.port) as second:
        stage.table.provider(f"127.0.0.1:{second.port}")
        edge.load(stage.table)
        caller.send(caller.request("INVITE"))
        invite = first.receive_request("INVITE")
        first.answer(invite, 183, tag="early")
        ringing = await_status(caller, 183)
        assert ringing

        caller.send(caller.request_within(ringing, "BYE", cseq=2))
        first.answer(first.receive_request("BYE"), 200)
        if final:
            first.answer(invite, final, tag="early")

        answers = [caller.receive_final(within_s=2) for _ in range(2)]
        assert sorted(answer.split()[1] for answer in answers if answer) == ["200", "487"]
        assert second.receive_request("INVITE", within_s=0.5) == ""
    [ended] = edge.await_events("call_ended")
    assert (ended["status"], ended["hangup_by"]) == (487, "caller")
    [attempt] = edge.events("attempt_ended")
    assert (attempt["verdict"], attempt["action"]) == ("cancelled", "stop")


def cancel_ringing(caller: Peer, carrier: Peer, invite: str, *, headers: str = "") -> None:
    """Place the call, have it ring, and cancel it; the carrier is mute about the INVITE from then on."""
    caller.send(invite)
    got = carrier.receive_request("INVITE")
    for name, usual in (("i", "Call-ID"), ("call-id", "Call-ID"), ("cseq", "CSeq"), ("v", "Via")):
        got = re.sub(rf"^{name}: ", f"{usual}: ", got, flags=re.M)
    carrier.answer(got, 180, tag="ringing")
    assert await_status(caller, 180)
    number = re.search(r"(?i)^cseq: (\d+) INVITE", invite, re.M)
    assert number
    cancel = invite.replace("INVITE sip", "CANCEL sip", 1).replace(f"{number[1]} INVITE", f"{number[1]} CANCEL")
    caller.send(cancel.replace("Content-Length", f"{headers}Content-Length"))


def await_status(caller: Peer, status: int) -> str:
    """The next response with that status, "" where none of the next few is it."""
    answers = (caller.receive() for _ in range(3))
    return next((answer for answer in answers if answer.startswith(f"SIP/2.0 {status} ")), "")
