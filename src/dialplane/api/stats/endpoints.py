"""`/v1.0/stats`: statistics over a window of time, by provider, route, target, SIP status, customer, trunk or edge."""

from typing import NamedTuple

from starlette.responses import Response

from dialplane.api.http.names import names_of
from dialplane.api.http.request import AuthenticatedRequest
from dialplane.api.http.resource import Resource
from dialplane.api.http.responses import JsonResponse
from dialplane.api.stats.schemas import (
    BEFORE,
    SHAPES,
    AllQuery,
    OverviewAnswer,
    StatsQuery,
    keyed,
    present,
    present_overview,
    present_window,
    window_answer_of,
    window_of,
)
from dialplane.control import stats
from dialplane.control.units import STATISTICS
from dialplane.system.clock import now_us
from dialplane.system.turns import in_turns

STATS = Resource("/v1.0/stats", tag="stats")

_WINDOW = """The window is widened to whole minutes; to whole hours if it is longer than a day, to whole days if longer
than 14; and with `step` to whole steps. The answer says which one it is. With `step`, each figure is an array too, with
a value for each step."""
_DESCRIPTION = f"""The busiest first, or as `sort` says. Those with neither an attempt in the window nor a channel in
use are left out.

{_WINDOW}"""


class Grouping(NamedTuple):
    """`by`: one of `control.stats.GROUPINGS`."""

    by: str
    operation_id: str
    summary: str


GROUPINGS = (
    Grouping(stats.PROVIDERS, "getProviderStats", "Figures of providers' attempts"),
    Grouping(stats.ROUTES, "getRouteStats", "Figures of routes' attempts"),
    Grouping(stats.TARGETS, "getTargetStats", "Figures of the attempts to targets"),
    Grouping(stats.STATUSES, "getStatusStats", "Figures of attempts by their final SIP status"),
    Grouping(stats.CUSTOMERS, "getCustomerStats", "Figures of customers' calls"),
    Grouping(stats.TRUNKS, "getTrunkStats", "Figures of trunks' calls"),
    Grouping(stats.EDGES, "getEdgeStats", "Figures of edges' calls"),
)


def _declare(grouping: Grouping) -> None:
    @STATS.endpoint(
        "GET",
        f"/{grouping.by}",
        operation_id=grouping.operation_id,
        summary=grouping.summary,
        description=_DESCRIPTION,
        permission="stats.list",
        answer=window_answer_of(SHAPES[grouping.by].item),
        work=STATISTICS,
    )
    async def get_stats(request: AuthenticatedRequest, query: StatsQuery) -> Response:
        now = now_us()
        window = window_of(query, request.services.periods, now=now, by=grouping.by)
        async with request.read() as unit:
            groups = await stats.list_(
                unit, request.actor, grouping.by, window, limit=query.page_size, order=query.sort, now=now
            )
            names = await names_of(unit, request.actor, query.expand, keyed(groups, grouping.by))
        result = await in_turns(groups, lambda group: present(group, grouping.by, window, now=now))
        return JsonResponse({**present_window(window, now=now), "result": result, **names})


for _grouping in GROUPINGS:
    _declare(_grouping)


@STATS.endpoint(
    "GET",
    "/overview",
    operation_id="getStatsOverview",
    summary="Figures of all calls and attempts",
    description=_WINDOW,
    permission="stats.list",
    answer=OverviewAnswer,
    work=STATISTICS,
)
async def get_overview(request: AuthenticatedRequest, query: AllQuery) -> Response:
    now, periods = now_us(), request.services.periods
    window = window_of(query, periods, now=now)
    earlier = stats.before(window, periods, now=now) if BEFORE in query.show else None
    async with request.read() as unit:
        found = await stats.overview(unit, request.actor, window)
        then = await stats.overview(unit, request.actor, earlier) if earlier else None
    shown = present_overview(found, window, now=now)
    if BEFORE in query.show:
        shown[BEFORE] = present_overview(then, earlier, now=now) if then and earlier else None
    return JsonResponse(shown)
