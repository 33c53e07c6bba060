"""The ACK and the BYE that end the leg of a carrier which answered too late (RFC 3261, section 13.2.2.4).

The edge was only a proxy for the INVITE; here it ends the dialog in the caller's name, on the carrier's side: with the
Record-Routes above its own, and without the caller's.
"""

import re
from collections.abc import Sequence
from ipaddress import ip_address
from typing import NamedTuple

ACK = "ACK"
BYE = "BYE"

_QUOTED = re.compile(
    r'"(?:[^"\\]|\\.)*"', re.DOTALL
)  # such a name may hold what looks like an address (RFC 3261, 25.1)
_ADDRESS = re.compile(r"<([^<>]*)>")
_URI = re.compile(r"[a-z][a-z0-9+.-]*:[^\s<>\"]+", re.IGNORECASE)
_SIP_HOST = re.compile(r"(sips?):(?:[^@]*@)?(\[[0-9A-Fa-f:.]+\]|[^:;?]+)", re.IGNORECASE)
_LINE_END = re.compile(r"\s*[\r\n\0]\s*")
_TOO_LONG = 2048  # a URI that no carrier needs; what it is made into must fit a datagram


class LateAnswer(NamedTuple):
    """The dialog that a 2xx to an INVITE begins. `source` is the URI of the address that it came from."""

    call_id: str
    caller: str
    callee: str
    cseq: int
    contact: str
    record_routes: Sequence[str]
    source: str


class Request(NamedTuple):
    """A request to send, to the URI `next_hop`."""

    method: str
    uri: str
    next_hop: str
    headers: str


def ending(answer: LateAnswer, *, own: str) -> Sequence[Request]:
    """The ACK, then the BYE. `own` is a part of our own Record-Route.

    They go to where the answer came from if its Contact is no URI of an address; that stands for a Contact, too.
    """
    target = uri_in(answer.contact)
    if not target or len(target) > _TOO_LONG:
        target = answer.source
    routes = _routes_to_callee(answer.record_routes, own)
    first = routes[0] if routes else target
    next_hop = first if _is_address(first) else answer.source
    return tuple(
        Request(method, target, next_hop, _headers(answer, routes, f"{cseq} {method}"))
        for method, cseq in ((ACK, answer.cseq), (BYE, answer.cseq + 1))
    )


def uri_in(header: str) -> str:
    """The URI of a Contact or a Route, of any scheme; "" if there is none."""
    plain = _QUOTED.sub("", header)
    match = _ADDRESS.search(plain)
    bare = match[1] if match else plain.partition(";")[0].strip()
    return bare if _URI.fullmatch(bare) and bare.isprintable() else ""


def _routes_to_callee(record_routes: Sequence[str], own: str) -> list[str]:
    """The route from us to the callee: the Record-Routes above ours, nearest first; none if one is no SIP URI."""
    entries = [entry for body in record_routes for entry in _ADDRESS.findall(_QUOTED.sub("", body))]
    above: list[str] = []
    for entry in entries:
        if own in entry:
            return above[::-1] if all(_SIP_HOST.match(uri_in(f"<{uri}>")) for uri in above) else []
        above.append(entry)
    return []


def host_of(uri: str) -> str:
    """The host of a SIP URI, "" if it is none."""
    match = _SIP_HOST.match(uri)
    return match[2] if match else ""


def _is_address(uri: str) -> bool:
    """Whether a `sip:` URI has an address: a name would be looked up while the worker waits, and `sips:` needs TLS."""
    match = _SIP_HOST.match(uri)
    try:
        return bool(match and match[1].lower() == "sip" and ip_address(match[2].strip("[]")))
    except ValueError:
        return False


def _headers(answer: LateAnswer, routes: Sequence[str], cseq: str) -> str:
    """The header lines. Folded values are unfolded, so that no other line end is among them."""
    lines = [
        f"From: {answer.caller}",
        f"To: {answer.callee}",
        f"Call-ID: {answer.call_id}",
        f"CSeq: {cseq}",
        *(f"Route: <{route}>" for route in routes),
        "Max-Forwards: 70",
    ]
    return "".join(f"{_LINE_END.sub(' ', line)}\r\n" for line in lines)
