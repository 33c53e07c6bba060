"""`GET /v1.0/me`."""

from starlette.responses import Response

from dialplane.api.http.request import AuthenticatedRequest
from dialplane.api.http.resource import Resource
from dialplane.api.http.responses import JsonResponse
from dialplane.api.me.schemas import MeAnswer, present
from dialplane.control import me

ME = Resource("/v1.0/me", tag="me")


@ME.endpoint("GET", summary="Who the caller is", permission="me.get", answer=MeAnswer)
async def get_me(request: AuthenticatedRequest) -> Response:
    async with request.read() as unit:
        found = await unit.whole(lambda: me.get(unit, request.actor), short=True)
    return JsonResponse(present(found, is_demo=request.services.demo is not None))
