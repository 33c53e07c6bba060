"""Dialroutes: the ordered routes for one call, computed by the same engine that decides live calls."""

from collections.abc import Collection, Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import bindparam, select

from dialplane.control import channels, health, permissions
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
from dialplane.store.objects import CUSTOMERS, PROVIDERS
from dialplane.store.prepared import Prepared


class Computed(NamedTuple):
    """The engine's dialroute, and every candidate's route by its id (its stored row, with the fields of a Route)."""

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
    sees_caps: bool = False,
) -> Computed:
    """What a call of this customer to this number at the instant `now` would try, in order.

    `number` is E.164 (`+` and 1-15 digits); `call_id` seeds the weighted draw. `sees_caps`: providers whose channels
    are all in use now are skipped, as a call would (`channels.full_providers`). Raises NotFound("customer"),
    InvalidValue.
    """
    customer_id = parse_id(customer_id, field="customer_id")
    parse_number(number)
    permissions.require(actor, "dialroute.list", customer_id=customer_id, kind="customer")
    customer = (await objects.find_known(unit, CUSTOMERS, (customer_id,))).get(customer_id)
    if customer is None or customer.tm_delete != NEVER:
        raise NotFound(CUSTOMERS.kind)
    routes = await _matching(unit, customer_id, number)
    providers = await _providers(unit, {route.provider_id for route in routes})
    known_health = await health.of_providers(unit, providers.values())
    full = await channels.full_providers(unit, providers.values(), now=now) if sees_caps else None
    decided = dialroute(
        [Candidate._make(route[:_DECIDES]) for route in routes],
        number=number,
        now=now,
        call_id=call_id,
        providers=providers.get,
        health=lambda provider_id: known_health[provider_id].status,
        full=full,
        max_attempts=max_attempts,
    )
    return Computed(decided, {route.id: route for route in routes})


_ROUTE = tables.routes.c
_DECIDES = len(Candidate._fields)
_COLUMNS: Sequence[Any] = (
    *(_ROUTE.id, _ROUTE.provider_id, _ROUTE.target, _ROUTE.priority, _ROUTE.weight),
    *(_ROUTE.enabled, _ROUTE.valid_from, _ROUTE.valid_until, _ROUTE.tm_create),
    (_ROUTE.customer_id == bindparam("customer_id")).label("own"),
    *(_ROUTE.customer_id, _ROUTE.name, _ROUTE.detail, _ROUTE.tm_update, _ROUTE.tm_delete),
)
"""First the fields of a Candidate in their order, then what else is shown of a route. Nothing is converted or checked
again: a number that is called has a dozen candidates, and that would cost as much as to find them."""

_TARGETS = tuple(f"target{n}" for n in range(MAX_DIGITS + 1))


@cache
def _matching_one_of(targets: int) -> Prepared:
    return Prepared(
        select(*_COLUMNS).where(
            tables.LIVE,
            _ROUTE.customer_id.in_([bindparam("customer_id"), bindparam("default_id")]),
            _ROUTE.target.in_([bindparam(name) for name in _TARGETS[:targets]]),
        )
    )


async def _matching(unit: Unit, customer_id: str, number: str) -> Sequence[Any]:
    """Every live route, the customer's and the default's, whose target is `all` or a prefix of the number."""
    targets = [ALL, *(number[: digits + 1] for digits in range(1, len(number)))]
    parameters = dict(zip(_TARGETS, targets, strict=False))
    parameters["customer_id"], parameters["default_id"] = customer_id, SYSTEM_DEFAULT_CUSTOMER
    return await unit.fetch(_matching_one_of(len(targets)), parameters)


async def _providers(unit: Unit, ids: Collection[str]) -> dict[str, Provider]:
    known = await objects.find_known(unit, PROVIDERS, ids)
    return {id_: known[id_] for id_ in ids if id_ in known and known[id_].tm_delete == NEVER}
