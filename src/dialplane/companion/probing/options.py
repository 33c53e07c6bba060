"""The OPTIONS request of a probe (RFC 3261 section 11), and the health that its answer shows."""

import re
import secrets
from dataclasses import dataclass

from sipmessage import URI, Address, CSeq, Message, Parameters, Request, Response, Via

from dialplane.domain.hostname import HostPort, split_hostname

DOWN_STATUSES = {
    408: "a proxy in front of it got no answer",
    502: "a gateway in front of it got a bad answer",
    503: "it says that it is unavailable",
    504: "a gateway in front of it got no answer",
}
"""Final statuses that mean "do not send calls here now". Every other one, 404, 405, 403 and 401 included, shows a SIP
stack at work: many carriers refuse OPTIONS and carry calls."""

_FOLD = re.compile(rb"\r\n[ \t]+")


@dataclass(frozen=True, slots=True)
class Probe:
    """One OPTIONS: its bytes are the same in each retransmission."""

    call_id: str
    payload: bytes


def new_probe(*, hostname: str, transport: str, local: str) -> Probe:
    """OPTIONS to the provider's hostname. `local` is the `address:port` that the answer comes back to."""
    call_id = secrets.token_hex(16)
    request = Request(
        "OPTIONS", _uri(hostname, Parameters() if transport == "udp" else Parameters(transport=transport))
    )
    request.via = [Via.parse(f"SIP/2.0/{transport.upper()} {local};branch=z9hG4bK{secrets.token_hex(8)};rport")]
    request.max_forwards = 70
    request.from_address = Address(uri=_uri(local, user="dialplane"), parameters=Parameters(tag=secrets.token_hex(4)))
    request.to_address = Address(uri=_uri(hostname))
    request.call_id = call_id
    request.cseq = CSeq(sequence=1, method="OPTIONS")
    request.contact = [Address(uri=_uri(local, user="dialplane"))]
    request.headers.set("Accept", "application/sdp")
    request.headers.set("User-Agent", "Dialplane")
    request.content_length = 0
    return Probe(call_id, bytes(request))


def _uri(hostname: str, parameters: Parameters | None = None, *, user: str | None = None) -> URI:
    """Built, not parsed: a hostname may have an underscore, which DNS allows and RFC 3261 does not."""
    parsed = split_hostname(hostname)
    host = str(HostPort(parsed.host, None))
    return URI(scheme="sip", host=host, user=user, port=parsed.port, parameters=parameters or Parameters())


def final_status(probe: Probe, message: bytes) -> int | None:
    """The final status, if this message is an answer to the probe; else None."""
    try:
        response = Message.parse(_FOLD.sub(b" ", message).decode(errors="replace").encode())
        ours = response.headers.get("Call-ID") == probe.call_id and response.cseq.method == "OPTIONS"
    except (ValueError, KeyError):
        return None
    if not isinstance(response, Response) or not ours or response.code < 200:
        return None
    return response.code


def says_up(status: int) -> bool:
    """Whether a provider that answers this is up."""
    return status not in DOWN_STATUSES
