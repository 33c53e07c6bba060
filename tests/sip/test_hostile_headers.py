"""The trust boundary: what of a caller's headers reaches a carrier, and what of its network."""

import re
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.sip.edges import RunningEdge
from tests.sip.scenarios import ANSWER, TAKE_ACK, TAKE_BYE, Caller, Pause, Send, refuse
from tests.sip.sipp import Carrier
from tests.sip.stage import Stage
from tests.sip.wire import peer

SECRET = "canary"
PROOF = f'Proxy-Authorization: Digest username="canary", realm="r", nonce="n", uri="sip:u", response="{"0" * 32}"'
FORBIDDEN = {
    "asserted": "P-Asserted-Identity: <sip:canary@x>\n",
    "asserted, lower case": "p-asserted-identity: <sip:canary@x>\n",
    "asserted, blanks before the colon": "P-Asserted-Identity \t : <sip:canary@x>\n",
    "asserted, folded": "P-Asserted-Identity:\n <sip:canary@x>,\n\t<tel:+1canary>\n",
    "asserted, twice": "P-Asserted-Identity: <sip:canary@x>\nSubject: hi\nP-ASSERTED-IDENTITY: <tel:canary>\n",
    "preferred": "P-Preferred-Identity: <sip:canary@x>\n",
    "remote party": 'Remote-Party-ID: "canary" <sip:canary@x>;party=calling\n',
    "identity": "Identity: eyJcanary;info=<https://canary/c.pem>;alg=ES256\n",
    "identity, compact": "y: eyJcanary\n",
    "identity info": "Identity-Info: <https://canary>\n",
    "identity info, compact": "n : <https://canary>\n",
    "our own": "X-Dialplane-Call: canary\n",
    "our own, odd": "x-dialplane-:canary\n",
    "charging": "P-Charging-Vector: icid-value=canary\n",
    "access network": "P-Access-Network-Info: 3GPP-UTRAN;canary\n",
    "credentials": f"{PROOF}\n",
    "credentials for others": "Authorization: Basic canary\n",
    "software": "User-Agent: canary/1.0 (10.1.2.3)\n",
    "organisation": "Organization: canary\n",
}


@pytest.mark.parametrize("headers", FORBIDDEN.values(), ids=FORBIDDEN.keys())
def test_what_callers_may_not_say_reaches_no_carrier(boundary: tuple[RunningEdge, Carrier], headers: str) -> None:
    edge, carrier = boundary
    with peer(edge.port) as caller:
        request = caller.request("INVITE", headers=headers)
        assert caller.ask(request).startswith("SIP/2.0 486 ")

    assert SECRET not in _invite_of(carrier, request)


def test_other_headers_reach_the_carrier_as_they_are(boundary: tuple[RunningEdge, Carrier]) -> None:
    edge, carrier = boundary
    kept = ["Subject: a, b", "Privacy: id", "X-Account: 7", "Diversion: <sip:+1@x>;reason=no-answer", "Identify: x"]
    with peer(edge.port) as caller:
        request = caller.request("INVITE", headers="".join(f"{line}\n" for line in kept))
        caller.ask(request)

    lines = _invite_of(carrier, request).splitlines()
    assert [line for line in kept if line not in lines] == []


def test_within_a_call_the_boundary_is_the_same(stage: Stage) -> None:
    stage.table.trunk()
    carrier = stage.carrier(ANSWER)
    stage.table.provider(carrier.hostname)
    edge = stage.shared_edge()

    stage.call(edge, Caller(bye_headers=f"P-Asserted-Identity: <sip:canary@x>\n{PROOF}\n"))

    [bye] = carrier.received("BYE")
    assert SECRET not in bye.text


@pytest.fixture(scope="module")
def boundary(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[RunningEdge, Carrier]]:
    """An edge, and the carrier behind it that refuses every call."""
    with ExitStack() as stack:
        stage = Stage(tmp_path_factory.mktemp("boundary"), stack)
        stage.table.trunk()
        carrier = stage.carrier(refuse(486))
        stage.table.provider(carrier.hostname)
        yield stage.edge(), carrier


