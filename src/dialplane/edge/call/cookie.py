"""The Record-Route cookie: the call of an in-dialog request and when it began, signed.

Only our own routes are followed: otherwise a request with a To tag and a forged Route would be relayed for anybody, to
anywhere. The key outlives Kamailio, so that calls from before a restart can still be ended.
"""

import re
from hashlib import blake2b
from typing import NamedTuple
from uuid import UUID

PARAMETER = "dp"
_SIGNATURE_BYTES = 8
_COOKIE = re.compile(
    rf";{PARAMETER}=(([0-9a-f]{{32}})\.([0-9a-f]{{1,16}}))\.([0-9a-f]{{{_SIGNATURE_BYTES * 2}}})(?![0-9A-Za-z.])"
)


class Origin(NamedTuple):
    """A call by its id in canonical form, and when it began: an instant in milliseconds."""

    call: str
    began_ms: int


def make_cookie(origin: Origin, sip_call_id: str, *, key: bytes) -> str:
    """`;dp=<call>.<began>.<signature>`, to be added to Record-Route."""
    plain = f"{origin.call.replace('-', '')}.{origin.began_ms:x}"
    return f";{PARAMETER}={plain}.{_signature(plain, sip_call_id, key)}"


def origin_of_cookie(route: str, sip_call_id: str, *, key: bytes) -> Origin | None:
    """The call in a Route header, or None if that has no cookie which we signed for this Call-ID."""
    match = _COOKIE.search(route)
    if match is None or match[4] != _signature(match[1], sip_call_id, key):
        return None
    return Origin(str(UUID(match[2])), int(match[3], 16))


def _signature(plain: str, sip_call_id: str, key: bytes) -> str:
    text = f"{plain}{sip_call_id}".encode(errors="surrogatepass")
    return blake2b(text, key=key, digest_size=_SIGNATURE_BYTES).hexdigest()
