"""Callers that prove who they are: digest against the replica's HA1, through the real Kamailio."""

import asyncio
import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from dialplane.domain.trunk import BASIC, IP
from dialplane_simulator.caller import place_call
from dialplane_simulator.callplan import CallPlan
from dialplane_simulator.digest import Credentials
from dialplane_simulator.wire import Peer as Address
from tests.sip.digests import Challenge, challenge_in, credentials
from tests.sip.edges import RunningEdge
from tests.sip.scenarios import ANSWER, refuse
from tests.sip.stage import Stage
from tests.sip.wire import Peer, peer

USER, PASSWORD = "pbx", "correct horse"
NUMBER = "+821012345678"


@contextmanager
def stranger(edge: RunningEdge, *, address: str = "127.0.0.2") -> Iterator["DigestPeer"]:
    with peer(edge.port, address=address) as one:
        yield DigestPeer(one, edge)


class DigestPeer:
    """A caller at an address that no trunk allows."""

    def __init__(self, one: Peer, edge: RunningEdge) -> None:
        self.peer = one
        self.uri = f"sip:{NUMBER}@127.0.0.1:{edge.port}"

    def invite(self, headers: str = "", *, host: str = "127.0.0.1") -> str:
        """The final answer to a new INVITE that names this host in From."""
        text = self.peer.request("INVITE", uri=self.uri, headers=headers)
        return self.peer.ask(text.replace("<sip:+15550001@127.0.0.1>", f"<sip:+15550001@{host}>"))

    def challenge(self, *, host: str = "127.0.0.1") -> Challenge:
        """What an INVITE without credentials is answered."""
        response = self.invite(host=host)
        assert status_of(response) == 407, response
        return challenge_in(response)

    def proof(self, challenge: Challenge, **changes: object) -> str:
        """Good credentials, but for the changes."""
        settings: dict[str, Any] = {"username": USER, "password": PASSWORD, "uri": self.uri, **changes}
        return credentials(challenge, **settings)


def status_of(response: str) -> int:
    return int(response.split(" ", 2)[1]) if response.startswith("SIP/2.0 ") else 0


def digest_edge(stage: Stage, *, steps: Any = None, **settings: object) -> RunningEdge:
    stage.table.trunk(auth_types=(BASIC,), allowed_ips=(), username=USER, password=PASSWORD)
    stage.table.provider(stage.carrier(refuse(486) if steps is None else steps).hostname)
    return stage.edge(**settings)


def test_a_caller_with_the_password_is_let_in_and_its_credentials_stay_here(stage: Stage) -> None:
    trunk = stage.table.trunk(auth_types=(BASIC,), allowed_ips=(), username=USER, password=PASSWORD)
    carrier = stage.carrier(refuse(486))
    stage.table.provider(carrier.hostname)
    edge = stage.edge()
    with stranger(edge) as caller:
        challenge = caller.challenge()
        assert (challenge.realm, challenge.qop, challenge.stale) == ("dialplane", "auth", False)
        assert edge.events() == []
        extra = 'Proxy-Authorization: Digest username="x", realm="elsewhere", nonce="n", uri="u", response="r"\n'
        assert status_of(caller.invite(caller.proof(challenge) + extra)) == 486

    assert edge.await_events("call_started")[0]["trunk_id"] == trunk.id
    [invite] = carrier.received("INVITE")
    assert "authorization" not in invite.text.lower()
    assert USER not in invite.text


def test_a_whole_call_with_a_password_from_anywhere(stage: Stage) -> None:
    edge = digest_edge(stage, steps=ANSWER)
    plan = CallPlan(
        to=Address("udp", "127.0.0.1", edge.port), user=NUMBER, talk_s=0.1, credentials=Credentials(USER, PASSWORD)
    )

    result = asyncio.run(place_call(plan, host="127.0.0.3"))

    assert (result.status, result.hangup_by) == (200, "caller")
    [ended] = edge.await_events("call_ended")
    assert (ended["status"], ended["hangup_by"]) == (200, "caller")


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("wrong password", {"password": "wrong"}),
        ("unknown user", {"username": "nobody"}),
        ("another method", {"method": "REGISTER"}),
        ("another realm's secret", {"realm": "elsewhere"}),
    ],
)
def test_who_does_not_prove_it_is_challenged_again_and_leaves_no_record(
    stage: Stage, name: str, changes: dict[str, object]
) -> None:
    edge = digest_edge(stage)
    with stranger(edge) as caller:
        response = caller.invite(caller.proof(caller.challenge(), **changes))

    assert status_of(response) == 407
    assert not challenge_in(response).stale
    assert edge.events() == []


