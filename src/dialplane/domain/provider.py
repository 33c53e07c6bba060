"""A provider: the SIP carrier that an attempt goes to, and what it wants to see in it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from dialplane.domain.errors import InvalidValue
from dialplane.domain.hostname import parse_hostname
from dialplane.domain.ids import parse_id
from dialplane.domain.instants import NEVER
from dialplane.domain.tech import parse_affix, parse_codecs, parse_headers
from dialplane.domain.texts import parse_choice, parse_detail, parse_name, parse_range

TYPES = ("sip",)
TRANSPORTS = ("udp", "tcp", "tls")
FAILOVER_ACTIONS = ("next", "stop")
MAX_METADATA_BYTES = 16_384
MAX_CHANNELS = 1_000_000
MAX_CPS = 100_000

NO_RESPONSE_TIMEOUT_S = 3
PROGRESS_TIMEOUT_S = 8
RING_TIMEOUT_S = 90


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """The documented fields, and extensions that are at their default unless used.

    Timeouts are whole seconds. `max_channels` (concurrent calls) and `max_cps` (attempts per second) are None
    where there is no cap. `failover` maps a SIP status (300-699) to `next` or `stop` and overrides the table.
    """

    id: str
    type: str
    hostname: str
    tech_prefix: str = ""
    tech_postfix: str = ""
    tech_headers: Mapping[str, str] = field(default_factory=dict)
    name: str = ""
    detail: str = ""
    metadata: Mapping[str, Any] = field(default_factory=dict)
    codecs: str = ""
    enabled: bool = True
    transport: str = "udp"
    username: str = ""
    password: str = field(default="", repr=False)
    max_channels: int | None = None
    max_cps: int | None = None
    failover: Mapping[int, str] = field(default_factory=dict)
    no_response_timeout_s: int = NO_RESPONSE_TIMEOUT_S
    progress_timeout_s: int = PROGRESS_TIMEOUT_S
    ring_timeout_s: int = RING_TIMEOUT_S
    tm_create: int = 0
    tm_update: int = NEVER
    tm_delete: int = NEVER

    def __post_init__(self) -> None:
        parse_id(self.id)
        parse_choice(self.type, field="type", among=TYPES)
        parse_hostname(self.hostname)
        parse_affix(self.tech_prefix, field="tech_prefix")
        parse_affix(self.tech_postfix, field="tech_postfix")
        parse_headers(self.tech_headers)
        parse_name(self.name)
        parse_detail(self.detail)
        parse_metadata(self.metadata)
        parse_codecs(self.codecs)
        parse_choice(self.transport, field="transport", among=TRANSPORTS)
        parse_credential(self.username, field="username")
        parse_credential(self.password, field="password")
        parse_channels(self.max_channels)
        parse_cps(self.max_cps)
        parse_failover(self.failover)
        parse_range(self.no_response_timeout_s, field="no_response_timeout_s", least=1, most=30)
        parse_range(self.progress_timeout_s, field="progress_timeout_s", least=1, most=60)
        parse_range(self.ring_timeout_s, field="ring_timeout_s", least=1, most=600)


def parse_metadata(value: Mapping[str, Any], *, field: str = "metadata") -> Mapping[str, Any]:
    """A JSON object of at most 16 KiB. Raises InvalidValue."""
    try:
        size = len(json.dumps(dict(value), allow_nan=False).encode())
    except (TypeError, ValueError):
        raise InvalidValue(field, "invalid_metadata", "must be a JSON object") from None
    if size > MAX_METADATA_BYTES:
        raise InvalidValue(field, "too_long", f"must be at most {MAX_METADATA_BYTES} bytes as JSON")
    return value


def parse_credential(text: str, *, field: str) -> str:
    """A digest user name or password: printable ASCII of at most 255 without quotes. Raises InvalidValue."""
    if len(text) > 255 or not text.isascii() or (text and not text.isprintable()) or '"' in text or "\\" in text:
        raise InvalidValue(field, "invalid_credential", "must be at most 255 printable ASCII characters, no quotes")
    return text


def parse_channels(value: int | None, *, field: str = "max_channels") -> int | None:
    """A cap on concurrent calls, or None. Raises InvalidValue."""
    return None if value is None else parse_range(value, field=field, least=1, most=MAX_CHANNELS)


def parse_cps(value: int | None, *, field: str = "max_cps") -> int | None:
    """A cap on calls per second, or None. Raises InvalidValue."""
    return None if value is None else parse_range(value, field=field, least=1, most=MAX_CPS)


def parse_failover(value: Mapping[int, str], *, field: str = "failover") -> Mapping[int, str]:
    """SIP status (300-699) to `next` or `stop`. Raises InvalidValue."""
    for status, action in value.items():
        if type(status) is not int or not 300 <= status <= 699 or action not in FAILOVER_ACTIONS:
            raise InvalidValue(field, "invalid_failover", "must map SIP statuses from 300 to 699 to 'next' or 'stop'")
    return value
