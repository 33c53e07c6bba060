"""Carriers that challenge: the INVITE, requests within the call, and what the edge sends of its own."""

import hashlib
import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.sip.edges import RunningEdge
from tests.sip.races import header, headers
from tests.sip.stage import Stage
from tests.sip.wire import Peer, peer, peer_at_edge

USER, PASSWORD = "acct", "secret"
HASHES = {"MD5": "md5", "SHA-256": "sha256", "SHA-512-256": "sha512_256"}


def challenge(nonce: str, algorithm: str = "MD5", *, more: str = "") -> str:
    return f'Proxy-Authenticate: Digest realm="carrier", nonce="{nonce}", algorithm={algorithm}, qop="auth"{more}\n'


def is_right(request: str, nonce: str) -> bool:
    """Whether a request has credentials that hold for this nonce."""
    given = dict(re.findall(r'(\w+)="?([^",]*)"?', header(request, "Proxy-Authorization")))
    if given.get("nonce") != nonce:
        return False
    algorithm = given["algorithm"]

    def digest(text: str) -> str:
        return hashlib.new(HASHES[algorithm.removesuffix("-sess")], text.encode()).hexdigest()

    secret = digest(f"{USER}:carrier:{PASSWORD}")
    if algorithm.endswith("-sess"):
        secret = digest(f"{secret}:{nonce}:{given['cnonce']}")
    request_digest = digest(f"{request.partition(' ')[0]}:{given['uri']}")
    right = digest(f"{secret}:{nonce}:{given['nc']}:{given['cnonce']}:auth:{request_digest}")
    return bool(given["response"] == right)


@contextmanager
def challenging(stage: Stage, **settings: int) -> Iterator[tuple[RunningEdge, Peer, Peer]]:
    """The edge, a caller, and a carrier that wants credentials."""
    stage.table.trunk()
    with peer_at_edge() as carrier:
        stage.table.provider(f"127.0.0.1:{carrier.port}", username=USER, password=PASSWORD, no_response_timeout_s=2)
        edge = stage.edge(**settings)
        carrier.reach(edge.port)
        with peer(edge.port) as caller:
            yield edge, caller, carrier


def challenged(carrier: Peer, method: str, nonce: str, **how: str) -> str:
    """Challenge the next request of that method; the one with credentials."""
    first = carrier.receive_request(method)
    assert first
    tag = "" if ";tag=" in header(first, "To") else "x"
    carrier.answer(first, 407, tag=tag, headers=how.get("headers") or challenge(nonce))
    if method == "INVITE":
        assert carrier.receive_request("ACK")
    again = carrier.receive_request(method)
    assert is_right(again, nonce), again
    assert cseq(again) == cseq(first) + 1
    return again


def cseq(message: str) -> int:
    return int(header(message, "CSeq").split()[0])


def established(caller: Peer, carrier: Peer) -> str:
    """A call whose INVITE was challenged; the caller's 200."""
    caller.send(caller.request("INVITE"))
    invite = challenged(carrier, "INVITE", "n1")
    carrier.answer(invite, 200, tag="up")
    answer = caller.receive_final().replace("\r\n", "\n")
    assert answer.startswith("SIP/2.0 200 ")
    assert header(answer, "CSeq") == "1 INVITE"
    assert len(headers(answer, "CSeq")) == 1
    caller.send(caller.request_within(answer, "ACK", cseq=1))
    assert header(carrier.receive_request("ACK"), "CSeq") == "2 ACK"
    return answer


@pytest.mark.parametrize(
    "offered", [("MD5",), ("SHA-256", "MD5"), ("SHA-512-256", "MD5"), ("MD5", "SHA-256"), ("MD5-sess",)]
)
def test_a_challenge_by_any_algorithm_is_answered_with_a_higher_cseq(stage: Stage, offered: tuple[str, ...]) -> None:
    with challenging(stage) as (_, caller, carrier):
        caller.send(caller.request("INVITE"))
        again = challenged(carrier, "INVITE", "n", headers="".join(challenge("n", one) for one in offered))
        assert f"algorithm={offered[0]}" in header(again, "Proxy-Authorization")


