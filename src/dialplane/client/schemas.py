# Generated from the OpenAPI document of dialplane.api by `python -m tools.generate_client`, not edited by hand.
"""The objects that the REST API takes and answers, field by field. Timestamps are UTC, as in the contract.

A request may leave out a NotRequired field; an answer has it only if it differs from its default.
"""

from typing import Annotated, Any, Literal, NotRequired, TypedDict

# fmt: off
DefaultRegion = Literal[
    "", "AC", "AD", "AE", "AF", "AG", "AI", "AL", "AM", "AO", "AR", "AS", "AT", "AU", "AW", "AX",
    "AZ", "BA", "BB", "BD", "BE", "BF", "BG", "BH", "BI", "BJ", "BL", "BM", "BN", "BO", "BQ", "BR",
    "BS", "BT", "BW", "BY", "BZ", "CA", "CC", "CD", "CF", "CG", "CH", "CI", "CK", "CL", "CM", "CN",
    "CO", "CR", "CU", "CV", "CW", "CX", "CY", "CZ", "DE", "DJ", "DK", "DM", "DO", "DZ", "EC", "EE",
    "EG", "EH", "ER", "ES", "ET", "FI", "FJ", "FK", "FM", "FO", "FR", "GA", "GB", "GD", "GE", "GF",
    "GG", "GH", "GI", "GL", "GM", "GN", "GP", "GQ", "GR", "GT", "GU", "GW", "GY", "HK", "HN", "HR",
    "HT", "HU", "ID", "IE", "IL", "IM", "IN", "IO", "IQ", "IR", "IS", "IT", "JE", "JM", "JO", "JP",
    "KE", "KG", "KH", "KI", "KM", "KN", "KP", "KR", "KW", "KY", "KZ", "LA", "LB", "LC", "LI", "LK",
    "LR", "LS", "LT", "LU", "LV", "LY", "MA", "MC", "MD", "ME", "MF", "MG", "MH", "MK", "ML", "MM",
    "MN", "MO", "MP", "MQ", "MR", "MS", "MT", "MU", "MV", "MW", "MX", "MY", "MZ", "NA", "NC", "NE",
    "NF", "NG", "NI", "NL", "NO", "NP", "NR", "NU", "NZ", "OM", "PA", "PE", "PF", "PG", "PH", "PK",
    "PL", "PM", "PR", "PS", "PT", "PW", "PY", "QA", "RE", "RO", "RS", "RU", "RW", "SA", "SB", "SC",
    "SD", "SE", "SG", "SH", "SI", "SJ", "SK", "SL", "SM", "SN", "SO", "SR", "SS", "ST", "SV", "SX",
    "SY", "SZ", "TA", "TC", "TD", "TG", "TH", "TJ", "TK", "TL", "TM", "TN", "TO", "TR", "TT", "TV",
    "TW", "TZ", "UA", "UG", "US", "UY", "UZ", "VA", "VC", "VE", "VG", "VI", "VN", "VU", "WF", "WS",
    "XK", "YE", "YT", "ZA", "ZM", "ZW",
]
# fmt: on


class StrandedTargetAnswer(TypedDict):
    """Calls of one customer's that would have had no carrier, by the target of the provider's route."""

    customer_id: str
    target: str
    calls: int


class NextProviderAnswer(TypedDict):
    """The provider that would have been tried first instead."""

    provider_id: str
    calls: int


class AbsenceAnswer(TypedDict):
    """The calls of the last 24 hours without one provider."""

    summary: Annotated[str, "The same as a sentence."]
    calls: Annotated[int, "Calls that were looked at: the provider was in their plan."]
    is_all: Annotated[bool, "Whether these are all; if not, the newest."]
    stranded: Annotated[int, "Calls without any other carrier in their plan."]
    last_leg: Annotated[int, "Calls with just one other."]
    stranded_targets: Annotated[list[StrandedTargetAnswer], "The ten with the most such calls."]
    next: Annotated[list[NextProviderAnswer], "Where the calls would have gone first."]
    names: NotRequired[dict[str, str]]


class AccessKeyAnswer(TypedDict):
    """An access key."""

    id: str
    customer_id: str
    name: str
    detail: str
    token: NotRequired[Annotated[str, "The key itself; in the answer to the create only."]]
    token_prefix: str
    permission: Literal[1, 32, 64, 256]
    role: Literal["project_super_admin", "customer_admin", "customer_manager", "edge"]
    edge: NotRequired[Annotated[str, "The edge that the key is bound to, if it is bound to one."]]
    state: NotRequired[
        Annotated[
            Literal["live", "expiring", "expired"],
            "What it is at the time of the answer, `expiring` in its last 14 days; with `expand=state`.",
        ]
    ]
    tm_used: NotRequired[Annotated[str, "Its last use; with `expand=used`, if one is known."]]
    used_from: NotRequired[Annotated[str, "The address of its last use; with `expand=used`, if one is known."]]
    tm_expire: str
    tm_create: str
    tm_update: str
    tm_delete: str


class AccessKeyPage(TypedDict):
    """A page of a list. An access key."""

    result: Annotated[list[AccessKeyAnswer], "Newest first."]
    next_page_token: Annotated[str, "`page_token` of the next page; empty when this page is empty."]
    names: NotRequired[dict[str, str]]


class AddressAnswer(TypedDict):
    """One side of a call, as the contract's API has it."""

    type: Annotated[Literal["tel", "sip", ""], "`tel`: a number; `sip`: any other user part."]
    target: str
    target_name: str
    name: str
    detail: str


class AgentAnswer(TypedDict):
    """An agent: a person who logs in."""

    id: str
    customer_id: str
    username: str
    name: str
    detail: str
    permission: Literal[1, 32, 64]
    role: Literal["project_super_admin", "customer_admin", "customer_manager"]
    ring_method: str
    tag_ids: list[str]
    addresses: list[dict[str, Any]]
    tm_login: NotRequired[Annotated[str, "The last login; with `expand=sessions`."]]
    sessions: NotRequired[Annotated[int, "How many sessions last; with `expand=sessions`."]]
    tm_create: str
    tm_update: str
    tm_delete: str


class AgentPage(TypedDict):
    """A page of a list. An agent: a person who logs in."""

    result: Annotated[list[AgentAnswer], "Newest first."]
    next_page_token: Annotated[str, "`page_token` of the next page; empty when this page is empty."]
    names: NotRequired[dict[str, str]]


class AgentSession(TypedDict):
    """A session that lasts."""

    id: str
    holder: Literal["browser", "program"]
    source_ip: Annotated[str, "The address of its last use."]
    user_agent: Annotated[str, "What the browser or program calls itself."]
    tm_login: str
    tm_used: str
    tm_end: Annotated[str, "When it ends unless it is used."]


class AgentSessions(TypedDict):
    """The sessions of an agent that last, the one that was used last first."""

    result: list[AgentSession]


class AttemptAnswer(TypedDict):
    """One INVITE to one provider, or the reason why none was sent."""

    number: Annotated[int, "Counts attempts and skips of the call from 1."]
    provider_id: str
    route_id: str
    uri: Annotated[str, "The request URI as it was sent; for the platform alone."]
    tm_sent: str
    tm_ringing: str
    tm_answered: str
    tm_ended: str
    sip_status: int | None
    sip_reason: str
    verdict: (
        Literal[
            "answered",
            "busy",
            "no_answer",
            "rejected",
            "cancelled",
            "carrier_error",
            "timeout",
            "transport_error",
            "late_answer",
            "skipped",
        ]
        | None
    )
    action: Annotated[str, "What followed: `next`, `stop`, or empty."]
    why: Annotated[list[str], "Why it was tried at that place, or skipped."]
    identity: NotRequired[
        Annotated[list[str], "Headers about the caller, where the edge wrote them for this provider."]
    ]
    late_answer: Annotated[bool, "The carrier answered after the attempt was given up."]
    pdd_ms: Annotated[int | None, "Post-dial delay: sent to first ringing, or to the answer."]
    duration_ms: Annotated[int | None, "Answer to end."]


class AttemptSteps(TypedDict):
    """Figures of attempts in each step of the window, in order."""

    answered: list[int]
    asr: list[float | None]
    ner: list[float | None]
    acd_ms: list[int | None]
    pdd_p50_ms: list[int | None]
    pdd_p95_ms: list[int | None]
    failover_rate: list[float | None]
    saved: list[int]
    attempts: list[int]
    attempts_per_min: Annotated[
        list[float], "Of a step that still goes on, over what has passed of it, at least a tenth."
    ]


class AttemptFigures(TypedDict):
    """Figures of attempts."""

    skipped: Annotated[int, "Attempts that were passed over."]
    answered: int
    asr: Annotated[float | None, "Answer-seizure ratio, 0 to 1; null where nothing was tried."]
    ner: Annotated[float | None, "Network effectiveness ratio: busy and no answer count as success too."]
    acd_ms: Annotated[int | None, "Average duration of answered calls that have ended."]
    pdd_p50_ms: Annotated[int | None, "Post-dial delay: INVITE to first ringing, or to the answer; at most 3.2 % off."]
    pdd_p95_ms: int | None
    failover_rate: Annotated[float | None, "Share that went on to another carrier, 0 to 1."]
    late_answers: Annotated[int, "Attempts that a carrier answered after they were given up."]
    channels: Annotated[int, "In use now, whatever the window."]
    saved: Annotated[int, "Answered after another carrier had failed."]
    unreached: Annotated[
        int, "Neither answered nor, by the callee, busy or unanswered; those that go on until they are answered, too."
    ]
    attempts: Annotated[int, "INVITEs sent in the window."]
    steps: NotRequired[Annotated[AttemptSteps, "Shown if `step` is named."]]


