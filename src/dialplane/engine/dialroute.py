"""The dialroute: which providers a call may try, in which order, and why.

The order (docs/domain.md, section 3): the customer's own routes before the system default's, longer target before
shorter and `all` last, lower priority first, then weight or age; each provider once; unhealthy ones behind, and last
those whose breaker is open.
"""

import math
from collections.abc import Callable, Collection, Iterable, Mapping
from functools import partial
from hashlib import blake2b
from typing import NamedTuple

from dialplane.domain.health import UNHEALTHY
from dialplane.domain.provider import Provider
from dialplane.domain.target import matches, specificity
from dialplane.engine.reasons import Reason

DEFAULT_MAX_ATTEMPTS = 10
MOST_ATTEMPTS = 30

TRIED = "tried"
DROPPED = "dropped"
SKIPPED = "skipped"


class Candidate(NamedTuple):
    """The deciding fields of a route. `own`: the customer's, not the system default's. Instants are in µs.

    `priority`: lower is tried first. A tuple, because a dataclass takes three times as long to create, at each call.
    """

    route_id: str
    provider_id: str
    target: str
    priority: int
    weight: int | None = None
    enabled: bool = True
    valid_from: int = 0
    valid_until: int = 1 << 62
    tm_create: int = 0
    own: bool = True


class Place(NamedTuple):
    """A candidate's result: tried, dropped or skipped, and why. `position` counts the tried ones from 1."""

    candidate: Candidate
    provider: Provider | None
    outcome: str
    position: int | None
    reasons: tuple[Reason, ...]


class Dialroute(NamedTuple):
    """Every candidate's place, the tried ones first and in order."""

    places: tuple[Place, ...]

    @property
    def attempts(self) -> tuple[Place, ...]:
        """The places to try, first to last."""
        return tuple(place for place in self.places if place.outcome == TRIED)


_Waiting = tuple[Candidate, Provider | None, tuple[Reason, ...]]
"""A candidate that will be tried, before its position is known."""

_PLACED_BY: Mapping[tuple[bool, bool], tuple[Reason, ...]] = {
    (False, False): (Reason.DEFAULT_ROUTE,),
    (False, True): (Reason.DEFAULT_ROUTE, Reason.WEIGHTED),
    (True, False): (Reason.OWN_ROUTE,),
    (True, True): (Reason.OWN_ROUTE, Reason.WEIGHTED),
}
"""The first reasons of a candidate, by whether its route is the customer's own and whether it has a weight."""


def dialroute(
    candidates: Iterable[Candidate],
    *,
    number: str,
    now: int,
    call_id: str,
    providers: Callable[[str], Provider | None],
    health: Callable[[str], str],
    breakers: Collection[str] = frozenset(),
    full: Mapping[str, Reason] | None = None,
    max_attempts: int = DEFAULT_MAX_ATTEMPTS,
) -> Dialroute:
    """Order the candidates for one call.

    Of the `candidates` those that do not match `number` are left out. `now` is an instant in µs; `call_id` seeds the
    weighted draw, so that the same call always gets the same answer. `providers` returns a live provider by its id,
    `health` its status by the probes. `breakers` are the ids of providers whose breaker is open, `full` maps the ids
    of those at a cap to the cap's reason (an edge leaves it out: it takes channels at the attempt, when one may have
    become free). At most `max_attempts` are tried, and never more than MOST_ATTEMPTS.
    """
    first: list[_Waiting] = []
    unhealthy: list[_Waiting] = []
    broken: list[_Waiting] = []
    not_tried: list[Place] = []
    placed: set[str] = set()
    for candidate in _ordered(candidates, number, call_id):
        provider_id = candidate.provider_id
        provider = providers(provider_id)
        why = _PLACED_BY[candidate.own, candidate.weight is not None]
        obstacle = _obstacle(candidate, provider, placed, now)
        if obstacle:
            outcome = DROPPED if obstacle is Reason.PROVIDER_REPEATED else SKIPPED
            not_tried.append(Place(candidate, provider, outcome, None, (*why, obstacle)))
            continue
        placed.add(provider_id)
        if full and provider_id in full:
            not_tried.append(Place(candidate, provider, SKIPPED, None, (*why, full[provider_id])))
        elif provider_id in breakers:
            broken.append((candidate, provider, (*why, Reason.BREAKER_OPEN)))
        elif health(provider_id) == UNHEALTHY:
            unhealthy.append((candidate, provider, (*why, Reason.UNHEALTHY)))
        else:
            first.append((candidate, provider, why))
    return _numbered(first + unhealthy + broken, not_tried, min(max_attempts, MOST_ATTEMPTS))


def _ordered(candidates: Iterable[Candidate], number: str, call_id: str) -> list[Candidate]:
    matching = [candidate for candidate in candidates if matches(candidate.target, number)]
    if len(matching) > 1:
        matching.sort(key=partial(_order, call_id))
    return matching


def _order(call_id: str, candidate: Candidate) -> tuple[bool, int, int, bool, float, int, str]:
    weight = candidate.weight
    return (
        not candidate.own,
        -specificity(candidate.target),
        candidate.priority,
        weight is None,
        0.0 if weight is None else _draw(call_id, candidate.route_id, weight),
        candidate.tm_create,
        candidate.route_id,
    )


def _draw(call_id: str, route_id: str, weight: int) -> float:
    """An exponential variate of rate `weight`: the smallest of several wins in proportion to its weight.

    Efraimidis and Spirakis, "Weighted random sampling with a reservoir" (2006): sorting by it is a weighted
    permutation that does not depend on which other routes take part.
    """
    digest = blake2b(f"{call_id}/{route_id}".encode(), digest_size=8).digest()
    uniform = (int.from_bytes(digest, "big") + 1) / (2**64 + 1)
    return -math.log(uniform) / weight


def _obstacle(candidate: Candidate, provider: Provider | None, placed: Collection[str], now: int) -> Reason | None:
    """Why this candidate gives its provider no place, or None. A later route of the provider's may give it one."""
    if not candidate.enabled:
        return Reason.ROUTE_DISABLED
    if not candidate.valid_from <= now < candidate.valid_until:
        return Reason.ROUTE_NOT_VALID_NOW
    if provider is None:
        return Reason.PROVIDER_MISSING
    if not provider.enabled:
        return Reason.PROVIDER_DISABLED
    return Reason.PROVIDER_REPEATED if candidate.provider_id in placed else None


def _numbered(waiting: list[_Waiting], not_tried: list[Place], most: int) -> Dialroute:
    tried = [
        Place(candidate, provider, TRIED, position, why)
        for position, (candidate, provider, why) in enumerate(waiting[:most], 1)
    ]
    cut = [
        Place(candidate, provider, DROPPED, None, (*why, Reason.BEYOND_MAX_ATTEMPTS))
        for candidate, provider, why in waiting[most:]
    ]
    return Dialroute((*tried, *cut, *not_tried))
