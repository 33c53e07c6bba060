"""Carriers that answer after they were given up: the caller has one call, and no leg stays or goes unrecorded."""

import asyncio
import os
import re
import time
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import pytest

from tests.sip.drawn_races import Race, make_races
from tests.sip.edges import RunningEdge
from tests.sip.races import Caller, CallSeen, Carrier, Leg, header, headers, in_parallel, tag_of, until
from tests.sip.scenarios import (
    ANSWER,
    STAY_SILENT,
    TAKE_ACK,
    TAKE_BYE,
    Pause,
    Send,
)
from tests.sip.scenarios import Caller as SippCaller
from tests.sip.stage import Stage
from tests.sip.wire import peer, peer_at_edge

RACES = 1000 if os.environ.get("FAULTS") == "full" else 100
SEED = 20_251_122
AT_ONCE = 40
LATE_ENDED = (Pause(2000), Send(200, with_sdp=True), TAKE_ACK, TAKE_BYE)
RINGING_UNTIL_CANCELLED_MUTELY = (Send(180), STAY_SILENT)
DECIDING_S = 1.0  # as slow_end_script.py has it
OUTLIVES_TRANSACTION_S = 7.0  # tm keeps a transaction for 5 s after its final response, give or take its timer


async def run_races(edge_of: Callable[[Carrier, Carrier], RunningEdge], races: Sequence[Race]) -> None:
    by_number = {race.number: race for race in races}
    first = Carrier(lambda number: by_number[number].first)
    second = Carrier(lambda number: by_number[number].second)
    await first.open()
    await second.open()
    edge = await asyncio.to_thread(edge_of, first, second)
    caller = Caller(edge.port)
    await caller.open()
    try:
        calls = (partial(caller.call, race.number, cancel_after_s=race.cancel_after_s) for race in races)
        seen = await in_parallel(calls, most=AT_ONCE)
        await until(lambda: not legs_left(first, second), within_s=40)
    finally:
        for part in (caller, first, second):
            part.close()
    check(edge, seen, first, second)


def legs_left(*carriers: Carrier) -> list[Leg]:
    """Those that were not acknowledged and hung up."""
    return [leg for carrier in carriers for leg in carrier.legs.values() if not (leg.ended and leg.acknowledged)]


def check(edge: RunningEdge, seen: Sequence[CallSeen], *carriers: Carrier) -> None:
    """No caller has two answers, no leg is left up, and each one that answered stands in the record."""
    twice = [call for call in seen if len(call.answered_tags) > 1]
    assert not twice, twice
    assert not legs_left(*carriers)
    sip_call_ids = {event["call"]: event["sip_call_id"] for event in edge.events("call_started")}
    strays = [call for call in seen if call.answered_tags and call.statuses[0] != 200]
    assert not strays, strays
    tags = {call.call_id: tag for call in seen for tag in call.answered_tags}
    connected = [(sip_call_ids[event["call"]], event["n"]) for event in edge.events("attempt_answered")]
    assert sorted(call_id for call_id, _ in connected) == sorted(tags)
    late = [(sip_call_ids[event["call"]], event["n"], event["tag"]) for event in edge.events("late_answer")]
    recorded = Counter([*((call_id, n, tags[call_id]) for call_id, n in connected), *late])
    answered = Counter((leg.call_id, n, leg.tag) for n, one in enumerate(carriers, 1) for leg in one.legs.values())
    assert recorded == answered, (recorded - answered, answered - recorded)
    print(
        f"\n{len(seen)} races: {answered.total()} legs were answered, {len(connected)} connected a call, "
        f"{len(late)} were late, ended and recorded; 0 unrecorded, 0 callers with two answers"
    )
    edge.await_events("call_ended", len(seen), within_s=30)
    assert len({event["call"] for event in edge.events("call_ended")}) == len(seen)


@pytest.mark.alone
def test_no_race_gives_a_caller_two_answers_or_leaves_a_leg_unrecorded(stage: Stage) -> None:
    def edge_of(*carriers: Carrier) -> RunningEdge:
        stage.table.trunk()
        for carrier in carriers:
            stage.table.provider(carrier.hostname, no_response_timeout_s=1, progress_timeout_s=1, ring_timeout_s=5)
        return stage.edge(workers=4)

    asyncio.run(run_races(edge_of, make_races(RACES, SEED)))


