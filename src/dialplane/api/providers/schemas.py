"""Schemas of providers."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Annotated, Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field

from dialplane.api.http.fields import (
    DetailText,
    Name,
    ObjectBody,
    Rule,
    among,
    matching,
    optional,
    secret,
    within,
    within_or_null,
)
from dialplane.api.http.query import FilterText, Flag, Page, Query, filtering, several
from dialplane.api.http.responses import timestamp
from dialplane.api.http.schemas import AnsweredId, AnsweredInstant, Presenter
from dialplane.control.health import EdgeView, together
from dialplane.control.list_filter import LIKE, WORDS
from dialplane.control.providers import LOAD_WINDOW_S, ROUTES_COUNTED, Use
from dialplane.domain import health
from dialplane.domain.errors import InvalidValue
from dialplane.domain.health import Health
from dialplane.domain.hostname import parse_hostname
from dialplane.domain.kinds import PROVIDER
from dialplane.domain.number_format import MAX_MATCH, MAX_RULES, NUMBER_FORMATS, PLUS, parse_digit_rules
from dialplane.domain.provider import (
    ANONYMITIES,
    DIVERSIONS,
    DROP,
    FAILOVER_ACTIONS,
    HEADER,
    IDENTITY_HEADERS,
    KEEP,
    MAX_CHANNELS,
    MAX_CPS,
    NO_RESPONSE_TIMEOUT_S,
    PORTABILITIES,
    PROGRESS_TIMEOUT_S,
    RING_TIMEOUT_S,
    SIGNATURES,
    TRANSPORTS,
    TYPES,
    UNSIGNED,
    Provider,
    parse_credential,
    parse_failover,
    parse_identity_headers,
    parse_metadata,
)
from dialplane.domain.region import parse_region
from dialplane.domain.tech import parse_affix, parse_codecs, parse_headers

Affix = Annotated[str, matching(partial(parse_affix, field=""), "^[0-9A-Za-z*#+]{0,32}$")]
Hostname = Annotated[
    str,
    Rule(
        parse_hostname, {"type": "string", "minLength": 1, "maxLength": 261, "examples": ["sip.carrier.example:5060"]}
    ),
]
Headers = Annotated[
    dict[str, str],
    Rule(
        parse_headers,
        {"type": "object", "maxProperties": 20, "additionalProperties": {"type": "string", "maxLength": 256}},
    ),
]
Metadata = Annotated[dict[str, Any], Rule(parse_metadata, {"type": "object"})]
Codecs = Annotated[str, matching(parse_codecs, "^([0-9A-Za-z._-]{1,32}(,[0-9A-Za-z._-]{1,32}){0,31})?$")]
Credential = Annotated[str, Rule(partial(parse_credential, field=""), {"type": "string", "maxLength": 255})]
NewSecret = Annotated[str | None, secret(partial(parse_credential, field=""), 0, 255)]


def _failover(value: Any) -> Mapping[int, str]:
    if not isinstance(value, dict) or not all(_is_status(name) for name in value):
        raise InvalidValue("", "invalid_failover", "must map SIP statuses from 300 to 699 to 'next' or 'stop'")
    return parse_failover({int(status): action for status, action in value.items()})


def _is_status(name: str) -> bool:
    return len(name) == 3 and name.isascii() and name.isdecimal()


Failover = Annotated[
    dict[int, str],
    Rule(
        _failover,
        {
            "type": "object",
            "propertyNames": {"pattern": "^[3-6][0-9]{2}$"},
            "additionalProperties": {"type": "string", "enum": list(FAILOVER_ACTIONS)},
            "examples": [{"404": "stop"}],
        },
        instead=True,
    ),
]

DigitRules = Annotated[
    list[dict[str, Any]],
    Rule(
        parse_digit_rules,
        {
            "type": "array",
            "maxItems": MAX_RULES,
            "items": {
                "type": "object",
                "properties": {
                    "match": {"type": "string", "pattern": r"^(?=.{1,20}$)\+?[0-9XZN]*\.?$"},
                    "strip": {"type": "integer", "minimum": 0, "maximum": MAX_MATCH, "default": 0},
                    "prepend": {"type": "string", "pattern": "^[0-9A-Za-z*#+]{0,32}$", "default": ""},
                },
                "required": ["match"],
                "additionalProperties": False,
            },
            "examples": [[{"match": "+44.", "strip": 3, "prepend": "0"}]],
        },
    ),
]
IdentityHeaders = Annotated[
    list[str],
    Rule(
        parse_identity_headers,
        {"type": "array", "items": {"type": "string", "enum": list(IDENTITY_HEADERS)}, "uniqueItems": True},
    ),
]
Region = Annotated[str, matching(partial(parse_region, field=""), "^([A-Z]{2})?$")]

EXAMPLE: dict[str, Any] = {
    "id": "4dbeabd6-f397-4375-95d2-a38411e07ed1",
    "type": "sip",
    "hostname": "sip.carrier.example",
    "tech_prefix": "",
    "tech_postfix": "",
    "tech_headers": {},
    "name": "Carrier A",
    "detail": "",
    "metadata": {},
    "codecs": "PCMU,PCMA",
    "health_status": "healthy",
    "health_checked_at": "2022-10-22 16:17:02.101204",
    "tm_create": "2022-10-22 16:16:16.874761",
    "tm_update": "9999-01-01 00:00:00.000000",
    "tm_delete": "9999-01-01 00:00:00.000000",
}


class ProviderUpdate(ObjectBody):
    """The fields to change; the others stay as they are."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"tech_prefix": "9011"}]})
    KIND: ClassVar = PROVIDER
    REPORTED: ClassVar = frozenset({"health_status", "health_checked_at"})
    READ_ONLY: ClassVar = ObjectBody.READ_ONLY | REPORTED

    type: Annotated[str, among(*TYPES)] = optional()
    hostname: Hostname = optional("DNS name or IP address, with an optional :port. A change resets the health.")
    tech_prefix: Affix = optional("Put before the number.")
    tech_postfix: Affix = optional("Put behind the number.")
    tech_headers: Headers = optional("SIP headers added to each attempt.")
    name: Name = optional()
    detail: DetailText = optional()
    metadata: Metadata = optional("Anything of yours, up to 16 KiB as JSON.")
    codecs: Codecs = optional("Codecs left in the audio of the offer, joined by commas; empty for all.")
    enabled: bool = optional("A provider that is not enabled is skipped, with a reason.")
    transport: Annotated[str, among(*TRANSPORTS)] = optional()
    username: Credential = optional("For the carrier's digest challenge.")
    password: NewSecret = optional(
        "For the carrier's digest challenge; never answered. Empty keeps it, null clears it."
    )
    max_channels: Annotated[int | None, within_or_null(1, MAX_CHANNELS)] = optional(
        "Cap on concurrent calls; null for none."
    )
    max_cps: Annotated[int | None, within_or_null(1, MAX_CPS)] = optional("Cap on attempts per second; null for none.")
    failover: Failover = optional("What to do after a SIP status, in place of the standard table.")
    no_response_timeout_s: Annotated[int, within(1, 30)] = optional("Seconds to wait for any response.")
    progress_timeout_s: Annotated[int, within(1, 60)] = optional("Seconds to wait for more than 100 Trying.")
    ring_timeout_s: Annotated[int, within(1, 600)] = optional("Seconds to let it ring.")
    number_format: Annotated[str, among(*NUMBER_FORMATS)] = optional("The form of the called number.")
    caller_format: Annotated[str, among(*NUMBER_FORMATS)] = optional(
        "The form of the caller's number in `identity_headers`."
    )
    home_region: Region = optional("ISO country of the format `national`.")
    digit_rules: DigitRules = optional(
        "Changes to the called number before its format; the first that matches holds. X is 0-9, Z 1-9, N 2-9, a last "
        ". any rest; `strip` signs are removed and `prepend` put in their place."
    )
    caller_rules: DigitRules = optional("The same for the caller's number.")
    identity_headers: IdentityHeaders = optional(
        "Headers that the edge writes with the caller's number, in place of a trunk's own. `pai` needs `trusted`."
    )
    trusted: bool = optional("Whether the carrier may learn the number of callers that withhold it (RFC 3325).")
    anonymous: Annotated[str, among(*ANONYMITIES)] = optional(
        "Calls without a caller's number: `header` adds Privacy to `identity_headers`, `refuse` skips the provider."
    )
    diversion: Annotated[str, among(*DIVERSIONS)] = optional(
        "The caller's Diversion: kept, dropped, or where there is none added with the trunk's `caller_default`."
    )
    sign: Annotated[str, among(*SIGNATURES)] = optional("`pass`: a trusted trunk's Identity header reaches it.")
    portability: Annotated[str, among(*PORTABILITIES)] = optional("`rn`: it gets npdi and rn of a ported number.")