class CallSteps(TypedDict):
    """Figures of calls in each step of the window, in order."""

    answered: list[int]
    asr: list[float | None]
    ner: list[float | None]
    acd_ms: list[int | None]
    pdd_p50_ms: list[int | None]
    pdd_p95_ms: list[int | None]
    failover_rate: list[float | None]
    saved: list[int]
    calls: list[int]
    calls_per_min: Annotated[list[float], "Of a step that still goes on, over what has passed of it, at least a tenth."]
    refused: list[int]


class CallFigures(TypedDict):
    """Figures of calls."""

    skipped: Annotated[int, "Attempts that were passed over."]
    answered: int
    asr: Annotated[float | None, "Answer-seizure ratio, 0 to 1; null where nothing was tried."]
    ner: Annotated[float | None, "Network effectiveness ratio: busy and no answer count as success too."]
    acd_ms: Annotated[int | None, "Average duration of answered calls that have ended."]
    pdd_p50_ms: Annotated[int | None, "Post-dial delay: INVITE to first ringing, or to the answer; at most 3.2 % off."]
    pdd_p95_ms: int | None
    failover_rate: Annotated[float | None, "Share that went on to another carrier, 0 to 1."]
    late_answers: Annotated[int, "Attempts that a carrier answered after they were given up."]
    channels: Annotated[int, "In use now, whatever the window."]
    saved: Annotated[int, "Answered after another carrier had failed."]
    unreached: Annotated[
        int, "Neither answered nor, by the callee, busy or unanswered; those that go on until they are answered, too."
    ]
    calls: Annotated[int, "Calls that came in in the window."]
    refused: Annotated[int, "Calls that ended without an INVITE to any carrier."]
    steps: NotRequired[Annotated[CallSteps, "Shown if `step` is named."]]


BeforeAnswer = TypedDict(
    "BeforeAnswer",
    {
        "from": str,
        "to": str,
        "calls": CallFigures,
        "attempts": AttemptFigures,
    },
)
"""Figures of all calls and of all attempts, in a window before."""


class PlaceAnswer(TypedDict):
    """A candidate of the decision."""

    route_id: str
    provider_id: str
    target: str
    priority: Annotated[int, "Lower is tried first."]
    outcome: str
    position: int | None
    why: list[str]


class StageAnswer(TypedDict):
    """The candidates after one rule of the decision."""

    rule: Annotated[str, "Stable code: `matches`, `usable`, `once`, `limits`, `health` ..."]
    sentence: Annotated[str, "What the rule does."]
    ranks: Annotated[dict[str, int], "Id of each route that is left -> its rank, from 1."]


class CallAnswer(TypedDict):
    """A call with its attempts."""

    id: str
    customer_id: str | None
    trunk_id: str | None
    edge: str
    sip_call_id: str
    source: Annotated[AddressAnswer, "The caller's user part."]
    source_address: Annotated[str, "Where the call came from."]
    destination: Annotated[AddressAnswer, "`number`, or else `dialled`."]
    direction: Literal["outgoing"]
    dialled: str
    number: Annotated[str, "What was dialled, as an E.164 number."]
    routing_number: NotRequired[
        Annotated[str, "Shown where routes were chosen by another number: that of a ported number."]
    ]
    status: Annotated[
        Literal["dialing", "ringing", "progressing", "hangup"],
        "`dialing` until a carrier rings; `progressing` once answered.",
    ]
    sip_status: Annotated[int | None, "The final status that the caller got."]
    reason: Annotated[str, "Why it ended, by the edge's or the carrier's words."]
    hangup_by: Annotated[Literal["local", "remote", ""], "`remote`: the called person; empty: it goes on."]
    hangup_reason: Annotated[
        Literal["", "normal", "timeout", "busy", "cancel", "noanswer", "dialout", "failed"], "Empty while it goes on."
    ]
    ended_by: Annotated[Literal["", "caller", "callee", "edge", "timeout"], "Who ended it; empty while it goes on."]
    attempts: list[AttemptAnswer]
    decision: NotRequired[
        Annotated[
            list[PlaceAnswer],
            "In the answer of one call: the candidates that would be tried, those before "
            "them, others for their reasons.",
        ]
    ]
    stages: NotRequired[
        Annotated[
            list[StageAnswer], "In the answer of one call: where each candidate of `decision` stood after each rule."
        ]
    ]
    not_tried: NotRequired[
        Annotated[
            dict[str, int],
            "In the answer of one call: how many candidates would not be tried, by reason; those of `decision`, too.",
        ]
    ]
    duration_ms: int | None
    pdd_ms: int | None
    tm_start: str
    tm_ringing: str
    tm_progressing: Annotated[str, "When it was answered."]
    tm_hangup: Annotated[str, "When it ended."]
    tm_create: str
    tm_update: str
    tm_delete: str
    names: NotRequired[dict[str, str]]


class CallPage(TypedDict):
    """A page of a list. A call with its attempts."""

    result: Annotated[list[CallAnswer], "Newest first."]
    next_page_token: Annotated[str, "`page_token` of the next page; empty when this page is empty."]
    names: NotRequired[dict[str, str]]


class HeaderAnswer(TypedDict):
    """A header as it would be sent."""

    name: str
    value: str


class TimeoutsAnswer(TypedDict):
    """Seconds after which an attempt is given up."""

    no_response_s: Annotated[int, "Without any response."]
    progress_s: Annotated[int, "Without ringing."]
    ring_s: Annotated[int, "Without an answer."]


class CandidateAnswer(TypedDict):
    """A candidate and what became of it."""

    position: Annotated[int | None, "Counts from 1 among those that are tried."]
    outcome: Annotated[str, "`tried`: it would be tried; `dropped` or `skipped`."]
    route_id: str
    provider_id: str
    target: str
    priority: Annotated[int, "Lower is tried first."]
    uri: Annotated[str | None, "The request URI as it would be sent; for the platform alone."]
    headers: Annotated[list[HeaderAnswer], "Headers as they would be added; for the platform alone."]
    removed_headers: NotRequired[Annotated[list[str], "The caller's headers that would be left out, if there are any."]]
    reasons: Annotated[list[str], "Stable codes."]
    why: Annotated[list[str], "The same as sentences."]
    timeouts: Annotated[TimeoutsAnswer | None, "Of its attempt; for the platform alone."]
    expected_pdd_ms: Annotated[
        int | None,
        "Median of the provider's post-dial delays in the last hour; null if none of its "
        "attempts rang, and for customers' agents and keys.",
    ]


class FieldChange(TypedDict):
    """One field that differs."""

    field: str
    before: Any
    after: Any


class ObjectChangeAnswer(TypedDict):
    """The change that a revision made to one object."""

    kind: str
    object_id: str
    action: Annotated[str, "`created`, `updated` or `deleted`."]
    identity: Annotated[
        dict[str, Any], "What tells it from others of its kind: its name, or the target, provider, customer of a route."
    ]
    fields: list[FieldChange]


class ChangesAnswer(TypedDict):
    """The result of a list of changes."""

    revision: Annotated[int | None, "The revision that it made; null for a dry run."]
    ids: Annotated[list[str], "The objects, in the order of the changes."]
    changes: NotRequired[Annotated[list[ObjectChangeAnswer], "What would change (the first 1,000); for a dry run."]]


class CountAnswer(TypedDict):
    """How many objects the filters mean."""

    about: int
    exact: Annotated[bool, "Whether there are just so many."]


class CustomerAnswer(TypedDict):
    """A customer."""

    id: str
    name: str
    detail: str
    email: str
    phone_number: str
    address: str
    webhook_method: str
    webhook_uri: str
    status: Literal["active", "frozen", "deleted"]
    tm_create: str
    tm_update: str
    tm_delete: str


class CustomerPage(TypedDict):
    """A page of a list. A customer."""

    result: Annotated[list[CustomerAnswer], "Newest first."]
    next_page_token: Annotated[str, "`page_token` of the next page; empty when this page is empty."]


class CustomerStats(TypedDict):
    """Figures of one customer's calls."""

    skipped: Annotated[int, "Attempts that were passed over."]
    answered: int
    asr: Annotated[float | None, "Answer-seizure ratio, 0 to 1; null where nothing was tried."]
    ner: Annotated[float | None, "Network effectiveness ratio: busy and no answer count as success too."]
    acd_ms: Annotated[int | None, "Average duration of answered calls that have ended."]
    pdd_p50_ms: Annotated[int | None, "Post-dial delay: INVITE to first ringing, or to the answer; at most 3.2 % off."]
    pdd_p95_ms: int | None
    failover_rate: Annotated[float | None, "Share that went on to another carrier, 0 to 1."]
    late_answers: Annotated[int, "Attempts that a carrier answered after they were given up."]
    channels: Annotated[int, "In use now, whatever the window."]
    saved: Annotated[int, "Answered after another carrier had failed."]
    unreached: Annotated[
        int, "Neither answered nor, by the callee, busy or unanswered; those that go on until they are answered, too."
    ]
    calls: Annotated[int, "Calls that came in in the window."]
    refused: Annotated[int, "Calls that ended without an INVITE to any carrier."]
    steps: NotRequired[Annotated[CallSteps, "Shown if `step` is named."]]
    customer_id: str


