"""A provider: the SIP carrier that an attempt goes to, and the form in which it expects the call."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any

from dialplane.domain.errors import InvalidValue
from dialplane.domain.hostname import Hostname
from dialplane.domain.ids import Id
from dialplane.domain.instants import NEVER, Instant
from dialplane.domain.number_format import NATIONAL, NUMBER_FORMATS, PLUS, parse_digit_rules
from dialplane.domain.region import parse_region
from dialplane.domain.tech import parse_affix, parse_codecs, parse_headers
from dialplane.domain.texts import Detail, Name, choice, parse_range, within
from dialplane.domain.value import Value

TYPES = ("sip",)
DEFAULT_PORTS: Mapping[str, int] = {"udp": 5060, "tcp": 5060, "tls": 5061}
"""The port of a hostname without one, by transport (RFC 3261, section 19.1.2)."""
TRANSPORTS = tuple(DEFAULT_PORTS)
FAILOVER_ACTIONS = ("next", "stop")
PAI, RPID, PPI = "pai", "rpid", "ppi"
IDENTITY_HEADERS: Mapping[str, str] = {
    PAI: "P-Asserted-Identity",
    RPID: "Remote-Party-ID",
    PPI: "P-Preferred-Identity",
}
"""The words of `identity_headers`, and the headers that they stand for. From stays the caller's own."""
KEEP, DROP, ADD = "keep", "drop", "add"
DIVERSIONS = (KEEP, DROP, ADD)
HEADER, REFUSE = "header", "refuse"
ANONYMITIES = (HEADER, REFUSE)
UNSIGNED, PASS = "none", "pass"
SIGNATURES = (UNSIGNED, PASS)
ROUTING_NUMBER = "rn"
PORTABILITIES = (DROP, ROUTING_NUMBER)
MAX_METADATA_BYTES = 16_384
MAX_CHANNELS = 1_000_000
MAX_CPS = 100_000

NO_RESPONSE_TIMEOUT_S = 3
PROGRESS_TIMEOUT_S = 8
RING_TIMEOUT_S = 90


def parse_metadata(value: Mapping[str, Any], *, field: str = "metadata") -> Mapping[str, Any]:
    """A JSON object of at most 16 KiB, without lone surrogates, which no answer can hold. Raises InvalidValue."""
    try:
        size = len(json.dumps(dict(value), allow_nan=False, ensure_ascii=False).encode())
    except (TypeError, ValueError):
        raise InvalidValue(field, "invalid_metadata", "must be a JSON object") from None
    if size > MAX_METADATA_BYTES:
        raise InvalidValue(field, "too_long", f"must be at most {MAX_METADATA_BYTES} bytes as JSON")
    return dict(value)


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
    return dict(value)


def parse_identity_headers(value: Sequence[str], *, field: str = "identity_headers") -> Sequence[str]:
    """A list out of `pai`, `rpid` and `ppi`, none twice. Raises InvalidValue."""
    if len(set(value)) != len(value) or not set(value) <= set(IDENTITY_HEADERS):
        raise InvalidValue(field, "invalid_choice", "must be a list out of 'pai', 'rpid' and 'ppi', none twice")
    return tuple(value)


Channels = Annotated[int | None, parse_channels]
Cps = Annotated[int | None, parse_cps]
Credential = Annotated[str, parse_credential]


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider(Value):
    """The documented fields, and extensions that are at their default unless used.

    Timeouts are whole seconds. `max_channels` (concurrent calls) and `max_cps` (attempts per second) are None if there
    is no cap. `failover` maps a SIP status (300-699) to `next` or `stop` and overrides the table.

    `number_format` and `digit_rules` are for the called number, `caller_format` and `caller_rules` for the caller's in
    the `identity_headers` that the edge writes; `home_region` is the country of `national` numbers. `trusted`: the
    carrier belongs to our trust domain (RFC 3325). `anonymous`: how callers are carried that withhold their number.
    `sign`: whether a trusted trunk's Identity header reaches it. `portability`: whether it gets `npdi` and `rn`.
    """

    id: Id
    type: Annotated[str, choice(*TYPES)]
    hostname: Hostname
    tech_prefix: Annotated[str, parse_affix] = ""
    tech_postfix: Annotated[str, parse_affix] = ""
    tech_headers: Annotated[Mapping[str, str], parse_headers] = field(default_factory=dict)
    name: Name = ""
    detail: Detail = ""
    metadata: Annotated[Mapping[str, Any], parse_metadata] = field(default_factory=dict)
    codecs: Annotated[str, parse_codecs] = ""
    enabled: bool = True
    transport: Annotated[str, choice(*TRANSPORTS)] = "udp"
    username: Credential = ""
    password: Credential = field(default="", repr=False)
    max_channels: Channels = None
    max_cps: Cps = None
    failover: Annotated[Mapping[int, str], parse_failover] = field(default_factory=dict)
    no_response_timeout_s: Annotated[int, within(1, 30)] = NO_RESPONSE_TIMEOUT_S
    progress_timeout_s: Annotated[int, within(1, 60)] = PROGRESS_TIMEOUT_S
    ring_timeout_s: Annotated[int, within(1, 600)] = RING_TIMEOUT_S
    number_format: Annotated[str, choice(*NUMBER_FORMATS)] = PLUS
    caller_format: Annotated[str, choice(*NUMBER_FORMATS)] = PLUS
    home_region: Annotated[str, parse_region] = ""
    digit_rules: Annotated[Sequence[Mapping[str, Any]], parse_digit_rules] = ()
    caller_rules: Annotated[Sequence[Mapping[str, Any]], parse_digit_rules] = ()
    identity_headers: Annotated[Sequence[str], parse_identity_headers] = ()
    trusted: bool = False
    anonymous: Annotated[str, choice(*ANONYMITIES)] = HEADER
    diversion: Annotated[str, choice(*DIVERSIONS)] = KEEP
    sign: Annotated[str, choice(*SIGNATURES)] = UNSIGNED
    portability: Annotated[str, choice(*PORTABILITIES)] = DROP
    tm_create: Instant = 0
    tm_update: Instant = NEVER
    tm_delete: Instant = NEVER


FORM_FIELDS = frozenset(
    {"tech_prefix", "tech_headers", "number_format", "caller_format", "home_region", "identity_headers", "trusted"}
)
"""The fields that `require_form` looks at together."""


def require_form(provider: Provider) -> None:
    """Raises InvalidValue if the provider's fields contradict one another about the form of numbers and identities."""
    if provider.tech_prefix.endswith("+") and provider.number_format == PLUS:
        raise InvalidValue("tech_prefix", "double_plus", "must not end with + unless number_format leaves out its own")
    if NATIONAL in (provider.number_format, provider.caller_format) and not provider.home_region:
        raise InvalidValue("home_region", "required", "must be given for the format national")
    if PAI in provider.identity_headers and not provider.trusted:
        raise InvalidValue("identity_headers", "not_trusted", "must not have 'pai' unless the provider is trusted")
    written = {IDENTITY_HEADERS[word].lower() for word in provider.identity_headers}
    if written & {name.lower() for name in provider.tech_headers}:
        raise InvalidValue("tech_headers", "contradicts", "must not set a header that identity_headers sets")
