"""What arrives on the wire that no well-meaning peer sends, and how little it changes."""

import re

import pytest

from tests.sip.edges import RunningEdge
from tests.sip.scenarios import ANSWER, SILENT, refuse
from tests.sip.stage import Stage
from tests.sip.wire import Peer, peer

FORGED = "7a2e8a97ea7d486d8679086f2a6cce1c.040fa0041045e1b7"


@pytest.fixture
def edge(stage: Stage) -> RunningEdge:
    stage.table.trunk()
    stage.table.provider(stage.carrier(ANSWER).hostname)
    return stage.shared_edge()


def status_of(response: str) -> int:
    found = re.match(r"SIP/2\.0 (\d{3}) ", response)
    return int(found[1]) if found else 0


def is_alive(peer: Peer) -> bool:
    peer.send(peer.request("OPTIONS"))
    return any(status_of(message) == 200 for message in peer.receive_all(for_s=0.3))


def test_an_invite_sent_eleven_times_is_one_decision(stage: Stage) -> None:
    stage.table.trunk()
    stage.table.provider(stage.carrier(refuse(503)).hostname)
    edge = stage.edge(workers=4)
    with peer(edge.port) as caller:
        invite = caller.request("INVITE")
        for _ in range(11):
            caller.send(invite)
        assert status_of(caller.receive_final()) == 503
        edge.await_events("call_ended")
        caller.receive_all(for_s=0.5)

    assert edge.kinds() == ["call_started", "attempt_sent:1", "attempt_ended:1", "call_ended"]


def test_a_refused_invite_sent_again_is_refused_once_in_the_record(edge: RunningEdge) -> None:
    with peer(edge.port) as caller:
        invite = caller.request("INVITE", uri="sip:nobody@127.0.0.1")
        for _ in range(5):
            caller.send(invite)
        assert {status_of(message) for message in caller.receive_all(for_s=1)} <= {100, 484}

    assert edge.kinds() == ["call_rejected"]


def test_a_stray_200_for_somebody_else_is_dropped(edge: RunningEdge) -> None:
    with peer(edge.port) as attacker, peer(edge.port) as victim:
        attacker.send(
            "SIP/2.0 200 OK\n"
            f"Via: SIP/2.0/UDP 127.0.0.1:{edge.port};branch=z9hG4bKforged.0\n"
            f"Via: SIP/2.0/UDP 127.0.0.1:{victim.port};branch=z9hG4bKvictim\n"
            "From: <sip:a@b>;tag=1\nTo: <sip:c@d>;tag=2\nCall-ID: x\nCSeq: 1 INVITE\nContent-Length: 0\n\n"
        )
        assert victim.receive(within_s=0.5) == ""


@pytest.mark.parametrize("method", ["REGISTER", "SUBSCRIBE", "MESSAGE", "PUBLISH", "REFER", "UNHEARDOF"])
def test_other_methods_are_405_with_allow(edge: RunningEdge, method: str) -> None:
    with peer(edge.port) as caller:
        caller.send(caller.request(method))
        response = caller.receive()

    assert status_of(response) == 405
    assert allowed_in(response) == {"INVITE", "ACK", "CANCEL", "OPTIONS"}


def allowed_in(response: str) -> set[str]:
    found = re.search(r"^Allow: (.*?)\r?$", response, re.M)
    return set(found[1].split(", ")) if found else set()


def test_options_is_answered_with_all_that_dialogs_may_carry(edge: RunningEdge) -> None:
    with peer(edge.port) as caller:
        answer = caller.ask(caller.request("OPTIONS"))

    assert status_of(answer) == 200
    assert {"INVITE", "BYE", "UPDATE", "PRACK", "INFO", "REFER", "NOTIFY", "MESSAGE"} <= allowed_in(answer)


def test_a_cancel_for_nothing_is_481_and_an_ack_for_nothing_is_silence(edge: RunningEdge) -> None:
    with peer(edge.port) as caller:
        caller.send(caller.request("CANCEL"))
        assert status_of(caller.receive()) == 481
        caller.send(caller.request("ACK"))
        caller.send(caller.request("ACK", to_tag=";tag=x"))
        assert caller.receive(within_s=0.3) == ""


