"""Dialroutes: the ordered routes for one call, computed by the same engine that decides live calls."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from operator import attrgetter
from typing import NamedTuple

from dialplane.control import channels, health, permissions
from dialplane.control.actor import Actor
from dialplane.control.units import Reading
from dialplane.domain.errors import NotFound
from dialplane.domain.health import UNKNOWN
from dialplane.domain.ids import parse_id
from dialplane.domain.instants import NEVER
from dialplane.domain.target import parse_number
from dialplane.engine.dialroute import (
    DEFAULT_MAX_ATTEMPTS,
    Candidate,
    Dialroute,
    Group,
    dialroute,
    group_of,
    groups_for,
    standing_of,
)
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
        groups_for(number, _groups(routes, customer_id)),
        now=now,
        call_id=call_id,
        standing=lambda id_: standing_of(providers.get(id_), healths[id_].status if id_ in providers else UNKNOWN),
        full=full,
        max_attempts=max_attempts,
    )
    return Computed(decided, {route.id: route for route in routes})


_candidate = attrgetter("id", *Candidate._fields[1:])
"""The fields of a route that decide."""


def _groups(routes: Iterable[MatchingRoute], customer_id: str) -> list[Group]:
    by_place: dict[tuple[str, bool], list[Candidate]] = defaultdict(list)
    for route in routes:
        by_place[route.target, route.customer_id == customer_id].append(Candidate._make(_candidate(route)))
    return [group_of(target, candidates, own=own) for (target, own), candidates in by_place.items()]
