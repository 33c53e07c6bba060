"""Dialroutes: the ordered routes for one call, computed by the same engine that decides live calls."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from dialplane.control import health, lifecycle, permissions
from dialplane.control.actor import Actor
from dialplane.control.units import Unit
from dialplane.domain.ids import SYSTEM_DEFAULT_CUSTOMER, parse_id
from dialplane.domain.instants import NEVER
from dialplane.domain.provider import Provider
from dialplane.domain.route import Route
from dialplane.domain.target import ALL, parse_number
from dialplane.engine.dialroute import DEFAULT_MAX_ATTEMPTS, Candidate, Dialroute, dialroute
from dialplane.store import objects, tables
from dialplane.store.objects import CUSTOMERS, PROVIDERS, ROUTES


@dataclass(frozen=True, slots=True)
class Computed:
    """The engine's dialroute, and every candidate's route object by its id."""

    dialroute: Dialroute
    routes: Mapping[str, Route]


async def compute(
    unit: Unit,
    actor: Actor,
    *,
    customer_id: str,
    number: str,
    now: int,
    call_id: str = "",
    max_attempts: int = DEFAULT_MAX_ATTEMPTS,
) -> Computed:
    """What a call of this customer to this number at the instant `now` would try, in order.

    `number` is E.164 (`+` and 1-15 digits); `call_id` seeds the weighted draw. Raises NotFound("customer"),
    InvalidValue.
    """
    customer_id = parse_id(customer_id, field="customer_id")
    parse_number(number)
    permissions.require(actor, "dialroute.list", customer_id=customer_id, kind="customer")
    await lifecycle.live(unit, CUSTOMERS, customer_id)
    routes = {route.id: route for route in await _candidates(unit, customer_id, number)}
    providers = {provider.id: provider for provider in await _providers(unit, routes.values())}
    known_health = await health.of_providers(unit, providers.values())
    decided = dialroute(
        [_candidate(route, customer_id) for route in routes.values()],
        number=number,
        now=now,
        call_id=call_id,
        providers=providers.get,
        health=lambda provider_id: known_health[provider_id].status,
        max_attempts=max_attempts,
    )
    return Computed(decided, routes)


async def _candidates(unit: Unit, customer_id: str, number: str) -> list[Route]:
    columns = tables.routes.c
    targets = [ALL, *(number[:length] for length in range(2, len(number) + 1))]
    owners = {customer_id, SYSTEM_DEFAULT_CUSTOMER}
    return await objects.select_(
        unit, ROUTES, tables.LIVE, columns.customer_id.in_(owners), columns.target.in_(targets)
    )


async def _providers(unit: Unit, routes: Iterable[Route]) -> list[Provider]:
    ids = {route.provider_id for route in routes}
    columns = tables.providers.c
    return await objects.select_(unit, PROVIDERS, columns.tm_delete == NEVER, columns.id.in_(ids))


def _candidate(route: Route, customer_id: str) -> Candidate:
    return Candidate(
        route_id=route.id,
        provider_id=route.provider_id,
        target=route.target,
        priority=route.priority,
        weight=route.weight,
        enabled=route.enabled,
        valid_from=route.valid_from,
        valid_until=route.valid_until,
        tm_create=route.tm_create,
        own=route.customer_id == customer_id,
    )
