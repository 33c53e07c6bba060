"""`GET /v1.0/dialroutes`: the routes a call would try, computed by the engine that decides live calls."""

from starlette.responses import Response

from dialplane.api.dialroutes.schemas import (
    DialledAnswer,
    DialledQuery,
    DialrouteAnswer,
    DialrouteQuery,
    WhatIfQuery,
    present,
)
from dialplane.api.http import reasons
from dialplane.api.http.names import names_of
from dialplane.api.http.request import AuthenticatedRequest
from dialplane.api.http.resource import Resource
from dialplane.api.http.responses import JsonResponse
from dialplane.control import dialroutes, stats
from dialplane.control.dialroutes import Call
from dialplane.system.clock import now_us

DIALROUTES = Resource("/v1.0/dialroutes", tag="dialroutes")
DIALLED = Resource("/v1.0/dialled", tag="dialroutes")


@DIALROUTES.endpoint(
    "GET",
    summary="The ordered routes of one call",
    permission="dialroute.list",
    answer=DialrouteAnswer,
    refuses=[reasons.INVALID_ID, reasons.CUSTOMER_NOT_FOUND, reasons.TRUNK_NOT_FOUND],
)
async def list_dialroutes(request: AuthenticatedRequest, query: DialrouteQuery) -> Response:
    return await _computed(request, query, query.call())


@DIALLED.endpoint(
    "GET",
    summary="The ordered routes of what a switch dials",
    permission="dialroute.list",
    answer=DialledAnswer,
    refuses=[reasons.INVALID_ID, reasons.CUSTOMER_NOT_FOUND, reasons.TRUNK_NOT_FOUND],
)
async def list_dialled_dialroutes(request: AuthenticatedRequest, query: DialledQuery) -> Response:
    return await _computed(request, query, query.call())


async def _computed(request: AuthenticatedRequest, query: WhatIfQuery, call: Call) -> Response:
    now = now_us()
    async with request.read() as unit:
        computed = await dialroutes.compute(
            unit,
            request.actor,
            call,
            now=now,
            max_attempts=request.services.limits.max_attempts,
            sees_caps=query.explain,
            what_if=query.what_if(),
        )
        names = await names_of(unit, request.actor, query.expand, computed.routes.values())
        is_told = query.explain and computed.sees_carriers
        delays = await stats.usual_delays(unit, request.actor, now=now) if is_told else {}
    return JsonResponse(present(computed, call, explain=query.explain, delays=delays) | names)