class ProviderCreate(ProviderUpdate):
    """A new provider."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"type": "sip", "hostname": "sip.carrier.example"}]})

    type: Annotated[str, among(*TYPES)]
    hostname: Hostname


EDGES, USE = "edges", "use"


class ProviderList(Page):
    """Which part of the list of providers."""

    filter: FilterText = filtering(WORDS["provider"], like=LIKE["provider"])
    show: Annotated[tuple[str, ...], several(EDGES, USE)] = Field(
        default_factory=tuple,
        description="Add to each: `edges`, each edge's view of it; `use`, how much it is used.",
    )

    NOT_FILTERS: ClassVar = Page.NOT_FILTERS | {"show"}


class Force(Query):
    """How far a delete may go."""

    force: Flag = Field(default=False, description="Delete the routes that use it along with it, in one revision.")


class DigitRuleAnswer(BaseModel):
    """A rule of a provider on the digits of a number."""

    match: str
    strip: int
    prepend: str


class EdgeViewAnswer(BaseModel):
    """The state of a provider as one edge sees it."""

    edge: str
    status: Annotated[str, among(*health.STATUSES), Field(description="By its probes.")]
    checked_at: AnsweredInstant | None
    detail: Annotated[str, Field(description="What the last probe met.")]
    breaker: Annotated[str, among(*health.BREAKER_STATES), Field(description="By its calls; open: tried last.")]
    breaker_changed_at: Annotated[AnsweredInstant, Field(description="Never where the breaker has never been open.")]
    breaker_detail: Annotated[str, Field(description="Why it changed.")]


class RouteCountAnswer(BaseModel):
    """The live routes that lead to a provider."""

    about: int
    exact: Annotated[bool, Field(description=f"False where there are more: no more than {ROUTES_COUNTED} are counted.")]


class UseAnswer(BaseModel):
    """How much a provider is used."""

    routes: RouteCountAnswer
    cps: Annotated[float, Field(description=f"Attempts per second, over the last {LOAD_WINDOW_S} s.")]


class ProviderAnswer(BaseModel):
    """A provider."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    id: AnsweredId
    type: Annotated[str, among(*TYPES)]
    hostname: str
    tech_prefix: str
    tech_postfix: str
    tech_headers: dict[str, str]
    name: str
    detail: str
    metadata: dict[str, Any]
    codecs: str
    health_status: Annotated[str, among(*health.STATUSES)]
    health_checked_at: AnsweredInstant | None
    tm_create: AnsweredInstant
    tm_update: AnsweredInstant
    tm_delete: AnsweredInstant
    enabled: bool = optional("Shown where false.")
    transport: str = optional("Shown where not udp.")
    username: str = optional("Shown where there is one.")
    max_channels: int = optional("Shown where there is a cap.")
    max_cps: int = optional("Shown where there is a cap.")
    failover: dict[str, str] = optional("Shown where there are overrides.")
    no_response_timeout_s: int = optional(f"Shown where not {NO_RESPONSE_TIMEOUT_S}.")
    progress_timeout_s: int = optional(f"Shown where not {PROGRESS_TIMEOUT_S}.")
    ring_timeout_s: int = optional(f"Shown where not {RING_TIMEOUT_S}.")
    number_format: str = optional(f"Shown where not {PLUS}.")
    caller_format: str = optional(f"Shown where not {PLUS}.")
    home_region: str = optional("Shown where there is one.")
    digit_rules: list[DigitRuleAnswer] = optional("Shown where there are any.")
    caller_rules: list[DigitRuleAnswer] = optional("Shown where there are any.")
    identity_headers: list[str] = optional("Shown where there are any.")
    trusted: bool = optional("Shown where true.")
    anonymous: str = optional(f"Shown where not {HEADER}.")
    diversion: str = optional(f"Shown where not {KEEP}.")
    sign: str = optional(f"Shown where not {UNSIGNED}.")
    portability: str = optional(f"Shown where not {DROP}.")
    edges: list[EdgeViewAnswer] = optional("Each edge's view, by the edge's name; with `show=edges`.")
    use: UseAnswer = optional("With `show=use`.")


