"""Dialroutes: the ordered routes for one call, computed by the same engine that decides live calls."""

import asyncio
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from operator import attrgetter
from typing import NamedTuple, TypeVar

from dialplane.control import permissions, table_then
from dialplane.control.actor import Actor
from dialplane.control.invites import obstacle_of
from dialplane.control.permissions import Scope
from dialplane.control.table_then import Table
from dialplane.control.units import Reading
from dialplane.control.whatif import NOTHING, Circumstances, WhatIf, circumstances
from dialplane.domain.customer import Customer
from dialplane.domain.errors import NotFound
from dialplane.domain.ids import SYSTEM_DEFAULT_CUSTOMER, parse_id
from dialplane.domain.instants import NEVER
from dialplane.domain.provider import Provider
from dialplane.domain.route import Route
from dialplane.domain.target import parse_number
from dialplane.domain.trunk import Trunk
from dialplane.engine.admission import admit
from dialplane.engine.dialroute import (
    DEFAULT_MAX_ATTEMPTS,
    Candidate,
    Dialroute,
    Group,
    dialroute,
    group_of,
    groups_for,
)
from dialplane.engine.identity import Caller, caller_of
from dialplane.engine.number import NOT_LOOKED_UP, Ported, Step, normalise, ported, steps_of
from dialplane.engine.refusals import Refusal
from dialplane.store import objects
from dialplane.store.objects import CUSTOMERS, PROVIDERS, TRUNKS, Storage
from dialplane.store.queries import dialroutes as queries
from dialplane.store.queries.dialroutes import MatchingRoute

__all__ = ["NOTHING", "Arrival", "Call", "Computed", "MatchingRoute", "WhatIf", "compute", "decide", "groups_of"]

T = TypeVar("T", Customer, Provider, Trunk)


class Call(NamedTuple):
    """A call as it would come in. `id` seeds the weighted draw; `caller` is From's user part, "" if unknown.

    Either to a `number` (E.164) of a customer's; or, as a switch sends it, to what it has `dialled` by a trunk.
    `routing_number`: that of the network that the number was ported to.
    """

    customer_id: str = ""
    number: str = ""
    trunk_id: str = ""
    dialled: str | None = None
    id: str = ""
    caller: str = ""
    routing_number: str = ""


class Computed(NamedTuple):
    """The engine's dialroute, the groups that it was decided on, and every candidate's route by its id.

    `arrival`: the call as it is understood. `refusal`: why it would not be let in. `sees_carriers`: whether the actor
    may see how providers are dialled.
    """

    dialroute: Dialroute
    groups: Sequence[Group]
    routes: Mapping[str, MatchingRoute]
    arrival: "Arrival"
    sees_carriers: bool
    refusal: Refusal | None


async def compute(
    unit: Reading,
    actor: Actor,
    call: Call,
    *,
    now: int,
    max_attempts: int = DEFAULT_MAX_ATTEMPTS,
    sees_caps: bool = False,
    what_if: WhatIf = NOTHING,
    revision: int | None = None,
) -> Computed:
    """The routes that a call would try at the instant `now`, in order; or that it would try, if things were otherwise.

    `sees_caps`: providers whose channels are all in use now are skipped, as a call would (`channels.full_providers`).
    `revision`: by the table as it was after it, under the circumstances of now.
    Raises NotFound("customer"), NotFound("trunk"), NotFound("revision"), InvalidValue, PermissionDenied, Unavailable.
    """
    require_view(actor, what_if)
    then = None if revision is None else await table_then.after(unit, actor, revision)
    trunk = await _trunk(unit, actor, call, then)
    customer_id = parse_id(call.customer_id or (trunk.customer_id if trunk else ""), field="customer_id")
    scope = permissions.require(actor, "dialroute.list", customer_id=customer_id, kind="customer")
    arrival = _arrival(call, trunk)
    number = arrival.routing_number or arrival.number
    routes = await queries.matching(unit, customer_id=customer_id, number=number)
    if then is not None:
        routes = await asyncio.to_thread(then.routes, routes, customer_id=customer_id, number=number)
    customer = await live_of(unit, CUSTOMERS, customer_id, then)
    providers = await providers_of(unit, {route.provider_id for route in routes}, then)
    present = await circumstances(unit, providers, now=now, edge=what_if.edge, sees_caps=sees_caps)
    groups = groups_for(number, groups_of(routes, customer_id))
    refusal = None
    if trunk is not None and call.dialled is not None:
        admission = admit(trunk, customer, call.dialled, groups=lambda _customer, _number: groups)
        groups, refusal = list(admission.groups), admission.refusal
    there = present if what_if is NOTHING else what_if.applied(present)
    decided = decide(groups, arrival, there, call_id=call.id, max_attempts=max_attempts)
    if scope is Scope.OWN:
        routes = [route if route.customer_id == customer_id else _anonymous(route) for route in routes]
    shown = {route.id: route for route in routes}
    return Computed(decided, groups, shown, arrival, permissions.may(actor, "provider.get"), refusal)


