"""`/v1.0/edges`: read-only; they become known by following the feed and by what they report."""

from typing import Annotated

from fastapi import Path
from starlette.responses import Response

from dialplane.api.edges.schemas import EdgeAnswer, EdgeList, present
from dialplane.api.http import reasons
from dialplane.api.http.answers import answer, page, tm_create
from dialplane.api.http.asking import Asks
from dialplane.api.http.checks import query
from dialplane.api.http.operation import operation
from dialplane.api.http.routing import resource
from dialplane.api.http.schemas import page_of
from dialplane.api.process.services import instant_now
from dialplane.control import edges

router = resource("/v1.0/edges", tag="edges")

EdgeName = Annotated[str, Path(description="The edge's name.", min_length=1)]


@router.get(
    "",
    **operation("listEdges", "List edges", permission="edge.list", query=EdgeList, answer=page_of(EdgeAnswer)),
)
async def list_edges(asks: Asks, asked: Annotated[EdgeList, query(EdgeList)]) -> Response:
    async with asks.read() as unit:
        found = await edges.list_(unit, asks.actor, now=instant_now(), **asked.listing())
    return page(found, present, token=tm_create)


@router.get(
    "/{name}",
    **operation(
        "getEdge",
        "Get an edge",
        permission="edge.get",
        answer=EdgeAnswer,
        refuses=[reasons.EDGE_NOT_FOUND],
    ),
)
async def get_edge(asks: Asks, name: EdgeName) -> Response:
    async with asks.read() as unit:
        found = await edges.get(unit, asks.actor, name, now=instant_now())
    return answer(present(found))
