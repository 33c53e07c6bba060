"""`/v1.0/stats`: figures over a window of time, by provider, route, target or customer."""

from typing import Annotated

from starlette.responses import Response

from dialplane.api.http.answers import answer, moment
from dialplane.api.http.asking import Asking, Asks
from dialplane.api.http.checks import query
from dialplane.api.http.operation import operation
from dialplane.api.http.routing import resource
from dialplane.api.runtime.services import instant_now
from dialplane.api.stats.schemas import (
    CustomerStats,
    ProviderStats,
    RouteStats,
    StatsWindow,
    TargetStats,
    present,
    window_of,
    windowed,
)
from dialplane.control import stats

router = resource("/v1.0/stats", tag="stats")

_DESCRIPTION = """The busiest first. Those with neither an attempt in the window nor a channel in use are left out."""


@router.get(
    "/providers",
    **operation(
        "getProviderStats",
        "Figures of providers' attempts",
        permission="stats.list",
        description=_DESCRIPTION,
        query=StatsWindow,
        answer=windowed(ProviderStats),
    ),
)
async def get_provider_stats(asks: Asks, asked: Annotated[StatsWindow, query(StatsWindow)]) -> Response:
    return await _answered(asks, asked, stats.PROVIDERS)


@router.get(
    "/routes",
    **operation(
        "getRouteStats",
        "Figures of routes' attempts",
        permission="stats.list",
        description=_DESCRIPTION,
        query=StatsWindow,
        answer=windowed(RouteStats),
    ),
)
async def get_route_stats(asks: Asks, asked: Annotated[StatsWindow, query(StatsWindow)]) -> Response:
    return await _answered(asks, asked, stats.ROUTES)


@router.get(
    "/targets",
    **operation(
        "getTargetStats",
        "Figures of the attempts to targets",
        permission="stats.list",
        description=_DESCRIPTION,
        query=StatsWindow,
        answer=windowed(TargetStats),
    ),
)
async def get_target_stats(asks: Asks, asked: Annotated[StatsWindow, query(StatsWindow)]) -> Response:
    return await _answered(asks, asked, stats.TARGETS)


@router.get(
    "/customers",
    **operation(
        "getCustomerStats",
        "Figures of customers' calls",
        permission="stats.list",
        description=_DESCRIPTION,
        query=StatsWindow,
        answer=windowed(CustomerStats),
    ),
)
async def get_customer_stats(asks: Asks, asked: Annotated[StatsWindow, query(StatsWindow)]) -> Response:
    return await _answered(asks, asked, stats.CUSTOMERS)


async def _answered(asks: Asking, asked: StatsWindow, by: str) -> Response:
    window = window_of(asked, now=instant_now())
    async with asks.read() as unit:
        found = await stats.list_(unit, asks.actor, by, window, limit=asked.page_size)
    result = [present(one, by) for one in found]
    return answer({"from": moment(window.since), "to": moment(window.until), "result": result})
