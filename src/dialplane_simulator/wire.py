"""SIP messages as they are on the wire, kept as they came.

`sipmessage` keeps the headers. Its message and value parsers are not used, because what a carrier
must see as sent does not survive them: folded headers raise, two quoted names in one header parse as one address,
a `#` in the user part or a host name that ends in a digit is refused, escapes in URI parameters are rewritten.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from sipmessage import CSeq, Headers
from sipmessage.message import COMPACT_FORMS

from dialplane.domain.sip_status import phrase
from dialplane.system.address import SocketAddress

MAX_MESSAGE = 65_535
"""Bytes: what fits into one UDP datagram; the same cap keeps a TCP peer from growing our memory."""
MAX_HEADERS = 500
"""More header lines than any carrier sends; keeps the parsing of a hostile message short."""
MAGIC_COOKIE = "z9hG4bK"

_FOLD = re.compile(r"\r\n[ \t]+")
_START_OF_REQUEST = re.compile(r"([!%'*+.0-9A-Z_`a-z~-]+) (\S+) SIP/2\.0")
_START_OF_RESPONSE = re.compile(r"SIP/2\.0 ([1-6][0-9]{2}) ?(.*)")
_VIA = re.compile(
    r"SIP\s*/\s*2\.0\s*/\s*(?P<transport>[A-Za-z-]+)\s+(?P<host>\[[0-9A-Fa-f:.]+\]|[^\s;:,\[\]]+)"
    r"(?:\s*:\s*(?P<port>[0-9]{1,5}))?\s*(?P<parameters>;.*)?"
)
_TAG = re.compile(r";\s*tag\s*=\s*([^\s;,]+)", re.IGNORECASE)
_BRANCH = re.compile(r";\s*branch\s*=\s*([^\s;,]+)", re.IGNORECASE)
_RPORT = re.compile(r";\s*rport\s*(;|=|$)", re.IGNORECASE)
_CONTROL = re.compile(r"[\r\n\0]")
_DIGITS = re.compile(r"[0-9]{1,9}")
_MANDATORY = ("Via", "From", "To", "Call-ID", "CSeq")


class Malformed(ValueError):
    """The bytes are no SIP message that can be answered."""


@dataclass(frozen=True, slots=True)
class Peer:
    """The source or destination of a message. `transport` is `udp` or `tcp`."""

    transport: str
    host: str
    port: int

    @property
    def reliable(self) -> bool:
        return self.transport != "udp"

    @property
    def address(self) -> SocketAddress:
        """Host and port."""
        return SocketAddress(self.host, self.port)

    def __str__(self) -> str:
        return f"{self.transport}:{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Via:
    """The top Via, as far as responses need it (RFC 3261 section 18.2.2, RFC 3581)."""

    transport: str
    host: str
    port: int | None
    branch: str
    wants_rport: bool


@dataclass(slots=True)
class Message:
    """Headers and body. Values are raw text; the properties parse those that transactions and dialogs need."""

    headers: Headers = field(default_factory=Headers)
    body: bytes = b""

    def first(self, name: str) -> str:
        """The header's first value, or ""."""
        return self.headers.get(name, "") or ""

    def values(self, name: str) -> list[str]:
        """All values of a header that is a list, whether on one line or on several."""
        return [item for line in self.headers.getlist(name) for item in split_list(line)]

    @property
    def call_id(self) -> str:
        return self.first("Call-ID")

    @property
    def cseq(self) -> CSeq:
        return CSeq.parse(self.first("CSeq"))

    @property
    def from_tag(self) -> str:
        return tag_of(self.first("From"))

    @property
    def to_tag(self) -> str:
        return tag_of(self.first("To"))

    @property
    def via(self) -> Via:
        return _parse_via(self.values("Via")[0])

    def _encode(self, start: str) -> bytes:
        self.headers.set("Content-Length", str(len(self.body)))
        return f"{start}\r\n{self.headers}".encode("utf8", "surrogateescape") + self.body


@dataclass(slots=True)
class Request(Message):
    """A request; `uri` is the Request-URI exactly as sent."""

    method: str = ""
    uri: str = ""

    @property
    def user(self) -> str:
        """The user part of the Request-URI, as sent."""
        scheme, _, rest = self.uri.partition(":")
        return rest.rpartition("@")[0] if scheme.lower() != "tel" else rest

    def __bytes__(self) -> bytes:
        return self._encode(f"{self.method} {self.uri} SIP/2.0")


@dataclass(slots=True)
class Response(Message):
    """A response."""

    status: int = 0
    reason: str = ""

    def __bytes__(self) -> bytes:
        return self._encode(f"SIP/2.0 {self.status} {self.reason}")


