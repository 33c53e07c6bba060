"""The answer to a request that Kamailio's parser does not read, though its sender is known (RFC 4475, RFC 3261,
8.2).

The parser ends at a header whose name or white space it does not know, and says nothing. What an answer needs is read
here with leniency, a line at a time; where that is not to be had once and whole there is none.
"""

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from dialplane.domain.sip_status import phrase

_FOLD = re.compile(r"\r\n[ \t]+")
_REQUEST = re.compile(r"(\S+) +(\S.*?) +(SIP/\d+\.\d+) *", re.IGNORECASE)
_CSEQ = re.compile(r"\d+ +(\S+)")
_RPORT = re.compile(r";\s*rport\s*(?=[;,]|$)", re.IGNORECASE)
_VIA = re.compile(r"SIP\s*/\s*[\d.]+\s*/\s*(?:UDP|TCP|TLS)\s+(?:\[[^\]]*\]|[^\s:;,]+)(?:\s*:\s*(\d+))?", re.IGNORECASE)
_TAG = re.compile(r";\s*tag\s*=", re.IGNORECASE)
_NAMES: Mapping[str, str] = {"v": "via", "f": "from", "t": "to", "i": "call-id"}
_NEEDED = ("from", "to", "call-id", "cseq")
_METHODS = frozenset(
    ("INVITE", "CANCEL", "OPTIONS", "BYE", "UPDATE", "PRACK", "INFO", "REFER", "NOTIFY", "MESSAGE", "REGISTER")
)
_BAD_REQUEST, _NOT_IMPLEMENTED, _VERSION = 400, 501, 505
_DEFAULT_PORT = 5060
_TAG_OF_OURS = "unparsable"


class Response(NamedTuple):
    """A response, and the port at the sender's address that it goes to."""

    port: int
    text: str


def answer_to(message: str, source_port: int, *, by_connection: bool = False) -> Response | None:
    """The answer to a request, None if it is none, an ACK, or lacks what an answer needs.

    `by_connection`: it came by one, and so does the answer (RFC 3261, section 18.2.2).
    """
    first, *lines = _FOLD.sub(" ", message.partition("\r\n\r\n")[0]).split("\r\n")
    request, headers = _REQUEST.fullmatch(first), _headers(lines)
    vias = headers.get("via", ())
    if request is None or request[1] == "ACK" or not vias or any(name not in headers for name in _NEEDED):
        return None
    via, cseq = _VIA.match(vias[0]), _CSEQ.fullmatch(headers["cseq"][0])
    if via is None or cseq is None or cseq[1] != request[1]:
        return None
    port = source_port if by_connection or _RPORT.search(vias[0]) else int(via[1] or _DEFAULT_PORT)
    return Response(port, _response(_status(request), vias, headers)) if 0 < port < 65_536 else None


def _headers(lines: Sequence[str]) -> Mapping[str, list[str]]:
    found: dict[str, list[str]] = {}
    for line in lines:
        name, _, body = line.partition(":")
        short = name.strip().lower()
        found.setdefault(_NAMES.get(short, short), []).append(body.strip())
    return found


def _status(request: re.Match[str]) -> int:
    if request[3].upper() != "SIP/2.0":
        return _VERSION
    return _BAD_REQUEST if request[1] in _METHODS else _NOT_IMPLEMENTED


def _response(status: int, vias: Sequence[str], headers: Mapping[str, Sequence[str]]) -> str:
    to = headers["to"][0]
    lines = [
        f"SIP/2.0 {status} {phrase(status)}",
        *(f"Via: {via}" for via in vias),
        f"From: {headers['from'][0]}",
        f"To: {to if _TAG.search(to) else f'{to};tag={_TAG_OF_OURS}'}",
        f"Call-ID: {headers['call-id'][0]}",
        f"CSeq: {headers['cseq'][0]}",
        "Content-Length: 0",
    ]
    return "".join(f"{line}\r\n" for line in lines) + "\r\n"