def test_a_stale_nonce_is_answered_with_the_new_one_and_wrong_credentials_end_the_attempt(stage: Stage) -> None:
    with challenging(stage) as (edge, caller, carrier):
        caller.send(caller.request("INVITE"))
        again = challenged(carrier, "INVITE", "n1")
        carrier.answer(again, 407, tag="x", headers=challenge("n2", more=", stale=true"))
        assert carrier.receive_request("ACK")
        third = carrier.receive_request("INVITE")
        assert is_right(third, "n2")
        assert cseq(third) == 3
        carrier.answer(third, 407, tag="x", headers=challenge("n3"))

        assert caller.receive_final().startswith("SIP/2.0 503 ")
        assert [event["n"] for event in edge.await_events("attempt_sent")] == [1]


def test_requests_within_the_call_are_challenged_and_answered(stage: Stage) -> None:
    with challenging(stage) as (edge, caller, carrier):
        answer = established(caller, carrier)
        for place, method in enumerate(("INVITE", "UPDATE", "BYE"), 2):
            asked = caller.request_within(answer, method, cseq=place, headers="Contact: <sip:me@127.0.0.1:5999>\n")
            caller.send(asked)
            again = challenged(carrier, method, f"n{place}")
            carrier.answer(again, 200)
            final = caller.receive_final().replace("\r\n", "\n")
            assert (final[:12], header(final, "CSeq")) == ("SIP/2.0 200 ", f"{place} {method}")
            if method == "INVITE":
                caller.send(caller.request_within(answer, "ACK", cseq=place))
                assert cseq(carrier.receive_request("ACK")) == cseq(again)
        [ended] = edge.await_events("call_ended")
        assert ended["hangup_by"] == "caller"


def test_a_prack_names_the_invite_by_the_cseq_that_the_carrier_knows(stage: Stage) -> None:
    with challenging(stage) as (_, caller, carrier):
        caller.send(caller.request("INVITE", headers="Supported: 100rel\n"))
        invite = challenged(carrier, "INVITE", "n1")
        carrier.answer(invite, 183, tag="early", headers="Require: 100rel\nRSeq: 17\n")
        ringing = caller.receive()
        while ringing.startswith("SIP/2.0 100 "):
            ringing = caller.receive()

        caller.send(caller.request_within(ringing, "PRACK", cseq=2, headers="RAck: 17 1 INVITE\n"))

        prack = carrier.receive_request("PRACK")
        assert (header(prack, "RAck"), header(prack, "CSeq")) == ("17 2 INVITE", "3 PRACK")
        carrier.answer(prack, 200)
        assert header(caller.receive_final().replace("\r\n", "\n"), "CSeq") == "2 PRACK"


def test_a_challenge_within_the_call_that_cannot_be_answered_does_not_reach_the_caller(stage: Stage) -> None:
    with challenging(stage) as (_, caller, carrier):
        answer = established(caller, carrier)
        caller.send(caller.request_within(answer, "INVITE", cseq=2, headers="Contact: <sip:me@127.0.0.1:5999>\n"))
        again = challenged(carrier, "INVITE", "n2")
        carrier.answer(again, 407, headers=challenge("n3"))

        final = caller.receive_final().replace("\r\n", "\n")

        assert final.startswith("SIP/2.0 403 ")
        assert not header(final, "Proxy-Authenticate")


def test_the_edges_own_bye_is_challenged_and_answered(stage: Stage) -> None:
    with challenging(stage, max_call_s=2) as (_, caller, carrier):
        established(caller, carrier)

        again = challenged(carrier, "BYE", "n9")

        assert cseq(again) > 3
        assert caller.receive_request("BYE")


def test_the_bye_to_a_late_leg_is_challenged_and_answered(stage: Stage) -> None:
    with challenging(stage) as (_, caller, carrier):
        caller.send(caller.request("INVITE"))
        invite = carrier.receive_request("INVITE")
        assert caller.receive_final().startswith("SIP/2.0 503 ")
        carrier.answer(invite, 200, tag="late")
        assert carrier.receive_request("ACK")

        challenged(carrier, "BYE", "n9")
