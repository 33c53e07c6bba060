"""Dialroutes: the ordered routes for one call, computed by the same engine that decides live calls."""

from collections.abc import Mapping
from operator import attrgetter
from typing import NamedTuple

from dialplane.control import channels, health, permissions
from dialplane.control.actor import Actor
from dialplane.control.units import Reading
from dialplane.domain.errors import NotFound
from dialplane.domain.ids import parse_id
from dialplane.domain.instants import NEVER
from dialplane.domain.target import parse_number
from dialplane.engine.dialroute import DEFAULT_MAX_ATTEMPTS, Candidate, Dialroute, dialroute
from dialplane.store import objects
from dialplane.store.objects import CUSTOMERS, PROVIDERS
from dialplane.store.queries import dialroutes as queries
from dialplane.store.queries.dialroutes import MatchingRoute

__all__ = ["Computed", "MatchingRoute", "compute"]


class Computed(NamedTuple):
    """The engine's dialroute, and every candidate's route by its id."""

    dialroute: Dialroute
    routes: Mapping[str, MatchingRoute]


async def compute(
    unit: Reading,
    actor: Actor,
    *,
    customer_id: str,
    number: str,
    now: int,
    call_id: str = "",
    max_attempts: int = DEFAULT_MAX_ATTEMPTS,
    sees_caps: bool = False,
) -> Computed:
    """The routes that a call of this customer to this number would try at the instant `now`, in order.

    `number` is E.164 (`+` and 1-15 digits); `call_id` seeds the weighted draw. `sees_caps`: providers whose channels
    are all in use now are skipped, as a call would (`channels.full_providers`). Raises NotFound("customer"),
    InvalidValue, Unavailable.
    """
    customer_id = parse_id(customer_id, field="customer_id")
    parse_number(number)
    permissions.require(actor, "dialroute.list", customer_id=customer_id, kind="customer")
    routes = await queries.matching(unit, customer_id=customer_id, number=number)
    customer = (await objects.find_cached(unit, CUSTOMERS, (customer_id,))).get(customer_id)
    if customer is None or customer.tm_delete != NEVER:
        raise NotFound(CUSTOMERS.kind.name)
    provider_ids = {route.provider_id for route in routes}
    stored = await objects.find_cached(unit, PROVIDERS, provider_ids)
    providers = {id_: stored[id_] for id_ in provider_ids if stored[id_].tm_delete == NEVER}
    healths = await health.of_providers_cached(unit, providers.values())
    full = await channels.full_providers(unit, providers.values(), now=now) if sees_caps else None
    decided = dialroute(
        [_candidate(route, customer_id) for route in routes],
        number=number,
        now=now,
        call_id=call_id,
        providers=providers.get,
        health=lambda provider_id: healths[provider_id].status,
        full=full,
        max_attempts=max_attempts,
    )
    return Computed(decided, {route.id: route for route in routes})


_deciding = attrgetter(*Candidate._fields[1:-1])
"""The fields of a route that decide, under the engine's names for them."""


def _candidate(route: MatchingRoute, customer_id: str) -> Candidate:
    return Candidate._make((route.id, *_deciding(route), route.customer_id == customer_id))
