"""Search: what operators keep and calls, by a piece of text, a few of each kind. For pickers and search boxes."""

from collections.abc import Collection

from dialplane.control import permissions
from dialplane.control.actor import Actor
from dialplane.control.permissions import Scope
from dialplane.control.units import Unit
from dialplane.domain.kinds import KINDS
from dialplane.store.objects import STORAGES
from dialplane.store.queries import routes as routes_queries
from dialplane.store.queries import search as queries
from dialplane.store.queries.routes import Filters, Order
from dialplane.store.queries.search import Hit

__all__ = ["EACH", "KINDS_SEARCHED", "Hit", "find"]

EACH = 5
"""Hits of one kind."""

ROUTE, CALL = "route", "call"
KINDS_SEARCHED = (*(kind.name for kind in KINDS.values() if kind.searched), ROUTE, CALL)


async def find(unit: Unit, actor: Actor, text: str, *, kinds: Collection[str] = KINDS_SEARCHED) -> list[Hit]:
    """At most EACH objects or calls of each of these kinds that the actor may list. Raises Unavailable."""
    hits: list[Hit] = []
    for kind in kinds:
        if permissions.may(actor, f"{kind}.list"):
            scope = permissions.require(actor, f"{kind}.list")
            hits += await _of_kind(unit, kind, text, customer_id=actor.customer_id if scope is Scope.OWN else None)
    return hits


async def _of_kind(unit: Unit, kind: str, text: str, *, customer_id: str | None) -> list[Hit]:
    if kind == CALL:
        calls = await queries.calls_with(unit, text, customer_id=customer_id, limit=EACH)
        return [Hit(kind, call.id, call.number or "", call.sip_call_id or "") for call in calls]
    if kind == ROUTE:
        found = await routes_queries.page(
            unit, Filters(customer_id=customer_id, text=text), Order("target", descending=False), page_size=EACH
        )
        return [Hit(kind, route.id, KINDS[kind].label_of(route), route.target) for route in found.routes]
    return await queries.objects_with(unit, STORAGES[kind], text, customer_id=customer_id, limit=EACH)
