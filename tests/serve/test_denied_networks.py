"""A network that is denied after a provider in it was made: its calls stop with the next start."""

from contextlib import ExitStack
from pathlib import Path

from dialplane.demo.calling import place_call
from tests.serve.instance import serving
from tests.sip.scenarios import ANSWER
from tests.sip.sipp import running_carrier
from tests.waiting import eventually

NUMBER = "+821021656521"


def test_a_provider_in_a_network_that_is_denied_later_gets_no_more_calls(tmp_path: Path) -> None:
    with ExitStack() as stack:
        enter = stack.enter_context
        denied = enter(running_carrier(tmp_path / "denied", ANSWER, address="127.0.0.2"))
        spare = enter(running_carrier(tmp_path / "spare", ANSWER))
        with serving(tmp_path / "data") as instance:
            with instance.client() as client:
                customer = client.customers.create(name="customer")["id"]
                client.trunks.create(customer_id=customer, name="trunk", auth_types=["ip"], allowed_ips=["127.0.0.1"])
                for priority, carrier in enumerate((denied, spare)):
                    provider = client.providers.create(type="sip", hostname=carrier.hostname)["id"]
                    client.routes.create(customer_id=customer, provider_id=provider, priority=priority, target="+8210")
            sip = instance.running()["sip"]
            eventually(lambda: place_call(sip, NUMBER, talk_s=0.0).status == 200, within_s=60, what="an answer")
        before = len(denied.received("INVITE"))
        assert (before > 0, spare.received("INVITE")) == (True, [])

        environment = {"DIALPLANE_DENIED_NETWORKS": "10.0.0.0/8,127.0.0.2/32"}
        with serving(tmp_path / "data", environment=environment) as instance:
            sip = instance.running()["sip"]
            eventually(lambda: place_call(sip, NUMBER, talk_s=0.0).status == 200, within_s=60, what="an answer")

        assert (len(denied.received("INVITE")), len(spare.received("INVITE")) > 0) == (before, True)
