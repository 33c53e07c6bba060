"""`/v1.0/revisions`: the history of all changes, and their undo."""

from collections.abc import Iterable, Mapping
from typing import Annotated, Any

from pydantic import Field
from starlette.responses import Response

from dialplane.api.http import reasons
from dialplane.api.http.errors import ApiError
from dialplane.api.http.names import names_in
from dialplane.api.http.query import decimal
from dialplane.api.http.request import AuthenticatedRequest
from dialplane.api.http.resource import Resource
from dialplane.api.http.responses import JsonResponse, page
from dialplane.api.revisions.schemas import (
    ChangesQuery,
    ComparedQuery,
    DifferenceAnswer,
    RevisionAnswer,
    RevisionList,
    present,
    present_difference,
    present_whole,
)
from dialplane.control import revisions, undo
from dialplane.control.actor import Actor
from dialplane.control.revisions import ObjectChange, Revision
from dialplane.control.units import LISTS, Change
from dialplane.domain.errors import NotFound

REVISIONS = Resource("/v1.0/revisions", tag="revisions", kind="revision", answer=RevisionAnswer)

Number = Annotated[int, decimal(0, 2**63 - 1), Field(description="The revision's number.")]


@REVISIONS.verb("list")
async def list_revisions(request: AuthenticatedRequest, query: RevisionList) -> Response:
    async with request.read() as unit:
        found = await revisions.list_(unit, request.actor, **query.listing())
    return await page(found, present, token=lambda revision: revision.instant)


@REVISIONS.verb("get", path="/{number}", summary="Get a revision with what it changed")
async def get_revision(request: AuthenticatedRequest, number: Number, query: ChangesQuery) -> Response:
    after = -1 if query.after is None else query.after
    async with request.read() as unit:
        revision = await revisions.get(unit, request.actor, number, page_size=query.page_size, after_seq=after)
        names = await names_in(unit, request.actor, query.expand, _records(revision.changes))
    return JsonResponse(await present_whole(revision, after=after) | names, version=revision.number)


@REVISIONS.endpoint(
    "GET",
    "/{number}/difference",
    summary="Compare two revisions, object by object and field by field",
    permission="revision.get",
    answer=DifferenceAnswer,
    work=LISTS,
)
async def compare_revisions(request: AuthenticatedRequest, number: Number, query: ComparedQuery) -> Response:
    async with request.read() as unit:
        difference = await revisions.compare(unit, request.actor, number, query.to)
        names = await names_in(unit, request.actor, query.expand, _records(difference.changes))
    return JsonResponse(await present_difference(difference) | names)


def _records(changes: Iterable[ObjectChange]) -> list[Mapping[str, Any]]:
    """The objects before and after."""
    return [record for change in changes for record in (change.before, change.after) if record]


@REVISIONS.endpoint(
    "POST",
    "/{number}/undo",
    summary="Reverse a revision by a new one",
    permission="revision.undo",
    answer=RevisionAnswer,
    is_repeatable=True,
    refuses=[
        reasons.CHANGED_SINCE,
        reasons.PROVIDER_IN_USE,
        reasons.PROTECTED_OBJECT,
        reasons.ALREADY_EXISTS,
        reasons.STATE_INVALID,
    ],
)
async def undo_revision(request: AuthenticatedRequest, number: Number) -> Response:
    async with request.change() as unit:
        await undo.undo(unit, request.actor, number)
        await unit.flush()
        revision = await _revision_of(unit, request.actor)
        return await request.keep(unit, JsonResponse(await present_whole(revision), revision=unit.revision))


async def _revision_of(unit: Change, actor: Actor) -> Revision:
    try:
        return await revisions.get(unit, actor, unit.revision)
    except NotFound:
        raise ApiError(reasons.STATE_INVALID, "Undoing this revision would change nothing.") from None