def test_a_disabled_trunk_is_as_if_its_user_were_unknown(stage: Stage) -> None:
    stage.table.trunk(auth_types=(BASIC,), allowed_ips=(), username=USER, password=PASSWORD, enabled=False)
    stage.table.provider(stage.carrier(refuse(486)).hostname)
    edge = stage.edge()
    with stranger(edge) as caller:
        response = caller.invite(caller.proof(caller.challenge()))

    assert status_of(response) == 407
    assert not challenge_in(response).stale


def test_an_edge_without_digest_trunks_challenges_nobody(stage: Stage) -> None:
    stage.table.trunk()
    stage.table.provider(stage.carrier(refuse(486)).hostname)
    edge = stage.edge()
    with stranger(edge) as caller:
        assert status_of(caller.invite()) == 403


@pytest.mark.parametrize("with_qop", [True, False])
def test_credentials_that_were_overheard_are_worth_nothing(stage: Stage, with_qop: bool) -> None:
    edge = digest_edge(stage)
    with stranger(edge) as caller:
        overheard = caller.proof(caller.challenge(), with_qop=with_qop)
        assert status_of(caller.invite(overheard)) == 486
        again = caller.invite(overheard)
        assert status_of(again) == 407
        assert challenge_in(again).stale
        with stranger(edge, address="127.0.0.9") as attacker:
            assert status_of(attacker.invite(overheard)) == 407

    assert len(edge.await_events("call_started")) == 1


def test_a_nonce_that_was_used_is_stale_whatever_its_count(stage: Stage) -> None:
    edge = digest_edge(stage)
    with stranger(edge) as caller:
        challenge = caller.challenge()
        assert status_of(caller.invite(caller.proof(challenge))) == 486

        again = caller.invite(caller.proof(challenge, count=2))

        assert status_of(again) == 407
        assert challenge_in(again).stale
        assert status_of(caller.invite(caller.proof(challenge_in(again)))) == 486


def test_a_nonce_expires_and_the_caller_is_told_that_its_password_is_still_good(stage: Stage) -> None:
    edge = digest_edge(stage, nonce_s=1)
    with stranger(edge) as caller:
        challenge = caller.challenge()
        time.sleep(3)  # the module counts whole seconds
        response = caller.invite(caller.proof(challenge))
        assert status_of(response) == 407
        assert challenge_in(response).stale
        assert status_of(caller.invite(caller.proof(challenge_in(response)))) == 486


def test_a_nonce_that_is_not_ours_is_refused(stage: Stage) -> None:
    edge = digest_edge(stage)
    with stranger(edge) as caller:
        made_up = Challenge("dialplane", "Zm9yZ2VkIG5vbmNlIG9mIHNvbWUgbGVuZ3Ro", "auth", False)
        assert status_of(caller.invite(caller.proof(made_up))) == 407


def test_one_user_name_in_two_domains_is_two_trunks(stage: Stage) -> None:
    trunks = {
        domain: stage.table.trunk(
            auth_types=(BASIC,), allowed_ips=(), username=USER, password=f"{PASSWORD} {domain}", domain_name=domain
        )
        for domain in ("one.example", "two.example")
    }
    stage.table.provider(stage.carrier(refuse(486)).hostname)
    edge = stage.edge()
    with stranger(edge) as caller:
        for domain in ("two.example", "one.example"):
            challenge = caller.challenge(host=domain)
            assert challenge.realm == domain
            swapped = caller.proof(challenge, password=f"{PASSWORD} other")
            assert status_of(caller.invite(swapped, host=domain)) == 407
            proof = caller.proof(caller.challenge(host=domain), password=f"{PASSWORD} {domain}")
            assert status_of(caller.invite(proof, host=domain)) == 486
        assert status_of(caller.invite(host="three.example")) == 403

    seen = [event["trunk_id"] for event in edge.await_events("call_started", 2)]
    assert seen == [trunks["two.example"].id, trunks["one.example"].id]


def test_a_trunk_of_both_kinds_lets_in_by_either(stage: Stage) -> None:
    stage.table.trunk(auth_types=(BASIC, IP), username=USER, password=PASSWORD)
    stage.table.provider(stage.carrier(refuse(486)).hostname)
    edge = stage.edge()
    with stranger(edge, address="127.0.0.1") as at_home, stranger(edge) as away:
        assert status_of(at_home.invite()) == 486
        assert status_of(away.invite(away.proof(away.challenge()))) == 486
        wrong = away.proof(away.challenge(), password="wrong")
        assert status_of(at_home.invite(wrong)) == 486
        assert status_of(away.invite(wrong)) == 407


