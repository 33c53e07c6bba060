"""`/v1.0/accesskeys`."""

from starlette.responses import Response

from dialplane.api.accesskeys.schemas import (
    DEFAULT_EXPIRE_S,
    AccessKeyAnswer,
    AccessKeyCreate,
    AccessKeyList,
    AccessKeyUpdate,
    present,
)
from dialplane.api.http import reasons
from dialplane.api.http.names import names_of
from dialplane.api.http.request import AuthenticatedRequest
from dialplane.api.http.resource import ObjectId, Resource
from dialplane.api.http.responses import JsonResponse, created, page, updated
from dialplane.control import accesskeys
from dialplane.domain.kinds import ACCESSKEY

ACCESSKEYS = Resource.of(ACCESSKEY, AccessKeyAnswer)


@ACCESSKEYS.verb("list")
async def list_access_keys(request: AuthenticatedRequest, query: AccessKeyList) -> Response:
    async with request.read() as unit:
        keys = await accesskeys.list_(unit, request.actor, **query.listing())
        names = await names_of(unit, request.actor, query.expand, keys)
    return await page(keys, present, **names)


@ACCESSKEYS.verb("create", refuses=[reasons.CUSTOMER_NOT_FOUND])
async def create_access_key(request: AuthenticatedRequest, body: AccessKeyCreate) -> Response:
    async with request.change() as unit:
        key, token = await accesskeys.create(unit, request.actor, {"expire": DEFAULT_EXPIRE_S, **body.named_fields()})
        return await request.keep(unit, created(present(key, token=token), unit))


@ACCESSKEYS.verb("get")
async def get_access_key(request: AuthenticatedRequest, id_: ObjectId) -> Response:
    async with request.read() as unit:
        key = await accesskeys.get(unit, request.actor, id_)
    return JsonResponse(present(key), version=unit.version_of(id_))


@ACCESSKEYS.verb("update")
async def update_access_key(
    request: AuthenticatedRequest, id_: ObjectId, body: AccessKeyUpdate, if_version: int | None
) -> Response:
    async with request.change() as unit:
        if body.repeats:
            body.require_as_stored(present(await accesskeys.get(unit, request.actor, id_)))
        key = await accesskeys.update(unit, request.actor, id_, body.named_fields(), if_version=if_version)
    return updated(present(key), unit)


@ACCESSKEYS.verb("delete")
async def delete_access_key(request: AuthenticatedRequest, id_: ObjectId, if_version: int | None) -> Response:
    async with request.change() as unit:
        key = await accesskeys.delete(unit, request.actor, id_, if_version=if_version)
    return updated(present(key), unit)