CustomerStatsWindow = TypedDict(
    "CustomerStatsWindow",
    {
        "from": str,
        "to": str,
        "step": NotRequired[Annotated[int, "Length of a step in s; shown if it is named."]],
        "whole_steps": NotRequired[Annotated[int, "Steps that are over; those behind them still go on. With `step`."]],
        "result": Annotated[list[CustomerStats], "In the order of `sort`."],
        "names": NotRequired[dict[str, str]],
    },
)
"""Figures of one customer's calls."""


class DelayClass(TypedDict):
    """The attempts whose post-dial delay is in one class."""

    until_ms: Annotated[int | None, "Below this; null for the last class, which is all above."]
    attempts: int


class RouteAnswer(TypedDict):
    """A route."""

    id: str
    customer_id: str
    name: str
    detail: str
    provider_id: str
    priority: int
    target: str
    enabled: NotRequired[Annotated[bool, "Shown where false."]]
    weight: NotRequired[Annotated[int, "Shown where there is one."]]
    valid_from: NotRequired[str]
    valid_until: NotRequired[str]
    state: NotRequired[
        Annotated[
            Literal["live", "disabled", "not_yet", "expired"],
            "What it is at the time of the answer; with `expand=state`.",
        ]
    ]
    tm_create: str
    tm_update: str
    tm_delete: str


class StepAnswer(TypedDict):
    """A step by which what was dialled became a number."""

    step: Annotated[str, "Stable code."]
    sentence: str
    before: str
    after: Annotated[str, "Empty where it is no number."]


class RefusalAnswer(TypedDict):
    """Why the call would not be let in, and what its caller would hear."""

    code: str
    status: Annotated[int | None, "The SIP status."]
    sentence: str


class DialledAnswer(TypedDict):
    """How what was dialled is read, whether the call is let in, and its ordered routes."""

    result: Annotated[list[RouteAnswer], "First to last."]
    next_page_token: str
    candidates: NotRequired[Annotated[list[CandidateAnswer], "With `explain=true`."]]
    stages: NotRequired[
        Annotated[list[StageAnswer], "With `explain=true`: where each candidate stands after each rule."]
    ]
    names: NotRequired[dict[str, str]]
    number: Annotated[str, "The number that it means; empty for none."]
    normalised: Annotated[list[StepAnswer], "The steps from what was dialled to the number."]
    refusal: Annotated[RefusalAnswer | None, "Null where the call would be let in."]


class DialrouteAnswer(TypedDict):
    """The ordered routes for one call."""

    result: Annotated[list[RouteAnswer], "First to last."]
    next_page_token: str
    candidates: NotRequired[Annotated[list[CandidateAnswer], "With `explain=true`."]]
    stages: NotRequired[
        Annotated[list[StageAnswer], "With `explain=true`: where each candidate stands after each rule."]
    ]
    names: NotRequired[dict[str, str]]


class DifferenceAnswer(TypedDict):
    """What differs between how all was after one revision and after another."""

    first: Annotated[int, "The earlier revision; its own changes are not among these."]
    last: Annotated[int, "The later one; its own changes are."]
    revisions: Annotated[int, "How many revisions came after the first, up to the last."]
    changes: Annotated[
        list[ObjectChangeAnswer],
        "One for each object that differs, from before the first change of it to after the last.",
    ]
    contents_deleted: NotRequired[Annotated[bool, "Shown as true where what some of them changed is kept no longer."]]
    names: NotRequired[dict[str, str]]


class DigitRuleAnswer(TypedDict):
    """A rule of a provider on the digits of a number."""

    match: str
    strip: int
    prepend: str


class HeldCertificate(TypedDict):
    """A certificate that an edge shows over TLS."""

    subject: str
    until: str


class EdgeCheck(TypedDict):
    """What is judged of an edge beside its calls."""

    check: Literal["clock", "certificate"]
    state: Annotated[Literal["good", "warn", "bad", "not_reported"], "`not_reported`: its version does not tell."]
    detail: Annotated[str, "The same for people, with what it means and what to do."]


class EdgeAnswer(TypedDict):
    """An edge: what it has, what runs there, what it carries."""

    name: str
    revision: Annotated[int | None, "That of its table at its last poll; null before the first."]
    lag_revisions: Annotated[int | None, "How many revisions the database is ahead of it."]
    last_contact: Annotated[str, "When it last polled, or reported events."]
    silent_s: Annotated[float | None, "Seconds since then."]
    state: Annotated[
        Literal["in_step", "behind", "silent", "unheard"],
        "`silent`: not heard for 30 s. `behind`: its table is older than the database. "
        "`unheard`: it has not polled yet. An edge routes calls in each of them, once it "
        "has a table.",
    ]
    state_detail: Annotated[str, "The same for people, with what it means for calls."]
    agent_version: Annotated[str | None, "Null until the edge has told."]
    kamailio_version: Annotated[str | None, "Null until it has told; empty where there is none."]
    kamailio_started: Annotated[str, "Since when; never where Kamailio does not run."]
    max_call_s: Annotated[int | None, "Seconds after which the edge ends an answered call."]
    calls_shed: Annotated[int | None, "New calls it refused because it was too busy, since kamailio_started."]
    shed_percent: Annotated[int | None, "Of the new calls, how many it refuses as it last told."]
    events_lost: Annotated[int | None, "Events of calls that its disk had no room for, since kamailio_started."]
    counters: Annotated[
        dict[str, int], "What else it counts, by name; empty until it has told. See the documentation of edges."
    ]
    counters_per_hour: Annotated[
        dict[str, float], "Those that count since kamailio_started, by the rate of the last reports; empty of one."
    ]
    counters_over_s: Annotated[float | None, "Seconds that this rate is over, 300 once it has told for so long."]
    clock_ahead_s: Annotated[
        float | None, "How far its clock is ahead of the control plane's, less than 0 behind; null if not reported."
    ]
    certificates: Annotated[
        list[HeldCertificate] | None, "Those it shows over TLS, its own first; null if not reported."
    ]
    checks: Annotated[list[EdgeCheck], "Whether its clock is right and its certificates hold."]
    calls_in_progress: Annotated[int, "Calls it has reported that have not ended."]
    cps: Annotated[float, "Calls per second, over the last 10 s."]
    tm_status: Annotated[str, "When it last told of itself; events before are all here."]
    tm_create: Annotated[str, "When it was first heard of."]


class EdgePage(TypedDict):
    """A page of a list. An edge: what it has, what runs there, what it carries."""

    result: Annotated[list[EdgeAnswer], "Newest first."]
    next_page_token: Annotated[str, "`page_token` of the next page; empty when this page is empty."]


class EdgeSteps(TypedDict):
    """Figures of one edge's calls in each step of the window, in order."""

    answered: list[int]
    asr: list[float | None]
    ner: list[float | None]
    acd_ms: list[int | None]
    pdd_p50_ms: list[int | None]
    pdd_p95_ms: list[int | None]
    failover_rate: list[float | None]
    saved: list[int]
    calls: list[int]
    calls_per_min: Annotated[list[float], "Of a step that still goes on, over what has passed of it, at least a tenth."]
    refused: list[int]
    refused_per_min: Annotated[
        list[float], "Of a step that still goes on, over what has passed of it, at least a tenth."
    ]
    attempts: list[int]
    attempts_per_min: Annotated[
        list[float], "Of a step that still goes on, over what has passed of it, at least a tenth."
    ]
    shed: list[int]
    shed_per_min: Annotated[list[float], "Of a step that still goes on, over what has passed of it, at least a tenth."]


class EdgeStats(TypedDict):
    """Figures of the calls of one edge."""

    skipped: Annotated[int, "Attempts that were passed over."]
    answered: int
    asr: Annotated[float | None, "Answer-seizure ratio, 0 to 1; null where nothing was tried."]
    ner: Annotated[float | None, "Network effectiveness ratio: busy and no answer count as success too."]
    acd_ms: Annotated[int | None, "Average duration of answered calls that have ended."]
    pdd_p50_ms: Annotated[int | None, "Post-dial delay: INVITE to first ringing, or to the answer; at most 3.2 % off."]
    pdd_p95_ms: int | None
    failover_rate: Annotated[float | None, "Share that went on to another carrier, 0 to 1."]
    late_answers: Annotated[int, "Attempts that a carrier answered after they were given up."]
    channels: Annotated[int, "In use now, whatever the window."]
    saved: Annotated[int, "Answered after another carrier had failed."]
    unreached: Annotated[
        int, "Neither answered nor, by the callee, busy or unanswered; those that go on until they are answered, too."
    ]
    calls: Annotated[int, "Calls that came in in the window."]
    refused: Annotated[int, "Calls that ended without an INVITE to any carrier."]
    steps: NotRequired[Annotated[EdgeSteps, "Shown if `step` is named."]]
    edge: str
    attempts: Annotated[int, "INVITEs sent for these calls."]
    shed: Annotated[int, "Calls that it was too busy for, beside those that it has records of."]


EdgeStatsWindow = TypedDict(
    "EdgeStatsWindow",
    {
        "from": str,
        "to": str,
        "step": NotRequired[Annotated[int, "Length of a step in s; shown if it is named."]],
        "whole_steps": NotRequired[Annotated[int, "Steps that are over; those behind them still go on. With `step`."]],
        "result": Annotated[list[EdgeStats], "In the order of `sort`."],
        "names": NotRequired[dict[str, str]],
    },
)
"""Figures of the calls of one edge."""


