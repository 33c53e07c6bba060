"""What Kamailio lets pass and no sound SIP message has: bare line feeds, NUL, hundreds of headers, dozens of Vias.

Two parsers that take such a message apart differently are how a header gets past the one that should have removed it.
"""

import re

_VIA = re.compile(rb"^(?:via|v)[ \t]*:([^\r\n]*(?:\r\n[ \t][^\r\n]*)*)", re.IGNORECASE | re.MULTILINE)


def is_sound(message: bytes, *, most_headers: int, most_vias: int) -> bool:
    """Whether the head of a message is of CRLF lines, without NUL, with no more headers and Vias than these."""
    head, end, _ = message.partition(b"\r\n\r\n")
    lines = head.count(b"\r\n")
    if not end or lines > most_headers or lines != head.count(b"\n") or lines != head.count(b"\r") or b"\0" in head:
        return False
    return lines + head.count(b",") <= most_vias or _vias_in(head) <= most_vias


def _vias_in(head: bytes) -> int:
    return sum(values.count(b",") + 1 for values in _VIA.findall(head))
