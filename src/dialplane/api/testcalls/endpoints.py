"""`/v1.0/testcalls`: a short real call by a trunk, through the edge of this machine."""

import asyncio

from starlette.responses import Response

from dialplane.api.http import reasons
from dialplane.api.http.request import AuthenticatedRequest
from dialplane.api.http.resource import Resource
from dialplane.api.http.responses import JsonResponse
from dialplane.api.http.services import no_free_slot
from dialplane.api.testcalls import placing
from dialplane.api.testcalls.schemas import (
    PlacedCall,
    PlannedCall,
    TestCallBody,
    TestCallQuery,
    present_placed,
    present_plan,
)
from dialplane.control import testcalls
from dialplane.control.testcalls import CallPlan
from dialplane.system.address import is_of_this_machine, source_address
from dialplane.system.slots import NoFreeSlot

TESTCALLS = Resource("/v1.0/testcalls", tag="calls", kind="testcall")

_REFUSES = (reasons.TRUNK_NOT_FOUND,)

ENDS_AT_ONCE_S = 3.0
"""A call that ends sooner was refused, or could not be placed: the answer waits for that."""


@TESTCALLS.endpoint(
    "GET",
    summary="What a test call would be",
    permission="testcall.place",
    answer=PlannedCall,
    refuses=_REFUSES,
)
async def plan_test_call(request: AuthenticatedRequest, query: TestCallQuery) -> Response:
    return JsonResponse(present_plan(await _plan(request, query.trunk_id, query.number)))


@TESTCALLS.endpoint(
    "POST",
    summary="Place a test call",
    permission="testcall.place",
    answer=PlacedCall,
    refuses=_REFUSES,
)
async def place_test_call(request: AuthenticatedRequest, body: TestCallBody) -> Response:
    call = await _plan(request, body.trunk_id, body.number, caller=body.caller or "")
    if call.way is None:
        return JsonResponse(present_placed(call, None))
    try:
        task = await placing.begin(request.services, call, call.way, caller=request.actor.id)
    except NoFreeSlot as error:
        raise no_free_slot(error) from None
    await asyncio.wait({task}, timeout=ENDS_AT_ONCE_S)
    return JsonResponse(present_placed(call, task.result() if task.done() else None))


async def _plan(request: AuthenticatedRequest, trunk_id: str, number: str, *, caller: str = "") -> CallPlan:
    edge = request.services.own_edge
    has_edge = await asyncio.to_thread(edge.is_running)
    async with request.read() as unit:
        return await testcalls.plan(
            unit,
            request.actor,
            trunk_id=trunk_id,
            number=number,
            caller=caller,
            has_edge=has_edge,
            own=[source_address(edge.sip.host)] if has_edge else [],
            is_own=is_of_this_machine,
        )
