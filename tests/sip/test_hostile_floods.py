"""Those who ask too much: limits that hold before anything is decided, and bans that end by themselves."""

import asyncio
import re
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest

from dialplane.domain.trunk import BASIC
from dialplane_simulator.caller import place_call
from dialplane_simulator.callplan import CallPlan, CallResult
from dialplane_simulator.digest import Credentials
from dialplane_simulator.wire import Peer as Address
from tests.sip.digests import challenge_in, credentials
from tests.sip.edges import RunningEdge
from tests.sip.scenarios import ANSWER, refuse
from tests.sip.stage import Stage
from tests.sip.wire import Peer, peer, peer_at_edge
from tests.waiting import eventually

STRANGER = "127.0.0.2"


def open_edge(stage: Stage, **settings: object) -> RunningEdge:
    stage.table.trunk()
    stage.table.provider(stage.carrier(refuse(486), traced=False).hostname)
    return stage.edge(**settings)


def status_of(response: str) -> int:
    return int(response.split(" ", 2)[1]) if response else 0


def ask(one: Peer, method: str = "INVITE", headers: str = "", *, within_s: float = 5.0) -> int:
    return status_of(one.ask(one.request(method, headers=headers), within_s=within_s))


@pytest.mark.parametrize(("method", "answer"), [("INVITE", 403), ("REGISTER", 405), ("OPTIONS", 200)])
def test_a_source_without_a_trunk_that_scans_is_banned_and_nobody_else(stage: Stage, method: str, answer: int) -> None:
    edge = open_edge(stage, stranger_requests=5)
    with peer(edge.port, address=STRANGER) as scanner, peer(edge.port) as customer:
        assert [ask(scanner, method) for _ in range(6)] == [answer] * 6
        assert ask(scanner, method, within_s=0.5) == 0
        assert ask(scanner, "INVITE", within_s=0.5) == 0
        assert [ask(customer) for _ in range(7)] == [486] * 7

    assert edge.log().count(f"{STRANGER} is banned") == 1
    assert len(edge.await_events("call_ended", 7)) == 7
    assert {event["source_address"] for event in edge.events("call_started")} == {"127.0.0.1"}


def test_a_ban_ends_by_itself(stage: Stage) -> None:
    edge = open_edge(stage, stranger_requests=1, ban_s=1)
    with peer(edge.port, address=STRANGER) as scanner:
        assert [ask(scanner) for _ in range(2)] == [403, 403]
        eventually(lambda: ask(scanner, within_s=0.2) == 403, within_s=20, what="the ban to end")


def test_what_looks_like_a_scanner_at_a_customer_s_address_is_refused_but_bans_nobody(stage: Stage) -> None:
    edge = open_edge(stage, stranger_requests=2)
    with peer(edge.port) as customer:
        assert [ask(customer, headers="User-Agent: friendly-scanner\n") for _ in range(5)] == [403] * 5
        assert [ask(customer, "REGISTER") for _ in range(5)] == [405] * 5
        assert ask(customer) == 486


def test_scanners_can_be_left_without_any_answer(stage: Stage) -> None:
    edge = open_edge(stage, strangers="drop")
    with peer(edge.port) as customer, peer(edge.port, address=STRANGER) as stranger:
        assert ask(customer, headers="User-Agent: sipvicious\n", within_s=0.3) == 0
        assert ask(stranger, within_s=0.3) == 0
        assert ask(customer) == 486


def test_a_flood_from_one_source_is_503_before_any_decision(stage: Stage) -> None:
    edge = open_edge(stage, source_requests_per_second=5)
    started = time.monotonic()
    with peer(edge.port) as flooder:
        answers = [flooder.ask(flooder.request("INVITE")) for _ in range(60)]
    windows = int(time.monotonic() - started) + 2

    counts = Counter(map(status_of, answers))
    assert counts.keys() == {486, 503}
    assert counts[486] <= 5 * windows
    refused = next(answer for answer in answers if status_of(answer) == 503)
    assert re.search(r"^Retry-After: \d+\r?$", refused, re.M)
    assert len(edge.await_events("call_ended", counts[486])) == counts[486]
    assert len(edge.events("call_started")) == counts[486]
    assert not edge.events("call_rejected")


def test_one_source_s_flood_leaves_the_others_their_calls(stage: Stage) -> None:
    stage.table.trunk(allowed_ips=("127.0.0.0/29",))
    stage.table.provider(stage.carrier(refuse(486), traced=False).hostname)
    edge = stage.edge(source_requests_per_second=5)
    with peer(edge.port) as flooder, peer(edge.port, address="127.0.0.5") as other:
        for _ in range(200):
            flooder.send(flooder.request("INVITE"))
        assert ask(other, within_s=20) == 486


def test_new_calls_of_all_sources_together_have_a_limit_of_their_own(stage: Stage) -> None:
    stage.table.trunk(allowed_ips=("127.0.0.0/28",))
    stage.table.provider(stage.carrier(refuse(486), traced=False).hostname)
    edge = stage.edge(new_calls_per_second=3)
    started = time.monotonic()
    counts: Counter[int] = Counter()
    for host in range(1, 13):
        with peer(edge.port, address=f"127.0.0.{host}") as caller:
            counts.update(ask(caller) for _ in range(4))
    windows = int(time.monotonic() - started) + 2

    assert counts.keys() == {486, 503}
    assert counts[486] <= 3 * windows


