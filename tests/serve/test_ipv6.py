"""A node on IPv6 alone: its companion lives, its carriers are probed, and a call goes through in both directions."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from dialplane.demo.calling import place_call
from tests.ports import free_port
from tests.serve.instance import Instance, serving
from tests.serve.live import NUMBER, LiveCustomer
from tests.sip.scenarios import ANSWER, HANG_UP, TAKE_ACK, Send, Step
from tests.sip.sipp import running_carrier
from tests.waiting import eventually

ANSWER_AND_HANG_UP = (Send(100), Send(180), Send(200, with_sdp=True), TAKE_ACK, HANG_UP)


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instance]:
    with serving(tmp_path_factory.mktemp("node") / "data", sip=f"[::1]:{free_port()}") as node:
        yield node


@pytest.mark.parametrize(("steps", "hangup_by"), [(ANSWER, "caller"), (ANSWER_AND_HANG_UP, "callee")])
def test_a_call_over_ipv6_is_answered_and_recorded(
    node: Instance, tmp_path: Path, steps: Sequence[Step], hangup_by: str
) -> None:
    with (
        running_carrier(tmp_path / "carrier", steps, address="[::1]") as carrier,
        node.client() as client,
        LiveCustomer(client, carrier.hostname, address="::1", target="+8210") as customer,
    ):
        talk_s = 0.0 if hangup_by == "caller" else 30.0
        sip = node.running()["sip"]
        eventually(lambda: place_call(sip, NUMBER, talk_s=talk_s).status == 200, within_s=60, what="an answer")
        eventually(
            lambda: {call["ended_by"] for call in customer.calls()} >= {hangup_by},
            within_s=20,
            what="the call's record",
        )
        eventually(node.follows, within_s=20, what="a companion that lives")
        [invite, *_] = carrier.received("INVITE")
        assert "127." not in (invite.header("Contact") or "")
