"""`/v1.0/edges`: an edge is listed once it follows the feed or reports events, and until it is deleted."""

from typing import Annotated

from pydantic import Field
from starlette.responses import Response

from dialplane.api.edges.schemas import EdgeAnswer, EdgeList, RefusalsAnswer, present, present_refused
from dialplane.api.http.request import AuthenticatedRequest
from dialplane.api.http.resource import Resource
from dialplane.api.http.responses import JsonResponse, page
from dialplane.control import edges
from dialplane.system.clock import now_us

EDGES = Resource("/v1.0/edges", tag="edges", kind="edge", answer=EdgeAnswer)

EdgeName = Annotated[str, Field(description="The edge's name.", min_length=1)]


@EDGES.verb("list")
async def list_edges(request: AuthenticatedRequest, query: EdgeList) -> Response:
    async with request.read() as unit:
        contacts = request.services.contacts
        found = await edges.list_(unit, request.actor, now=now_us(), contacts=contacts, **query.listing())
    return await page(found, present)


@EDGES.endpoint("GET", "/{name}", summary="Get an edge", permission="edge.get", answer=EdgeAnswer)
async def get_edge(request: AuthenticatedRequest, name: EdgeName) -> Response:
    async with request.read() as unit:
        edge = await edges.get(unit, request.actor, name, now=now_us(), contacts=request.services.contacts)
    return JsonResponse(present(edge))


@EDGES.endpoint("DELETE", "/{name}", summary="Delete an edge that is gone", permission="edge.delete", answer=EdgeAnswer)
async def delete_edge(request: AuthenticatedRequest, name: EdgeName) -> Response:
    services = request.services
    services.contacts.forget(name)
    edge = await edges.delete(services.db, request.actor, name, now=now_us())
    services.metrics.companions.forget(name)
    return JsonResponse(present(edge))


@EDGES.endpoint(
    "GET",
    "/{name}/refusals",
    summary="The sources that an edge refused last, and why",
    permission="edge.refusals",
    answer=RefusalsAnswer,
)
async def list_refusals(request: AuthenticatedRequest, name: EdgeName) -> Response:
    async with request.read() as unit:
        sources = await edges.refusals(unit, request.actor, name)
    return JsonResponse({"result": [present_refused(source) for source in sources]})
