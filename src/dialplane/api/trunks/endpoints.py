"""`/v1.0/trunks`."""

from starlette.responses import Response

from dialplane.api.http import reasons
from dialplane.api.http.names import names_of
from dialplane.api.http.request import AuthenticatedRequest
from dialplane.api.http.resource import ObjectId, Resource
from dialplane.api.http.responses import JsonResponse, created, page, updated
from dialplane.api.trunks import snippets
from dialplane.api.trunks.schemas import TrunkAnswer, TrunkCreate, TrunkList, TrunkUpdate, present
from dialplane.api.trunks.snippets import SnippetsAnswer
from dialplane.control import trunks
from dialplane.domain.kinds import TRUNK

TRUNKS = Resource.of(TRUNK, TrunkAnswer)


@TRUNKS.verb("list")
async def list_trunks(request: AuthenticatedRequest, query: TrunkList) -> Response:
    async with request.read() as unit:
        found = await trunks.list_(unit, request.actor, **query.listing())
        names = await names_of(unit, request.actor, query.expand, found)
    return await page(found, present, **names)


@TRUNKS.verb("create", refuses=[reasons.CUSTOMER_NOT_FOUND, reasons.ALREADY_EXISTS, reasons.TRUNK_ADDRESS_TAKEN])
async def create_trunk(request: AuthenticatedRequest, body: TrunkCreate) -> Response:
    async with request.change() as unit:
        trunk = await trunks.create(unit, request.actor, body.named_fields())
        return await request.keep(unit, created(present(trunk), unit))


@TRUNKS.verb("get")
async def get_trunk(request: AuthenticatedRequest, id_: ObjectId) -> Response:
    async with request.read() as unit:
        trunk = await trunks.get(unit, request.actor, id_)
    return JsonResponse(present(trunk), version=unit.version_of(id_))


@TRUNKS.verb("update", refuses=[reasons.ALREADY_EXISTS, reasons.TRUNK_ADDRESS_TAKEN])
async def update_trunk(
    request: AuthenticatedRequest, id_: ObjectId, body: TrunkUpdate, if_version: int | None
) -> Response:
    async with request.change() as unit:
        if body.repeats:
            body.require_as_stored(present(await trunks.get(unit, request.actor, id_)))
        trunk = await trunks.update(unit, request.actor, id_, body.named_fields(), if_version=if_version)
    return updated(present(trunk), unit)


@TRUNKS.verb("delete")
async def delete_trunk(request: AuthenticatedRequest, id_: ObjectId, if_version: int | None) -> Response:
    async with request.change() as unit:
        trunk = await trunks.delete(unit, request.actor, id_, if_version=if_version)
    return updated(present(trunk), unit)


@TRUNKS.endpoint(
    "GET",
    "/{id}/snippets",
    summary="Get what to write into a switch so that its calls come in by a trunk",
    permission="trunk.get",
    answer=SnippetsAnswer,
)
async def get_trunk_snippets(request: AuthenticatedRequest, id_: ObjectId) -> Response:
    async with request.read() as unit:
        trunk = await trunks.get(unit, request.actor, id_)
    return JsonResponse(snippets.present(trunk, edge=request.services.sip))