def test_a_200_that_comes_while_the_end_of_the_call_is_being_decided_does_not_follow_it_to_the_caller(
    stage: Stage,
) -> None:
    stage.table.trunk()
    with peer_at_edge() as carrier:
        stage.table.provider(f"127.0.0.1:{carrier.port}", no_response_timeout_s=1)
        edge = stage.edge(script=Path(__file__).with_name("slow_end_script.py"), script_carries=False)
        carrier.reach(edge.port)
        with peer(edge.port) as caller:
            asked = caller.request("INVITE")
            caller.send(asked)
            invite = carrier.receive_request("INVITE")
            time.sleep(1 + DECIDING_S / 2)
            carrier.answer(invite, 200, tag="late")

            refusal = caller.receive_final()
            caller.acknowledge(asked, refusal)
            assert refusal.startswith("SIP/2.0 503 ")
            assert carrier.receive_request("ACK")
            assert carrier.receive_request("BYE")
            assert caller.receive_final(within_s=1) == ""
    assert [event["n"] for event in edge.await_events("late_answer")] == [1]


def test_a_late_leg_is_acknowledged_and_hung_up_while_the_next_carrier_has_the_call(stage: Stage) -> None:
    stage.table.trunk()
    late, answering = stage.carrier(LATE_ENDED), stage.carrier(ANSWER)
    stage.table.provider(late.hostname, no_response_timeout_s=1)
    stage.table.provider(answering.hostname)
    edge = stage.edge()

    call = stage.call(edge, SippCaller(talk_ms=3000))

    late.await_statistics("SuccessfulCall(C)", 1)
    [event] = edge.await_events("late_answer")
    assert (event["n"], event["status"]) == (1, 200)
    assert [answered["n"] for answered in edge.events("attempt_answered")] == [2]
    assert len([one for one in call.messages if one.received and one.first_line.startswith("SIP/2.0 200")]) == 2


def test_an_answer_long_after_the_call_has_ended_is_recorded_and_its_leg_ended(stage: Stage) -> None:
    stage.table.trunk()
    with peer_at_edge() as carrier:
        stage.table.provider(f"127.0.0.1:{carrier.port}", no_response_timeout_s=1)
        edge = stage.edge()
        carrier.reach(edge.port)
        stage.call(edge, SippCaller(expects=503))
        invite = carrier.receive_request("INVITE")
        time.sleep(OUTLIVES_TRANSACTION_S)

        for _ in range(2):
            carrier.answer(invite, 200, tag="late")
            ack = carrier.receive_request("ACK")
            assert ";tag=late" in header(ack, "To")
        bye = carrier.receive_request("BYE")
        carrier.answer(bye, 200)

        assert header(bye, "CSeq") == "2 BYE"
        assert header(bye, "Call-ID") == header(invite, "Call-ID")
        assert carrier.receive_request("BYE", within_s=1) == ""
    [event] = edge.await_events("late_answer")
    assert event["n"] == 1
    assert event["call"] == edge.events("call_started")[0]["call"]


def test_a_late_leg_is_ended_by_way_of_the_carriers_own_proxies(stage: Stage) -> None:
    stage.table.trunk()
    with peer_at_edge() as carrier, peer_at_edge() as proxy:
        stage.table.provider(f"127.0.0.1:{carrier.port}", no_response_timeout_s=1)
        edge = stage.edge()
        carrier.reach(edge.port)
        stage.call(edge, SippCaller(expects=503))
        near, far = f"<sip:127.0.0.1:{proxy.port};lr>", "<sip:10.1.2.3;lr;x=1>"

        carrier.answer(carrier.receive_request("INVITE"), 200, tag="late", above=f"Record-Route: {far}, {near}\n")

        for method in ("ACK", "BYE"):
            request = proxy.receive_request(method)
            assert [header(request, "Route"), *headers(request, "Route")[1:]] == [near, far]
            assert request.splitlines()[0] == f"{method} sip:carrier@127.0.0.1:{carrier.port} SIP/2.0"


def test_the_winners_answer_still_reaches_the_caller_after_the_transaction_is_gone(stage: Stage) -> None:
    stage.table.trunk()
    with stage.by_hand() as (edge, caller, carrier):
        caller.send(caller.request("INVITE"))
        invite = carrier.receive_request("INVITE")
        carrier.answer(invite, 200, tag="won")
        first = caller.receive_final()
        time.sleep(OUTLIVES_TRANSACTION_S)

        carrier.answer(invite, 200, tag="won")

        assert caller.receive_final() == first
        assert carrier.receive_request("BYE", within_s=0.5) == ""

        carrier.answer(invite, 200, tag="another")

        assert carrier.receive_request("BYE")
        assert caller.receive_final(within_s=0.5) == ""
    assert [event["n"] for event in edge.await_events("late_answer")] == [1]


@pytest.mark.parametrize("branch", [";branch =", ";BRANCH=", "; branch =", " ;\r\n branch= "])
def test_an_answer_is_the_same_when_it_comes_again_however_its_via_is_written(stage: Stage, branch: str) -> None:
    stage.table.trunk()
    with stage.by_hand() as (edge, caller, carrier):
        caller.send(caller.request("INVITE"))
        invite = carrier.receive_request("INVITE")
        answer = carrier.response(invite, 200, tag="won").replace(";branch=", branch, 1)
        carrier.send(answer)
        first = caller.receive_final()

        carrier.send(answer)

        assert first.startswith("SIP/2.0 200 ")
        assert caller.receive_final() == first
        assert carrier.receive_all(for_s=0.5) == []
    assert not edge.events("late_answer")