class EdgeViewAnswer(TypedDict):
    """The state of a provider as one edge sees it."""

    edge: str
    status: Annotated[Literal["unknown", "healthy", "unhealthy"], "By its probes."]
    checked_at: str | None
    detail: Annotated[str, "What the last probe met."]
    breaker: Annotated[Literal["closed", "half_open", "open"], "By its calls; open: tried last."]
    breaker_changed_at: Annotated[str, "Never where the breaker has never been open."]
    breaker_detail: Annotated[str, "Why it changed."]


class ErasureAnswer(TypedDict):
    """What was erased."""

    erased: Annotated[int, "Calls, with their attempts."]
    complete: Annotated[bool, "false: there are more. Send the request again."]


class EventsAnswer(TypedDict):
    """The result of a batch."""

    accepted: Annotated[int, "Events that are stored, now or before."]
    refused: NotRequired[Annotated[int, "Malformed events that were dropped; shown where there are."]]


class FirstTargetAnswer(TypedDict):
    """A target whose calls would try the provider first: numbers that begin with it, and match no longer one."""

    target: str
    share: Annotated[float, "Of its calls; below 1 where routes to it have weights."]
    route_id: Annotated[str, "By which route."]
    own: Annotated[bool, "It is the customer's own, not one of the system default."]
    attempts: Annotated[int, "How many providers would be tried."]
    then_provider_id: Annotated[str | None, "The second of them."]


class FirstTargetsAnswer(TypedDict):
    """Targets whose calls would try a provider first."""

    result: Annotated[list[FirstTargetAnswer], "In the order of their text, `all` last."]
    examined: Annotated[int, "Targets of the provider's routes that were looked at for this page."]
    next_page_token: Annotated[
        str, "`page_token` of the next page; empty on the last. A page that took too long may be short."
    ]
    names: NotRequired[dict[str, str]]


class Health(TypedDict):
    """The process answers."""

    status: str


class HealthAnswer(TypedDict):
    """A provider's health: all edges together, and each one's view."""

    provider_id: str
    hostname: Annotated[str, "What is probed; views of another one do not count."]
    health_status: Literal["unknown", "healthy", "unhealthy"]
    health_checked_at: str | None
    edges: Annotated[list[EdgeViewAnswer], "By the edge's name."]


class HitAnswer(TypedDict):
    """Something that was found."""

    kind: Literal["customer", "provider", "trunk", "accesskey", "agent", "route", "call"]
    id: str
    name: Annotated[str, "What people know it by; of a call, the number that was called."]
    text: Annotated[str, "Where it was found: the host, the target of a route, the Call-ID ..."]


class InviteAnswer(TypedDict):
    """The INVITE that a provider gets, as far as the provider decides it."""

    provider_id: str
    number: Annotated[str, "The number that is called."]
    uri: Annotated[str | None, "The request URI; null where nothing of the number can be sent."]
    headers: Annotated[list[HeaderAnswer], "Headers that are added to the caller's own."]
    removed_headers: Annotated[list[str], "The caller's headers that are left out."]
    codecs: Annotated[str, "Codecs left in the audio of the offer; empty for all."]
    timeouts: TimeoutsAnswer
    obstacle: Annotated[str | None, "Why no such call is sent there, as a sentence; null if one is."]


class ProgressAnswer(TypedDict):
    """How far a job has come."""

    done: Annotated[int, "Rows."]
    total: Annotated[int | None, "Of how many; null while that is unknown."]
    percent: Annotated[float | None, "0 to 100."]
    eta_s: Annotated[float | None, "Seconds that it will take, at its pace so far."]


class JobErrorAnswer(TypedDict):
    """Why a job is over and not done."""

    reason: str
    message: str


class JobAnswer(TypedDict):
    """A job."""

    id: str
    kind: str
    parameters: dict[str, Any]
    state: Annotated[
        Literal["queued", "running", "done", "failed", "cancelled", "interrupted"],
        "`interrupted`: the process ended before it; nothing of it was kept.",
    ]
    progress: ProgressAnswer
    result: Annotated[dict[str, Any] | None, "Of one that is done; kept for a day."]
    error: Annotated[JobErrorAnswer | None, "Of one that is over and not done."]
    actor_kind: str
    actor_id: str
    actor_name: str
    tm_create: str
    tm_start: str
    tm_end: str


class JobPage(TypedDict):
    """A page of a list. A job."""

    result: Annotated[list[JobAnswer], "Newest first."]
    next_page_token: Annotated[str, "`page_token` of the next page; empty when this page is empty."]


class LineAnswer(TypedDict):
    """One thing that happened."""

    offset_ms: Annotated[float | None, "Milliseconds since the call came in; null for what has no time."]
    text: str
    tone: Annotated[
        Literal["title", "plain", "attempt", "good", "bad", "note"],
        "Whether it is good or bad news; nothing is said by it alone.",
    ]
    detail: Annotated[bool, "It belongs to the attempt before it."]


class LoginAnswer(TypedDict):
    """A session."""

    username: str
    token: Annotated[str, "JWT for `Authorization: Bearer` or `?token=`, valid for seven days."]


class MeAnswer(TypedDict):
    """Who the caller is."""

    kind: Literal["agent", "accesskey"]
    id: str
    customer_id: str
    username: NotRequired[Annotated[str, "Of an agent."]]
    name: str
    detail: str
    token_prefix: NotRequired[Annotated[str, "Of an access key."]]
    permission: Literal[1, 32, 64, 256]
    role: Annotated[
        Literal["project_super_admin", "customer_admin", "customer_manager", "edge"], "The permission as a word."
    ]
    edge: NotRequired[Annotated[str, "The edge that an access key is bound to."]]
    ring_method: NotRequired[Annotated[str, "Of an agent."]]
    tag_ids: NotRequired[Annotated[list[str], "Of an agent."]]
    addresses: NotRequired[Annotated[list[dict[str, Any]], "Of an agent."]]
    tm_expire: NotRequired[Annotated[str, "Of an access key."]]
    tm_create: str
    tm_update: str
    tm_delete: str
    operations: Annotated[list[str], "What the role may do, by the names that the table of permissions has."]
    customer: Annotated[CustomerAnswer, "The caller's own customer."]


class MessageAnswer(TypedDict):
    """A SIP message."""

    offset_ms: float
    source: Annotated[int, "The lane that sent it, counted from 0."]
    target: Annotated[int, "The lane that got it."]
    text: Annotated[str, "The first line, without what is the same in all."]
    kind: Literal["request", "provisional", "success", "failure"]


class PlacedCall(TypedDict):
    """What has become of a test call so far."""

    is_placed: Annotated[bool, "False if the call is not possible here."]
    number: Annotated[str, "In E.164."]
    meaning: str
    sip_status: Annotated[int | None, "Its final status, if it ended within some seconds."]


class PlannedCall(TypedDict):
    """What a test call would be."""

    is_possible: bool
    number: Annotated[str, "In E.164."]
    meaning: Annotated[str, "What would happen, or what to do instead."]
    wait_s: Annotated[int, "It is given up after so long without an answer: 30 s."]
    talk_s: Annotated[int, "It is hung up so long after an answer: 5 s."]


class RouteCountAnswer(TypedDict):
    """The live routes that lead to a provider."""

    about: int
    exact: Annotated[bool, "False where there are more: no more than 10000 are counted."]


class UseAnswer(TypedDict):
    """How much a provider is used."""

    routes: RouteCountAnswer
    cps: Annotated[float, "Attempts per second, over the last 10 s."]


class ProviderAnswer(TypedDict):
    """A provider."""

    id: str
    type: Literal["sip"]
    hostname: str
    tech_prefix: str
    tech_postfix: str
    tech_headers: dict[str, str]
    name: str
    detail: str
    metadata: dict[str, Any]
    codecs: str
    health_status: Literal["unknown", "healthy", "unhealthy"]
    health_checked_at: str | None
    tm_create: str
    tm_update: str
    tm_delete: str
    enabled: NotRequired[Annotated[bool, "Shown where false."]]
    transport: NotRequired[Annotated[str, "Shown where not udp."]]
    username: NotRequired[Annotated[str, "Shown where there is one."]]
    max_channels: NotRequired[Annotated[int, "Shown where there is a cap."]]
    max_cps: NotRequired[Annotated[int, "Shown where there is a cap."]]
    failover: NotRequired[Annotated[dict[str, str], "Shown where there are overrides."]]
    no_response_timeout_s: NotRequired[Annotated[int, "Shown where not 3."]]
    progress_timeout_s: NotRequired[Annotated[int, "Shown where not 8."]]
    ring_timeout_s: NotRequired[Annotated[int, "Shown where not 90."]]
    number_format: NotRequired[Annotated[str, "Shown where not plus."]]
    caller_format: NotRequired[Annotated[str, "Shown where not plus."]]
    home_region: NotRequired[Annotated[str, "Shown where there is one."]]
    digit_rules: NotRequired[Annotated[list[DigitRuleAnswer], "Shown where there are any."]]
    caller_rules: NotRequired[Annotated[list[DigitRuleAnswer], "Shown where there are any."]]
    identity_headers: NotRequired[Annotated[list[str], "Shown where there are any."]]
    trusted: NotRequired[Annotated[bool, "Shown where true."]]
    anonymous: NotRequired[Annotated[str, "Shown where not header."]]
    diversion: NotRequired[Annotated[str, "Shown where not keep."]]
    sign: NotRequired[Annotated[str, "Shown where not none."]]
    portability: NotRequired[Annotated[str, "Shown where not drop."]]
    edges: NotRequired[Annotated[list[EdgeViewAnswer], "Each edge's view, by the edge's name; with `show=edges`."]]
    use: NotRequired[Annotated[UseAnswer, "With `show=use`."]]


