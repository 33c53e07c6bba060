"""The objects that the API answers, field by field. Timestamps are the contract's text form.

Fields under `total=False` appear only where they differ from their default.
"""

from typing import Any, Generic, TypedDict, TypeVar

T = TypeVar("T")


class Page(TypedDict, Generic[T]):
    """Newest first; `next_page_token` is "" when `result` is empty."""

    result: list[T]
    next_page_token: str


class Stamped(TypedDict):
    """What every object has; `9999-01-01 00:00:00.000000` means "has not happened"."""

    id: str
    tm_create: str
    tm_update: str
    tm_delete: str


class _RouteFields(Stamped):
    customer_id: str
    name: str
    detail: str
    provider_id: str
    priority: int
    target: str


class Route(_RouteFields, total=False):
    """`priority`: lower is tried first."""

    enabled: bool
    weight: int
    valid_from: str
    valid_until: str


class _ProviderFields(Stamped):
    type: str
    hostname: str
    tech_prefix: str
    tech_postfix: str
    tech_headers: dict[str, str]
    name: str
    detail: str
    metadata: dict[str, Any]
    codecs: str
    health_status: str
    health_checked_at: str | None


class Provider(_ProviderFields, total=False):
    """`failover` maps a SIP status to `next` or `stop`; timeouts are seconds."""

    enabled: bool
    transport: str
    username: str
    max_channels: int
    max_cps: int
    failover: dict[str, str]
    no_response_timeout_s: int
    progress_timeout_s: int
    ring_timeout_s: int


class Customer(Stamped):
    """`status`: active, frozen or deleted."""

    name: str
    detail: str
    email: str
    phone_number: str
    address: str
    webhook_method: str
    webhook_uri: str
    status: str


class _TrunkFields(Stamped):
    customer_id: str
    name: str
    detail: str
    domain_name: str
    auth_types: list[str]
    username: str
    allowed_ips: list[str]


class Trunk(_TrunkFields, total=False):
    """A customer's way in."""

    enabled: bool
    mode: str
    max_channels: int
    max_cps: int
    default_region: str
    trusted_identity: bool


class _AccessKeyFields(Stamped):
    customer_id: str
    name: str
    detail: str
    token_prefix: str
    tm_expire: str


class AccessKey(_AccessKeyFields, total=False):
    """`token` is in the create answer only."""

    token: str
    permission: str


class Agent(Stamped):
    """A person who logs in."""

    customer_id: str
    username: str
    name: str
    detail: str
    permission: str


class Attempt(TypedDict):
    """One INVITE to one provider, or the reason why none was sent."""

    number: int
    provider_id: str
    route_id: str
    uri: str
    tm_sent: str
    tm_ringing: str
    tm_answered: str
    tm_ended: str
    sip_status: int | None
    sip_reason: str
    verdict: str | None
    action: str
    why: list[str]
    late_answer: bool
    pdd_ms: int | None
    duration_ms: int | None


class Call(Stamped):
    """`status`: progressing, ringing, answered, ended; durations in milliseconds, None until known."""

    customer_id: str | None
    trunk_id: str | None
    edge: str
    sip_call_id: str
    source: str
    dialled: str
    number: str
    status: str
    sip_status: int | None
    reason: str
    hangup_by: str
    attempts: list[Attempt]
    decision: list[dict[str, Any]]
    duration_ms: int | None
    pdd_ms: int | None
    tm_start: str
    tm_ringing: str
    tm_answered: str
    tm_ended: str


class Edge(TypedDict):
    """What follows the feed and decides calls; None where it has not told."""

    name: str
    revision: int | None
    lag_revisions: int | None
    last_contact: str
    silent_s: float | None
    agent_version: str | None
    kamailio_version: str | None
    kamailio_started: str
    max_call_s: int | None
    calls_shed: int | None
    shed_percent: int | None
    events_lost: int | None
    counters: dict[str, int]
    calls_in_progress: int
    cps: float
    tm_status: str
    tm_create: str


class EdgeView(TypedDict):
    """`breaker`: closed, half_open or open."""

    edge: str
    status: str
    checked_at: str | None
    detail: str
    breaker: str
    breaker_changed_at: str
    breaker_detail: str


class ProviderHealth(TypedDict):
    """A provider's health: all edges together, and each one's view."""

    provider_id: str
    hostname: str
    health_status: str
    health_checked_at: str | None
    edges: list[EdgeView]


class _StatsFigures(TypedDict):
    skipped: int
    answered: int
    asr: float | None
    ner: float | None
    acd_ms: int | None
    pdd_p50_ms: int | None
    pdd_p95_ms: int | None
    failover_rate: float | None
    late_answers: int
    channels: int


class Stats(_StatsFigures, total=False):
    """One of a grouping: its key, and `attempts`, or `calls` of a customer. Rates are 0 to 1, or None."""

    provider_id: str
    route_id: str
    target: str
    customer_id: str
    attempts: int
    calls: int


StatsWindow = TypedDict("StatsWindow", {"from": str, "to": str, "result": list[Stats]})
"""The busiest first."""


class Login(TypedDict):
    """`token`: a JWT, valid for seven days."""

    username: str
    token: str
