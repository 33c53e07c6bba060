"""Schemas of statistics."""

from functools import cache
from types import GenericAlias
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, create_model

from dialplane.api.http import reasons
from dialplane.api.http.errors import ApiError, Detail
from dialplane.api.http.fields import Id, optional
from dialplane.api.http.query import MAX_PAGE_SIZE, Instant, Query, decimal
from dialplane.api.http.schemas import AnsweredId, AnsweredInstant, Presenter
from dialplane.control.stats import CUSTOMERS, PROVIDERS, ROUTES, TARGETS, Stats, Window

DEFAULT_WINDOW_US = 3_600_000_000
LONGEST_WINDOW_US = 31 * 86_400_000_000
"""A longer one would read more records than an answer is worth waiting for."""


def _maybe(name: str, description: str) -> Any:
    return Field(default_factory=lambda: None, alias=name, description=description)


class StatsQuery(Query):
    """From when to when, and of what."""

    from_: Instant = _maybe("from", "Begin of the window; an hour before its end by default.")
    to: Instant = optional("End of the window, itself outside; now by default.")
    customer_id: Id = optional("Only calls of this customer.")
    provider_id: Id = optional("Only attempts to this provider, or calls that had one.")
    page_size: Annotated[int, decimal(1, MAX_PAGE_SIZE)] = Field(MAX_PAGE_SIZE, description="How many, busiest first.")


def window_of(query: StatsQuery, *, now: int) -> Window:
    """The window of a query. Raises ApiError 400 for one that is empty or too long."""
    until = now if query.to is None else query.to
    since = until - DEFAULT_WINDOW_US if query.from_ is None else query.from_
    if not 0 < until - since <= LONGEST_WINDOW_US:
        rule = "must be before `to`, by at most 31 days"
        raise ApiError(reasons.INVALID_REQUEST_PARAMETER, details=[Detail("from", "out_of_range", rule)])
    return Window(since=since, until=until, customer_id=query.customer_id, provider_id=query.provider_id)


class _Figures(BaseModel):
    skipped: Annotated[int, Field(description="Attempts that were passed over.")]
    answered: int
    asr: Annotated[float | None, Field(description="Answer-seizure ratio, 0 to 1; null where nothing was tried.")]
    ner: Annotated[
        float | None,
        Field(description="Network effectiveness ratio: busy and no answer count as success too."),
    ]
    acd_ms: Annotated[int | None, Field(description="Average duration of answered calls that have ended.")]
    pdd_p50_ms: Annotated[int | None, Field(description="Post-dial delay: INVITE to first ringing, or to the answer.")]
    pdd_p95_ms: int | None
    failover_rate: Annotated[float | None, Field(description="Share that went on to another carrier, 0 to 1.")]
    late_answers: Annotated[int, Field(description="Attempts that a carrier answered after they were given up.")]
    channels: Annotated[int, Field(description="In use now, whatever the window.")]


class _AttemptFigures(_Figures):
    attempts: Annotated[int, Field(description="INVITEs sent in the window.")]


class ProviderStats(_AttemptFigures):
    """Figures of the attempts to one provider."""

    model_config = ConfigDict(title="ProviderStats")

    provider_id: AnsweredId


class RouteStats(_AttemptFigures):
    """Figures of the attempts by one route."""

    route_id: AnsweredId


class TargetStats(_AttemptFigures):
    """Figures of the attempts by routes to one target, as it is now."""

    target: str


class CustomerStats(_Figures):
    """Figures of one customer's calls."""

    customer_id: AnsweredId
    calls: Annotated[int, Field(description="Calls that came in in the window.")]


@cache
def window_answer_of(item: type[BaseModel]) -> type[BaseModel]:
    """The schema of an answer with these items."""
    fields: Any = {
        "from_": (AnsweredInstant, Field(alias="from")),
        "to": (AnsweredInstant, ...),
        "result": (GenericAlias(list, (item,)), Field(description="The busiest first.")),
    }
    model: type[BaseModel] = create_model(f"{item.__name__}Window", __doc__=item.__doc__, **fields)
    return model


_KEYS = {PROVIDERS: "provider_id", ROUTES: "route_id", TARGETS: "target", CUSTOMERS: "customer_id"}
_present_figures = Presenter(_Figures, Stats)


def present(stats: Stats, by: str) -> dict[str, Any]:
    """The figures of one group of a grouping of `control.stats`."""
    seized = "calls" if by == CUSTOMERS else "attempts"
    return {_KEYS[by]: stats.key, seized: stats.seized, **_present_figures(stats)}