class ProviderPage(TypedDict):
    """A page of a list. A provider."""

    result: Annotated[list[ProviderAnswer], "Newest first."]
    next_page_token: Annotated[str, "`page_token` of the next page; empty when this page is empty."]


class ProviderSteps(TypedDict):
    """Figures of one provider's attempts in each step of the window, in order."""

    answered: list[int]
    asr: list[float | None]
    ner: list[float | None]
    acd_ms: list[int | None]
    pdd_p50_ms: list[int | None]
    pdd_p95_ms: list[int | None]
    failover_rate: list[float | None]
    saved: list[int]
    attempts: list[int]
    attempts_per_min: Annotated[
        list[float], "Of a step that still goes on, over what has passed of it, at least a tenth."
    ]
    in_use: Annotated[
        list[float | None],
        "Channels in use on average, of the step that goes on until now; null for those still to come.",
    ]
    most_in_use: Annotated[
        list[float | None],
        "The same of the busiest minute of the step; of steps of whole hours of the busiest hour, of days day.",
    ]


class ProviderStats(TypedDict):
    """Figures of the attempts to one provider."""

    skipped: Annotated[int, "Attempts that were passed over."]
    answered: int
    asr: Annotated[float | None, "Answer-seizure ratio, 0 to 1; null where nothing was tried."]
    ner: Annotated[float | None, "Network effectiveness ratio: busy and no answer count as success too."]
    acd_ms: Annotated[int | None, "Average duration of answered calls that have ended."]
    pdd_p50_ms: Annotated[int | None, "Post-dial delay: INVITE to first ringing, or to the answer; at most 3.2 % off."]
    pdd_p95_ms: int | None
    failover_rate: Annotated[float | None, "Share that went on to another carrier, 0 to 1."]
    late_answers: Annotated[int, "Attempts that a carrier answered after they were given up."]
    channels: Annotated[int, "In use now, whatever the window."]
    saved: Annotated[int, "Answered after another carrier had failed."]
    unreached: Annotated[
        int, "Neither answered nor, by the callee, busy or unanswered; those that go on until they are answered, too."
    ]
    attempts: Annotated[int, "INVITEs sent in the window."]
    steps: NotRequired[Annotated[ProviderSteps, "Shown if `step` is named."]]
    provider_id: str
    pdd: Annotated[list[DelayClass], "Attempts by post-dial delay, as far as they rang."]


ProviderStatsWindow = TypedDict(
    "ProviderStatsWindow",
    {
        "from": str,
        "to": str,
        "step": NotRequired[Annotated[int, "Length of a step in s; shown if it is named."]],
        "whole_steps": NotRequired[Annotated[int, "Steps that are over; those behind them still go on. With `step`."]],
        "result": Annotated[list[ProviderStats], "In the order of `sort`."],
        "names": NotRequired[dict[str, str]],
    },
)
"""Figures of the attempts to one provider."""


class Readiness(TypedDict):
    """Whether requests will be carried out."""

    status: Annotated[
        str,
        "`ready`, `degraded` (reads are carried out, but a background job fails, keys are"
        " gone, the database's disk is full, or changes are dated ahead) or `not_ready`.",
    ]
    checks: Annotated[dict[str, str], "What was looked at: `ok`, or what is wrong."]


class RefusedSourceAnswer(TypedDict):
    """A source that comes in by no trunk, and why its last request was refused."""

    address: str
    count: Annotated[int, "Refused requests from tm_first to tm_last."]
    reason: Annotated[str, "Stable code."]
    why: Annotated[str, "The same as a sentence."]
    dialled: Annotated[str, "What was dialled last."]
    banned: Annotated[bool, "It gets no answer for a while: it asked too much."]
    tm_first: str
    tm_last: str


class RefusalsAnswer(TypedDict):
    """The sources that an edge refused last; it keeps 64 of them."""

    result: Annotated[list[RefusedSourceAnswer], "The last one first."]


class RevisionAnswer(TypedDict):
    """A revision: one change, by whom, from where."""

    number: int
    operation: str
    actor_kind: str
    actor_id: str
    actor_name: str
    source_ip: str
    request_id: str
    change_count: Annotated[int, "How many objects it changed."]
    changes: NotRequired[Annotated[list[ObjectChangeAnswer], "In the answer of one revision."]]
    contents_deleted: NotRequired[
        Annotated[bool, "Shown as true where what it changed is kept no longer, or never was."]
    ]
    next_after: NotRequired[Annotated[int, "Shown where there are more changes: `after` of the next page."]]
    names: NotRequired[dict[str, str]]
    tm_create: str


class RevisionPage(TypedDict):
    """A page of a list. A revision: one change, by whom, from where."""

    result: Annotated[list[RevisionAnswer], "Newest first."]
    next_page_token: Annotated[str, "`page_token` of the next page; empty when this page is empty."]


class RoutePage(TypedDict):
    """A page of a list. A route."""

    result: Annotated[list[RouteAnswer], "Newest first."]
    next_page_token: Annotated[str, "`page_token` of the next page; empty when this page is empty."]
    names: NotRequired[dict[str, str]]
    count: NotRequired[Annotated[CountAnswer, "With `count`."]]


class RouteStats(TypedDict):
    """Figures of the attempts by one route."""

    skipped: Annotated[int, "Attempts that were passed over."]
    answered: int
    asr: Annotated[float | None, "Answer-seizure ratio, 0 to 1; null where nothing was tried."]
    ner: Annotated[float | None, "Network effectiveness ratio: busy and no answer count as success too."]
    acd_ms: Annotated[int | None, "Average duration of answered calls that have ended."]
    pdd_p50_ms: Annotated[int | None, "Post-dial delay: INVITE to first ringing, or to the answer; at most 3.2 % off."]
    pdd_p95_ms: int | None
    failover_rate: Annotated[float | None, "Share that went on to another carrier, 0 to 1."]
    late_answers: Annotated[int, "Attempts that a carrier answered after they were given up."]
    channels: Annotated[int, "In use now, whatever the window."]
    saved: Annotated[int, "Answered after another carrier had failed."]
    unreached: Annotated[
        int, "Neither answered nor, by the callee, busy or unanswered; those that go on until they are answered, too."
    ]
    attempts: Annotated[int, "INVITEs sent in the window."]
    steps: NotRequired[Annotated[AttemptSteps, "Shown if `step` is named."]]
    route_id: str


RouteStatsWindow = TypedDict(
    "RouteStatsWindow",
    {
        "from": str,
        "to": str,
        "step": NotRequired[Annotated[int, "Length of a step in s; shown if it is named."]],
        "whole_steps": NotRequired[Annotated[int, "Steps that are over; those behind them still go on. With `step`."]],
        "result": Annotated[list[RouteStats], "In the order of `sort`."],
        "names": NotRequired[dict[str, str]],
    },
)
"""Figures of the attempts by one route."""


class RowAnswer(TypedDict):
    """What becomes of a row."""

    line: Annotated[int, "Of the text, from 1 on."]
    verdict: Literal["new", "changed", "same", "refused"]
    reasons: Annotated[list[str], "Why it is refused."]
    route: Annotated[dict[str, Any], "What it says, as far as it can be read."]
    change: NotRequired[Annotated[ObjectChangeAnswer, "Of a row that is new or changed."]]


class SearchAnswer(TypedDict):
    """What was found."""

    result: Annotated[list[HitAnswer], "By kind, at most 5 of each."]


class SessionAnswer(TypedDict):
    """A browser's session; its token is in the cookie alone."""

    username: str
    idle_s: Annotated[int, "Seconds without a request after which it ends."]


class SessionEnded(TypedDict):
    """The browser has no session any more."""

    status: str


class SettingAnswer(TypedDict):
    """One setting in effect."""

    variable: Annotated[str, "The environment variable that sets it."]
    value: Annotated[str, "As its variable would have it; empty for a secret."]
    is_default: bool
    meaning: str


class SettingsAnswer(TypedDict):
    """All settings, in the order of the documentation."""

    result: list[SettingAnswer]


class SheetAnswer(TypedDict):
    """What becomes of the rows."""

    revision: Annotated[int | None, "The revision that they made; null if they made none."]
    plan: Annotated[str, "Another one wherever something else would become of the rows."]
    counts: Annotated[dict[str, int], "How many rows are `new`, `changed`, `same`, `refused`."]
    rows: Annotated[list[RowAnswer], "Refused ones first, then by line; the first 500."]
    names: Annotated[dict[str, str], "With `expand`: id -> name, of those that the caller may know."]


class SnippetAnswer(TypedDict):
    """A piece of a switch's configuration."""

    title: Annotated[str, "The switch."]
    note: Annotated[str, "Where it goes."]
    text: str


class SnippetsAnswer(TypedDict):
    """Configuration for the switches that are met most."""

    result: list[SnippetAnswer]


StatsOverview = TypedDict(
    "StatsOverview",
    {
        "from": str,
        "to": str,
        "step": NotRequired[Annotated[int, "Length of a step in s; shown if it is named."]],
        "whole_steps": NotRequired[Annotated[int, "Steps that are over; those behind them still go on. With `step`."]],
        "calls": CallFigures,
        "attempts": AttemptFigures,
        "before": NotRequired[
            Annotated[BeforeAnswer | None, "With `show=before`; null where its sums are kept no longer."]
        ],
    },
)
"""Figures of all calls and of all attempts."""