def decide(
    groups: Sequence[Group], arrival: "Arrival", there: Circumstances, *, call_id: str, max_attempts: int
) -> Dialroute:
    """The engine's decision on groups that match, under these circumstances."""
    unusable = {
        id_: why
        for id_, found in there.providers.items()
        if (why := obstacle_of(found, arrival.number, arrival.caller, arrival.ported))
    }
    return dialroute(
        groups,
        now=there.at,
        call_id=call_id,
        standing=there.standing,
        breakers=there.broken,
        full={**there.full, **unusable},
        max_attempts=max_attempts,
    )


class Arrival(NamedTuple):
    """A call as it is understood: the number, "" if there is none; how it was read; who calls; the ported network."""

    number: str
    caller: Caller = Caller()
    ported: Ported = NOT_LOOKED_UP
    steps: Sequence[Step] = ()

    @property
    def routing_number(self) -> str:
        return self.ported.routing_number


def _arrival(call: Call, trunk: Trunk | None) -> Arrival:
    """Raises InvalidValue for a number that is none."""
    said = Ported(call.routing_number, True) if call.routing_number else NOT_LOOKED_UP
    region, default = (trunk.default_region, trunk.caller_default) if trunk else ("", "")
    who = caller_of(call.caller, "", region=region, default=default) if call.caller else Caller(default=default)
    if call.dialled is None:
        return Arrival(parse_number(call.number), who, said)
    if trunk is not None and trunk.trusted_identity and not call.routing_number:
        said = ported(call.dialled)
    number = normalise(call.dialled, default_region=region).number or ""
    return Arrival(number, who, said, steps_of(call.dialled, default_region=region))


def require_view(actor: Actor, what_if: WhatIf) -> None:
    """Raises PermissionDenied for an edge's own view, if the actor may not get edges."""
    if what_if.edge:
        permissions.require(actor, "edge.get")


async def live_of(unit: Reading, storage: Storage[T], id_: str, then: Table | None = None) -> T:
    """The live object of this id, out of the cache; or the one that was live. Raises NotFound."""
    found = (await _found(unit, storage, (id_,), then)).get(id_)
    if found is None or found.tm_delete != NEVER:
        raise NotFound(storage.kind.name)
    return found


async def _found(unit: Reading, storage: Storage[T], ids: Collection[str], then: Table | None) -> Mapping[str, T]:
    now = await objects.find_cached(unit, storage, ids)
    return now if then is None else then.of(storage, now, ids)


async def providers_of(unit: Reading, ids: Collection[str], then: Table | None = None) -> Mapping[str, Provider]:
    """The live ones of these providers, or those that were live, by their ids. Raises Unavailable."""
    stored = await _found(unit, PROVIDERS, ids, then)
    return {id_: provider for id_ in ids if (provider := stored.get(id_)) and provider.tm_delete == NEVER}


def _anonymous(route: MatchingRoute) -> MatchingRoute:
    """A route of the platform's own as customers see it, who may not get it: its texts are for the platform."""
    return route._replace(name="", detail="")


async def _trunk(unit: Reading, actor: Actor, call: Call, then: Table | None) -> Trunk | None:
    """The trunk that the call would come in by. Raises NotFound("trunk") if it is none of the customer's."""
    if not call.trunk_id:
        return None
    trunk = (await _found(unit, TRUNKS, (call.trunk_id,), then)).get(call.trunk_id)
    is_theirs = trunk is not None and call.customer_id in ("", trunk.customer_id)
    if trunk is None or trunk.tm_delete != NEVER or not is_theirs:
        raise NotFound(TRUNKS.kind.name)
    permissions.require(actor, "dialroute.list", customer_id=trunk.customer_id, kind=TRUNKS.kind.name)
    return trunk


_candidate = attrgetter("id", *Candidate._fields[1:])
"""The fields of a route that decide."""


def groups_of(routes: Iterable[MatchingRoute | Route], customer_id: str) -> list[Group]:
    """The groups of the routes that a customer's calls may take."""
    by_place: dict[tuple[str, bool], list[Candidate]] = defaultdict(list)
    for route in routes:
        by_place[route.target, route.customer_id == customer_id != SYSTEM_DEFAULT_CUSTOMER].append(
            Candidate._make(_candidate(route))
        )
    return [group_of(target, candidates, own=own) for (target, own), candidates in by_place.items()]
