"""`/v1.0/revisions`: every change that was ever made."""

from typing import Annotated

from fastapi import Path
from starlette.responses import Response

from dialplane.api.http import reasons
from dialplane.api.http.answers import answer, page
from dialplane.api.http.asking import Asking, Asks
from dialplane.api.http.checks import query
from dialplane.api.http.errors import ApiError
from dialplane.api.http.once import Once
from dialplane.api.http.operation import operation
from dialplane.api.http.query import decimal
from dialplane.api.http.routing import resource
from dialplane.api.http.schemas import page_of
from dialplane.api.revisions.schemas import Part, RevisionAnswer, RevisionList, present, present_whole
from dialplane.control import revisions, undo
from dialplane.control.revisions import Revision
from dialplane.control.units import Change
from dialplane.domain.errors import NotFound

router = resource("/v1.0/revisions", tag="revisions")

Number = Annotated[int, Path(description="The revision's number."), decimal(0, 2**63 - 1)]


@router.get(
    "",
    **operation(
        "listRevisions",
        "List revisions",
        permission="revision.list",
        query=RevisionList,
        answer=page_of(RevisionAnswer),
    ),
)
async def list_revisions(asks: Asks, asked: Annotated[RevisionList, query(RevisionList)]) -> Response:
    async with asks.read() as unit:
        found = await revisions.list_(unit, asks.actor, **asked.listing())
    return page(found, present, token=lambda revision: revision.instant)


@router.get(
    "/{number}",
    **operation(
        "getRevision",
        "Get a revision with what it changed",
        permission="revision.get",
        versioned=True,
        query=Part,
        answer=RevisionAnswer,
        refuses=[reasons.REVISION_NOT_FOUND],
    ),
)
async def get_revision(asks: Asks, number: Number, asked: Annotated[Part, query(Part)]) -> Response:
    after = -1 if asked.after is None else asked.after
    async with asks.read() as unit:
        found = await revisions.get(unit, asks.actor, number, page_size=asked.page_size, after_seq=after)
    return answer(present_whole(found, after=after), version=found.number)


@router.post(
    "/{number}/undo",
    **operation(
        "undoRevision",
        "Reverse a revision by a new one",
        permission="revision.undo",
        answer=RevisionAnswer,
        repeatable=True,
        refuses=[
            reasons.REVISION_NOT_FOUND,
            reasons.CHANGED_SINCE,
            reasons.PROVIDER_IN_USE,
            reasons.PROTECTED_OBJECT,
            reasons.ALREADY_EXISTS,
            reasons.STATE_INVALID,
            reasons.STORAGE_FULL,
        ],
    ),
)
async def undo_revision(asks: Asks, number: Number, attempted: Once) -> Response:
    async with asks.change("revision.undo") as unit:
        if (earlier := await attempted.before(unit)) is not None:
            return earlier
        await undo.undo(unit, asks.actor, number)
        await unit.flush()
        made = await _made(unit, asks)
        return await attempted.keep(unit, answer(present_whole(made), revision=unit.revision))


async def _made(unit: Change, asks: Asking) -> Revision:
    try:
        return await revisions.get(unit, asks.actor, unit.revision)
    except NotFound:
        raise ApiError(reasons.STATE_INVALID, "Undoing this revision would change nothing.") from None