class StatusStats(TypedDict):
    """Figures of the attempts with one final SIP status."""

    skipped: Annotated[int, "Attempts that were passed over."]
    answered: int
    asr: Annotated[float | None, "Answer-seizure ratio, 0 to 1; null where nothing was tried."]
    ner: Annotated[float | None, "Network effectiveness ratio: busy and no answer count as success too."]
    acd_ms: Annotated[int | None, "Average duration of answered calls that have ended."]
    pdd_p50_ms: Annotated[int | None, "Post-dial delay: INVITE to first ringing, or to the answer; at most 3.2 % off."]
    pdd_p95_ms: int | None
    failover_rate: Annotated[float | None, "Share that went on to another carrier, 0 to 1."]
    late_answers: Annotated[int, "Attempts that a carrier answered after they were given up."]
    channels: Annotated[int, "In use now, whatever the window."]
    saved: Annotated[int, "Answered after another carrier had failed."]
    unreached: Annotated[
        int, "Neither answered nor, by the callee, busy or unanswered; those that go on until they are answered, too."
    ]
    attempts: Annotated[int, "INVITEs sent in the window."]
    steps: NotRequired[Annotated[AttemptSteps, "Shown if `step` is named."]]
    sip_status: Annotated[str, "The carrier's final status; `none` if none came."]


StatusStatsWindow = TypedDict(
    "StatusStatsWindow",
    {
        "from": str,
        "to": str,
        "step": NotRequired[Annotated[int, "Length of a step in s; shown if it is named."]],
        "whole_steps": NotRequired[Annotated[int, "Steps that are over; those behind them still go on. With `step`."]],
        "result": Annotated[list[StatusStats], "In the order of `sort`."],
        "names": NotRequired[dict[str, str]],
    },
)
"""Figures of the attempts with one final SIP status."""


class TargetStats(TypedDict):
    """Figures of the attempts by routes to one target, as it was then."""

    skipped: Annotated[int, "Attempts that were passed over."]
    answered: int
    asr: Annotated[float | None, "Answer-seizure ratio, 0 to 1; null where nothing was tried."]
    ner: Annotated[float | None, "Network effectiveness ratio: busy and no answer count as success too."]
    acd_ms: Annotated[int | None, "Average duration of answered calls that have ended."]
    pdd_p50_ms: Annotated[int | None, "Post-dial delay: INVITE to first ringing, or to the answer; at most 3.2 % off."]
    pdd_p95_ms: int | None
    failover_rate: Annotated[float | None, "Share that went on to another carrier, 0 to 1."]
    late_answers: Annotated[int, "Attempts that a carrier answered after they were given up."]
    channels: Annotated[int, "In use now, whatever the window."]
    saved: Annotated[int, "Answered after another carrier had failed."]
    unreached: Annotated[
        int, "Neither answered nor, by the callee, busy or unanswered; those that go on until they are answered, too."
    ]
    attempts: Annotated[int, "INVITEs sent in the window."]
    steps: NotRequired[Annotated[AttemptSteps, "Shown if `step` is named."]]
    target: str


TargetStatsWindow = TypedDict(
    "TargetStatsWindow",
    {
        "from": str,
        "to": str,
        "step": NotRequired[Annotated[int, "Length of a step in s; shown if it is named."]],
        "whole_steps": NotRequired[Annotated[int, "Steps that are over; those behind them still go on. With `step`."]],
        "result": Annotated[list[TargetStats], "In the order of `sort`."],
        "names": NotRequired[dict[str, str]],
    },
)
"""Figures of the attempts by routes to one target, as it was then."""


class TimelineAnswer(TypedDict):
    """A call as sentences and as a ladder."""

    title: str
    summary: Annotated[str, "How it ended, in one sentence."]
    lines: list[LineAnswer]
    lanes: Annotated[list[str], "The caller, the edge, and the provider of each attempt."]
    messages: Annotated[list[MessageAnswer], "In order. Reconstructed from the record: no ACK."]


class TrunkAnswer(TypedDict):
    """A trunk."""

    id: str
    customer_id: str
    name: str
    detail: str
    domain_name: str
    auth_types: list[str]
    username: str
    allowed_ips: list[str]
    tm_create: str
    tm_update: str
    tm_delete: str
    enabled: NotRequired[Annotated[bool, "Shown where false."]]
    mode: NotRequired[Annotated[str, "Shown where not proxy."]]
    max_channels: NotRequired[Annotated[int, "Shown where there is a cap."]]
    max_cps: NotRequired[Annotated[int, "Shown where there is a cap."]]
    default_region: NotRequired[Annotated[str, "Shown where there is one."]]
    trusted_identity: NotRequired[Annotated[bool, "Shown where true."]]
    caller_default: NotRequired[Annotated[str, "Shown where there is one."]]


class TrunkPage(TypedDict):
    """A page of a list. A trunk."""

    result: Annotated[list[TrunkAnswer], "Newest first."]
    next_page_token: Annotated[str, "`page_token` of the next page; empty when this page is empty."]
    names: NotRequired[dict[str, str]]


class TrunkStats(TypedDict):
    """Figures of the calls that came in by one trunk."""

    skipped: Annotated[int, "Attempts that were passed over."]
    answered: int
    asr: Annotated[float | None, "Answer-seizure ratio, 0 to 1; null where nothing was tried."]
    ner: Annotated[float | None, "Network effectiveness ratio: busy and no answer count as success too."]
    acd_ms: Annotated[int | None, "Average duration of answered calls that have ended."]
    pdd_p50_ms: Annotated[int | None, "Post-dial delay: INVITE to first ringing, or to the answer; at most 3.2 % off."]
    pdd_p95_ms: int | None
    failover_rate: Annotated[float | None, "Share that went on to another carrier, 0 to 1."]
    late_answers: Annotated[int, "Attempts that a carrier answered after they were given up."]
    channels: Annotated[int, "In use now, whatever the window."]
    saved: Annotated[int, "Answered after another carrier had failed."]
    unreached: Annotated[
        int, "Neither answered nor, by the callee, busy or unanswered; those that go on until they are answered, too."
    ]
    calls: Annotated[int, "Calls that came in in the window."]
    refused: Annotated[int, "Calls that ended without an INVITE to any carrier."]
    steps: NotRequired[Annotated[CallSteps, "Shown if `step` is named."]]
    trunk_id: str


TrunkStatsWindow = TypedDict(
    "TrunkStatsWindow",
    {
        "from": str,
        "to": str,
        "step": NotRequired[Annotated[int, "Length of a step in s; shown if it is named."]],
        "whole_steps": NotRequired[Annotated[int, "Steps that are over; those behind them still go on. With `step`."]],
        "result": Annotated[list[TrunkStats], "In the order of `sort`."],
        "names": NotRequired[dict[str, str]],
    },
)
"""Figures of the calls that came in by one trunk."""


class AccessKeyCreate(TypedDict):
    """A new access key."""

    customer_id: NotRequired[Annotated[str, "Whose key it is; the caller's own customer where it is left away."]]
    name: NotRequired[str]
    detail: NotRequired[str]
    expire: NotRequired[Annotated[int, "Seconds until it expires; one year where it is left away."]]
    permission: NotRequired[Annotated[Literal[1, 32, 64, 256], "At most the caller's own, which is the default."]]
    role: NotRequired[
        Annotated[
            Literal["project_super_admin", "customer_admin", "customer_manager", "edge"],
            "The same as a word; either will do.",
        ]
    ]
    edge: NotRequired[
        Annotated[str, "The one edge that a key with permission `edge` may speak for; any if it is left out."]
    ]


class AccessKeyUpdate(TypedDict):
    """The fields to change; the others stay as they are."""

    customer_id: NotRequired[Annotated[str, "Must be the key's own, if given."]]
    name: NotRequired[str]
    detail: NotRequired[str]
    id: NotRequired[str]
    token: NotRequired[Annotated[str, "The key itself; in the answer to the create only."]]
    token_prefix: NotRequired[str]
    permission: NotRequired[Literal[1, 32, 64, 256]]
    role: NotRequired[Literal["project_super_admin", "customer_admin", "customer_manager", "edge"]]
    edge: NotRequired[Annotated[str, "The edge that the key is bound to, if it is bound to one."]]
    tm_expire: NotRequired[str]
    tm_create: NotRequired[str]
    tm_update: NotRequired[str]
    tm_delete: NotRequired[str]


class AgentCreate(TypedDict):
    """A new agent."""

    customer_id: NotRequired[Annotated[str, "Whose agent it is; the caller's own customer where it is left away."]]
    username: str
    password: str
    name: NotRequired[str]
    detail: NotRequired[str]
    permission: NotRequired[Annotated[Literal[1, 32, 64], "At most the caller's own."]]
    role: NotRequired[
        Annotated[
            Literal["project_super_admin", "customer_admin", "customer_manager"],
            "The permission as a word; either will do.",
        ]
    ]
    ring_method: NotRequired[Annotated[str, "Kept as given, without a meaning here."]]
    tag_ids: NotRequired[Annotated[list[str], "Kept as given, without a meaning here."]]
    addresses: NotRequired[
        Annotated[list[dict[str, Any]], "Kept as given, without a meaning here; at most 16384 bytes."]
    ]


class AgentPassword(TypedDict):
    """A new password. It ends the agent's sessions."""

    password: str


class AgentPermission(TypedDict):
    """Another permission."""

    permission: Literal[1, 32, 64]


class AgentReport(TypedDict):
    """How the edge's agent is."""

    backlog_bytes: Annotated[int, "Of events that were not acknowledged to it."]
    loops: Annotated[dict[str, int], "Seconds since each of its loops last went round."]


