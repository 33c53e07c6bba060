"""Carriers that challenge take two INVITEs each: a call's transaction has room for them, and an end that is told."""

from collections.abc import Sequence

from tests.sip.scenarios import ANSWER, TAKE_ACK, TAKE_INVITE, Caller, Send, Step, refuse
from tests.sip.sipp import Carrier
from tests.sip.stage import Stage

_CHALLENGE = 'Proxy-Authenticate: Digest realm="carrier", nonce="abcdef", algorithm=MD5\n'
_CHALLENGE_AND_REFUSE: Sequence[Step] = (Send(407, headers=_CHALLENGE), TAKE_ACK, TAKE_INVITE, *refuse(503))


def challenging_providers(stage: Stage, count: int) -> Carrier:
    """One SIPp, told by Call-ID, that plays so many carriers in turn: 407, and 503 to the credentials."""
    steps = (*_CHALLENGE_AND_REFUSE, *(count - 1) * (TAKE_INVITE, *_CHALLENGE_AND_REFUSE))
    carrier = stage.carrier(steps)
    for n in range(count):
        stage.table.provider(carrier.hostname, username=f"user{n}", password="secret")
    return carrier


def test_a_call_gets_through_behind_carriers_that_all_challenge_and_refuse(stage: Stage) -> None:
    stage.table.trunk()
    challenging, healthy = challenging_providers(stage, 9), stage.carrier(ANSWER)
    stage.table.provider(healthy.hostname)
    edge = stage.edge()

    stage.call(edge)

    [answered] = edge.await_events("attempt_answered")
    assert answered["n"] == 10
    ended = [(event["n"], event["status"], event["verdict"]) for event in edge.events("attempt_ended")]
    assert ended == [(n, 503, "carrier_error") for n in range(1, 10)]
    proofs = [message.header("Proxy-Authorization") or "" for message in challenging.received("INVITE")]
    assert [f'username="user{n // 2}"' in proof for n, proof in enumerate(proofs)] == [False, True] * 9
    [invite] = healthy.received("INVITE")
    assert invite.header("Proxy-Authorization") is None


def test_where_no_branch_is_left_carriers_are_passed_over_and_not_blamed(stage: Stage) -> None:
    stage.table.trunk()
    challenging_providers(stage, 15)
    healthy = stage.carrier(ANSWER)
    spare = [stage.table.provider(healthy.hostname).id for _ in range(2)]
    edge = stage.edge(max_attempts=30, breaker_failures=1)

    stage.call(edge, Caller(expects=503))

    [ended] = edge.await_events("call_ended")
    assert (ended["status"], ended["hangup_by"]) == (503, "edge")
    skipped = edge.events("attempt_skipped")
    assert [(event["n"], event["provider_id"]) for event in skipped] == [(16, spare[0]), (17, spare[1])]
    assert {event["why"][-1] for event in skipped} == {"no_branch_left"}
    assert not healthy.received("INVITE")
    blamed = [event["provider_id"] for event in edge.events("provider_breaker")]
    assert len(blamed) == 15
    assert not set(spare) & set(blamed)
