"""Calls whose sides move, are behind NAT or throw OPTIONS away go on; a side that is gone is missed.

The interval of the keepalive is short here; tests/faults/test_long_calls.py has a usual one, and many calls.
"""

import re
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.sip.established import NOWHERE, Established, establish
from tests.sip.stage import Stage
from tests.sip.wire import Peer, peer

INTERVAL_S = 1
LONG_S = 6.0  # more than three looks and the second that an end takes


@contextmanager
def established(stage: Stage, *, rewritten: dict[str, str] | None = None, **settings: int) -> Iterator[Established]:
    """A call that is up. `rewritten`: parts of the caller's INVITE, as they are in place of the right ones."""
    stage.table.trunk()
    with stage.by_hand(call_keepalive_s=INTERVAL_S, **settings) as (edge, caller, carrier):
        yield establish(edge, caller, carrier, rewritten=rewritten)


ENDED = {(0, "BYE"), (1, "BYE")}
DEADLINE_S = 30.0


def answered_by(
    *peers: Peer, for_s: float = LONG_S, mute: tuple[Peer, ...] = (), until: set[tuple[int, str]] | None = None
) -> list[tuple[int, str]]:
    """Answer 200 to all requests for a while; the place of the peer and the method of each that came.

    A `mute` peer throws OPTIONS away. `until`: only until all of these have come.
    """
    seen: list[tuple[int, str]] = []
    deadline = time.monotonic() + for_s
    while time.monotonic() < deadline and not (until and until <= set(seen)):
        for place, one in enumerate(peers):
            message = one.receive(within_s=0.02)
            method = message.partition(" ")[0]
            if not message or message.startswith("SIP/2.0 "):
                continue
            seen.append((place, method))
            if not (method == "OPTIONS" and one in mute):
                one.answer(message, 200)
    return seen


def test_a_carrier_that_throws_options_away_keeps_its_calls(stage: Stage) -> None:
    with established(stage) as call:
        seen = answered_by(call.caller, call.carrier, mute=(call.carrier,))

        assert (0, "OPTIONS") in seen
        assert (1, "OPTIONS") in seen
        assert "BYE" not in {method for _, method in seen}
        assert not call.edge.events("call_ended")


def test_a_side_that_speaks_is_not_asked(stage: Stage) -> None:
    with established(stage) as call:
        seen = []
        for cseq in range(2, 8):
            call.carrier.send(call.from_carrier("UPDATE", cseq=cseq))
            seen += answered_by(call.caller, call.carrier, for_s=0.8, mute=(call.carrier,))

        assert {method for _, method in seen} == {"UPDATE"}
        assert not call.edge.events("call_ended")


@pytest.mark.parametrize("who_is_gone", ["caller", "carrier"])
def test_a_side_that_answered_options_and_is_silent_now_has_lost_the_call(stage: Stage, who_is_gone: str) -> None:
    with established(stage) as call:
        sides = (call.caller, call.carrier)
        gone = sides[who_is_gone == "carrier"]
        answered_by(*sides, for_s=DEADLINE_S, until={(0, "OPTIONS"), (1, "OPTIONS")})
        answered_by(*sides, for_s=1.5)

        seen = answered_by(*sides, for_s=DEADLINE_S, mute=(gone,), until=ENDED)

        assert set(seen) >= ENDED
        [ended] = call.edge.await_events("call_ended")
        assert (ended["reason"], ended["hangup_by"], ended["status"]) == ("call lost", "timeout", 200)


def test_a_call_that_is_too_long_has_a_reason_of_its_own(stage: Stage) -> None:
    with established(stage, max_call_s=2) as call:
        seen = answered_by(call.caller, call.carrier, for_s=DEADLINE_S, until=ENDED)

        assert set(seen) >= ENDED
        [ended] = call.edge.await_events("call_ended")
        assert ended["reason"] == "call timed out"


MOVES = [("caller", "INVITE"), ("caller", "UPDATE"), ("carrier", "INVITE"), ("carrier", "UPDATE")]


