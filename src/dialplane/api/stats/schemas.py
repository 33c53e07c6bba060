"""Schemas of statistics."""

from collections.abc import Iterable, Mapping
from functools import cache
from types import GenericAlias, SimpleNamespace
from typing import Annotated, Any, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, create_model

from dialplane.api.http import reasons
from dialplane.api.http.errors import ApiError, Detail
from dialplane.api.http.fields import Id, among, longest, optional
from dialplane.api.http.query import MAX_PAGE_SIZE, Instant, Query, decimal, expanding, several
from dialplane.api.http.responses import timestamp
from dialplane.api.http.schemas import NAMES, AnsweredId, AnsweredInstant, Presenter
from dialplane.control import stats
from dialplane.control.names import NAMED
from dialplane.control.retention import Periods
from dialplane.control.stats import OF_CALLS, Overview, Stats, SumsNotKept, Window, widened
from dialplane.domain.instants import DAY_US, SECOND_US
from dialplane.domain.rollups import DAY_S, HOUR_S, MINUTE_S
from dialplane.domain.statistics import DELAYS_UNTIL_MS

DEFAULT_WINDOW_US = HOUR_S * SECOND_US
LONGEST_WINDOW_US = 31 * DAY_US
LONGEST_WINDOW_OF_DAYS_US = 1_100 * DAY_US
"""The same with steps of whole days."""

BEFORE = "before"
"""What may be added to the figures of everything."""

MAX_STEPS = 1_500
MAX_VALUES = 30_000
"""Steps of all keys of an answer together: 100 keys over a day in steps of five minutes."""


def _maybe(name: str, description: str) -> Any:
    return Field(default_factory=lambda: None, alias=name, description=description)


class OverviewQuery(Query):
    """From when to when, in which steps, and whose."""

    from_: Instant = _maybe("from", "Begin of the window; an hour before its end by default.")
    to: Instant = optional("End of the window, itself outside; now by default.")
    step: Annotated[int, decimal(MINUTE_S, 31 * DAY_S)] = optional(
        "Length of the steps to show, in s, a multiple of 60; none by default. The window is widened to whole steps."
    )
    customer_id: Id = optional("Only calls of this customer.")


class AllQuery(OverviewQuery):
    """The same, and what is added."""

    show: Annotated[tuple[str, ...], several(BEFORE)] = Field(
        default_factory=tuple,
        description="Add `before`: the same figures of a window before this one, as long as what has passed of it.",
    )


class StatsQuery(OverviewQuery):
    """The same, of what, and how many."""

    provider_id: Id = optional(
        "Only attempts to this provider, or customers' calls with one; not for trunks and edges."
    )
    edge: Annotated[str, longest(255)] = optional("Only this edge; of edges alone.")
    page_size: Annotated[int, decimal(1, MAX_PAGE_SIZE)] = Field(MAX_PAGE_SIZE, description="How many.")
    sort: Annotated[str, among(*stats.ORDERS)] = Field(
        stats.BUSIEST, description="Which first: the busiest, or those of which most reached nobody."
    )
    expand: Annotated[tuple[str, ...], several(*NAMED)] = expanding(*NAMED)


