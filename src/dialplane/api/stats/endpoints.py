"""`/v1.0/stats`: figures over a window of time, by provider, route, target or customer."""

from typing import Annotated, NamedTuple

from pydantic import BaseModel
from starlette.responses import Response

from dialplane.api.http.answers import answer, moment
from dialplane.api.http.asking import Asks
from dialplane.api.http.checks import query
from dialplane.api.http.operation import operation
from dialplane.api.http.routing import resource
from dialplane.api.process.services import instant_now
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


class Grouping(NamedTuple):
    """What is put together, and how the answer is described."""

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


def _serve(grouping: Grouping) -> None:
    @router.get(
        f"/{grouping.by}",
        **operation(
            grouping.operation_id,
            grouping.summary,
            permission="stats.list",
            description=_DESCRIPTION,
            query=StatsWindow,
            answer=windowed(grouping.item),
        ),
    )
    async def get_stats(asks: Asks, asked: Annotated[StatsWindow, query(StatsWindow)]) -> Response:
        window = window_of(asked, now=instant_now())
        async with asks.read() as unit:
            found = await stats.list_(unit, asks.actor, grouping.by, window, limit=asked.page_size)
        result = [present(one, grouping.by) for one in found]
        return answer({"from": moment(window.since), "to": moment(window.until), "result": result})


for _grouping in GROUPINGS:
    _serve(_grouping)