def test_a_banned_address_can_still_end_its_calls(stage: Stage) -> None:
    stage.table.trunk(auth_types=(BASIC,), allowed_ips=(), username="pbx", password="secret")
    stage.table.provider(stage.carrier(ANSWER).hostname)
    edge = stage.edge(max_auth_failures=1)
    plan = CallPlan(
        to=Address("udp", "127.0.0.1", edge.port),
        user="+821012345678",
        talk_s=4.0,
        credentials=Credentials("pbx", "secret"),
    )

    def talk() -> CallResult:
        return asyncio.run(place_call(plan, host=STRANGER))

    with ThreadPoolExecutor(1) as pool, peer(edge.port, address=STRANGER) as guesser:
        talking = pool.submit(talk)
        edge.await_events("attempt_answered", within_s=30)
        uri = f"sip:+821012345678@127.0.0.1:{edge.port}"
        challenge = challenge_in(guesser.ask(guesser.request("INVITE", uri=uri)))
        guess = credentials(challenge, username="pbx", password="guess", uri=uri)
        assert status_of(guesser.ask(guesser.request("INVITE", uri=uri, headers=guess))) == 407
        assert ask(guesser, within_s=0.3) == 0
        result = talking.result(timeout=60)

    assert (result.status, result.hangup_by) == (200, "caller")
    assert edge.await_events("call_ended")[0]["hangup_by"] == "caller"


def test_a_banned_address_can_still_cancel_its_call_that_rings(stage: Stage) -> None:
    stage.table.trunk(auth_types=(BASIC,), allowed_ips=(), username="pbx", password="secret")
    with peer_at_edge() as carrier:
        stage.table.provider(f"127.0.0.1:{carrier.port}")
        edge = stage.edge(max_auth_failures=1)
        carrier.reach(edge.port)
        uri = f"sip:+821012345678@127.0.0.1:{edge.port}"
        with peer(edge.port, address=STRANGER) as caller, peer(edge.port, address=STRANGER) as guesser:
            challenge = challenge_in(caller.ask(caller.request("INVITE", uri=uri)))
            proof = credentials(challenge, username="pbx", password="secret", uri=uri)
            invite = caller.request("INVITE", uri=uri, headers=proof)
            caller.send(invite)
            sent = carrier.receive_request("INVITE")
            carrier.answer(sent, 180, tag="here")
            challenge = challenge_in(guesser.ask(guesser.request("INVITE", uri=uri)))
            guess = credentials(challenge, username="pbx", password="guess", uri=uri)
            assert status_of(guesser.ask(guesser.request("INVITE", uri=uri, headers=guess))) == 407
            assert ask(guesser, "CANCEL", within_s=0.3) == 0

            cancel = invite.replace(proof, "").replace("INVITE sip", "CANCEL sip", 1).replace("1 INVITE", "1 CANCEL")
            caller.send(cancel)
            finals = {status_of(answer): answer for answer in (caller.receive_final(), caller.receive_final())}
            assert finals.keys() == {200, 487}
            carrier.answer(carrier.receive_request("CANCEL"), 200, tag="here")
            carrier.answer(sent, 487, tag="here")
            caller.acknowledge(invite, finals[487])
            assert caller.receive_all(for_s=1.2) == [], "a 487 that is not acknowledged comes again"

    assert edge.await_events("call_ended")[0]["hangup_by"] == "caller"


def test_guessers_at_many_addresses_are_each_banned_and_fill_no_log(stage: Stage) -> None:
    stage.table.trunk(auth_types=(BASIC,), allowed_ips=(), username="pbx", password="secret")
    stage.table.provider(stage.carrier(refuse(486), traced=False).hostname)
    edge = stage.edge(max_auth_failures=1, stranger_requests=100)
    uri = f"sip:+821012345678@127.0.0.1:{edge.port}"
    started = time.monotonic()
    for host in range(2, 42):
        with peer(edge.port, address=f"127.0.0.{host}") as guesser:
            challenge = challenge_in(guesser.ask(guesser.request("INVITE", uri=uri)))
            guess = credentials(challenge, username="pbx", password="guess", uri=uri)
            assert status_of(guesser.ask(guesser.request("INVITE", uri=uri, headers=guess))) == 407
    seconds = time.monotonic() - started

    with peer(edge.port, address="127.0.0.41") as guesser:
        assert ask(guesser, "OPTIONS", within_s=0.3) == 0
    assert 1 <= edge.log().count("is banned for wrong passwords") <= seconds + 2


def test_garbage_fills_no_log(stage: Stage) -> None:
    edge = open_edge(stage, debug=0)
    lines = edge.log().count("\n")
    with peer(edge.port, address=STRANGER) as stranger, peer(edge.port) as customer:
        started = time.monotonic()
        for number in range(300):
            stranger.send(f"INVITE sip:+82@127.0.0.1 SIP/2.0\nVia: ;;,{number}\nFrom: \x01\nTo: \x02\n\n")
            stranger.send(stranger.request("INVITE").replace("CSeq: 1", f"CSeq: {number}canary"))
        assert ask(customer, within_s=20) == 486
        seconds = time.monotonic() - started

    assert edge.log().count("\n") - lines <= 3 * (seconds + 2)
    assert "canary" not in edge.log()
