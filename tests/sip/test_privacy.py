"""Who a carrier says that it reached: what a caller gets of it (RFC 3325)."""

import re

import pytest

from tests.sip.stage import Stage

TOLD = (
    "P-Asserted-Identity: <sip:boss@carrier.example>\nPrivacy: id\nRemote-Party-ID: <sip:boss@c.example>;privacy=full\n"
    "P-Charging-Vector: icid-value=1\nX-Dialplane-Foo: forged\n"
)
NAMES = ("P-Asserted-Identity", "Remote-Party-ID", "P-Charging-Vector", "X-Dialplane-Foo")


@pytest.mark.parametrize("hide_topology", [True, False])
@pytest.mark.parametrize("trusted", [False, True])
def test_identities_of_a_carrier_reach_a_trusted_trunk_alone(stage: Stage, trusted: bool, hide_topology: bool) -> None:
    stage.table.trunk(trusted_identity=trusted)
    with stage.by_hand(hide_topology=hide_topology) as (_, caller, carrier):
        caller.send(caller.request("INVITE"))
        invite = carrier.receive_request("INVITE")
        heard: list[str] = []
        for status in (183, 200):
            carrier.answer(invite, status, tag="up", headers=TOLD)
            message = "SIP/2.0 100 "  # the next only once this one is heard: a 200 may overtake a 183
            while message.startswith("SIP/2.0 100 "):
                message = caller.receive()
            heard.append(message.replace("\r\n", "\n"))
        answer = next(message for message in heard if message.startswith("SIP/2.0 200 "))
        caller.send(caller.request_within(answer, "ACK", cseq=1))
        for cseq, method in enumerate(("UPDATE", "BYE"), 2):
            caller.send(caller.request_within(answer, method, cseq=cseq, headers="Contact: <sip:me@127.0.0.1:5999>\n"))
            carrier.answer(carrier.receive_request(method), 200, headers=TOLD)
            heard.append(caller.receive_final().replace("\r\n", "\n"))

    for message in heard[: 3 if trusted else 4]:
        got = [name for name in NAMES if re.search(f"^{name}:", message, re.M)]
        assert got == (list(NAMES) if trusted else []), message
        assert "Privacy: id" in message
