"""`/v1.0/routes`."""

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
from dialplane.api.routes.schemas import RouteAnswer, RouteCreate, RouteList, RouteUpdate, present
from dialplane.control import routes

router = resource("/v1.0/routes", tag="routes")


@router.get(
    "",
    **operation("listRoutes", "List routes", permission="route.list", query=RouteList, answer=page_of(RouteAnswer)),
)
async def list_routes(asks: Asks, asked: Annotated[RouteList, query(RouteList)]) -> Response:
    async with asks.read() as unit:
        found = await routes.list_(unit, asks.actor, **asked.listing())
    return page(found, present, token=tm_create)


@router.post(
    "",
    **operation(
        "createRoute",
        "Create a route",
        permission="route.create",
        versioned=True,
        takes=RouteCreate,
        answer=RouteAnswer,
        repeatable=True,
        refuses=[reasons.CUSTOMER_NOT_FOUND, reasons.PROVIDER_NOT_FOUND],
    ),
)
async def create_route(asks: Asks, given: Annotated[RouteCreate, body(RouteCreate)], attempted: Once) -> Response:
    async with asks.change("route.create") as unit:
        if (earlier := await attempted.before(unit)) is not None:
            return earlier
        made = await routes.create(unit, asks.actor, given.named())
        return await attempted.keep(unit, created(present(made), unit))


@router.get(
    "/{id}",
    **operation(
        "getRoute",
        "Get a route, deleted ones too",
        permission="route.get",
        versioned=True,
        answer=RouteAnswer,
        refuses=[reasons.INVALID_ID, reasons.ROUTE_NOT_FOUND],
    ),
)
async def get_route(asks: Asks, id_: ObjectId) -> Response:
    async with asks.read() as unit:
        found = await routes.get(unit, asks.actor, id_)
    return answer(present(found), version=unit.version_of(id_))


@router.put(
    "/{id}",
    **operation(
        "updateRoute",
        "Change a route",
        permission="route.update",
        versioned=True,
        takes=RouteUpdate,
        answer=RouteAnswer,
        refuses=[reasons.ROUTE_NOT_FOUND, reasons.PROVIDER_NOT_FOUND, reasons.STATE_INVALID, reasons.VERSION_MISMATCH],
    ),
)
async def update_route(
    asks: Asks, id_: ObjectId, given: Annotated[RouteUpdate, body(RouteUpdate)], version: IfMatch
) -> Response:
    async with asks.change("route.update") as unit:
        made = await routes.update(unit, asks.actor, id_, given.named(), if_version=version)
    return changed(present(made), unit)


@router.delete(
    "/{id}",
    **operation(
        "deleteRoute",
        "Delete a route; again answers the same",
        permission="route.delete",
        versioned=True,
        answer=RouteAnswer,
        refuses=[reasons.INVALID_ID, reasons.ROUTE_NOT_FOUND, reasons.STORAGE_FULL, reasons.VERSION_MISMATCH],
    ),
)
async def delete_route(asks: Asks, id_: ObjectId, version: IfMatch) -> Response:
    async with asks.change("route.delete") as unit:
        made = await routes.delete(unit, asks.actor, id_, if_version=version)
    return changed(present(made), unit)