def test_credentials_tell_a_trunk_from_the_one_that_owns_the_address(stage: Stage) -> None:
    for domain in ("one.example", "two.example"):
        stage.table.trunk(domain_name=domain)
    other = stage.table.trunk(auth_types=(BASIC,), allowed_ips=(), username=USER, password=PASSWORD)
    stage.table.provider(stage.carrier(refuse(486)).hostname)
    edge = stage.edge()
    with stranger(edge, address="127.0.0.1") as here:
        assert status_of(here.invite(here.proof(here.challenge()), host="one.example")) == 486

    assert edge.await_events("call_started")[0]["trunk_id"] == other.id


def test_an_invite_with_credentials_sent_eleven_times_is_one_call(stage: Stage) -> None:
    edge = digest_edge(stage, workers=4)
    with stranger(edge) as caller:
        text = caller.peer.request("INVITE", uri=caller.uri, headers=caller.proof(caller.challenge()))
        for _ in range(11):
            caller.peer.send(text)
        assert status_of(caller.peer.receive_final()) == 486
        edge.await_events("call_ended")
        assert {status_of(answer) for answer in caller.peer.receive_all(for_s=0.5)} <= {100, 486}

    assert edge.kinds() == ["call_started", "attempt_sent:1", "attempt_ended:1", "call_ended"]


def test_who_guesses_passwords_is_left_without_an_answer(stage: Stage) -> None:
    edge = digest_edge(stage, max_auth_failures=3)
    with stranger(edge) as guesser:
        for count in range(1, 4):
            challenge = guesser.challenge()
            assert status_of(guesser.invite(guesser.proof(challenge, password="guess", count=count))) == 407
        assert guesser.peer.ask(guesser.peer.request("INVITE", uri=guesser.uri), within_s=0.5) == ""
    with stranger(edge, address="127.0.0.4") as other:
        assert status_of(other.invite(other.proof(other.challenge()))) == 486
    assert "127.0.0.2 is banned" in edge.log()


def test_nobody_can_have_another_source_banned_without_seeing_its_nonces(stage: Stage) -> None:
    edge = digest_edge(stage, max_auth_failures=3)
    with stranger(edge) as caller:
        for number in range(10):
            made_up = Challenge("dialplane", f"Zm9yZ2VkIG5vbmNlIG9mIHNvbWUgbGVuZ3Ro{number}", "auth", False)
            caller.invite(caller.proof(made_up, password="guess"))
        assert status_of(caller.invite(caller.proof(caller.challenge()))) == 486


def test_a_nonce_is_good_at_the_address_alone_that_it_was_sent_to(stage: Stage) -> None:
    """Else whoever gets nonces of his own could have them answered wrongly in another's name, until it is banned."""
    edge = digest_edge(stage, max_auth_failures=3)
    with stranger(edge) as caller, stranger(edge, address="127.0.0.5") as elsewhere:
        for _ in range(6):
            overheard = elsewhere.challenge()
            refusal = caller.invite(caller.proof(overheard, password="guess"))
            assert status_of(refusal) == 407
            assert status_of(caller.invite(caller.proof(elsewhere.challenge()))) == 407
        assert status_of(caller.invite(caller.proof(caller.challenge()))) == 486


def test_an_unknown_user_and_a_wrong_password_look_and_cost_the_same(stage: Stage) -> None:
    edge = digest_edge(stage, max_auth_failures=10_000, stranger_requests=10_000)
    with stranger(edge) as caller:
        spent: dict[str, list[float]] = {USER: [], "nobody": []}
        shapes: dict[str, set[str]] = {USER: set(), "nobody": set()}
        for _ in range(60):
            for username in spent:
                proof = caller.proof(caller.challenge(), username=username, password="wrong")
                started = time.perf_counter()
                response = caller.invite(proof)
                spent[username].append(time.perf_counter() - started)
                names = [line.partition(":")[0] for line in response.splitlines()]
                shapes[username].add(" ".join([*names, str(challenge_in(response).stale)]))

    assert shapes[USER] == shapes["nobody"]
    known, unknown = (statistics.median(times) for times in spent.values())
    assert abs(known - unknown) < 0.005, (known, unknown)
