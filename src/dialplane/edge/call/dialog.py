"""A dialog as Kamailio's dialog module has it, and the edge's own requests within it: OPTIONS and BYE.

The module itself would send them to where the Contacts of the INVITE and its 200 led. The script notes in variables of
the dialog where a side has moved to (RFC 3261, section 12.2; RFC 3311, section 5.1), and from where a caller behind NAT
comes.
"""

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple

import msgspec

from dialplane.edge.call.server_name import SERVER, name_at

_ROUTE = re.compile(r"<([^<>]*)>")
RAISED = "raised"
"""The variable of a dialog that says by how much the callee's CSeq is ahead of the caller's own."""
CONFIRMED = 4  # the dialog module's state of a call whose ACK has come


class Party(StrEnum):
    """A side of a call; its name heads the names of its variables in the dialog."""

    CALLER = "caller"
    CALLEE = "callee"


MOVED_TO = "at"
SEEN_AT = "seen"
COMES_FROM = "via"
"""Variables of a dialog behind the side's name: its last Contact, when something last came from it (Unix time in
seconds), and the URI of the address that a caller behind NAT sends from."""


class Leg(msgspec.Struct, frozen=True):
    """One side. `route_set` leads to it, nearest first; `cseq` is that of its last request; `socket` is ours to it."""

    tag: str
    contact: str
    cseq: str
    route_set: str
    socket: str


class Dialog(msgspec.Struct, frozen=True):
    """A line of the module's dump."""

    h_entry: int
    h_id: int
    call_id: str
    from_uri: str
    to_uri: str
    state: int
    start_ts: int
    caller: Leg
    callee: Leg
    variables: Mapping[str, str]

    def leg(self, party: Party) -> Leg:
        """That side."""
        return self.caller if party is Party.CALLER else self.callee

    def noted(self, party: Party, name: str) -> str:
        """A variable of that side, "" if it has none."""
        return self.variables.get(f"{party}_{name}", "")


class OwnRequest(NamedTuple):
    """A request to send, to the URI `next_hop` from the socket; over TLS to the server of that name, "" for any."""

    method: str
    uri: str
    next_hop: str
    headers: str
    socket: str
    server_name: str = ""


def own_request(dialog: Dialog, party: Party, method: str) -> OwnRequest | None:
    """A request to that side in the other's name; None if it has no Contact.

    BYE takes the next CSeq. OPTIONS takes one that was used: the other side's own next request would clash with it, and
    any answer shows that the side is there.
    """
    leg, other = (dialog.caller, dialog.callee) if party is Party.CALLER else (dialog.callee, dialog.caller)
    remote, local = (dialog.from_uri, dialog.to_uri) if party is Party.CALLER else (dialog.to_uri, dialog.from_uri)
    target = dialog.noted(party, MOVED_TO) or leg.contact
    if not target:
        return None
    routes = _ROUTE.findall(leg.route_set)
    last = int(other.cseq) if other.cseq.isdigit() else 0
    if party is Party.CALLEE:
        last += int(dialog.variables.get(RAISED) or 0)
    cseq = last + 1 if method == "BYE" else max(last - 1, 0)
    lines = (
        f"From: <{local}>;tag={other.tag}",
        f"To: <{remote}>;tag={leg.tag}",
        f"Call-ID: {dialog.call_id}",
        f"CSeq: {cseq} {method}",
        *(f"Route: <{route}>" for route in routes),
        "Max-Forwards: 70",
    )
    next_hop = dialog.noted(party, COMES_FROM) or (routes[0] if routes else target)
    server_name = name_at(dialog.variables.get(SERVER) or "", next_hop) if party is Party.CALLEE else ""
    return OwnRequest(method, target, next_hop, "".join(f"{line}\r\n" for line in lines), leg.socket, server_name)


_decode = msgspec.json.Decoder(Dialog).decode


def dialog_in(line: bytes) -> Dialog | None:
    """The dialog in a line of the dump, None if it is none. Bytes that are no UTF-8 are replaced."""
    try:
        return _decode(line.decode(errors="replace"))
    except ValueError:
        return None
