"""Requests that the edge sends of its own: OPTIONS and BYE within calls, ACK and BYE to late legs; and their
challenges.

A carrier may challenge any of them (RFC 3261, section 22.1). Who holds the credentials answers, once for each request.
"""

import re
from collections.abc import Callable

import msgspec

from dialplane.edge.call.dialog import OwnRequest
from dialplane.edge.call.digest import Credentials, authorization, challenge_in
from dialplane.edge.sip import Sip

OWN = "own"
"""The table: `<Call-ID>|<From tag>` -> the last request that may be challenged, and the provider."""

_CSEQ = re.compile(r"^CSeq: (\d+) ", re.MULTILINE)
_BYE = "BYE"


class OwnRequests:
    """`credentials_of` returns those of a provider by its id, None if it has none."""

    def __init__(self, sip: Sip, *, credentials_of: Callable[[str], Credentials | None]) -> None:
        self._sip = sip
        self._credentials_of = credentials_of

    def send(self, request: OwnRequest, *, account: str = "") -> None:
        """Send a request. `account` is the provider whose credentials it may need, "" if none."""
        if account and request.method == _BYE:
            self._sip.put(OWN, _dialog_of(request.headers), msgspec.json.encode((request, account)).decode())
        sip = self._sip
        sip.set_server_name(request.server_name)
        sip.send(request.method, request.uri, request.next_hop, request.headers, socket=request.socket)

    def challenged(self) -> None:
        """Answer the challenge of a request; in the reply route."""
        sip = self._sip
        key = f"{sip.text('$ci')}|{sip.text('$ft')}"
        row, challenge = sip.get(OWN, key), challenge_in(sip.text("$mb"))
        sip.forget(OWN, key)
        if row is None or challenge is None:
            return
        request, account = msgspec.json.decode(row, type=tuple[OwnRequest, str])
        credentials = self._credentials_of(account)
        if credentials:
            name, body = authorization(challenge, credentials, method=request.method, uri=request.uri)
            headers = _CSEQ.sub(lambda found: f"CSeq: {int(found[1]) + 1} ", request.headers, count=1)
            self.send(request._replace(headers=f"{headers}{name}: {body}\r\n"))


def _dialog_of(headers: str) -> str:
    """The Call-ID and the From tag in these header lines."""
    call_id = re.search(r"^Call-ID: (.*?)\r$", headers, re.MULTILINE)
    tag = re.search(r"^From: .*;\s*tag=([^;\s]+)", headers, re.MULTILINE)
    return f"{call_id[1] if call_id else ''}|{tag[1] if tag else ''}"