@pytest.mark.parametrize("method", ["INVITE", "BYE", "MESSAGE", "OPTIONS"])
@pytest.mark.parametrize("cookie", ["", f";dp={FORGED}"])
def test_a_made_up_dialog_is_relayed_nowhere(edge: RunningEdge, method: str, cookie: str) -> None:
    with peer(edge.port) as attacker, peer(edge.port) as victim:
        route = f"Route: <sip:127.0.0.1:{edge.port};lr=on{cookie}>, <sip:127.0.0.1:{victim.port};lr>\n"
        attacker.send(attacker.request(method, headers=route, to_tag=";tag=made-up"))
        assert status_of(attacker.receive()) == 481
        assert victim.receive(within_s=0.2) == ""


def test_max_forwards_of_zero_is_483(edge: RunningEdge) -> None:
    with peer(edge.port) as caller:
        caller.send(caller.request("INVITE").replace("Max-Forwards: 70", "Max-Forwards: 0"))
        assert status_of(caller.receive_final()) == 483


BROKEN = {
    "nothing": b"",
    "one byte": b"\x00",
    "no SIP": b"GET / HTTP/1.1\r\n\r\n",
    "65 kB": b"INVITE sip:+82@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1;branch=z9hG4bK1\r\nX: " + b"a" * 65_000,
    "a NUL": b"INVITE sip:+82\x00@127.0.0.1 SIP/2.0\r\n\r\n",
    "LF only": b"INVITE sip:+82@127.0.0.1 SIP/2.0\nVia: SIP/2.0/UDP 127.0.0.1;branch=z9hG4bK1\n\n",
    "only Vias": b"INVITE sip:+82@127.0.0.1 SIP/2.0\r\n" + b"Via: SIP/2.0/UDP 127.0.0.1;branch=z9hG4bK1\r\n" * 70,
}


@pytest.mark.parametrize("broken", BROKEN.values(), ids=BROKEN.keys())
def test_what_is_no_sip_is_never_answered_200_and_harms_nobody(edge: RunningEdge, broken: bytes) -> None:
    with peer(edge.port) as caller:
        caller.send(broken)
        assert {status_of(message) for message in caller.receive_all(for_s=0.3)} <= {0, 400, 403, 481, 513}
        assert is_alive(caller)

    assert edge.events() == []


@pytest.mark.parametrize(
    ("change", "statuses"),
    [
        (("Call-ID: ", "X: "), {400, 0}),
        (("Call-ID: 1", "Call-ID: "), {400, 0}),
        (("CSeq: 1 INVITE", "CSeq: x INVITE"), {400, 0}),
        (("Max-Forwards: 70", "X-Long: " + "a" * 20_000), {513}),
        (("Max-Forwards: 70", "\n".join(f"X-{n}: y" for n in range(6000))), {513, 400}),
        (("sip:+821012345678@127.0.0.1", "sip:+82101234\xff5678@127.0.0.1"), {400, 484}),
    ],
)
def test_a_broken_invite_is_refused(edge: RunningEdge, change: tuple[str, str], statuses: set[int]) -> None:
    with peer(edge.port) as caller:
        text = caller.request("INVITE", call_id="1").replace(*change, 1).replace("\n", "\r\n")
        caller.send(text.encode("latin-1"))
        assert {status_of(message) for message in caller.receive_all(for_s=0.5)} - {100} <= statuses
        assert is_alive(caller)

    assert not edge.events("attempt_sent")


def test_text_that_is_not_utf_8_does_not_stop_a_call(edge: RunningEdge) -> None:
    with peer(edge.port) as caller:
        text = caller.request("INVITE", headers="X-Text: \xff\xfe\nX-Dialplane-A: b\n").replace("+15550001", "caf\xe9")
        caller.send(text.replace("\n", "\r\n").encode("latin-1"))
        assert status_of(caller.receive_final()) == 200

    edge.await_events("attempt_answered")


def test_strangers_can_be_left_without_an_answer(stage: Stage) -> None:
    stage.table.trunk()
    stage.table.provider(stage.carrier(SILENT).hostname)
    edge = stage.edge(strangers="drop")
    with peer(edge.port, address="127.0.0.2") as stranger:
        stranger.send(stranger.request("INVITE"))
        assert stranger.receive(within_s=0.5) == ""
