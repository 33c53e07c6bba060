"""Providers: the SIP carriers. One that live routes use is only deleted together with them."""

from sqlalchemy import delete as delete_rows
from sqlalchemy import func, select

from dialplane.control.actor import Actor
from dialplane.control.lifecycle import Fields, UseCases, check_version, deleted
from dialplane.control.units import Change, Unit
from dialplane.domain.errors import ProviderInUse
from dialplane.domain.instants import NEVER
from dialplane.domain.provider import Provider
from dialplane.store import objects, tables
from dialplane.store.objects import PROVIDERS, ROUTES

ROUTES_AT_ONCE = 2_000
"""Routes that a forced delete holds in memory at once."""

ROUTES_NAMED = 100
"""Routes that a refusal names, at most."""


class Providers(UseCases[Provider]):
    """A provider with another hostname is another peer: the health of the old one is dropped."""

    async def check(self, unit: Change, actor: Actor, before: Provider | None, after: Provider) -> None:
        """Raises ProviderInUse if the provider would be deleted and live routes use it."""
        if after.tm_delete != NEVER:
            await _refuse_if_used(unit, after.id)

    async def change(
        self, unit: Change, actor: Actor, before: Provider, fields: Fields, *, if_version: int | None
    ) -> Provider:
        after = await super().change(unit, actor, before, fields, if_version=if_version)
        if after.hostname != before.hostname:
            await _forget_health(unit, after.id)
        return after

    async def delete(
        self, unit: Change, actor: Actor, id_: str, *, if_version: int | None = None, force: bool = False
    ) -> Provider:
        """The provider as deleted; once more answers the same. `force` deletes its live routes in the same revision.

        Raises NotFound, StaleVersion, ProviderInUse (without force).
        """
        before = await self.obtain(unit, actor, "provider.delete", id_)
        check_version(unit, before.id, if_version)
        if force:
            await _delete_routes(unit, before.id)
        return await self.remove(unit, actor, before, if_version=None)


USE_CASES = Providers(PROVIDERS)
create, get, list_ = USE_CASES.create, USE_CASES.get, USE_CASES.list_
update, delete = USE_CASES.update, USE_CASES.delete


async def _refuse_if_used(unit: Unit, provider_id: str) -> None:
    routes = tables.routes.c
    in_use = (tables.LIVE, routes.provider_id == provider_id)
    named = await unit.fetch(select(routes.id).where(*in_use).order_by(routes.tm_create).limit(ROUTES_NAMED))
    if named:
        (total,) = await unit.fetch(select(func.count()).select_from(tables.routes).where(*in_use))
        raise ProviderInUse([row.id for row in named], total[0])


async def _delete_routes(unit: Change, provider_id: str) -> None:
    in_use = tables.routes.c.provider_id == provider_id
    while routes := await objects.select_objects(unit, ROUTES, tables.LIVE, in_use, limit=ROUTES_AT_ONCE):
        now = unit.next_instant()
        await objects.put_all(unit, ROUTES, [(route, deleted(route, now)) for route in routes])
        await unit.flush()


async def _forget_health(unit: Change, provider_id: str) -> None:
    for reported in (tables.provider_health, tables.provider_breakers):
        await unit.execute(delete_rows(reported).where(reported.c.provider_id == provider_id))
