"""A node that listens on all addresses tells its peers one at which they can reach it."""

import re
from pathlib import Path

from dialplane.demo.calling import place_call
from tests.ports import free_port
from tests.serve.instance import serving
from tests.sip.scenarios import ANSWER
from tests.sip.sipp import running_carrier
from tests.waiting import eventually

NUMBER = "+821012345678"


def test_a_node_on_all_addresses_tells_a_carrier_one_that_leads_to_it(tmp_path: Path) -> None:
    port = free_port()
    with (
        running_carrier(tmp_path / "carrier", ANSWER) as carrier,
        serving(tmp_path / "data", sip=f"0.0.0.0:{port}") as node,
        node.client() as client,
    ):
        customer = client.customers.create(name="customer")["id"]
        client.trunks.create(customer_id=customer, name="pbx", auth_types=["ip"], allowed_ips=["127.0.0.1"])
        provider = client.providers.create(type="sip", hostname=carrier.hostname)["id"]
        client.routes.create(customer_id=customer, provider_id=provider, priority=1, target="all")
        told = re.search(r"others reach it at ([0-9.]+)\)", node.said())
        assert told is not None, node.said()
        eventually(
            lambda: place_call(f"127.0.0.1:{port}", NUMBER, talk_s=0.1).status == 200,
            within_s=30,
            what="an answered call",
        )
        eventually(
            lambda: (
                (200, "caller")
                in [(call["sip_status"], call["ended_by"]) for call in client.calls.list(number=NUMBER)["result"]]
            ),
            what="its record, besides those of the calls that came before the table",
        )

    invite = carrier.received("INVITE")[-1]
    assert told[1] != "0.0.0.0"
    assert f"{told[1]}:{port}" in (invite.header("Via") or "")
    assert f"<sip:{told[1]}:{port}" in (invite.header("Record-Route") or "")
    assert "0.0.0.0" not in invite.text
