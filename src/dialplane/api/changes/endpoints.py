"""`POST /v1.0/changes`."""

import asyncio
from typing import Annotated

from starlette.responses import Response

from dialplane.api.changes.schemas import ChangesAnswer, ChangesBody, DryRun, items_of, present, present_dry
from dialplane.api.http import reasons
from dialplane.api.http.answers import answer
from dialplane.api.http.asking import Asks
from dialplane.api.http.checks import body, query
from dialplane.api.http.once import Once
from dialplane.api.http.operation import operation
from dialplane.api.http.routing import resource
from dialplane.control import bulk, revisions
from dialplane.control.bulk import Batch
from dialplane.engine.destinations import Destinations

router = resource("/v1.0/changes", tag="revisions")


@router.post(
    "",
    **operation(
        "applyChanges",
        "Carry out many changes, all or none, as one revision",
        permission="changes.apply",
        takes=ChangesBody,
        query=DryRun,
        answer=ChangesAnswer,
        repeatable=True,
        refuses=[
            *reasons.NOT_FOUND_OF_KIND.values(),
            reasons.STATE_INVALID,
            reasons.PROVIDER_IN_USE,
            reasons.PROTECTED_OBJECT,
            reasons.ALREADY_EXISTS,
            reasons.VERSION_MISMATCH,
        ],
    ),
)
async def apply_changes(
    asks: Asks,
    given: Annotated[ChangesBody, body(ChangesBody)],
    asked: Annotated[DryRun, query(DryRun)],
    attempted: Once,
) -> Response:
    batch = await asyncio.to_thread(_prepared, given, asks.services.destinations)
    await attempted.get_ready()
    async with asks.change("changes.apply", drafts=batch.drafts) as unit:
        if (earlier := await attempted.before(unit)) is not None:
            return earlier
        ids = await bulk.apply(unit, asks.actor, batch)
        if not asked.dry_run:
            return await attempted.keep(unit, answer(present(ids, revision=unit.revision), revision=unit.revision))
        await unit.flush()
        found = await revisions.get(unit, asks.actor, unit.revision)
        unit.discard()
    return answer(present_dry(ids, found))


def _prepared(given: ChangesBody, destinations: Destinations) -> Batch:
    """All that can be done before the writer's lock is taken. Raises ApiError, ChangeRefused."""
    return bulk.prepare(items_of(given, destinations))
