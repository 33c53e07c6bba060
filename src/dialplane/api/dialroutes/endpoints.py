"""`GET /v1.0/dialroutes`: the routes a call would try, computed by the engine that decides live calls."""

from starlette.responses import Response

from dialplane.api.dialroutes.schemas import DialrouteAnswer, DialrouteQuery, present
from dialplane.api.http import reasons
from dialplane.api.http.request import AuthenticatedRequest
from dialplane.api.http.resource import Resource
from dialplane.api.http.responses import JsonResponse
from dialplane.control import dialroutes
from dialplane.system.clock import now_us

DIALROUTES = Resource("/v1.0/dialroutes", tag="dialroutes")


@DIALROUTES.endpoint(
    "GET",
    summary="The ordered routes of one call",
    permission="dialroute.list",
    answer=DialrouteAnswer,
    refuses=[reasons.INVALID_ID, reasons.CUSTOMER_NOT_FOUND, reasons.TRUNK_NOT_FOUND],
)
async def list_dialroutes(request: AuthenticatedRequest, query: DialrouteQuery) -> Response:
    async with request.read() as unit:
        computed = await dialroutes.compute(
            unit,
            request.actor,
            customer_id=query.customer_id,
            number=query.target,
            call_id=query.call_id or "",
            now=now_us(),
            max_attempts=request.services.limits.max_attempts,
            sees_caps=query.explain,
            caller=query.caller or "",
            trunk_id=query.trunk_id or "",
            routing_number=query.rn or "",
        )
    return JsonResponse(present(computed, number=query.target, explain=query.explain))
