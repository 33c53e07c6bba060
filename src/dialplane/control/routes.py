"""Routes: calls of this customer to this target may go to this provider. Priority: lower is tried first."""

from collections.abc import Mapping
from typing import Any

from dialplane.control import lifecycle, permissions
from dialplane.control.actor import Actor
from dialplane.control.units import Change, Unit
from dialplane.domain.ids import parse_id
from dialplane.domain.route import Route
from dialplane.store import objects
from dialplane.store.objects import CUSTOMERS, PROVIDERS, ROUTES

NEEDED = ("customer_id", "provider_id", "priority", "target")
FIELDS = frozenset({*NEEDED, "name", "detail", "enabled", "weight", "valid_from", "valid_until"})


async def create(unit: Change, actor: Actor, fields: Mapping[str, Any]) -> Route:
    """The new route. Raises InvalidValue, NotFound("customer"), NotFound("provider")."""
    permissions.require(actor, "route.create")
    route = new_route(fields, id_=lifecycle.new_id(), tm_create=unit.next_instant())
    await lifecycle.live(unit, CUSTOMERS, route.customer_id)
    await lifecycle.live(unit, PROVIDERS, route.provider_id)
    return await objects.add(unit, ROUTES, route)


def new_route(fields: Mapping[str, Any], *, id_: str, tm_create: int = 0) -> Route:
    """A route that is not stored yet and whose customer and provider nobody has looked for. Raises InvalidValue."""
    lifecycle.require_fields(fields, NEEDED)
    return Route(id=id_, tm_create=tm_create, **_clean(fields))


async def get(unit: Unit, actor: Actor, id_: str) -> Route:
    """The route, deleted ones too (`tm_delete` tells). Raises NotFound."""
    return await lifecycle.obtain(unit, actor, "route.get", ROUTES, id_)


async def list_(
    unit: Unit,
    actor: Actor,
    *,
    page_size: int = 100,
    before: int | None = None,
    customer_id: str | None = None,
    provider_id: str | None = None,
    target: str | None = None,
) -> list[Route]:
    """Live ones, newest first; `before` is the tm_create of the last one of the page before."""
    filters = {"customer_id": customer_id, "provider_id": provider_id, "target": target}
    return await lifecycle.page(unit, actor, "route.list", ROUTES, page_size=page_size, before=before, filters=filters)


async def update(
    unit: Change, actor: Actor, id_: str, fields: Mapping[str, Any], *, if_version: int | None = None
) -> Route:
    """Changes the fields that are named. Raises NotFound, ObjectDeleted, StaleVersion, InvalidValue."""
    before = await lifecycle.obtain(unit, actor, "route.update", ROUTES, id_)
    fields = _clean(fields)
    if fields.get("provider_id", before.provider_id) != before.provider_id:
        await lifecycle.live(unit, PROVIDERS, fields["provider_id"])
    return await lifecycle.change(unit, ROUTES, before, fields, if_version=if_version)


async def delete(unit: Change, actor: Actor, id_: str, *, if_version: int | None = None) -> Route:
    """The route as deleted; once more answers the same. Raises NotFound, StaleVersion."""
    before = await lifecycle.obtain(unit, actor, "route.delete", ROUTES, id_)
    return await lifecycle.delete(unit, ROUTES, before, if_version=if_version)


def _clean(fields: Mapping[str, Any]) -> dict[str, Any]:
    lifecycle.refuse_unknown(fields, FIELDS)
    ids = {name: parse_id(fields[name], field=name) for name in ("customer_id", "provider_id") if name in fields}
    return {**fields, **ids}
