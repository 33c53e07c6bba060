"""A caller and two carriers that the test plays itself, and an edge between them."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from tests.sip.edges import RunningEdge
from tests.sip.stage import Stage
from tests.sip.wire import Peer, peer, peer_at_edge


@dataclass(frozen=True)
class Between:
    """A caller and two carriers with an edge between them; the first carrier has the call's INVITE."""

    edge: RunningEdge
    caller: Peer
    first: Peer
    second: Peer

    def call(self, *, with_headers: str = "") -> tuple[str, str]:
        """Place a call: the INVITE as the caller sent it, and as the first carrier got it."""
        sent = self.caller.request("INVITE", headers=with_headers)
        self.caller.send(sent)
        return sent, self.first.receive_request("INVITE")

    def heard(self, status: int, *, within_s: float = 5.0) -> str:
        """The next response with that status at the caller, lines ended by LF."""
        for _ in range(50):
            message = self.caller.receive(within_s=within_s).replace("\r\n", "\n")
            if message.startswith(f"SIP/2.0 {status} ") or not message:
                return message
        return ""


@contextmanager
def between_carriers(stage: Stage) -> Iterator[Between]:
    """An edge whose only trunk is the caller's, and which tries the first carrier before the second."""
    with peer_at_edge() as first, peer_at_edge() as second:
        stage.table.trunk()
        for carrier in (first, second):
            stage.table.provider(f"127.0.0.1:{carrier.port}")
        edge = stage.edge(workers=1)
        for carrier in (first, second):
            carrier.reach(edge.port)
        with peer(edge.port) as caller:
            yield Between(edge, caller, first, second)
