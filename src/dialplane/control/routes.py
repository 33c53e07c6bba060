"""Routes: calls of this customer to this target may go to this provider. Priority: lower is tried first."""

from dataclasses import replace

from dialplane.control import permissions
from dialplane.control.actor import Actor
from dialplane.control.lifecycle import UseCases
from dialplane.control.permissions import Scope
from dialplane.control.units import Change, Unit
from dialplane.domain.errors import InvalidValue, ObjectDeleted
from dialplane.domain.instants import NEVER
from dialplane.domain.kinds import ROUTE
from dialplane.domain.route import STATES, Route, moved, require_period
from dialplane.store.objects import ROUTES
from dialplane.store.queries import routes as queries
from dialplane.store.queries.routes import SORTS, After, Count, Filters, Found, Order
from dialplane.system.turns import Turn

MOST_OF_A_TARGET = 1_000
"""Routes of a customer to a target among which one is moved."""

__all__ = ["SORTS", "STATES", "After", "Count", "Filters", "Found", "Order"]


class Routes(UseCases[Route]):
    """A new period of validity is not empty. Creates in bulk go by `bulk.NewRoutes`, which keeps the same rule."""

    async def check(self, unit: Change, actor: Actor, before: Route | None, after: Route) -> None:
        """Raises InvalidValue if a period that ends before it begins would be set."""
        if before is None or (before.valid_from, before.valid_until) != (after.valid_from, after.valid_until):
            require_period(after)


async def find(
    unit: Unit, actor: Actor, filters: Filters, order: Order, *, page_size: int, after: After | None = None
) -> Found:
    """Live routes of the actor's scope, in this order. Raises Unavailable."""
    own = _in_scope(actor, filters)
    return Found((), None) if own is None else await queries.page(unit, own, order, page_size=page_size, after=after)


async def count(unit: Unit, actor: Actor, filters: Filters) -> Count:
    """How many there are of them. Raises Unavailable."""
    own = _in_scope(actor, filters)
    return Count(0, True) if own is None else await queries.count(unit, own)


async def move(unit: Change, actor: Actor, id_: str, *, is_earlier: bool, past: str | None = None) -> Route:
    """The route, tried one place earlier or later than it was among those of its customer to its target.

    `past`: the id of one of those, which it is tried before then, or after.

    Raises NotFound, ObjectDeleted, InvalidValue (too many of them, a priority beyond the greatest, `past` is none of
    them), Unavailable.
    """
    route = await USE_CASES.obtain(unit, actor, "route.update", id_)
    if route.tm_delete != NEVER:
        raise ObjectDeleted(ROUTE.name)
    own = Filters(customer_id=route.customer_id, target=route.target)
    found = await queries.page(unit, own, Order("priority", descending=False), page_size=MOST_OF_A_TARGET + 1)
    if len(found.routes) > MOST_OF_A_TARGET:
        raise InvalidValue("id", "too_many", f"must be one of at most {MOST_OF_A_TARGET} routes to its target")
    if past is not None and all(other.id != past for other in found.routes):
        raise InvalidValue("past", "other_target", "must be a route of the same customer to the same target")
    turn = Turn()
    for changed, priority in moved(found.routes, id_, is_earlier=is_earlier, past=past).items():
        await turn.end_if_due()
        await update(unit, actor, changed, {"priority": priority})
    return await get(unit, actor, id_)


def _in_scope(actor: Actor, filters: Filters) -> Filters | None:
    """The filters as the actor's scope narrows them; None if that leaves nothing."""
    if permissions.require(actor, "route.list") is Scope.ANY:
        return filters
    if filters.customer_id not in (None, actor.customer_id):
        return None
    return replace(filters, customer_id=actor.customer_id)


USE_CASES = Routes(ROUTES)
create, get, list_ = USE_CASES.create, USE_CASES.get, USE_CASES.list_
update, delete = USE_CASES.update, USE_CASES.delete
