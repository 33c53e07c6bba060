"""Dialroutes: the ordered routes for one call, computed by the same engine that decides live calls."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import bindparam, select

from dialplane.control import health, permissions
from dialplane.control.actor import Actor
from dialplane.control.units import Unit
from dialplane.domain.errors import NotFound
from dialplane.domain.ids import SYSTEM_DEFAULT_CUSTOMER, parse_id
from dialplane.domain.instants import NEVER
from dialplane.domain.provider import Provider
from dialplane.domain.route import Route
from dialplane.domain.target import ALL, MAX_DIGITS, parse_number
from dialplane.engine.dialroute import DEFAULT_MAX_ATTEMPTS, Candidate, Dialroute, dialroute
from dialplane.store import objects, tables
from dialplane.store.objects import CUSTOMERS, PROVIDERS, ROUTES
from dialplane.store.prepared import Prepared


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
    await _refuse_unknown(unit, customer_id)
    routes = await _candidates(unit, customer_id, number)
    providers = await _providers(unit, routes)
    known_health = await health.of_providers(unit, providers.values())
    decided = dialroute(
        [_candidate(route, customer_id) for route in routes],
        number=number,
        now=now,
        call_id=call_id,
        providers=providers.get,
        health=lambda provider_id: known_health[provider_id].status,
        max_attempts=max_attempts,
    )
    return Computed(decided, {route.id: route for route in routes})


_TARGETS = tuple(f"target{n}" for n in range(MAX_DIGITS + 1))
_MATCHING = Prepared(
    select(tables.routes).where(
        tables.LIVE,
        tables.routes.c.customer_id.in_([bindparam("customer_id"), bindparam("default_id")]),
        tables.routes.c.target.in_([bindparam(name) for name in _TARGETS]),
    )
)


async def _refuse_unknown(unit: Unit, customer_id: str) -> None:
    found = await objects.find_known(unit, CUSTOMERS, [customer_id])
    if customer_id not in found or found[customer_id].tm_delete != NEVER:
        raise NotFound(CUSTOMERS.kind)


async def _candidates(unit: Unit, customer_id: str, number: str) -> list[Route]:
    """Every live route, the customer's and the default's, whose target is `all` or a prefix of the number."""
    targets = [ALL, *(number[: digits + 1] for digits in range(1, len(number)))]
    parameters = dict.fromkeys(_TARGETS, ALL) | dict(zip(_TARGETS, targets, strict=False))
    parameters |= {"customer_id": customer_id, "default_id": SYSTEM_DEFAULT_CUSTOMER}
    return objects.values_of(unit, ROUTES, await unit.fetch(_MATCHING, parameters))


async def _providers(unit: Unit, routes: list[Route]) -> dict[str, Provider]:
    found = await objects.find_known(unit, PROVIDERS, {route.provider_id for route in routes})
    return {id_: provider for id_, provider in found.items() if provider.tm_delete == NEVER}


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
