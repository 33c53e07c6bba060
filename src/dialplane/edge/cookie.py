"""The Record-Route cookie: which call an in-dialog request belongs to, signed: only our own routes are followed.

A request with a To tag and a forged Route would otherwise be relayed for anybody, to anywhere. The key outlives
Kamailio, so calls that were up before a restart can still be ended through it.
"""

import re
from hashlib import blake2b
from uuid import UUID

PARAMETER = "dp"
_SIGNATURE_BYTES = 8
_COOKIE = re.compile(rf";{PARAMETER}=([0-9a-f]{{32}})\.([0-9a-f]{{{_SIGNATURE_BYTES * 2}}})(?![0-9A-Za-z.])")


def make_cookie(call: str, sip_call_id: str, *, key: bytes) -> str:
    """`;dp=<call>.<signature>`, to be added to Record-Route. `call` is the call's id in canonical form."""
    plain = call.replace("-", "")
    return f";{PARAMETER}={plain}.{_signature(plain, sip_call_id, key)}"


def call_of_cookie(route: str, sip_call_id: str, *, key: bytes) -> str | None:
    """The call's id out of a Route header, or None where it holds no cookie that we made for this Call-ID."""
    found = _COOKIE.search(route)
    if found is None or found[2] != _signature(found[1], sip_call_id, key):
        return None
    return str(UUID(found[1]))


def _signature(plain: str, sip_call_id: str, key: bytes) -> str:
    text = f"{plain}{sip_call_id}".encode(errors="surrogatepass")
    return blake2b(text, key=key, digest_size=_SIGNATURE_BYTES).hexdigest()
