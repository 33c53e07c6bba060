"""`GET /v1.0/dialroutes`: the routes a call would try, computed by the engine that decides live calls."""

from starlette.responses import Response

from dialplane.api.dialroutes.schemas import (
    CallQuery,
    DialledAnswer,
    DialledQuery,
    DialrouteAnswer,
    DialrouteQuery,
    FirstTargetsAnswer,
    FirstTargetsQuery,
    present,
    present_first,
)
from dialplane.api.http import reasons
from dialplane.api.http.names import names_of
from dialplane.api.http.request import AuthenticatedRequest
from dialplane.api.http.resource import ObjectId, Resource
from dialplane.api.http.responses import JsonResponse
from dialplane.control import dialroutes, first_choices, names, stats
from dialplane.control.dialroutes import Call
from dialplane.control.units import LISTS
from dialplane.system.clock import now_us

DIALROUTES = Resource("/v1.0/dialroutes", tag="dialroutes")
DIALLED = Resource("/v1.0/dialled", tag="dialroutes")
FIRST_TARGETS = Resource("/v1.0/providers/{id}/targets", tag="dialroutes", kind="provider")

_REFUSES = (
    reasons.INVALID_ID,
    reasons.INVALID_ARGUMENT,
    reasons.CUSTOMER_NOT_FOUND,
    reasons.TRUNK_NOT_FOUND,
    reasons.REVISION_NOT_FOUND,
)


@DIALROUTES.endpoint(
    "GET",
    summary="The ordered routes of one call",
    permission="dialroute.list",
    answer=DialrouteAnswer,
    refuses=_REFUSES,
)
async def list_dialroutes(request: AuthenticatedRequest, query: DialrouteQuery) -> Response:
    return await _computed(request, query, query.call())


@DIALLED.endpoint(
    "GET",
    summary="The ordered routes of what a switch dials",
    permission="dialroute.list",
    answer=DialledAnswer,
    refuses=_REFUSES,
)
async def list_dialled_dialroutes(request: AuthenticatedRequest, query: DialledQuery) -> Response:
    return await _computed(request, query, query.call())


async def _computed(request: AuthenticatedRequest, query: CallQuery, call: Call) -> Response:
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
            revision=query.revision,
        )
        names = await names_of(unit, request.actor, query.expand, computed.routes.values())
        is_told = query.explain and computed.sees_carriers
        delays = await stats.usual_delays(unit, request.actor, now=now) if is_told else {}
    return JsonResponse(present(computed, call, explain=query.explain, delays=delays) | names)


@FIRST_TARGETS.endpoint(
    "GET",
    summary="The targets whose calls would try a provider first",
    description="Which of the targets of a provider's routes those are is decided by the engine that decides live "
    "calls, for an example number of each. How long a page may take is bounded, not how many targets there are.",
    permission="provider.targets",
    answer=FirstTargetsAnswer,
    work=LISTS,
    refuses=[reasons.CUSTOMER_NOT_FOUND],
)
async def list_first_targets(request: AuthenticatedRequest, id_: ObjectId, query: FirstTargetsQuery) -> Response:
    async with request.read() as unit:
        found = await first_choices.find(
            unit,
            request.actor,
            id_,
            query.customer_id,
            now=now_us(),
            page_size=query.page_size,
            after=query.page_token or "",
            max_attempts=request.services.limits.max_attempts,
            what_if=query.what_if(),
        )
        then = {choice.then_provider_id for choice in found.choices}
        more = {"names": await names.of(unit, request.actor, {kind: then for kind in query.expand})}
    return JsonResponse(present_first(found) | (more if query.expand else {}))