@pytest.mark.parametrize("contact", ['"Gate <7>" <{}>', "<SIP:{1}>", "<sips:gw@127.0.0.1>", "<tel:+8210>", "*"])
def test_a_late_leg_is_ended_whatever_form_its_contact_has(stage: Stage, contact: str) -> None:
    stage.table.trunk()
    with peer_at_edge() as carrier:
        stage.table.provider(f"127.0.0.1:{carrier.port}", no_response_timeout_s=1)
        edge = stage.edge()
        carrier.reach(edge.port)
        stage.call(edge, SippCaller(expects=503))
        address = f"carrier@127.0.0.1:{carrier.port}"
        answer = carrier.response(carrier.receive_request("INVITE"), 200, tag="late")
        carrier.send(re.sub(r"Contact: .*", "Contact: " + contact.format(f"sip:{address}", address), answer))

        assert carrier.receive_request("ACK")
        assert carrier.receive_request("BYE")


def test_of_two_answers_of_one_carrier_the_caller_gets_one_and_the_other_is_ended(stage: Stage) -> None:
    stage.table.trunk()
    with stage.by_hand() as (edge, caller, carrier):
        caller.send(caller.request("INVITE"))
        invite = carrier.receive_request("INVITE")
        for tag in ("one", "two"):
            carrier.answer(invite, 180, tag=tag)
        carrier.answer(invite, 200, tag="one")
        final = caller.receive_final()
        carrier.answer(invite, 200, tag="two")

        bye = carrier.receive_request("BYE")

        assert {tag_of(header(final.replace("\r\n", "\n"), "To")), tag_of(header(bye, "To"))} == {"one", "two"}
        assert caller.receive_final(within_s=0.5) == ""
    assert [event["tag"] for event in edge.await_events("late_answer")] == [tag_of(header(bye, "To"))]
    assert len(edge.events("attempt_ringing")) == 1


def test_a_carrier_that_is_mute_after_a_cancel_does_not_keep_the_caller_waiting(stage: Stage) -> None:
    stage.table.trunk()
    stage.table.provider(stage.carrier(RINGING_UNTIL_CANCELLED_MUTELY).hostname)
    edge = stage.edge()

    call = stage.call(edge, SippCaller(expects=487, cancel_after_ms=200, cancel_once_ringing=True))

    sent = next(one for one in call.messages if one.first_line.startswith("CANCEL "))
    assert (call.response(487).at - sent.at).total_seconds() < 2
    [ended] = edge.await_events("call_ended")
    assert (ended["status"], ended["hangup_by"]) == (487, "caller")
    [attempt] = edge.events("attempt_ended")
    assert (attempt["status"], attempt["verdict"]) == (None, "cancelled")


def test_a_carrier_that_answers_a_cancelled_call_is_hung_up(stage: Stage) -> None:
    stage.table.trunk()
    with stage.by_hand() as (edge, caller, carrier):
        invite = caller.request("INVITE")
        caller.send(invite)
        sent = carrier.receive_request("INVITE")
        carrier.answer(sent, 180, tag="late")
        caller.send(invite.replace("INVITE", "CANCEL"))
        assert sorted(caller.receive_final().split()[1] for _ in range(2)) == ["200", "487"]
        carrier.answer(carrier.receive_request("CANCEL"), 200, tag="late")

        carrier.answer(sent, 200, tag="late")

        assert carrier.receive_request("ACK")
        assert carrier.receive_request("BYE")
        assert "SIP/2.0 200" not in "".join(caller.receive_all(for_s=0.5))
    assert edge.await_events("late_answer")[0]["n"] == 1
    assert not edge.events("attempt_answered")


def test_an_answer_that_bears_no_mark_of_ours_goes_nowhere(stage: Stage) -> None:
    stage.table.trunk()
    stage.table.provider(stage.carrier(ANSWER).hostname)
    edge = stage.edge()
    with peer(edge.port) as attacker, peer(edge.port) as victim:
        mark = f"Record-Route: <sip:127.0.0.1;lr;dp={'0' * 32}.{'0' * 16}>\n"
        forged = attacker.request("INVITE", headers=mark)
        attacker.answer(
            forged.replace("Via: ", f"Via: SIP/2.0/UDP 127.0.0.1:{edge.port};branch=z9hG4bKx.0\nVia: ", 1)
            .replace(f"127.0.0.1:{attacker.port};branch", f"127.0.0.1:{victim.port};branch"),
            200, tag="forged",
        )  # fmt: skip
        assert victim.receive(within_s=0.5) == ""
        assert attacker.receive(within_s=0.2) == ""

    stage.call(edge)
    assert not edge.events("late_answer")