class AgentUpdate(TypedDict):
    """The fields to change; the others stay as they are. A new password ends the agent's sessions."""

    customer_id: NotRequired[Annotated[str, "Must be the agent's own, if given."]]
    username: NotRequired[Annotated[str, "What the agent logs in with; unique among live agents."]]
    password: NotRequired[
        Annotated[
            str | None, "Never answered. Empty keeps it; null clears it: the agent cannot log in until it has another."
        ]
    ]
    name: NotRequired[str]
    detail: NotRequired[str]
    permission: NotRequired[Annotated[Literal[1, 32, 64], "At most the caller's own."]]
    role: NotRequired[
        Annotated[
            Literal["project_super_admin", "customer_admin", "customer_manager"],
            "The permission as a word; either will do.",
        ]
    ]
    ring_method: NotRequired[Annotated[str, "Kept as given, without a meaning here."]]
    tag_ids: NotRequired[Annotated[list[str], "Kept as given, without a meaning here."]]
    addresses: NotRequired[
        Annotated[list[dict[str, Any]], "Kept as given, without a meaning here; at most 16384 bytes."]
    ]
    id: NotRequired[str]
    tm_create: NotRequired[str]
    tm_update: NotRequired[str]
    tm_delete: NotRequired[str]


class ChangeBody(TypedDict):
    """One change."""

    action: Literal["create", "update", "delete"]
    kind: Literal["customer", "provider", "route", "trunk"]
    id: NotRequired[Annotated[str, "Of the object, or `@ref`; for updates and deletes."]]
    fields: NotRequired[Annotated[dict[str, Any], "As in the body of the resource's own POST or PUT."]]
    if_version: NotRequired[Annotated[int, "Only if the object's ETag holds this number."]]
    force: NotRequired[Annotated[bool, "For a provider: delete its routes along with it."]]
    ref: NotRequired[Annotated[str, "Names what a create makes; later changes say `@ref` for its id."]]


class ChangesBody(TypedDict):
    """Changes, carried out in order; all or none."""

    changes: list[ChangeBody]


class CustomerCreate(TypedDict):
    """A new customer."""

    name: NotRequired[str]
    detail: NotRequired[str]
    email: NotRequired[str]
    phone_number: NotRequired[str]
    address: NotRequired[str]
    webhook_method: NotRequired[Literal["", "POST", "GET", "PUT", "DELETE"]]
    webhook_uri: NotRequired[str]
    status: NotRequired[
        Annotated[Literal["active", "frozen"], "`frozen` refuses the customer's calls, people and keys."]
    ]


class CustomerUpdate(TypedDict):
    """The fields to change; the others stay as they are."""

    name: NotRequired[str]
    detail: NotRequired[str]
    email: NotRequired[str]
    phone_number: NotRequired[str]
    address: NotRequired[str]
    webhook_method: NotRequired[Literal["", "POST", "GET", "PUT", "DELETE"]]
    webhook_uri: NotRequired[str]
    status: NotRequired[
        Annotated[Literal["active", "frozen"], "`frozen` refuses the customer's calls, people and keys."]
    ]
    id: NotRequired[str]
    tm_create: NotRequired[str]
    tm_update: NotRequired[str]
    tm_delete: NotRequired[str]


class DetailAnswer(TypedDict):
    """One fault of a request."""

    field: Annotated[str, "The field, parameter or header."]
    code: Annotated[str, "Stable snake_case word for programs."]
    message: Annotated[str, "The rule, for people."]


class Erasure(TypedDict):
    """Whose calls are to be erased: those to a number, or from a caller."""

    number: NotRequired[Annotated[str, "Calls to this number."]]
    caller: NotRequired[Annotated[str, "Calls from this caller: the `target` of their `source`."]]


class ErrorBody(TypedDict):
    """Why a request was refused."""

    status: str
    reason: Annotated[str, "Stable UPPER_SNAKE word for programs; see the catalogue of reasons."]
    message: str
    request_id: str
    details: NotRequired[list[DetailAnswer]]


class Error(TypedDict):
    """Every refusal has this form."""

    error: ErrorBody


class EventBatch(TypedDict):
    """The events of an edge, in any order; a batch that was sent before changes nothing."""

    edge: str
    agent: NotRequired[Annotated[AgentReport, "Shown as metrics."]]
    events: Annotated[list[Any], "At most 2000; malformed ones are dropped and counted."]


class JobCreate(TypedDict):
    """A new job."""

    kind: Literal["routes.change"]
    parameters: Annotated[dict[str, Any], "By kind; see the documentation of jobs."]


class Login(TypedDict):
    """A user name and its password."""

    username: str
    password: str


class OwnCustomerUpdate(TypedDict):
    """The fields to change; the others stay as they are."""

    name: NotRequired[str]
    detail: NotRequired[str]
    email: NotRequired[str]
    phone_number: NotRequired[str]
    address: NotRequired[str]
    webhook_method: NotRequired[Literal["", "POST", "GET", "PUT", "DELETE"]]
    webhook_uri: NotRequired[str]
    id: NotRequired[str]
    status: NotRequired[Literal["active", "frozen", "deleted"]]
    tm_create: NotRequired[str]
    tm_update: NotRequired[str]
    tm_delete: NotRequired[str]


class ProviderCreate(TypedDict):
    """A new provider."""

    type: Literal["sip"]
    hostname: str
    tech_prefix: NotRequired[Annotated[str, "Put before the number."]]
    tech_postfix: NotRequired[Annotated[str, "Put behind the number."]]
    tech_headers: NotRequired[Annotated[dict[str, str], "SIP headers added to each attempt."]]
    name: NotRequired[str]
    detail: NotRequired[str]
    metadata: NotRequired[Annotated[dict[str, Any], "Anything of yours, up to 16 KiB as JSON."]]
    codecs: NotRequired[Annotated[str, "Codecs left in the audio of the offer, joined by commas; empty for all."]]
    enabled: NotRequired[Annotated[bool, "A provider that is not enabled is skipped, with a reason."]]
    transport: NotRequired[Literal["udp", "tcp", "tls"]]
    username: NotRequired[Annotated[str, "For the carrier's digest challenge."]]
    password: NotRequired[
        Annotated[str | None, "For the carrier's digest challenge; never answered. Empty keeps it, null clears it."]
    ]
    max_channels: NotRequired[Annotated[int | None, "Cap on concurrent calls; null for none."]]
    max_cps: NotRequired[Annotated[int | None, "Cap on attempts per second; null for none."]]
    failover: NotRequired[
        Annotated[dict[str, Literal["next", "stop"]], "What to do after a SIP status, in place of the standard table."]
    ]
    no_response_timeout_s: NotRequired[Annotated[int, "Seconds to wait for any response."]]
    progress_timeout_s: NotRequired[Annotated[int, "Seconds to wait for more than 100 Trying."]]
    ring_timeout_s: NotRequired[Annotated[int, "Seconds to let it ring."]]
    number_format: NotRequired[
        Annotated[Literal["plus", "digits", "00", "011", "national", "nanp11"], "The form of the called number."]
    ]
    caller_format: NotRequired[
        Annotated[
            Literal["plus", "digits", "00", "011", "national", "nanp11"],
            "The form of the caller's number in `identity_headers`.",
        ]
    ]
    home_region: NotRequired[Annotated[str, "ISO country of the format `national`."]]
    digit_rules: NotRequired[
        Annotated[
            list[dict[str, Any]],
            "Changes to the called number before its format; the first that matches holds. X "
            "is 0-9, Z 1-9, N 2-9, a last . any rest; `strip` signs are removed and `prepend`"
            " put in their place.",
        ]
    ]
    caller_rules: NotRequired[Annotated[list[dict[str, Any]], "The same for the caller's number."]]
    identity_headers: NotRequired[
        Annotated[
            list[Literal["pai", "rpid", "ppi"]],
            "Headers that the edge writes with the caller's number, in place of a trunk's own. `pai` needs `trusted`.",
        ]
    ]
    trusted: NotRequired[
        Annotated[bool, "Whether the carrier may learn the number of callers that withhold it (RFC 3325)."]
    ]
    anonymous: NotRequired[
        Annotated[
            Literal["header", "refuse"],
            "Calls without a caller's number: `header` adds Privacy to `identity_headers`, "
            "`refuse` skips the provider.",
        ]
    ]
    diversion: NotRequired[
        Annotated[
            Literal["keep", "drop", "add"],
            "The caller's Diversion: kept, dropped, or where there is none added with the trunk's `caller_default`.",
        ]
    ]
    sign: NotRequired[Annotated[Literal["none", "pass"], "`pass`: a trusted trunk's Identity header reaches it."]]
    portability: NotRequired[Annotated[Literal["drop", "rn"], "`rn`: it gets npdi and rn of a ported number."]]


