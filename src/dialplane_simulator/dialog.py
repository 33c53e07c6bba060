"""A dialog: the state that two user agents share of an answered call (RFC 3261 section 12). Loose routing only."""

import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass

from dialplane_simulator.wire import Message, Peer, Request, Response, uri_of

MAX_FORWARDS = "70"
_URI = re.compile(
    r"sips?:(?:[^@\s]*@)?(?P<host>\[[0-9A-Fa-f:.]+\]|[^\s;:?,\[\]]+)(?::(?P<port>[0-9]{1,5}))?(?P<rest>[;?].*)?",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialog:
    """`local` and `remote` are From/To values with tags; `peer` is who the dialog came from, as a last resort."""

    call_id: str
    local: str
    remote: str
    target: str
    routes: tuple[str, ...]
    peer: Peer

    @property
    def next_hop(self) -> Peer:
        """The destination of requests: the first route, else the remote target. A name is not resolved: `peer` then."""
        return peer_of(uri_of(self.routes[0]) if self.routes else self.target, otherwise=self.peer)

    def request(self, method: str, *, sequence: int, via: str, headers: Iterable[tuple[str, str]] = ()) -> Request:
        """A request within the dialog (section 12.2.1.1)."""
        request = Request(method=method, uri=self.target)
        request.headers.set("Via", via)
        if self.routes:
            request.headers.setlist("Route", list(self.routes))
        for name, value in (
            ("Max-Forwards", MAX_FORWARDS),
            ("From", self.local),
            ("To", self.remote),
            ("Call-ID", self.call_id),
            ("CSeq", f"{sequence} {method}"),
            *headers,
        ):
            request.headers.add(name, value)
        return request


def dialog_of_callee(request: Request, response: Response, *, peer: Peer) -> Dialog:
    """The dialog as the one who answers sees it (section 12.1.1)."""
    return Dialog(
        call_id=request.call_id,
        local=response.first("To"),
        remote=request.first("From"),
        target=_target(request),
        routes=tuple(request.values("Record-Route")),
        peer=peer,
    )


def dialog_of_caller(request: Request, response: Response, *, peer: Peer) -> Dialog:
    """The dialog as the one who called sees it (section 12.1.2): the routes in the other order."""
    return Dialog(
        call_id=request.call_id,
        local=request.first("From"),
        remote=response.first("To"),
        target=_target(response) or request.uri,
        routes=tuple(reversed(response.values("Record-Route"))),
        peer=peer,
    )


def peer_of(uri: str, *, otherwise: Peer) -> Peer:
    """Who a SIP URI with an IP address leads to."""
    match = _URI.fullmatch(uri)
    if not match:
        return otherwise
    host = match.group("host").strip("[]")
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return otherwise
    port = int(match.group("port") or 5060)
    transport = "tcp" if "transport=tcp" in (match.group("rest") or "").lower() else "udp"
    return Peer(transport, host, port) if 0 < port <= 65_535 else otherwise


def _target(message: Message) -> str:
    contacts = message.values("Contact")
    return uri_of(contacts[0]) if contacts else ""
