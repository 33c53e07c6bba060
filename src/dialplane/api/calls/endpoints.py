"""`/v1.0/calls`: read-only; the edges report them."""

from typing import Annotated

from starlette.responses import Response

from dialplane.api.calls.schemas import CallAnswer, CallList, present
from dialplane.api.http import reasons
from dialplane.api.http.answers import answer, page, tm_create
from dialplane.api.http.asking import Asks
from dialplane.api.http.checks import query
from dialplane.api.http.operation import ObjectId, operation
from dialplane.api.http.routing import resource
from dialplane.api.http.schemas import page_of
from dialplane.control import calls

router = resource("/v1.0/calls", tag="calls")


@router.get(
    "",
    **operation("listCalls", "List calls", permission="call.list", query=CallList, answer=page_of(CallAnswer)),
)
async def list_calls(asks: Asks, asked: Annotated[CallList, query(CallList)]) -> Response:
    async with asks.read() as unit:
        found = await calls.list_(unit, asks.actor, **asked.listing())
    return page(found, present, token=tm_create)


@router.get(
    "/{id}",
    **operation(
        "getCall",
        "Get a call with its attempts",
        permission="call.get",
        versioned=True,
        answer=CallAnswer,
        refuses=[reasons.INVALID_ID, reasons.CALL_NOT_FOUND],
    ),
)
async def get_call(asks: Asks, id_: ObjectId) -> Response:
    async with asks.read() as unit:
        found = await calls.get(unit, asks.actor, id_)
    return answer(present(found), version=found.tm_update)
