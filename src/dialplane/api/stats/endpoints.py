"""`/v1.0/stats`: statistics over a window of time, by provider, route, target or customer."""

from typing import NamedTuple

from pydantic import BaseModel
from starlette.responses import Response

from dialplane.api.http.request import AuthenticatedRequest
from dialplane.api.http.resource import Resource
from dialplane.api.http.responses import JsonResponse, timestamp
from dialplane.api.stats.schemas import (
    CustomerStats,
    ProviderStats,
    RouteStats,
    StatsQuery,
    TargetStats,
    present,
    window_answer_of,
    window_of,
)
from dialplane.control import stats
from dialplane.control.units import STATISTICS
from dialplane.system.clock import now_us
from dialplane.system.turns import in_turns

STATS = Resource("/v1.0/stats", tag="stats")

_DESCRIPTION = """The busiest first. Those with neither an attempt in the window nor a channel in use are left out."""


class Grouping(NamedTuple):
    """`by`: the grouping of `control.stats`. `item`: the schema of one group."""

    by: str
    operation_id: str
    summary: str
    item: type[BaseModel]


GROUPINGS = (
    Grouping(stats.PROVIDERS, "getProviderStats", "Figures of providers' attempts", ProviderStats),
    Grouping(stats.ROUTES, "getRouteStats", "Figures of routes' attempts", RouteStats),
    Grouping(stats.TARGETS, "getTargetStats", "Figures of the attempts to targets", TargetStats),
    Grouping(stats.CUSTOMERS, "getCustomerStats", "Figures of customers' calls", CustomerStats),
)


def _declare(grouping: Grouping) -> None:
    @STATS.endpoint(
        "GET",
        f"/{grouping.by}",
        operation_id=grouping.operation_id,
        summary=grouping.summary,
        description=_DESCRIPTION,
        permission="stats.list",
        answer=window_answer_of(grouping.item),
        work=STATISTICS,
    )
    async def get_stats(request: AuthenticatedRequest, query: StatsQuery) -> Response:
        window = window_of(query, now=now_us())
        async with request.read() as unit:
            groups = await stats.list_(unit, request.actor, grouping.by, window, limit=query.page_size)
        result = await in_turns(groups, lambda group: present(group, grouping.by))
        return JsonResponse({"from": timestamp(window.since), "to": timestamp(window.until), "result": result})


for _grouping in GROUPINGS:
    _declare(_grouping)