def parse_message(data: bytes) -> Request | Response:
    """The message in this datagram (or framed from a stream). Raises Malformed."""
    if len(data) > MAX_MESSAGE:
        raise Malformed("longer than 65535 bytes")
    head, separator, body = data.lstrip(b"\r\n").partition(b"\r\n\r\n")
    if not separator:
        raise Malformed("no end of headers")
    start, *lines = _FOLD.sub(" ", head.decode("utf8", "surrogateescape")).split("\r\n")
    message = _parse_start(start)
    _add_headers(message.headers, lines)
    _check(message)
    message.body = _cut_body(message, body)
    return message


def split_list(text: str) -> list[str]:
    """The parts of a comma-separated header value; commas in quotes and angle brackets do not separate."""
    parts, start, quoted, angled, escaped = [], 0, False, False, False
    for index, char in enumerate(text):
        if escaped:
            escaped = False
        elif quoted:
            escaped, quoted = char == "\\", char != '"'
        elif char == '"':
            quoted = True
        elif char in "<>":
            angled = char == "<"
        elif char == "," and not angled:
            parts.append(text[start:index])
            start = index + 1
    return [part.strip() for part in (*parts, text[start:]) if part.strip()]


def tag_of(address: str) -> str:
    """The tag of a From or To value, or ""."""
    match = _TAG.search(address.rpartition(">")[2])
    return match.group(1) if match else ""


def uri_of(address: str) -> str:
    """The URI of a Contact, Route or Record-Route value."""
    _, angle, rest = address.rpartition("<")
    return rest.partition(">")[0] if angle else address.partition(";")[0].strip()


def response_to(
    request: Request,
    status: int,
    *,
    reason: str = "",
    to_tag: str = "",
    headers: Iterable[tuple[str, str]] = (),
    body: bytes = b"",
) -> Response:
    """The response, with headers copied from the request by RFC 3261 section 8.2.6; `to_tag` if the To has none."""
    response = Response(status=status, reason=reason or phrase(status), body=body)
    for name in ("Via", "From", "To", "Call-ID", "CSeq"):
        response.headers.setlist(name, list(request.headers.getlist(name)))
    if to_tag and not request.to_tag:
        response.headers.set("To", f"{request.first('To')};tag={to_tag}")
    if request.method == "INVITE" and 100 < status < 300 and request.headers.getlist("Record-Route"):
        response.headers.setlist("Record-Route", list(request.headers.getlist("Record-Route")))
    for name, value in headers:
        response.headers.add(name, value)
    if body:
        response.headers.set("Content-Type", "application/sdp")
    return response


def return_peer(request: Request, source: Peer) -> Peer:
    """The destination of responses (RFC 3261 section 18.2.2): the connection, or the source with Via's port."""
    via = request.via
    if source.reliable or via.wants_rport:
        return source
    return Peer(source.transport, source.host, via.port or 5060)


def _parse_start(line: str) -> Request | Response:
    if match := _START_OF_REQUEST.fullmatch(line):
        return Request(method=match.group(1), uri=match.group(2))
    if match := _START_OF_RESPONSE.fullmatch(line):
        return Response(status=int(match.group(1)), reason=match.group(2))
    raise Malformed("neither a request nor a response")


def _add_headers(headers: Headers, lines: list[str]) -> None:
    if len(lines) > MAX_HEADERS:
        raise Malformed("too many headers")
    for line in lines:
        if _CONTROL.search(line):
            raise Malformed("a header line with a control character")
        name, colon, value = line.partition(":")
        name = name.strip()
        if not colon or not name:
            raise Malformed("a header line without a name")
        headers.add(COMPACT_FORMS.get(name.lower(), name), value.strip())


def _check(message: Request | Response) -> None:
    for name in _MANDATORY:
        if not message.first(name):
            raise Malformed(f"no {name}")
    try:
        cseq = message.cseq
    except ValueError as error:
        raise Malformed("CSeq is not valid") from error
    if isinstance(message, Request) and cseq.method != message.method:
        raise Malformed("CSeq names another method")
    _parse_via(message.values("Via")[0] if message.values("Via") else "")


def _parse_via(text: str) -> Via:
    match = _VIA.fullmatch(text)
    if not match:
        raise Malformed("Via is not valid")
    port, parameters = match.group("port"), match.group("parameters") or ""
    if port and not 0 < int(port) <= 65_535:
        raise Malformed("Via has a port that is none")
    branch = _BRANCH.search(parameters)
    return Via(
        match.group("transport").lower(),
        match.group("host").strip("[]"),
        int(port) if port else None,
        branch.group(1) if branch else "",
        bool(_RPORT.search(parameters)),
    )


def _cut_body(message: Message, body: bytes) -> bytes:
    length = message.headers.get("Content-Length")
    if length is None:
        return body
    if not _DIGITS.fullmatch(length) or int(length) > len(body):
        raise Malformed("Content-Length is more than came")
    return body[: int(length)]