def window_of(query: OverviewQuery, periods: Periods, *, now: int, by: str = "") -> Window:
    """The window of a query, widened. Raises ApiError 400 for one that is empty, too long, or of too many steps."""
    until = now if query.to is None else query.to
    since = until - DEFAULT_WINDOW_US if query.from_ is None else query.from_
    if query.step is not None and query.step % MINUTE_S:
        raise _refused("step", "out_of_range", "must be a multiple of 60")
    has_days = query.step is not None and query.step % DAY_S == 0
    longest_us = LONGEST_WINDOW_OF_DAYS_US if has_days else LONGEST_WINDOW_US
    if not 0 < until - since <= longest_us:
        raise _refused("from", "out_of_range", f"must be before `to`, by at most {longest_us // DAY_US} days")
    provider_id, edge = (query.provider_id, query.edge) if isinstance(query, StatsQuery) else (None, None)
    if edge is not None and by != stats.EDGES:
        raise _refused("edge", "not_supported", "narrows figures of edges alone")
    if provider_id is not None and by in (stats.TRUNKS, stats.EDGES):
        raise _refused("provider_id", "not_supported", "cannot narrow figures of trunks and edges")
    keys = query.page_size if isinstance(query, StatsQuery) else 1
    wanted = Window(
        since=since,
        until=until,
        step_s=query.step,
        customer_id=query.customer_id,
        provider_id=provider_id,
        edge=edge,
    )
    try:
        window = widened(wanted, periods, now=now)
    except SumsNotKept as error:
        raise _refused("step", "not_kept", str(error)) from None
    most = min(MAX_STEPS, MAX_VALUES // keys)
    if len(window.instants) > most:
        raise _refused("step", "too_small", f"must divide the window into at most {most} steps for this page_size")
    return window


def _refused(field: str, code: str, rule: str) -> ApiError:
    return ApiError(reasons.INVALID_REQUEST_PARAMETER, details=[Detail(field, code, rule)])


_ASR = "Answer-seizure ratio, 0 to 1; null where nothing was tried."
_NER = "Network effectiveness ratio: busy and no answer count as success too."
_ACD = "Average duration of answered calls that have ended."
_PDD = "Post-dial delay: INVITE to first ringing, or to the answer; at most 3.2 % off."
_FAILOVER = "Share that went on to another carrier, 0 to 1."
_UNREACHED = "Neither answered nor, by the callee, busy or unanswered; those that go on until they are answered, too."
_SAVED = "Answered after another carrier had failed."
_PER_MINUTE = "Of a step that still goes on, over what has passed of it, at least a tenth."
_REFUSED = "Calls that ended without an INVITE to any carrier."
_IN_USE = "Channels in use on average, of the step that goes on until now; null for those still to come."
_MOST_IN_USE = "The same of the busiest minute of the step; of steps of whole hours of the busiest hour, of days day."


class _Figures(BaseModel):
    skipped: Annotated[int, Field(description="Attempts that were passed over.")]
    answered: int
    asr: Annotated[float | None, Field(description=_ASR)]
    ner: Annotated[float | None, Field(description=_NER)]
    acd_ms: Annotated[int | None, Field(description=_ACD)]
    pdd_p50_ms: Annotated[int | None, Field(description=_PDD)]
    pdd_p95_ms: int | None
    failover_rate: Annotated[float | None, Field(description=_FAILOVER)]
    late_answers: Annotated[int, Field(description="Attempts that a carrier answered after they were given up.")]
    channels: Annotated[int, Field(description="In use now, whatever the window.")]
    saved: Annotated[int, Field(description=_SAVED)]
    unreached: Annotated[int, Field(description=_UNREACHED)]


class _Steps(BaseModel):
    """The figures of each step of the window, in order."""

    answered: list[int]
    asr: list[float | None]
    ner: list[float | None]
    acd_ms: list[int | None]
    pdd_p50_ms: list[int | None]
    pdd_p95_ms: list[int | None]
    failover_rate: list[float | None]
    saved: list[int]


class AttemptSteps(_Steps):
    """Figures of attempts in each step of the window, in order."""

    attempts: list[int]
    attempts_per_min: Annotated[list[float], Field(description=_PER_MINUTE)]


class CallSteps(_Steps):
    """Figures of calls in each step of the window, in order."""

    calls: list[int]
    calls_per_min: Annotated[list[float], Field(description=_PER_MINUTE)]
    refused: list[int]


class ProviderSteps(AttemptSteps):
    """Figures of one provider's attempts in each step of the window, in order."""

    in_use: Annotated[list[float | None], Field(description=_IN_USE)]
    most_in_use: Annotated[list[float | None], Field(description=_MOST_IN_USE)]


class EdgeSteps(CallSteps):
    """Figures of one edge's calls in each step of the window, in order."""

    refused_per_min: Annotated[list[float], Field(description=_PER_MINUTE)]
    attempts: list[int]
    attempts_per_min: Annotated[list[float], Field(description=_PER_MINUTE)]
    shed: list[int]
    shed_per_min: Annotated[list[float], Field(description=_PER_MINUTE)]


class AttemptFigures(_Figures):
    """Figures of attempts."""

    attempts: Annotated[int, Field(description="INVITEs sent in the window.")]
    steps: AttemptSteps = optional("Shown if `step` is named.")


class CallFigures(_Figures):
    """Figures of calls."""

    calls: Annotated[int, Field(description="Calls that came in in the window.")]
    refused: Annotated[int, Field(description=_REFUSED)]
    steps: CallSteps = optional("Shown if `step` is named.")


_EXAMPLE: dict[str, Any] = {
    "provider_id": "4dbeabd6-f397-4375-95d2-a38411e07ed1",
    "attempts": 1200,
    "skipped": 0,
    "answered": 744,
    "asr": 0.62,
    "ner": 0.91,
    "acd_ms": 143250,
    "pdd_p50_ms": 1216,
    "pdd_p95_ms": 3520,
    "failover_rate": 0.08,
    "late_answers": 1,
    "channels": 31,
    "saved": 52,
    "unreached": 108,
    "pdd": [{"until_ms": until, "attempts": 100} for until in (*DELAYS_UNTIL_MS, None)],
}


class DelayClass(BaseModel):
    """The attempts whose post-dial delay is in one class."""

    until_ms: Annotated[int | None, Field(description="Below this; null for the last class, which is all above.")]
    attempts: int


class ProviderStats(AttemptFigures):
    """Figures of the attempts to one provider."""

    model_config = ConfigDict(title="ProviderStats", json_schema_extra={"examples": [_EXAMPLE]})

    provider_id: AnsweredId
    steps: ProviderSteps = optional("Shown if `step` is named.")
    pdd: Annotated[list[DelayClass], Field(description="Attempts by post-dial delay, as far as they rang.")]


class RouteStats(AttemptFigures):
    """Figures of the attempts by one route."""

    route_id: AnsweredId


class TargetStats(AttemptFigures):
    """Figures of the attempts by routes to one target, as it was then."""

    target: str


class StatusStats(AttemptFigures):
    """Figures of the attempts with one final SIP status."""

    sip_status: Annotated[str, Field(description="The carrier's final status; `none` if none came.", examples=["503"])]


class CustomerStats(CallFigures):
    """Figures of one customer's calls."""

    customer_id: AnsweredId


class TrunkStats(CallFigures):
    """Figures of the calls that came in by one trunk."""

    trunk_id: AnsweredId


class EdgeStats(CallFigures):
    """Figures of the calls of one edge."""

    edge: str
    attempts: Annotated[int, Field(description="INVITEs sent for these calls.")]
    shed: Annotated[int, Field(description="Calls that it was too busy for, beside those that it has records of.")]
    steps: EdgeSteps = optional("Shown if `step` is named.")


_WINDOW: Mapping[str, Any] = {
    "from_": (AnsweredInstant, Field(alias="from")),
    "to": (AnsweredInstant, ...),
    "step": (int, Field(default_factory=int, description="Length of a step in s; shown if it is named.")),
    "whole_steps": (
        int,
        Field(default_factory=int, description="Steps that are over; those behind them still go on. With `step`."),
    ),
}


@cache
def window_answer_of(item: type[BaseModel]) -> type[BaseModel]:
    """The schema of an answer with these items."""
    result: Any = (GenericAlias(list, (item,)), Field(description="In the order of `sort`."))
    model: type[BaseModel] = create_model(
        f"{item.__name__}Window", __doc__=item.__doc__, **_WINDOW, result=result, names=(NAMES, optional())
    )
    return model


class BeforeAnswer(BaseModel):
    """Figures of all calls and of all attempts, in a window before."""

    from_: Annotated[AnsweredInstant, Field(alias="from")]
    to: AnsweredInstant
    calls: CallFigures
    attempts: AttemptFigures


_BEFORE: Any = BeforeAnswer | None

OverviewAnswer: type[BaseModel] = create_model(
    "StatsOverview",
    __doc__="Figures of all calls and of all attempts.",
    **_WINDOW,
    calls=(CallFigures, ...),
    attempts=(AttemptFigures, ...),
    before=(_BEFORE, optional("With `show=before`; null where its sums are kept no longer.")),
)


class Shape(NamedTuple):
    """How the figures of a grouping are shown: the name of its key, and the schema of one of them."""

    key: str
    item: type[BaseModel]


SHAPES: Mapping[str, Shape] = {
    stats.PROVIDERS: Shape("provider_id", ProviderStats),
    stats.ROUTES: Shape("route_id", RouteStats),
    stats.TARGETS: Shape("target", TargetStats),
    stats.STATUSES: Shape("sip_status", StatusStats),
    stats.CUSTOMERS: Shape("customer_id", CustomerStats),
    stats.TRUNKS: Shape("trunk_id", TrunkStats),
    stats.EDGES: Shape("edge", EdgeStats),
}
_present_figures = Presenter(_Figures, Stats)


def present_window(window: Window, *, now: int) -> dict[str, Any]:
    """The window as it was counted, now (us)."""
    shown = {"from": timestamp(window.since), "to": timestamp(window.until)}
    if window.step_s is None:
        return shown
    return {
        **shown,
        "step": window.step_s,
        "whole_steps": sum(passed_s == window.step_s for passed_s in _passed_s(window, now)),
    }


def present(figures: Stats, by: str, window: Window, *, now: int) -> dict[str, Any]:
    """The figures of one key of a grouping."""
    shown = {SHAPES[by].key: figures.key, **_present(figures, window, now=now, is_of_calls=by in OF_CALLS)}
    if by == stats.EDGES:
        shown |= {name: getattr(figures, name) for name in _OF_EDGES}
    if window.step_s is not None:
        shown["steps"] |= _more_steps(figures, by, window, now=now)
    if by == stats.PROVIDERS:
        shown["pdd"] = [
            {"until_ms": until, "attempts": count}
            for until, count in zip((*DELAYS_UNTIL_MS, None), figures.pdd_classes, strict=False)
        ]
    return shown


_OF_EDGES = ("attempts", "shed")


def _more_steps(figures: Stats, by: str, window: Window, *, now: int) -> dict[str, Any]:
    """What the steps of some groupings have beside those of others."""
    if by == stats.PROVIDERS:
        return {name: list(getattr(figures, name)) for name in ("in_use", "most_in_use")}
    of_edges = _OF_EDGES if by == stats.EDGES else ()
    shown: dict[str, Any] = {name: [getattr(step, name) for step in figures.steps] for name in of_edges}
    for name in ("refused", *of_edges) if of_edges else ():
        shown[f"{name}_per_min"] = _per_minute((getattr(step, name) for step in figures.steps), window, now=now)
    return shown


def _per_minute(counts: Iterable[int], window: Window, *, now: int) -> list[float]:
    """Counts of the steps, over what has passed of each."""
    return [
        round(count * MINUTE_S / passed_s, 2) for count, passed_s in zip(counts, _passed_s(window, now), strict=True)
    ]


def keyed(groups: Iterable[Stats], by: str) -> Iterable[SimpleNamespace]:
    """What each group is of, as an attribute with the name of its key, for `names_of`."""
    return [SimpleNamespace(**{SHAPES[by].key: figures.key}) for figures in groups]


def present_overview(overview: Overview, window: Window, *, now: int) -> dict[str, Any]:
    """The window as it was counted, and the figures of everything in it."""
    return {
        **present_window(window, now=now),
        "calls": _present(overview.calls, window, now=now, is_of_calls=True),
        "attempts": _present(overview.attempts, window, now=now, is_of_calls=False),
    }


def _passed_s(window: Window, now: int) -> list[float]:
    """How much of each step has passed now (us); at least a tenth, so that few calls make no great rate."""
    whole_s = float(window.step_s or 0)
    return [min(whole_s, max(whole_s / 10, (now - begin) / SECOND_US)) for begin in window.instants]


def _present(figures: Stats, window: Window, *, now: int, is_of_calls: bool) -> dict[str, Any]:
    seized = "calls" if is_of_calls else "attempts"
    shown = {seized: figures.seized, **_present_figures(figures)}
    if is_of_calls:
        shown["refused"] = figures.refused
    if window.step_s is not None:
        names = {seized: "seized", **{name: name for name in _Steps.model_fields}}
        if is_of_calls:
            names["refused"] = "refused"
        steps = {name: [getattr(step, field) for step in figures.steps] for name, field in names.items()}
        steps[f"{seized}_per_min"] = _per_minute((step.seized for step in figures.steps), window, now=now)
        shown["steps"] = steps
    return shown
