"""Planted secrets are looked for in all that a whole node prints, logs and notes of its calls."""

from pathlib import Path

from tests.serve.instance import serving
from tests.sip.digests import challenge_in, credentials
from tests.sip.scenarios import ANSWER, TAKE_ACK, TAKE_INVITE, Send
from tests.sip.sipp import running_carrier
from tests.sip.wire import peer
from tests.waiting import eventually

TRUNK_SECRET, CARRIER_SECRET = "Canary-Trunk-7f31", "Canary-Carrier-9c20"
CHALLENGE = 'Proxy-Authenticate: Digest realm="carrier", nonce="abcdef", algorithm=MD5\n'
NUMBER = "+821012345678"


def test_no_secret_of_a_call_with_digest_on_both_sides_is_written_anywhere_but_where_it_is_kept(tmp_path: Path) -> None:
    data = tmp_path / "data"
    steps = (Send(407, headers=CHALLENGE), TAKE_ACK, TAKE_INVITE, *ANSWER)
    with (
        running_carrier(tmp_path / "carrier", steps) as carrier,
        serving(data, environment={"DIALPLANE_LOG_LEVEL": "debug"}) as node,
        node.client() as client,
    ):
        customer = client.customers.create(name="customer")["id"]
        provider = client.providers.create(
            type="sip", hostname=carrier.hostname, username="us", password=CARRIER_SECRET
        )["id"]
        client.routes.create(customer_id=customer, provider_id=provider, priority=1, target="all")
        # last, so that an edge that knows the trunk knows its route
        client.trunks.create(
            customer_id=customer, name="pbx", auth_types=["basic"], username="pbx", password=TRUNK_SECRET
        )
        _, _, port = node.running()["sip"].rpartition(":")
        with peer(int(port), address="127.0.0.2") as caller:
            eventually(lambda: " 407 " in caller.ask(caller.request("INVITE")).partition("\r\n")[0], within_s=30)
            uri = f"sip:{NUMBER}@127.0.0.1:{port}"
            for password in ("Canary-Wrong-1", TRUNK_SECRET):
                challenge = challenge_in(caller.ask(caller.request("INVITE", uri=uri)))
                proof = credentials(challenge, username="pbx", password=password, uri=uri)
                answer = caller.ask(caller.request("INVITE", uri=uri, headers=proof))
        assert answer.startswith("SIP/2.0 200 "), answer
        eventually(lambda: client.calls.list(number=NUMBER)["result"], what="the record of the call")
        keys = [
            (data / "edge" / "edge.key").read_text().strip(),
            (data / "secrets" / "operator.key").read_text().strip(),
        ]

    first, second = carrier.received("INVITE")
    assert first.header("Proxy-Authorization") is None
    assert 'username="us"' in (second.header("Proxy-Authorization") or "")
    written = [*(data / "logs").iterdir(), *(data / "edge" / "events").iterdir(), node.output]
    assert {"api.log", "companion.log", "kamailio.log"} <= {file.name for file in written}
    told = {file.name: file.read_bytes() for file in written if file.is_file()}
    for secret in (TRUNK_SECRET, CARRIER_SECRET, "Canary-Wrong-1", *keys):
        assert [name for name, content in told.items() if secret.encode() in content] == []
