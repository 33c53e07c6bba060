"""`GET /v1.0/dialroutes`: what a call would try, computed by the engine that decides live calls."""

from starlette.requests import Request
from starlette.responses import Response

from dialplane.api.dialroutes.schemas import DialrouteAnswer, DialrouteQuery, present
from dialplane.api.http import reasons
from dialplane.api.http.answers import answer
from dialplane.api.http.asking import asking
from dialplane.api.http.checks import QueryOf
from dialplane.api.http.operation import operation
from dialplane.api.http.routing import DirectRoute, resource
from dialplane.api.process.services import instant_now
from dialplane.control import dialroutes, permissions

router = resource("/v1.0/dialroutes", tag="dialroutes", route_class=DirectRoute)

_checked = QueryOf(DialrouteQuery)


@router.get(
    "",
    **operation(
        "listDialroutes",
        "The ordered routes of one call",
        permission="dialroute.list",
        query=DialrouteQuery,
        answer=DialrouteAnswer,
        refuses=[reasons.INVALID_ID, reasons.CUSTOMER_NOT_FOUND],
    ),
)
async def list_dialroutes(request: Request) -> Response:
    asks = await asking(request)
    permissions.require(asks.actor, "dialroute.list")
    asked = await _checked(request)
    async with asks.read() as unit:
        computed = await dialroutes.compute(
            unit,
            asks.actor,
            customer_id=asked.customer_id,
            number=asked.target,
            call_id=asked.call_id or "",
            now=instant_now(),
            max_attempts=asks.services.limits.max_attempts,
            sees_caps=asked.explain,
        )
    return answer(present(computed, number=asked.target, explain=asked.explain))
