"""`POST /v1.0/changes`."""

import asyncio

from starlette.responses import Response

from dialplane.api.changes.schemas import ChangesAnswer, ChangesBody, DryRun, items_of, present, present_dry_run
from dialplane.api.http import reasons
from dialplane.api.http.request import AuthenticatedRequest
from dialplane.api.http.resource import Resource
from dialplane.api.http.responses import JsonResponse
from dialplane.control import bulk, revisions
from dialplane.control.bulk import Batch

CHANGES = Resource("/v1.0/changes", tag="revisions", kind="changes")


@CHANGES.endpoint(
    "POST",
    summary="Carry out many changes, all or none, as one revision",
    permission="changes.apply",
    answer=ChangesAnswer,
    is_repeatable=True,
    refuses=[
        *reasons.NOT_FOUND_OF_KIND.values(),
        reasons.STATE_INVALID,
        reasons.PROVIDER_IN_USE,
        reasons.PROTECTED_OBJECT,
        reasons.ALREADY_EXISTS,
        reasons.VERSION_MISMATCH,
    ],
)
async def apply_changes(request: AuthenticatedRequest, query: DryRun, body: ChangesBody) -> Response:
    batch = await asyncio.to_thread(_prepare, body, request)
    async with request.change(inserts=batch.inserts) as unit:
        ids = await bulk.apply(unit, request.actor, batch)
        if not query.dry_run:
            response = JsonResponse(present(ids, revision=unit.revision), revision=unit.revision)
            return await request.keep(unit, response)
        await unit.flush()
        revision = await revisions.get(unit, request.actor, unit.revision)
        unit.discard()
    return JsonResponse(await present_dry_run(ids, revision))


def _prepare(body: ChangesBody, request: AuthenticatedRequest) -> Batch:
    """All checks that need no database, before the writer's lock is taken. Raises ApiError, ChangeRefused."""
    return bulk.prepare(items_of(body, request.services.destinations), customer_id=request.actor.customer_id)