class HealthAnswer(BaseModel):
    """A provider's health: all edges together, and each one's view."""

    provider_id: AnsweredId
    hostname: Annotated[str, Field(description="What is probed; views of another one do not count.")]
    health_status: Annotated[str, among(*health.STATUSES)]
    health_checked_at: AnsweredInstant | None
    edges: Annotated[list[EdgeViewAnswer], Field(description="By the edge's name.")]


_present = Presenter(ProviderAnswer, Provider)


def present(
    provider: Provider, seen: Health, *, views: Sequence[EdgeView] | None = None, use: Use | None = None
) -> dict[str, Any]:
    """A provider with its health by all edges together, without the password; with more of it if there is any."""
    failover = {str(status): action for status, action in provider.failover.items()}
    return _present(
        provider,
        health_status=seen.status,
        health_checked_at=_timestamp_or_null(seen.checked_at),
        **({"failover": failover} if failover else {}),
        **({} if views is None else {EDGES: [_present_view(view) for view in views]}),
        **({} if use is None else {USE: {"routes": {"about": use.routes, "exact": use.is_exact}, "cps": use.cps}}),
    )


def present_health(provider: Provider, views: Sequence[EdgeView]) -> dict[str, Any]:
    """The health by all edges together, and each one's view."""
    seen = together(view.health for view in views)
    return {
        "provider_id": provider.id,
        "hostname": provider.hostname,
        "health_status": seen.status,
        "health_checked_at": _timestamp_or_null(seen.checked_at),
        "edges": [_present_view(view) for view in views],
    }


def _present_view(view: EdgeView) -> dict[str, Any]:
    return {
        "edge": view.edge,
        "status": view.health.status,
        "checked_at": _timestamp_or_null(view.health.checked_at),
        "detail": view.health.detail,
        "breaker": view.breaker.state,
        "breaker_changed_at": timestamp(view.breaker.changed_at),
        "breaker_detail": view.breaker.detail,
    }


def _timestamp_or_null(instant: int | None) -> str | None:
    return None if instant is None else timestamp(instant)
