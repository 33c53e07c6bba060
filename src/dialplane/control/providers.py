"""Providers: the SIP carriers. One that live routes use is only deleted together with them."""

from collections.abc import Iterable
from dataclasses import dataclass
from operator import attrgetter

from dialplane.control.actor import Actor
from dialplane.control.lifecycle import Fields, UseCases, check_version, delete_all
from dialplane.control.units import Change, Unit
from dialplane.domain.errors import ProviderInUse
from dialplane.domain.instants import NEVER, SECOND_US
from dialplane.domain.provider import FORM_FIELDS, Provider, require_form
from dialplane.store.objects import PROVIDERS, ROUTES
from dialplane.store.queries import providers as queries

ROUTES_NAMED = 100
"""Routes that a refusal names, at most."""

ROUTES_COUNTED = 10_000
"""Routes of one provider that are counted, at most."""

LOAD_WINDOW_S = 10
"""Window over which attempts per second are counted."""


class Providers(UseCases[Provider]):
    """A provider with another hostname is another peer: the health of the old one is dropped."""

    async def check(self, unit: Change, actor: Actor, before: Provider | None, after: Provider) -> None:
        """Raises InvalidValue (`require_form`), ProviderInUse if live routes use a provider that would be deleted."""
        if after.tm_delete != NEVER:
            await _refuse_if_used(unit, after.id)
        elif before is None or _form(before) != _form(after):
            require_form(after)

    async def change(
        self, unit: Change, actor: Actor, before: Provider, fields: Fields, *, if_version: int | None
    ) -> Provider:
        after = await super().change(unit, actor, before, fields, if_version=if_version)
        if after.hostname != before.hostname:
            await queries.delete_reports(unit, after.id)
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
            await delete_all(unit, ROUTES, provider_id=before.id)
        return await self.remove(unit, actor, before, if_version=None)


USE_CASES = Providers(PROVIDERS)
create, get, list_ = USE_CASES.create, USE_CASES.get, USE_CASES.list_
update, delete = USE_CASES.update, USE_CASES.delete


@dataclass(frozen=True, slots=True)
class Use:
    """`routes`: the live routes that lead to it, at most ROUTES_COUNTED; `is_exact`: whether there are no more.

    `cps`: attempts there per second, over the last LOAD_WINDOW_S.
    """

    routes: int
    is_exact: bool
    cps: float


async def use(unit: Unit, providers: Iterable[Provider], *, now: int) -> dict[str, Use]:
    """Provider's id -> how much it is used at the instant `now`. Raises Unavailable."""
    ids = [provider.id for provider in providers]
    routes = await queries.routes_counted(unit, ids, most=ROUTES_COUNTED + 1)
    placed = await queries.attempts_placed(unit, since=now - LOAD_WINDOW_S * SECOND_US, until=now)
    return {
        id_: Use(min(routes[id_], ROUTES_COUNTED), routes[id_] <= ROUTES_COUNTED, placed.get(id_, 0) / LOAD_WINDOW_S)
        for id_ in ids
    }


_form = attrgetter(*FORM_FIELDS)


async def _refuse_if_used(unit: Unit, provider_id: str) -> None:
    in_use = await queries.routes_in_use(unit, provider_id, limit=ROUTES_NAMED)
    if in_use.total:
        raise ProviderInUse(in_use.ids, in_use.total)
