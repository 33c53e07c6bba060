"""`GET /v1.0/search`."""

from starlette.responses import Response

from dialplane.api.http.request import AuthenticatedRequest
from dialplane.api.http.resource import Resource
from dialplane.api.http.responses import JsonResponse
from dialplane.api.search.schemas import SearchAnswer, SearchQuery, present
from dialplane.control import search
from dialplane.control.units import LISTS

SEARCH = Resource("/v1.0/search", tag="search")


@SEARCH.endpoint("GET", summary="Find objects and calls", permission="search.list", answer=SearchAnswer, work=LISTS)
async def search_everything(request: AuthenticatedRequest, query: SearchQuery) -> Response:
    async with request.read() as unit:
        hits = await search.find(unit, request.actor, query.q, kinds=query.kinds)
    return JsonResponse({"result": [present(hit) for hit in hits]})
