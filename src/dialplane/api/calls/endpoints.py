"""`/v1.0/calls`: read-only, as edges report them by events; but one person's can be erased."""

import time
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from starlette.responses import Response

from dialplane.api.calls import timeline
from dialplane.api.calls.schemas import CallAnswer, CallList, CallQuery, Erasure, ErasureAnswer, present, present_listed
from dialplane.api.calls.timeline import TimelineAnswer
from dialplane.api.http.names import names_of
from dialplane.api.http.request import AuthenticatedRequest
from dialplane.api.http.resource import ObjectId, Resource
from dialplane.api.http.responses import JsonResponse, page
from dialplane.control import calls, erasure
from dialplane.control.calls import CallRecord

ERASING_S = 10.0
"""Longest time that a request erases calls for."""

CALLS = Resource("/v1.0/calls", tag="calls", kind="call", answer=CallAnswer)


@CALLS.verb("list")
async def list_calls(request: AuthenticatedRequest, query: CallList) -> Response:
    async with request.read() as unit:
        records = await calls.list_(unit, request.actor, **query.listing())
        names = await names_of(unit, request.actor, query.expand, *_referring(records))
    return await page(records, present_listed, **names)


@CALLS.verb("get", summary="Get a call with its attempts")
async def get_call(request: AuthenticatedRequest, id_: ObjectId, query: CallQuery) -> Response:
    async with request.read() as unit:
        record = await calls.get(unit, request.actor, id_)
        names = await names_of(unit, request.actor, query.expand, *_referring([record]), _places(record))
    return JsonResponse(present(record) | names, version=record.tm_update)


class PlaceIds(NamedTuple):
    """The ids of a place of a decision."""

    provider_id: str


def _places(record: CallRecord) -> Iterable[PlaceIds]:
    return [PlaceIds(place["provider_id"]) for place in record.call.decision]


def _referring(records: Iterable[CallRecord]) -> Iterator[Iterable[Any]]:
    """All that refers to other objects: calls and attempts."""
    for record in records:
        yield (record.call, *record.call.attempts)


@CALLS.endpoint(
    "POST",
    "/erasures",
    summary="Erase one person's calls",
    description="Erased are those that are over. What edges report of them later is not stored.",
    permission="call.erase",
    answer=ErasureAnswer,
)
async def erase_calls(request: AuthenticatedRequest, body: Erasure) -> Response:
    """In the body, not in the path: a proxy's log would keep the number."""
    deadline, erased, found = time.monotonic() + ERASING_S, 0, erasure.AT_ONCE
    while found == erasure.AT_ONCE and time.monotonic() < deadline:
        async with request.change() as unit:
            found = await erasure.erase(unit, request.actor, number=body.number, caller=body.caller)
        erased += found
        if found:
            request.services.news.gap()  # so that what was told of them is told nobody any more
    return JsonResponse({"erased": erased, "complete": found < erasure.AT_ONCE})


@CALLS.endpoint(
    "GET",
    "/{id}/timeline",
    summary="Get a call as sentences, and as SIP messages",
    permission="call.get",
    answer=TimelineAnswer,
)
async def get_call_timeline(request: AuthenticatedRequest, id_: ObjectId) -> Response:
    async with request.read() as unit:
        record = await calls.get(unit, request.actor, id_)
        known = await names_of(unit, request.actor, ["provider"], *_referring([record]), _places(record))
    return JsonResponse(timeline.present(present(record), known["names"]))
