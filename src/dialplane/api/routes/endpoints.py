"""`/v1.0/routes`."""

from functools import partial

from starlette.responses import Response

from dialplane.api.http import reasons
from dialplane.api.http.names import names_of
from dialplane.api.http.plain import Plain
from dialplane.api.http.request import AuthenticatedRequest
from dialplane.api.http.resource import ObjectId, Resource
from dialplane.api.http.responses import page, updated
from dialplane.api.routes.paging import after, filters_of, order_of, token
from dialplane.api.routes.schemas import (
    EARLIER,
    EXPANDED,
    STATE,
    RouteAnswer,
    RouteCreate,
    RouteList,
    RouteMove,
    RouteUpdate,
    present,
    present_at,
)
from dialplane.control import routes
from dialplane.domain.kinds import ROUTE
from dialplane.system.clock import now_us

ROUTES = Resource.of(ROUTE, RouteAnswer)


@ROUTES.verb("list")
async def list_routes(request: AuthenticatedRequest, query: RouteList) -> Response:
    now = now_us()
    order = order_of(query)
    async with request.read() as unit:
        filters = await filters_of(unit, request.actor, query, now=now)
        found = await routes.find(unit, request.actor, filters, order, page_size=query.page_size, after=after(query))
        kinds = [word for word in query.expand if word in EXPANDED]
        more = await names_of(unit, request.actor, kinds, found.routes)
        if query.count:
            count = await routes.count(unit, request.actor, filters)
            more["count"] = {"about": count.routes, "exact": count.is_exact}
    shown = partial(present_at, now=now) if STATE in query.expand else present
    return await page(found.routes, shown, next_page_token=token(found.next, order), **more)


_PLAIN = Plain(ROUTES, routes.USE_CASES, present)
_PLAIN.create(RouteCreate, refuses=[reasons.CUSTOMER_NOT_FOUND, reasons.PROVIDER_NOT_FOUND])
_PLAIN.get()
_PLAIN.update(RouteUpdate, refuses=[reasons.PROVIDER_NOT_FOUND])


@ROUTES.endpoint(
    "POST",
    "/{id}/move",
    summary="Try a route earlier or later among those to its target",
    permission="route.update",
    answer=RouteAnswer,
    is_versioned=True,
    is_repeatable=True,
    refuses=[reasons.STATE_INVALID],
)
async def move_route(request: AuthenticatedRequest, id_: ObjectId, body: RouteMove) -> Response:
    async with request.change() as unit:
        route = await routes.move(unit, request.actor, id_, is_earlier=body.to == EARLIER, past=body.past)
        return await request.keep(unit, updated(present(route), unit))


_PLAIN.delete()
