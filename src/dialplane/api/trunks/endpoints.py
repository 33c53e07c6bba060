"""`/v1.0/trunks`."""

from typing import Annotated

from starlette.responses import Response

from dialplane.api.http import reasons
from dialplane.api.http.answers import IfMatch, answer, changed, created, page, tm_create
from dialplane.api.http.asking import Asks
from dialplane.api.http.checks import body, query
from dialplane.api.http.once import Once
from dialplane.api.http.operation import ObjectId, operation
from dialplane.api.http.routing import resource
from dialplane.api.http.schemas import page_of
from dialplane.api.trunks.schemas import TrunkAnswer, TrunkCreate, TrunkList, TrunkUpdate, present
from dialplane.control import trunks

router = resource("/v1.0/trunks", tag="trunks")


@router.get(
    "",
    **operation("listTrunks", "List trunks", permission="trunk.list", query=TrunkList, answer=page_of(TrunkAnswer)),
)
async def list_trunks(asks: Asks, asked: Annotated[TrunkList, query(TrunkList)]) -> Response:
    async with asks.read() as unit:
        found = await trunks.list_(unit, asks.actor, **asked.listing())
    return page(found, present, token=tm_create)


@router.post(
    "",
    **operation(
        "createTrunk",
        "Create a trunk",
        permission="trunk.create",
        versioned=True,
        takes=TrunkCreate,
        answer=TrunkAnswer,
        repeatable=True,
        refuses=[reasons.CUSTOMER_NOT_FOUND, reasons.ALREADY_EXISTS, reasons.TRUNK_ADDRESS_TAKEN],
    ),
)
async def create_trunk(asks: Asks, given: Annotated[TrunkCreate, body(TrunkCreate)], attempted: Once) -> Response:
    async with asks.change("trunk.create") as unit:
        if (earlier := await attempted.before(unit)) is not None:
            return earlier
        made = await trunks.create(unit, asks.actor, given.named())
        return await attempted.keep(unit, created(present(made), unit))


@router.get(
    "/{id}",
    **operation(
        "getTrunk",
        "Get a trunk, deleted ones too",
        permission="trunk.get",
        versioned=True,
        answer=TrunkAnswer,
        refuses=[reasons.INVALID_ID, reasons.TRUNK_NOT_FOUND],
    ),
)
async def get_trunk(asks: Asks, id_: ObjectId) -> Response:
    async with asks.read() as unit:
        found = await trunks.get(unit, asks.actor, id_)
    return answer(present(found), version=unit.version_of(id_))


@router.put(
    "/{id}",
    **operation(
        "updateTrunk",
        "Change a trunk",
        permission="trunk.update",
        versioned=True,
        takes=TrunkUpdate,
        answer=TrunkAnswer,
        refuses=[
            reasons.TRUNK_NOT_FOUND,
            reasons.STATE_INVALID,
            reasons.ALREADY_EXISTS,
            reasons.TRUNK_ADDRESS_TAKEN,
            reasons.VERSION_MISMATCH,
        ],
    ),
)
async def update_trunk(
    asks: Asks, id_: ObjectId, given: Annotated[TrunkUpdate, body(TrunkUpdate)], version: IfMatch
) -> Response:
    async with asks.change("trunk.update") as unit:
        made = await trunks.update(unit, asks.actor, id_, given.named(), if_version=version)
    return changed(present(made), unit)


@router.delete(
    "/{id}",
    **operation(
        "deleteTrunk",
        "Delete a trunk; again answers the same",
        permission="trunk.delete",
        versioned=True,
        answer=TrunkAnswer,
        refuses=[reasons.INVALID_ID, reasons.TRUNK_NOT_FOUND, reasons.STORAGE_FULL, reasons.VERSION_MISMATCH],
    ),
)
async def delete_trunk(asks: Asks, id_: ObjectId, version: IfMatch) -> Response:
    async with asks.change("trunk.delete") as unit:
        made = await trunks.delete(unit, asks.actor, id_, if_version=version)
    return changed(present(made), unit)
