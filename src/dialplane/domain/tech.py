"""Additions to a call that a carrier expects: digits before and after the number, headers, codecs.

These values reach the SIP wire, so nothing that could end a token or a line passes here (Kamailio
itself writes CR/LF to the wire).
"""

import re
from collections.abc import Mapping

from dialplane.domain.errors import InvalidValue

_AFFIX = re.compile(r"[0-9A-Za-z*#+]{0,32}", re.ASCII)
_TOKEN = re.compile(r"[0-9A-Za-z.!%*_+`'~-]{1,64}", re.ASCII)  # RFC 3261 section 25.1
_CODEC = re.compile(r"[0-9A-Za-z._-]{1,32}", re.ASCII)

MAX_HEADERS = 20
MAX_HEADER_VALUE = 256
MAX_CODECS = 32

_COMPACT = {
    "v": "via", "f": "from", "t": "to", "i": "call-id", "m": "contact", "l": "content-length",
    "c": "content-type", "e": "content-encoding", "y": "identity",
}  # fmt: skip
_PROXY_OWNED = frozenset(
    {"via", "from", "to", "call-id", "cseq", "contact", "route", "record-route", "max-forwards", "identity"}
)


def parse_affix(text: str, *, field: str) -> str:
    """tech_prefix or tech_postfix: up to 32 of 0-9 A-Z a-z * # +. Raises InvalidValue."""
    if not _AFFIX.fullmatch(text):
        raise InvalidValue(field, "invalid_affix", "must be at most 32 characters out of 0-9, A-Z, a-z, *, # and +")
    return text


def is_proxy_owned(name: str) -> bool:
    """Whether the proxy writes this header itself, so that no provider may set it; compact forms too (RFC 3261)."""
    lowered = name.lower()
    full = _COMPACT.get(lowered, lowered)
    return full in _PROXY_OWNED or full.startswith("content-")


def parse_headers(headers: Mapping[str, str], *, field: str = "tech_headers") -> Mapping[str, str]:
    """SIP headers to add, at most 20. Raises InvalidValue for names and values that SIP or the proxy forbids."""
    if len(headers) > MAX_HEADERS:
        raise InvalidValue(field, "too_many", f"must have at most {MAX_HEADERS} headers")
    for name, value in headers.items():
        if not isinstance(name, str) or not _TOKEN.fullmatch(name):
            raise InvalidValue(field, "invalid_header_name", "header names must be SIP tokens of at most 64 characters")
        if is_proxy_owned(name):
            raise InvalidValue(field, "reserved_header", "must not set a header that the proxy owns")
        if not isinstance(value, str) or len(value) > MAX_HEADER_VALUE or not value.isprintable():
            raise InvalidValue(
                field, "invalid_header_value", f"header values must be printable text of at most {MAX_HEADER_VALUE}"
            )
    return dict(headers)


def parse_codecs(text: str, *, field: str = "codecs") -> str:
    """A comma-separated list of codec names, or "" for no change. Raises InvalidValue."""
    names = text.split(",") if text else []
    if len(names) > MAX_CODECS or not all(_CODEC.fullmatch(name) for name in names):
        raise InvalidValue(field, "invalid_codecs", "must be codec names joined by commas, like PCMU,PCMA")
    return text
