"""The reverse of a dialroute: the targets whose calls would try a provider first, decided by the same engine.

A target stands for the numbers that begin with it and match no longer one: the engine decides on the routes to it and
to what it begins with, for the digits of an example number. Only targets to which the provider has a route are looked
at, in the order of text, so that an index finds the next ones however many there are: AT_ONCE of them by two
statements. What a request may take is bounded by time: after FOR_S, or where a page is full, it ends, and the next
begins behind the last target that was looked at. Of a million routes a page may be short, or empty, before the last.
"""

import time
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import NamedTuple

from dialplane.control import permissions
from dialplane.control.actor import Actor
from dialplane.control.dialroutes import Arrival, decide, groups_of, live_of, providers_of, require_view
from dialplane.control.invites import example_to
from dialplane.control.units import Reading
from dialplane.control.whatif import NOTHING, Circumstances, WhatIf, circumstances
from dialplane.domain.ids import parse_id
from dialplane.domain.target import ALL
from dialplane.engine.dialroute import DEFAULT_MAX_ATTEMPTS, Group, groups_for
from dialplane.store.objects import CUSTOMERS, PROVIDERS
from dialplane.store.queries import dialroutes as queries
from dialplane.system.turns import Turn

AT_ONCE = 100
"""Targets of one step. Some numbers have two hundred routes, which take a tenth of a second to read for as many."""

FOR_S = 1.0
"""How long targets are looked at for one page."""

DRAWS = 20
"""Calls for which a target is decided where routes to it have weights: they draw their order, each another one."""


class FirstChoice(NamedTuple):
    """A target whose calls would try the provider first, all or a `share` of them: of DRAWS, if routes have weights.

    `route_id`: by which route. `own`: it is the customer's own. `attempts`: how many providers would be tried in all;
    `then_provider_id`: the second of them, None if there is none.
    """

    target: str
    share: float
    route_id: str
    own: bool
    attempts: int
    then_provider_id: str | None


class Found(NamedTuple):
    """A page. `examined`: how many targets were looked at for it; `next`: behind which it goes on, "" at the end."""

    choices: Sequence[FirstChoice]
    examined: int
    next: str


class _Step(NamedTuple):
    """The next targets of the provider's routes, and the customer's and the default's routes that match any of them."""

    targets: Sequence[str]
    groups: Mapping[str, Sequence[Group]]
    provider_ids: frozenset[str]


async def find(
    unit: Reading,
    actor: Actor,
    provider_id: str,
    customer_id: str,
    *,
    now: int,
    page_size: int,
    after: str = "",
    max_attempts: int = DEFAULT_MAX_ATTEMPTS,
    what_if: WhatIf = NOTHING,
) -> Found:
    """The targets behind `after` whose calls of this customer would try the provider first, at the instant `now`.

    Providers without a free channel are skipped, as a call would. Raises NotFound("customer"), NotFound("provider"),
    InvalidValue, PermissionDenied, Unavailable.
    """
    require_view(actor, what_if)
    customer_id = parse_id(customer_id, field="customer_id")
    permissions.require(actor, "provider.targets")
    await live_of(unit, CUSTOMERS, customer_id)
    await live_of(unit, PROVIDERS, provider_id)
    found, examined, ends, turn = list[FirstChoice](), 0, time.monotonic() + FOR_S, Turn()
    while True:
        step = await unit.in_one_step(partial(_step, unit, provider_id, customer_id, after))
        there = await _there(unit, step, now, what_if)
        for target in step.targets:
            await turn.end_if_due()
            after, examined = target, examined + 1
            choice = _choice(provider_id, target, step.groups, there, max_attempts)
            found += [choice] if choice else []
            if len(found) == page_size:
                return Found(found, examined, after)
        if len(step.targets) < AT_ONCE:
            return Found(found, examined, "")
        if time.monotonic() > ends:
            return Found(found, examined, after)


async def _step(unit: Reading, provider_id: str, customer_id: str, after: str) -> _Step:
    targets = await queries.targets_of(unit, provider_id, after=after, most=AT_ONCE)
    matching = {prefix for target in targets for prefix in _prefixes(target)}
    routes = await queries.to_any_of(unit, customer_id=customer_id, targets=matching) if targets else []
    groups = defaultdict[str, list[Group]](list)
    for group in groups_of(routes, customer_id):
        groups[group.target].append(group)
    return _Step(targets, groups, frozenset(route.provider_id for route in routes))


async def _there(unit: Reading, step: _Step, now: int, what_if: WhatIf) -> Circumstances:
    providers = await providers_of(unit, step.provider_ids)
    present = await circumstances(unit, providers, now=now, edge=what_if.edge, sees_caps=True)
    return present if what_if is NOTHING else what_if.applied(present)


def _prefixes(target: str) -> Iterable[str]:
    """The targets that match each number of this one: itself, what it begins with, and `all`."""
    digits = "" if target == ALL else target
    return ALL, *(digits[:end] for end in range(2, len(digits) + 1))


def _choice(
    provider_id: str, target: str, groups: Mapping[str, Sequence[Group]], there: Circumstances, max_attempts: int
) -> FirstChoice | None:
    """None where no route of these leads there, or no call would try the provider first."""
    its_own = (candidate for group in groups.get(target, ()) for candidate in group.candidates)
    if all(candidate.provider_id != provider_id for candidate in its_own):
        return None
    matching = [group for prefix in _prefixes(target) for group in groups.get(prefix, ())]
    ordered = groups_for("" if target == ALL else target, matching)
    calls = DRAWS if any(group.is_weighted for group in ordered) else 1
    arrival = Arrival(example_to(target))
    decided = [
        decide(ordered, arrival, there, call_id=str(call), max_attempts=max_attempts).attempts for call in range(calls)
    ]
    first = [tried for tried in decided if tried and tried[0].candidate.provider_id == provider_id]
    if not first:
        return None
    route_id = first[0][0].candidate.route_id
    own = any(group.own for group in ordered for candidate in group.candidates if candidate.route_id == route_id)
    then = first[0][1].candidate.provider_id if len(first[0]) > 1 else None
    return FirstChoice(target, len(first) / calls, route_id, own, len(first[0]), then)
