"""`/v1.0/accesskeys`."""

from typing import Annotated

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
from dialplane.api.http.answers import IfMatch, answer, changed, created, page, tm_create
from dialplane.api.http.asking import Asks
from dialplane.api.http.checks import body, query
from dialplane.api.http.once import Once
from dialplane.api.http.operation import ObjectId, operation
from dialplane.api.http.routing import resource
from dialplane.api.http.schemas import page_of
from dialplane.control import accesskeys

router = resource("/v1.0/accesskeys", tag="accesskeys")


@router.get(
    "",
    **operation(
        "listAccessKeys",
        "List access keys",
        permission="accesskey.list",
        query=AccessKeyList,
        answer=page_of(AccessKeyAnswer),
    ),
)
async def list_accesskeys(asks: Asks, asked: Annotated[AccessKeyList, query(AccessKeyList)]) -> Response:
    async with asks.read() as unit:
        found = await accesskeys.list_(unit, asks.actor, **asked.listing())
    return page(found, present, token=tm_create)


@router.post(
    "",
    **operation(
        "createAccessKey",
        "Create an access key",
        permission="accesskey.create",
        versioned=True,
        takes=AccessKeyCreate,
        answer=AccessKeyAnswer,
        repeatable=True,
        refuses=[reasons.CUSTOMER_NOT_FOUND],
    ),
)
async def create_accesskey(
    asks: Asks, given: Annotated[AccessKeyCreate, body(AccessKeyCreate)], attempted: Once
) -> Response:
    async with asks.change("accesskey.create") as unit:
        if (earlier := await attempted.before(unit)) is not None:
            return earlier
        made, token = await accesskeys.create(unit, asks.actor, {"expire": DEFAULT_EXPIRE_S, **given.named()})
        return await attempted.keep(unit, created(present(made, token=token), unit))


@router.get(
    "/{id}",
    **operation(
        "getAccessKey",
        "Get an access key, deleted ones too",
        permission="accesskey.get",
        versioned=True,
        answer=AccessKeyAnswer,
        refuses=[reasons.INVALID_ID, reasons.ACCESSKEY_NOT_FOUND],
    ),
)
async def get_accesskey(asks: Asks, id_: ObjectId) -> Response:
    async with asks.read() as unit:
        found = await accesskeys.get(unit, asks.actor, id_)
    return answer(present(found), version=unit.version_of(id_))


@router.put(
    "/{id}",
    **operation(
        "updateAccessKey",
        "Change an access key",
        permission="accesskey.update",
        versioned=True,
        takes=AccessKeyUpdate,
        answer=AccessKeyAnswer,
        refuses=[reasons.ACCESSKEY_NOT_FOUND, reasons.STATE_INVALID, reasons.VERSION_MISMATCH],
    ),
)
async def update_accesskey(
    asks: Asks, id_: ObjectId, given: Annotated[AccessKeyUpdate, body(AccessKeyUpdate)], version: IfMatch
) -> Response:
    async with asks.change("accesskey.update") as unit:
        made = await accesskeys.update(unit, asks.actor, id_, given.named(), if_version=version)
    return changed(present(made), unit)


@router.delete(
    "/{id}",
    **operation(
        "deleteAccessKey",
        "Delete an access key; again answers the same",
        permission="accesskey.delete",
        versioned=True,
        answer=AccessKeyAnswer,
        refuses=[reasons.INVALID_ID, reasons.ACCESSKEY_NOT_FOUND, reasons.STORAGE_FULL, reasons.VERSION_MISMATCH],
    ),
)
async def delete_accesskey(asks: Asks, id_: ObjectId, version: IfMatch) -> Response:
    async with asks.change("accesskey.delete") as unit:
        made = await accesskeys.delete(unit, asks.actor, id_, if_version=version)
    return changed(present(made), unit)
