"""Providers: the SIP carriers. One that live routes use is only deleted together with them."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import delete as delete_rows
from sqlalchemy import func, select

from dialplane.control import lifecycle, permissions
from dialplane.control.actor import Actor
from dialplane.control.units import Change, Unit
from dialplane.domain.errors import ProviderInUse
from dialplane.domain.provider import Provider
from dialplane.store import objects, tables
from dialplane.store.objects import PROVIDERS, ROUTES

NEEDED = ("type", "hostname")
FIELDS = frozenset(
    {
        *NEEDED,
        "tech_prefix",
        "tech_postfix",
        "tech_headers",
        "name",
        "detail",
        "metadata",
        "codecs",
        "enabled",
        "transport",
        "username",
        "password",
        "max_channels",
        "max_cps",
        "failover",
        "no_response_timeout_s",
        "progress_timeout_s",
        "ring_timeout_s",
    }
)
ROUTES_AT_ONCE = 2_000
"""How many routes a forced delete holds in memory at once."""

ROUTES_NAMED = 100
"""How many of the routes that use a provider the refusal names."""


async def create(unit: Change, actor: Actor, fields: Mapping[str, Any], *, id_: str | None = None) -> Provider:
    """The new provider. Raises InvalidValue."""
    permissions.require(actor, "provider.create")
    lifecycle.require_fields(fields, NEEDED)
    lifecycle.refuse_unknown(fields, FIELDS)
    return await objects.add(
        unit, PROVIDERS, Provider(id=id_ or lifecycle.new_id(), tm_create=unit.next_instant(), **fields)
    )


async def get(unit: Unit, actor: Actor, id_: str) -> Provider:
    """The provider, deleted ones too (`tm_delete` tells). Raises NotFound."""
    return await lifecycle.obtain(unit, actor, "provider.get", PROVIDERS, id_)


async def list_(unit: Unit, actor: Actor, *, page_size: int = 100, before: int | None = None) -> list[Provider]:
    """Live ones, newest first; `before` is the tm_create of the last one of the page before."""
    return await lifecycle.page(unit, actor, "provider.list", PROVIDERS, page_size=page_size, before=before, filters={})


async def update(
    unit: Change, actor: Actor, id_: str, fields: Mapping[str, Any], *, if_version: int | None = None
) -> Provider:
    """Changes the fields that are named; another hostname forgets the health of the old one.

    Raises NotFound, ObjectDeleted, StaleVersion, InvalidValue.
    """
    before = await lifecycle.obtain(unit, actor, "provider.update", PROVIDERS, id_)
    lifecycle.refuse_unknown(fields, FIELDS)
    after = await lifecycle.change(unit, PROVIDERS, before, fields, if_version=if_version)
    if after.hostname != before.hostname:
        for known in (tables.provider_health, tables.provider_breakers):
            await unit.execute(delete_rows(known).where(known.c.provider_id == after.id))
    return after


async def delete(
    unit: Change, actor: Actor, id_: str, *, if_version: int | None = None, force: bool = False
) -> Provider:
    """The provider as deleted; once more answers the same. `force` deletes its live routes in the same revision.

    Raises NotFound, StaleVersion, ProviderInUse (without force).
    """
    before = await lifecycle.obtain(unit, actor, "provider.delete", PROVIDERS, id_)
    lifecycle.check_version(unit, before.id, if_version)
    if force:
        await _delete_routes(unit, before.id)
    else:
        await refuse_if_used(unit, before.id)
    return await lifecycle.delete(unit, PROVIDERS, before, if_version=None)


async def refuse_if_used(unit: Unit, provider_id: str) -> None:
    """Raises ProviderInUse where live routes use the provider."""
    routes = tables.routes.c
    in_use = (tables.LIVE, routes.provider_id == provider_id)
    named = await unit.fetch(select(routes.id).where(*in_use).order_by(routes.tm_create).limit(ROUTES_NAMED))
    if named:
        (total,) = await unit.fetch(select(func.count()).select_from(tables.routes).where(*in_use))
        raise ProviderInUse([row.id for row in named], total[0])


async def _delete_routes(unit: Change, provider_id: str) -> None:
    in_use = tables.routes.c.provider_id == provider_id
    while routes := await objects.select_(unit, ROUTES, tables.LIVE, in_use, limit=ROUTES_AT_ONCE):
        now = unit.next_instant()
        deleted = [replace(route, tm_update=now, tm_delete=now) for route in routes]
        await objects.put_all(unit, ROUTES, list(zip(routes, deleted, strict=True)))
        await unit.flush()