class ProviderUpdate(TypedDict):
    """The fields to change; the others stay as they are."""

    type: NotRequired[Literal["sip"]]
    hostname: NotRequired[Annotated[str, "DNS name or IP address, with an optional :port. A change resets the health."]]
    tech_prefix: NotRequired[Annotated[str, "Put before the number."]]
    tech_postfix: NotRequired[Annotated[str, "Put behind the number."]]
    tech_headers: NotRequired[Annotated[dict[str, str], "SIP headers added to each attempt."]]
    name: NotRequired[str]
    detail: NotRequired[str]
    metadata: NotRequired[Annotated[dict[str, Any], "Anything of yours, up to 16 KiB as JSON."]]
    codecs: NotRequired[Annotated[str, "Codecs left in the audio of the offer, joined by commas; empty for all."]]
    enabled: NotRequired[Annotated[bool, "A provider that is not enabled is skipped, with a reason."]]
    transport: NotRequired[Literal["udp", "tcp", "tls"]]
    username: NotRequired[Annotated[str, "For the carrier's digest challenge."]]
    password: NotRequired[
        Annotated[str | None, "For the carrier's digest challenge; never answered. Empty keeps it, null clears it."]
    ]
    max_channels: NotRequired[Annotated[int | None, "Cap on concurrent calls; null for none."]]
    max_cps: NotRequired[Annotated[int | None, "Cap on attempts per second; null for none."]]
    failover: NotRequired[
        Annotated[dict[str, Literal["next", "stop"]], "What to do after a SIP status, in place of the standard table."]
    ]
    no_response_timeout_s: NotRequired[Annotated[int, "Seconds to wait for any response."]]
    progress_timeout_s: NotRequired[Annotated[int, "Seconds to wait for more than 100 Trying."]]
    ring_timeout_s: NotRequired[Annotated[int, "Seconds to let it ring."]]
    number_format: NotRequired[
        Annotated[Literal["plus", "digits", "00", "011", "national", "nanp11"], "The form of the called number."]
    ]
    caller_format: NotRequired[
        Annotated[
            Literal["plus", "digits", "00", "011", "national", "nanp11"],
            "The form of the caller's number in `identity_headers`.",
        ]
    ]
    home_region: NotRequired[Annotated[str, "ISO country of the format `national`."]]
    digit_rules: NotRequired[
        Annotated[
            list[dict[str, Any]],
            "Changes to the called number before its format; the first that matches holds. X "
            "is 0-9, Z 1-9, N 2-9, a last . any rest; `strip` signs are removed and `prepend`"
            " put in their place.",
        ]
    ]
    caller_rules: NotRequired[Annotated[list[dict[str, Any]], "The same for the caller's number."]]
    identity_headers: NotRequired[
        Annotated[
            list[Literal["pai", "rpid", "ppi"]],
            "Headers that the edge writes with the caller's number, in place of a trunk's own. `pai` needs `trusted`.",
        ]
    ]
    trusted: NotRequired[
        Annotated[bool, "Whether the carrier may learn the number of callers that withhold it (RFC 3325)."]
    ]
    anonymous: NotRequired[
        Annotated[
            Literal["header", "refuse"],
            "Calls without a caller's number: `header` adds Privacy to `identity_headers`, "
            "`refuse` skips the provider.",
        ]
    ]
    diversion: NotRequired[
        Annotated[
            Literal["keep", "drop", "add"],
            "The caller's Diversion: kept, dropped, or where there is none added with the trunk's `caller_default`.",
        ]
    ]
    sign: NotRequired[Annotated[Literal["none", "pass"], "`pass`: a trusted trunk's Identity header reaches it."]]
    portability: NotRequired[Annotated[Literal["drop", "rn"], "`rn`: it gets npdi and rn of a ported number."]]
    id: NotRequired[str]
    health_status: NotRequired[Literal["unknown", "healthy", "unhealthy"]]
    health_checked_at: NotRequired[str | None]
    tm_create: NotRequired[str]
    tm_update: NotRequired[str]
    tm_delete: NotRequired[str]


class RouteCreate(TypedDict):
    """A new route."""

    customer_id: Annotated[
        str, "Whose calls; 00000000-0000-0000-0000-000000000001 for everybody's; empty for the caller's own."
    ]
    name: NotRequired[str]
    detail: NotRequired[str]
    provider_id: str
    priority: Annotated[int, "Lower is tried first; 1 is the documented highest."]
    target: Annotated[str, "`+` and the first digits of the numbers it matches, or `all`."]
    enabled: NotRequired[Annotated[bool, "A route that is not enabled is skipped, with a reason."]]
    weight: NotRequired[Annotated[int | None, "Share of the calls among routes of equal priority; null for none."]]
    valid_from: NotRequired[Annotated[str | None, "Not a candidate before; null for always."]]
    valid_until: NotRequired[Annotated[str | None, "Not a candidate from then on; null for always."]]


class RouteMove(TypedDict):
    """Where a route goes among those of its customer to its target."""

    to: Annotated[Literal["earlier", "later"], "By one place, which routes of equal priority share."]
    past: NotRequired[
        Annotated[str, "A route of the same customer to the same target: before it, or after it, at once."]
    ]


class RouteUpdate(TypedDict):
    """The fields to change; the others stay as they are."""

    customer_id: NotRequired[Annotated[str, "Must be the route's own, if given."]]
    name: NotRequired[str]
    detail: NotRequired[str]
    provider_id: NotRequired[str]
    priority: NotRequired[int]
    target: NotRequired[str]
    enabled: NotRequired[Annotated[bool, "A route that is not enabled is skipped, with a reason."]]
    weight: NotRequired[Annotated[int | None, "Share of the calls among routes of equal priority; null for none."]]
    valid_from: NotRequired[Annotated[str | None, "Not a candidate before; null for always."]]
    valid_until: NotRequired[Annotated[str | None, "Not a candidate from then on; null for always."]]
    id: NotRequired[str]
    tm_create: NotRequired[str]
    tm_update: NotRequired[str]
    tm_delete: NotRequired[str]


class SheetBody(TypedDict):
    """Rows as a spreadsheet copies them, or CSV."""

    text: Annotated[str, "A line for each row; see the documentation of routes."]
    dry_run: NotRequired[Annotated[bool, "Answer what would become of each row, and change nothing."]]
    leave_out: NotRequired[Annotated[bool, "Leave out the rows that are refused; by default one of them refuses all."]]
    plan: NotRequired[Annotated[str, "That of a dry run: 412 if by now something else would become of the rows."]]


class TestCallBody(TypedDict):
    """A call to be placed."""

    trunk_id: Annotated[str, "The trunk that the call comes in by."]
    number: Annotated[str, "What to dial, as the trunk does."]
    caller: NotRequired[Annotated[str, "Who calls; the trunk's `caller_default` where it is left away."]]


class TrunkCreate(TypedDict):
    """A new trunk."""

    customer_id: NotRequired[
        Annotated[str, "Whose calls come in here; the caller's own customer where it is left away."]
    ]
    name: NotRequired[str]
    detail: NotRequired[str]
    domain_name: NotRequired[Annotated[str, "Tells trunks at the same address apart, and is the digest realm."]]
    auth_types: NotRequired[
        Annotated[list[Literal["basic", "ip"]], "`ip`: by source address; `basic`: by digest. Either lets a call in."]
    ]
    username: NotRequired[Annotated[str, "For digest."]]
    password: NotRequired[Annotated[str | None, "For digest; never answered. Empty keeps it, null clears it."]]
    allowed_ips: NotRequired[Annotated[list[str], "Source addresses and networks of the PBX."]]
    enabled: NotRequired[Annotated[bool, "Calls of a trunk that is not enabled are refused."]]
    mode: NotRequired[Annotated[Literal["proxy", "redirect"], "`redirect` answers 300 with the carriers in order."]]
    max_channels: NotRequired[Annotated[int | None, "Cap on concurrent calls."]]
    max_cps: NotRequired[Annotated[int | None, "Cap on calls per second."]]
    default_region: NotRequired[
        Annotated[DefaultRegion, "ISO country whose national numbers it dials; empty for international digits."]
    ]
    trusted_identity: NotRequired[
        Annotated[
            bool,
            "Whether carriers get the P-Asserted-Identity of its calls; it is removed else. "
            "For project_super_admin to set.",
        ]
    ]
    caller_default: NotRequired[
        Annotated[
            str, "A number of the customer's own, for carriers that want one where a call has none; empty for none."
        ]
    ]


class TrunkUpdate(TypedDict):
    """The fields to change; the others stay as they are."""

    customer_id: NotRequired[Annotated[str, "Must be the trunk's own, if given."]]
    name: NotRequired[str]
    detail: NotRequired[str]
    domain_name: NotRequired[Annotated[str, "Tells trunks at the same address apart, and is the digest realm."]]
    auth_types: NotRequired[
        Annotated[list[Literal["basic", "ip"]], "`ip`: by source address; `basic`: by digest. Either lets a call in."]
    ]
    username: NotRequired[Annotated[str, "For digest."]]
    password: NotRequired[Annotated[str | None, "For digest; never answered. Empty keeps it, null clears it."]]
    allowed_ips: NotRequired[Annotated[list[str], "Source addresses and networks of the PBX."]]
    enabled: NotRequired[Annotated[bool, "Calls of a trunk that is not enabled are refused."]]
    mode: NotRequired[Annotated[Literal["proxy", "redirect"], "`redirect` answers 300 with the carriers in order."]]
    max_channels: NotRequired[Annotated[int | None, "Cap on concurrent calls."]]
    max_cps: NotRequired[Annotated[int | None, "Cap on calls per second."]]
    default_region: NotRequired[
        Annotated[DefaultRegion, "ISO country whose national numbers it dials; empty for international digits."]
    ]
    trusted_identity: NotRequired[
        Annotated[
            bool,
            "Whether carriers get the P-Asserted-Identity of its calls; it is removed else. "
            "For project_super_admin to set.",
        ]
    ]
    caller_default: NotRequired[
        Annotated[
            str, "A number of the customer's own, for carriers that want one where a call has none; empty for none."
        ]
    ]
    id: NotRequired[str]
    tm_create: NotRequired[str]
    tm_update: NotRequired[str]
    tm_delete: NotRequired[str]
