"""A PBX behind a real NAT: what the carrier and the edge send within its calls reaches it."""

import re
import socket
from collections.abc import Iterator

import pytest

from tests.ports import free_port
from tests.sip import nat as networks
from tests.sip.edges import RunningEdge
from tests.sip.established import Established, establish
from tests.sip.nat import INSIDE, Nat
from tests.sip.stage import Stage
from tests.sip.test_long_calls import ENDED, INTERVAL_S, answered_by
from tests.sip.wire import Peer, peer_at_edge

pytestmark = pytest.mark.skipif(bool(networks.why_not()), reason=networks.why_not())


@pytest.fixture
def nat() -> Iterator[Nat]:
    with networks.nat() as made:
        yield made


@pytest.fixture
def carrier(stage: Stage) -> Iterator[Peer]:
    with peer_at_edge() as made:
        stage.table.provider(f"127.0.0.1:{made.port}")
        yield made


def edge_and_port(nat: Nat, stage: Stage, carrier: Peer, **settings: int) -> tuple[RunningEdge, int]:
    """An edge, and its port on the address that the PBX knows."""
    stage.table.trunk(allowed_ips=(nat.seen_from,))
    port = free_port()
    sockets = tuple(f"{transport}:{nat.edge_at}:{port}" for transport in ("udp", "tcp"))
    edge = stage.edge(more_sockets=sockets, call_keepalive_s=INTERVAL_S, **settings)
    carrier.reach(port, edge_at=nat.edge_at)
    return edge, port


@pytest.mark.parametrize(("ends", "hangup_by"), [("carrier", "callee"), ("edge", "timeout")])
def test_a_pbx_behind_nat_gets_what_is_sent_within_its_call(
    nat: Nat, stage: Stage, carrier: Peer, ends: str, hangup_by: str
) -> None:
    edge, port = edge_and_port(nat, stage, carrier, max_call_s=4 if ends == "edge" else 60)
    with nat.peer(port) as pbx:
        call = establish(edge, pbx, carrier)
        assert INSIDE not in call.invite
        asked = answered_by(pbx, carrier, for_s=15, until={(0, "OPTIONS"), (1, "OPTIONS")})
        assert {(0, "OPTIONS"), (1, "OPTIONS")} <= set(asked)
        for cseq, method in enumerate(("INVITE", "UPDATE", "INFO"), 1):
            carrier.send(call.from_carrier(method, cseq=cseq, contact=f"sip:carrier@127.0.0.1:{carrier.port}"))
            assert (0, method) in answered_by(pbx, carrier, for_s=5, until={(0, method)})
        if ends == "carrier":
            carrier.send(call.from_carrier("BYE", cseq=4))

        until = ENDED if ends == "edge" else {(0, "BYE")}
        assert until <= set(answered_by(pbx, carrier, for_s=15, until=until))

    [ended] = edge.await_events("call_ended")
    assert (ended["hangup_by"], ended["status"]) == (hangup_by, 200)


def test_a_pbx_behind_nat_is_reached_by_its_own_connection(nat: Nat, stage: Stage, carrier: Peer) -> None:
    edge, port = edge_and_port(nat, stage, carrier)
    with nat.peer(port) as pbx, nat.socket(socket.SOCK_STREAM) as line:
        line.settimeout(5)
        line.connect((nat.edge_at, port))

        def say(message: str) -> None:
            line.sendall(message.replace("/UDP", "/TCP").replace("\r\n", "\n").replace("\n", "\r\n").encode())

        say(pbx.request("INVITE"))
        invite = carrier.receive_request("INVITE")
        carrier.answer(invite, 200, tag="carrier")
        call = Established(edge, pbx, carrier, _until(line, "SIP/2.0 200 "), invite)
        say(call.from_caller("ACK", cseq=1))
        assert carrier.receive_request("ACK")

        carrier.send(call.from_carrier("BYE", cseq=1))
        say(pbx.response(_until(line, "BYE "), 200))

    [ended] = edge.await_events("call_ended")
    assert ended["hangup_by"] == "callee"


def _until(line: socket.socket, head: str) -> str:
    """The text that came, from where this stands."""
    text = ""
    while not re.search(rf"^{head}", text, re.M) or "\n\n" not in text[text.index(head) :]:
        chunk = line.recv(65_535).decode().replace("\r\n", "\n")
        assert chunk
        text += chunk
    return text[text.index(head) :]
