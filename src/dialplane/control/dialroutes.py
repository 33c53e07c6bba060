"""Dialroutes: the ordered routes for one call, computed by the same engine that decides live calls."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from operator import attrgetter
from typing import NamedTuple

from dialplane.control import channels, health, permissions
from dialplane.control.actor import Actor
from dialplane.control.permissions import Scope
from dialplane.control.units import Reading
from dialplane.domain.errors import NotFound
from dialplane.domain.health import UNKNOWN
from dialplane.domain.ids import SYSTEM_DEFAULT_CUSTOMER, parse_id
from dialplane.domain.instants import NEVER
from dialplane.domain.provider import Provider
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
from dialplane.engine.egress import egress_uri, is_plain
from dialplane.engine.identity import Caller, caller_of, is_refused
from dialplane.engine.number import NOT_LOOKED_UP, Ported
from dialplane.engine.reasons import Reason
from dialplane.store import objects
from dialplane.store.objects import CUSTOMERS, PROVIDERS, TRUNKS
from dialplane.store.queries import dialroutes as queries
from dialplane.store.queries.dialroutes import MatchingRoute

__all__ = ["Computed", "MatchingRoute", "compute"]


class Computed(NamedTuple):
    """The engine's dialroute, and every candidate's route by its id; who calls, and the network of a ported number.

    `sees_carriers`: whether the actor may see how providers are dialled.
    """

    dialroute: Dialroute
    routes: Mapping[str, MatchingRoute]
    caller: Caller = Caller()
    ported: Ported = NOT_LOOKED_UP
    sees_carriers: bool = False


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
    caller: str = "",
    trunk_id: str = "",
    routing_number: str = "",
) -> Computed:
    """The routes that a call of this customer to this number would try at the instant `now`, in order.

    `number` is E.164 (`+` and 1-15 digits); `call_id` seeds the weighted draw. `sees_caps`: providers whose channels
    are all in use now are skipped, as a call would (`channels.full_providers`). `caller` is From's user part, "" if
    unknown; `trunk_id` the customer's trunk that the call would come in by; `routing_number` that of the network that
    the number was ported to. Raises NotFound("customer"), NotFound("trunk"), InvalidValue, Unavailable.
    """
    customer_id = parse_id(customer_id, field="customer_id")
    parse_number(number)
    scope = permissions.require(actor, "dialroute.list", customer_id=customer_id, kind="customer")
    ported = Ported(routing_number, True) if routing_number else NOT_LOOKED_UP
    routes = await queries.matching(unit, customer_id=customer_id, number=routing_number or number)
    customer = (await objects.find_cached(unit, CUSTOMERS, (customer_id,))).get(customer_id)
    if customer is None or customer.tm_delete != NEVER:
        raise NotFound(CUSTOMERS.kind.name)
    providers = await _providers_of(unit, routes)
    healths = await health.of_providers_cached(unit, providers.values())
    who = await _caller(unit, customer_id, trunk_id, caller)
    full = await channels.full_providers(unit, providers.values(), now=now) if sees_caps else {}
    unusable = {id_: reason for id_, found in providers.items() if (reason := _obstacle(found, number, ported, who))}
    decided = dialroute(
        groups_for(routing_number or number, _groups(routes, customer_id)),
        now=now,
        call_id=call_id,
        standing=lambda id_: standing_of(providers.get(id_), healths[id_].status if id_ in providers else UNKNOWN),
        full={**full, **unusable},
        max_attempts=max_attempts,
    )
    if scope is Scope.OWN:
        routes = [route if route.customer_id == customer_id else _anonymous(route) for route in routes]
    sees_carriers = permissions.may(actor, "provider.get")
    return Computed(decided, {route.id: route for route in routes}, who, ported, sees_carriers)


async def _providers_of(unit: Reading, routes: Iterable[MatchingRoute]) -> Mapping[str, Provider]:
    """The live providers of these routes, by their ids."""
    ids = {route.provider_id for route in routes}
    stored = await objects.find_cached(unit, PROVIDERS, ids)
    return {id_: stored[id_] for id_ in ids if stored[id_].tm_delete == NEVER}


def _anonymous(route: MatchingRoute) -> MatchingRoute:
    """A route of the platform's own as customers see it, who may not get it: its texts are for the platform."""
    return route._replace(name="", detail="")


async def _caller(unit: Reading, customer_id: str, trunk_id: str, user: str) -> Caller:
    """Who calls. Raises NotFound("trunk") if this is none of the customer's."""
    if not trunk_id:
        return caller_of(user, "")
    trunk = (await objects.find_cached(unit, TRUNKS, (trunk_id,))).get(trunk_id)
    if trunk is None or trunk.tm_delete != NEVER or trunk.customer_id != customer_id:
        raise NotFound(TRUNKS.kind.name)
    return caller_of(user, "", region=trunk.default_region, default=trunk.caller_default)


def _obstacle(provider: Provider, number: str, ported: Ported, caller: Caller) -> Reason | None:
    """Why such a call cannot be sent to a provider, though a route leads there."""
    if is_refused(provider, caller):
        return Reason.ANONYMOUS_REFUSED
    is_sendable = is_plain(provider) or egress_uri(provider, number, ported)
    return None if is_sendable else Reason.NUMBER_UNFORMATTABLE


_candidate = attrgetter("id", *Candidate._fields[1:])
"""The fields of a route that decide."""


def _groups(routes: Iterable[MatchingRoute], customer_id: str) -> list[Group]:
    by_place: dict[tuple[str, bool], list[Candidate]] = defaultdict(list)
    for route in routes:
        by_place[route.target, route.customer_id == customer_id != SYSTEM_DEFAULT_CUSTOMER].append(
            Candidate._make(_candidate(route))
        )
    return [group_of(target, candidates, own=own) for (target, own), candidates in by_place.items()]
