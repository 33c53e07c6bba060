"""A caller's request as text: whether it is sound, the dialled user part, the Route, header bodies.

Kamailio lets pass what no sound SIP message has: bare line feeds, NUL, hundreds of headers, dozens of Vias. Two parsers
that disagree about such a message are how a header gets past the one that should have removed it.
"""

import re
from collections.abc import Sequence

_VIA = re.compile(rb"^(?:via|v)[ \t]*:([^\r\n]*(?:\r\n[ \t][^\r\n]*)*)", re.IGNORECASE | re.MULTILINE)
_FOLD = re.compile(r"\r\n[ \t]+")
_ONE_ROUTE = re.compile(r"\s*<(sips?:[^<>,\s]+)>\s*", re.ASCII)


def is_sound(message: bytes, *, most_headers: int, most_vias: int) -> bool:
    """Whether the head of a message has CRLF line ends only, no NUL, and no more headers and Vias than these."""
    head, end, _ = message.partition(b"\r\n\r\n")
    lines = head.count(b"\r\n")
    if not end or lines > most_headers or lines != head.count(b"\n") or lines != head.count(b"\r") or b"\0" in head:
        return False
    return lines + head.count(b",") <= most_vias or _count_vias(head) <= most_vias


def _count_vias(head: bytes) -> int:
    return sum(values.count(b",") + 1 for values in _VIA.findall(head))


def dialled_in(uri: str) -> str:
    """The user part of a `sip:` URI, a password included, or the subscriber part of a `tel:` URI."""
    scheme, _, rest = uri.partition(":")
    if scheme.lower() == "tel":
        return rest
    user, at, _ = rest.partition("@")
    return user if at else ""


def one_line(body: str) -> str:
    """A header's body unfolded (RFC 3261, section 7.3.1), "" if it has characters that no header may have."""
    line = _FOLD.sub(" ", body).strip()
    return line if line.isprintable() else ""


def outbound_proxy(routes: Sequence[str]) -> str:
    """The URI in the Route of a new call, if that is the only one; "" if there are more, or it is no URI.

    A PBX with an outbound proxy puts the edge there. A second one would send the call past the edge's decision.
    """
    match = _ONE_ROUTE.fullmatch(routes[0]) if len(routes) == 1 else None
    return match[1] if match else ""