@pytest.mark.parametrize("in_the_answer", [False, True])
@pytest.mark.parametrize(("side", "method"), MOVES)
def test_options_and_bye_follow_a_side_that_moves(stage: Stage, side: str, method: str, in_the_answer: bool) -> None:
    """By a request of its own, or in its 2xx to the other side's."""
    with established(stage, max_call_s=5) as call, peer(call.edge.port) as moved:
        old, other = (call.caller, call.carrier) if side == "caller" else (call.carrier, call.caller)
        there = f"sip:moved@127.0.0.1:{moved.port}"
        by_caller = (side == "caller") != in_the_answer
        asks = call.from_caller if by_caller else call.from_carrier
        sender, receiver = (call.caller, call.carrier) if by_caller else (call.carrier, call.caller)
        sender.send(asks(method, cseq=2, contact=f"sip:x@127.0.0.1:{sender.port}" if in_the_answer else there))
        got = receiver.receive_request(method)
        answer = receiver.response(got, 200)
        receiver.send(re.sub("Contact: .*", f"Contact: <{there}>", answer) if in_the_answer else answer)
        assert sender.receive_final().startswith("SIP/2.0 200 ")
        if method == "INVITE":
            sender.send(asks("ACK", cseq=2))

        seen = answered_by(moved, other, for_s=DEADLINE_S, until=ENDED)

        assert {(0, "OPTIONS"), (1, "OPTIONS")} | ENDED <= set(seen)
        assert [message for message in old.receive_all(for_s=0.1) if message.startswith(("OPTIONS", "BYE"))] == []
        assert call.edge.events("call_ended")[0]["reason"] == "call timed out"


def test_a_caller_behind_nat_is_reached_where_its_packets_come_from(stage: Stage) -> None:
    with established(stage, rewritten=NOWHERE) as call:
        assert "OPTIONS" in {method for place, method in answered_by(call.caller, call.carrier, for_s=3) if not place}
        for cseq, method in enumerate(("INVITE", "INFO", "BYE"), 1):
            call.carrier.send(call.from_carrier(method, cseq=cseq, contact="sip:x@127.0.0.1:5999"))
            got = call.caller.receive_request(method)
            assert got
            call.caller.answer(got, 200)
            answer = call.carrier.receive_final()
            while answer.startswith("OPTIONS "):
                call.carrier.answer(answer, 200)
                answer = call.carrier.receive_final()
            assert answer.startswith("SIP/2.0 200 ")
        [ended] = call.edge.await_events("call_ended")
        assert ended["hangup_by"] == "callee"


def test_the_call_of_a_caller_behind_nat_can_be_ended_after_a_restart(stage: Stage) -> None:
    with established(stage, rewritten=NOWHERE) as call:
        call.edge.kill()
        call.edge.start()

        call.carrier.send(call.from_carrier("BYE", cseq=1))

        assert call.caller.receive_request("BYE")


def test_without_rport_the_answers_reach_a_caller_behind_nat_too(stage: Stage) -> None:
    with established(stage, rewritten={**NOWHERE, ";rport": ""}) as call:
        assert call.answer.startswith("SIP/2.0 200 ")


def test_a_caller_behind_nat_is_reached_by_its_own_connection(stage: Stage) -> None:
    stage.table.trunk()
    with stage.by_hand(call_keepalive_s=INTERVAL_S) as (edge, caller, carrier):
        with socket.create_connection(("127.0.0.1", edge.port)) as line:
            line.settimeout(5)
            invite = caller.request("INVITE").replace("/UDP", "/TCP")
            for right, wrong in NOWHERE.items():
                invite = invite.replace(right.format(port=caller.port), wrong)
            line.sendall(invite.replace("\n", "\r\n").encode())
            got = carrier.receive_request("INVITE")
            carrier.answer(got, 200, tag="carrier")
            answer = _until(line, "SIP/2.0 200 ")
            call = Established(edge, caller, carrier, answer, got)
            line.sendall(call.from_caller("ACK", cseq=1).replace("/UDP", "/TCP").replace("\n", "\r\n").encode())
            assert carrier.receive_request("ACK")

            carrier.send(call.from_carrier("BYE", cseq=1))

            assert _until(line, "BYE ")


def _until(line: socket.socket, head: str) -> str:
    text = ""
    while head not in text:
        chunk = line.recv(65_535).decode().replace("\r\n", "\n")
        assert chunk
        text += chunk
    return text[text.index(head) :]
