"""`/v1.0/calls`: read-only; edges report calls as events."""

from starlette.responses import Response

from dialplane.api.calls.schemas import CallAnswer, CallList, present
from dialplane.api.http.request import AuthenticatedRequest
from dialplane.api.http.resource import ObjectId, Resource
from dialplane.api.http.responses import JsonResponse, page
from dialplane.control import calls

CALLS = Resource("/v1.0/calls", tag="calls", kind="call", answer=CallAnswer)


@CALLS.verb("list")
async def list_calls(request: AuthenticatedRequest, query: CallList) -> Response:
    async with request.read() as unit:
        records = await calls.list_(unit, request.actor, **query.listing())
    return await page(records, present)


@CALLS.verb("get", summary="Get a call with its attempts")
async def get_call(request: AuthenticatedRequest, id_: ObjectId) -> Response:
    async with request.read() as unit:
        record = await calls.get(unit, request.actor, id_)
    return JsonResponse(present(record), version=record.tm_update)
