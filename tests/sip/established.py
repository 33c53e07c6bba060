"""A call that is up between two peers which the test plays itself."""

from dataclasses import dataclass

from tests.sip.edges import RunningEdge, new_id
from tests.sip.races import header, headers
from tests.sip.wire import Peer

NOWHERE = {"127.0.0.1:{port};branch": "10.255.0.9:9;rport;branch", "me@127.0.0.1:{port}": "me@10.255.0.9:9"}
"""Parts of a caller's INVITE, and what one behind NAT writes there: an address that nobody reaches."""


@dataclass
class Established:
    """A call: the caller's 200, and the INVITE and the tag of the carrier."""

    edge: RunningEdge
    caller: Peer
    carrier: Peer
    answer: str
    invite: str

    def from_caller(self, method: str, *, cseq: int, contact: str = "") -> str:
        """A request of the caller's within the call."""
        return self.caller.request_within(
            self.answer, method, cseq=cseq, headers=f"Contact: <{contact}>\n" if contact else ""
        )

    def from_carrier(self, method: str, *, cseq: int, contact: str = "") -> str:
        """A request of the carrier's within the call."""
        routes = "".join(f"Route: {route}\n" for route in headers(self.invite, "Record-Route"))
        target = header(self.invite, "Contact").partition("<")[2].partition(">")[0]
        return (
            f"{method} {target} SIP/2.0\nVia: SIP/2.0/UDP 127.0.0.1:{self.carrier.port};branch=z9hG4bK{new_id()}\n"
            f"From: {header(self.invite, 'To')};tag=carrier\nTo: {header(self.invite, 'From')}\n"
            f"Call-ID: {header(self.invite, 'Call-ID')}\nCSeq: {cseq} {method}\nMax-Forwards: 70\n{routes}"
            + (f"Contact: <{contact}>\n" if contact else "")
            + "Content-Length: 0\n\n"
        )


def establish(
    edge: RunningEdge, caller: Peer, carrier: Peer, *, rewritten: dict[str, str] | None = None
) -> Established:
    """Place a call and have it answered. `rewritten`: parts of the caller's INVITE, as they are in place of its own."""
    invite = caller.request("INVITE")
    for right, wrong in (rewritten or {}).items():
        invite = invite.replace(right.format(port=caller.port), wrong)
    caller.send(invite)
    got = carrier.receive_request("INVITE")
    carrier.answer(got, 200, tag="carrier")
    answer = caller.receive_final().replace("\r\n", "\n")
    call = Established(edge, caller, carrier, answer, got)
    caller.send(call.from_caller("ACK", cseq=1))
    assert carrier.receive_request("ACK")
    return call
