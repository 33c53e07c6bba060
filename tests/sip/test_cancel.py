"""The caller changes their mind: at any moment, and no carrier is rung after it."""

import time
from datetime import timedelta

import pytest

from tests.sip.races import header
from tests.sip.scenarios import ANSWER, RING_UNTIL_CANCELLED, SILENT, Caller, Send, TakeCancel, refuse
from tests.sip.sipp import Call, Carrier, Message
from tests.sip.stage import Stage
from tests.sip.wire import peer

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
