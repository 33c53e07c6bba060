"""What Kamailio counts beside calls reaches whoever watches: from its own table, by the companion, to the API."""

import socket
from pathlib import Path

from dialplane.client import Client
from tests.serve.instance import serving
from tests.sip.wire import peer
from tests.waiting import eventually

TOLD_WITHIN_S = 45.0  # each 15 s


def counters(client: Client) -> dict[str, int]:
    edges = client.edges.list()["result"]
    return edges[0]["counters"] if edges else {}


def has_table(client: Client) -> bool:
    """An edge that asks for its first table says revision 0 of itself."""
    return (client.edges.list()["result"][0]["revision"] or 0) > 0


def test_strangers_and_messages_that_cannot_be_parsed_are_counted_for_all_to_see(tmp_path: Path) -> None:
    with serving(tmp_path / "data") as instance, instance.client() as client:
        port = int(instance.running()["sip"].rpartition(":")[2])
        eventually(lambda: "replica_damages" in counters(client), within_s=TOLD_WITHIN_S, what="a first status")
        eventually(lambda: has_table(client), within_s=TOLD_WITHIN_S, what="a table: without one nobody is a stranger")
        with peer(port) as stranger:
            eventually(lambda: stranger.ask(stranger.request("OPTIONS")), what="Kamailio to answer")
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as noise:
            noise.sendto(b"INVITE sip:nobody SIP/2.0\r\nbroken\r\n\r\n", ("127.0.0.1", port))

        eventually(
            lambda: min(counters(client).get(name, 0) for name in ("strangers", "unparsable")) > 0,
            within_s=TOLD_WITHIN_S,
            what="both counts",
        )

        assert counters(client)["script_errors"] == counters(client)["replica_damages"] == 0


def test_an_edge_answers_from_a_folder_with_a_space_in_its_name(tmp_path: Path) -> None:
    with serving(tmp_path / "my phone's data") as instance:
        port = int(instance.running()["sip"].rpartition(":")[2])
        with peer(port) as somebody:
            eventually(lambda: somebody.ask(somebody.request("OPTIONS")), within_s=20.0, what="Kamailio to answer")