def _invite_of(carrier: Carrier, request: str) -> str:
    found = re.search(r"^Call-ID: (.*)$", request, re.M)
    assert found is not None
    [invite] = {one.text for one in carrier.received("INVITE") if one.header("Call-ID") == found[1]}
    return invite


@pytest.mark.parametrize("transport", ["u1", "t1"])
def test_neither_side_sees_the_other_s_addresses(stage: Stage, transport: str) -> None:
    stage.table.trunk(allowed_ips=("127.0.0.66",))
    carrier = stage.carrier(ANSWER, address="127.0.0.77")
    stage.table.provider(carrier.hostname)
    edge = stage.shared_edge()

    call = stage.call(edge, Caller(from_host="customer.example"), source="127.0.0.66", transport=transport)

    for method in ("INVITE", "ACK", "BYE"):
        [request] = {one.text for one in carrier.received(method)}
        assert "127.0.0.66" not in _without_call_id(request), request
    for answer in (message.text for message in call.messages if message.received):
        assert "127.0.0.77" not in _without_call_id(answer), answer
    assert edge.await_events("call_ended")[0]["status"] == 200


def test_hiding_can_be_turned_off(stage: Stage) -> None:
    stage.table.trunk(allowed_ips=("127.0.0.66",))
    carrier = stage.carrier(ANSWER)
    stage.table.provider(carrier.hostname)
    edge = stage.edge(hide_topology=False)

    stage.call(edge, source="127.0.0.66")

    assert "127.0.0.66" in carrier.received("INVITE")[0].text


def _without_call_id(message: str) -> str:
    return re.sub(r"^Call-ID:.*$", "", message, flags=re.M)


IDENTITIES = (
    'P-Asserted-Identity: "A, B" <sip:+4930@pbx>,\n\t<tel:+4930>\nSubject: a\nP-Asserted-Identity: <sip:two@pbx>\n'
)
NEVER_TRUSTED = "".join(FORBIDDEN[name] for name in ("preferred", "our own", "identity", "charging"))


def test_a_trusted_trunk_is_believed_who_calls_and_nothing_else(stage: Stage) -> None:
    stage.table.trunk(trusted_identity=True)
    refuses, carrier = stage.carrier(refuse(503)), stage.carrier(refuse(486))
    stage.table.provider(refuses.hostname)
    stage.table.provider(carrier.hostname)
    edge = stage.shared_edge()
    with peer(edge.port) as caller:
        request = caller.request("INVITE", headers=f"{IDENTITIES}Privacy: id\n{NEVER_TRUSTED}")
        assert caller.ask(request).startswith("SIP/2.0 486 ")

    for invite in (_invite_of(refuses, request), _invite_of(carrier, request)):
        asserted = [line for line in invite.splitlines() if line.lower().startswith("p-asserted")]
        assert asserted == [
            'P-Asserted-Identity: "A, B" <sip:+4930@pbx>, <tel:+4930>',
            "P-Asserted-Identity: <sip:two@pbx>",
        ]
        assert "Privacy: id" in invite
        assert SECRET not in invite


EQUIPMENT = "Server: canary-switch/9\nuser-agent: canary-gateway\nOrganization: canary telecom\n"


@pytest.mark.parametrize("final", [200, 486])
def test_a_caller_does_not_learn_the_equipment_of_the_carrier(stage: Stage, final: int) -> None:
    stage.table.trunk()
    talked = (TAKE_ACK, TAKE_BYE) if final == 200 else (TAKE_ACK,)
    rings, ends = (Send(status, headers=f"{EQUIPMENT}X-Kept: {status}\n") for status in (180, final))
    stage.table.provider(stage.carrier((rings, Pause(40), ends, *talked)).hostname)
    edge = stage.shared_edge()

    call = stage.call(edge, Caller(expects=final))

    for status in (180, final):
        assert call.response(status).header("X-Kept") == str(status)
        assert SECRET not in call.response(status).text


def test_where_nothing_is_hidden_replies_are_left_as_they_are(stage: Stage) -> None:
    stage.table.trunk()
    stage.table.provider(stage.carrier(refuse(486, headers=EQUIPMENT)).hostname)
    edge = stage.edge(hide_topology=False)

    assert stage.call(edge, Caller(expects=486)).response(486).header("Server") == "canary-switch/9"
