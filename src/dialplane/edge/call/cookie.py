"""The Record-Route cookie: the call of an in-dialog request, when it began and what was dialled, signed.

Only our own routes are followed: otherwise a request with a To tag and a forged Route would be relayed for anybody, to
anywhere. The key outlives Kamailio, so that calls from before a restart can still be ended. A new INVITE that bears the
cookie of its own Call-ID and number has come in a circle (RFC 5393, section 4); for another number it is a diversion.
"""

import re
import zlib
from collections.abc import Iterable
from hashlib import blake2b
from typing import NamedTuple
from uuid import UUID

from dialplane.edge.call.path import Path

PARAMETER = "dp"
_SIGNATURE_BYTES = 8
_COOKIE = re.compile(
    rf";{PARAMETER}=(([0-9a-f]{{32}})\.([0-9a-f]{{1,16}})(?:\.([0-9a-f]{{8}}))?(?:\.n((?:[0-9a-f]{{2}}){{7,19}}))?)"
    rf"\.([0-9a-f]{{{_SIGNATURE_BYTES * 2}}})(?![0-9A-Za-z.])"
)


class Origin(NamedTuple):
    """A call by its id in canonical form, and when it began: an instant in milliseconds.

    `path` leads to a caller behind NAT, None if it is to be reached as it says. Only we can read it in the cookie.
    """

    call: str
    began_ms: int
    path: Path | None = None


def make_cookie(origin: Origin, sip_call_id: str, dialled: str, *, key: bytes) -> str:
    """`;dp=<call>.<began>.<dialled>.<signature>`, to be added to Record-Route."""
    call = origin.call.replace("-", "")
    path = f".n{_veiled(origin.path.packed(), call, key).hex()}" if origin.path else ""
    plain = f"{call}.{origin.began_ms:x}.{_digest(dialled)}{path}"
    return f";{PARAMETER}={plain}.{_signature(plain, sip_call_id, key)}"


def origin_of_cookie(route: str, sip_call_id: str, *, key: bytes) -> Origin | None:
    """The call in a Route header, or None if that has no cookie which we signed for this Call-ID."""
    match = _COOKIE.search(route)
    if match is None or match[6] != _signature(match[1], sip_call_id, key):
        return None
    path = Path.unpacked(_veiled(bytes.fromhex(match[5]), match[2], key)) if match[5] else None
    return Origin(str(UUID(match[2])), int(match[3], 16), path)


def has_passed(record_routes: Iterable[str], sip_call_id: str, dialled: str, *, key: bytes) -> bool:
    """Whether one of these Record-Routes has the cookie that was made for this Call-ID and number."""
    digest = _digest(dialled)
    found = (match for body in record_routes for match in _COOKIE.finditer(body))
    return any(match[4] == digest and match[6] == _signature(match[1], sip_call_id, key) for match in found)


def _veiled(packed: bytes, call: str, key: bytes) -> bytes:
    """The bytes under a mask that differs from call to call; the same again unveils them."""
    mask = blake2b(call.encode(), key=key, digest_size=len(packed), person=b"path").digest()
    return bytes(one ^ other for one, other in zip(packed, mask, strict=True))


def _digest(dialled: str) -> str:
    return f"{zlib.crc32(dialled.encode(errors='surrogatepass')):08x}"


def _signature(plain: str, sip_call_id: str, key: bytes) -> str:
    text = f"{plain}{sip_call_id}".encode(errors="surrogatepass")
    return blake2b(text, key=key, digest_size=_SIGNATURE_BYTES).hexdigest()
