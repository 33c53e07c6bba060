"""A node on IPv6 alone: its companion lives, its carriers are probed, and a call goes through in both directions."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from dialplane.demo.calling import place_call
from tests.ports import free_port
from tests.serve.instance import Instance, serving
from tests.sip.scenarios import ANSWER, HANG_UP, TAKE_ACK, Send, Step
from tests.sip.sipp import Carrier, running_carrier
from tests.waiting import eventually

NUMBER = "+821021656521"
ANSWER_AND_HANG_UP = (Send(100), Send(180), Send(200, with_sdp=True), TAKE_ACK, HANG_UP)


def prepare(instance: Instance, carrier: Carrier) -> None:
    with instance.client() as client:
        customer = client.customers.create(name="customer")["id"]
        client.trunks.create(customer_id=customer, name="trunk", auth_types=["ip"], allowed_ips=["::1"])
        provider = client.providers.create(type="sip", hostname=carrier.hostname)["id"]
        client.routes.create(customer_id=customer, provider_id=provider, priority=1, target="+8210")


@pytest.mark.parametrize(("steps", "hangup_by"), [(ANSWER, "caller"), (ANSWER_AND_HANG_UP, "callee")])
def test_a_call_over_ipv6_is_answered_and_recorded(tmp_path: Path, steps: Sequence[Step], hangup_by: str) -> None:
    with (
        running_carrier(tmp_path / "carrier", steps, address="[::1]") as carrier,
        serving(tmp_path / "data", sip=f"[::1]:{free_port()}") as instance,
    ):
        prepare(instance, carrier)
        talk_s = 0.0 if hangup_by == "caller" else 30.0
        sip = instance.running()["sip"]
        eventually(lambda: place_call(sip, NUMBER, talk_s=talk_s).status == 200, within_s=60, what="an answer")
        with instance.client() as client:
            eventually(
                lambda: {call["hangup_by"] for call in client.calls.list(number=NUMBER)["result"]} >= {hangup_by},
                within_s=20,
                what="the call's record",
            )
        eventually(instance.follows, within_s=20, what="a companion that lives")
        [invite, *_] = carrier.received("INVITE")
        assert "127." not in (invite.header("Contact") or "")
