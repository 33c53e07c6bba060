"""The dialroute: which providers a call may try, in which order, and why.

The order (docs/domain.md, section 4): the customer's own routes before the system default's, longer target before
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
from dialplane.engine import reasons

DEFAULT_MAX_ATTEMPTS = 10
MOST_ATTEMPTS = 30

TRIED = "tried"
DROPPED = "dropped"
SKIPPED = "skipped"


class Candidate(NamedTuple):
    """What the decision knows of a route. `own`: the customer's, not the system default's. Instants are in us.

    `priority`: lower is tried first. A tuple because a dataclass costs three times as much to make, at each call.
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
    """A candidate and what became of it; `position` counts from 1 among those that are tried."""

    candidate: Candidate
    provider: Provider | None
    outcome: str
    position: int | None
    reasons: tuple[str, ...]


class Dialroute(NamedTuple):
    """Every candidate's place, the tried ones first and in order."""

    places: tuple[Place, ...]

    @property
    def attempts(self) -> tuple[Place, ...]:
        """The places to try, first to last."""
        return tuple(place for place in self.places if place.outcome == TRIED)


def dialroute(
    candidates: Iterable[Candidate],
    *,
    number: str,
    now: int,
    call_id: str,
    providers: Callable[[str], Provider | None],
    health: Callable[[str], str],
    breakers: Collection[str] = frozenset(),
    full: Mapping[str, str] | None = None,
    max_attempts: int = DEFAULT_MAX_ATTEMPTS,
) -> Dialroute:
    """Order the candidates for one call.

    `candidates` may hold routes that do not match `number`: they are left out. `providers` gives a live provider by
    id, `health` its status by the probes, `breakers` the ids whose breaker is open, `full` provider id to the reason
    code of the cap that is reached. `call_id` seeds the weighted draw, so the same call always gets the same answer.
    """
    first: list[_Kept] = []
    unhealthy: list[_Kept] = []
    broken: list[_Kept] = []
    aside: list[Place] = []
    placed: set[str] = set()
    for candidate in _ordered(candidates, number, call_id):
        provider_id = candidate.provider_id
        provider = providers(provider_id)
        why = _WHY_HERE[candidate.own][candidate.weight is not None]
        refusal = _refusal(candidate, provider, placed, now)
        if refusal:
            outcome = DROPPED if refusal == reasons.PROVIDER_REPEATED else SKIPPED
            aside.append(Place(candidate, provider, outcome, None, (*why, refusal)))
            continue
        placed.add(provider_id)
        if full and provider_id in full:
            aside.append(Place(candidate, provider, SKIPPED, None, (*why, full[provider_id])))
        elif provider_id in breakers:
            broken.append((candidate, provider, (*why, reasons.BREAKER_OPEN)))
        elif health(provider_id) == UNHEALTHY:
            unhealthy.append((candidate, provider, (*why, reasons.UNHEALTHY)))
        else:
            first.append((candidate, provider, why))
    return _numbered(first + unhealthy + broken, aside, min(max_attempts, MOST_ATTEMPTS))


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


_Kept = tuple[Candidate, Provider | None, tuple[str, ...]]

_WHY_HERE = (
    ((reasons.DEFAULT_ROUTE,), (reasons.DEFAULT_ROUTE, reasons.WEIGHTED)),
    ((reasons.OWN_ROUTE,), (reasons.OWN_ROUTE, reasons.WEIGHTED)),
)
"""By whether the route is the customer's own, and by whether it has a weight."""


def _refusal(candidate: Candidate, provider: Provider | None, placed: Collection[str], now: int) -> str | None:
    """Why this candidate earns no place for its provider, or None. A route that is off earns none (a later may)."""
    if not candidate.enabled:
        return reasons.ROUTE_DISABLED
    if not candidate.valid_from <= now < candidate.valid_until:
        return reasons.ROUTE_NOT_VALID_NOW
    if provider is None:
        return reasons.PROVIDER_MISSING
    if not provider.enabled:
        return reasons.PROVIDER_DISABLED
    return reasons.PROVIDER_REPEATED if candidate.provider_id in placed else None


def _numbered(tried: list[_Kept], aside: list[Place], most: int) -> Dialroute:
    kept = [
        Place(candidate, provider, TRIED, position, why)
        for position, (candidate, provider, why) in enumerate(tried[:most], 1)
    ]
    cut = [
        Place(candidate, provider, DROPPED, None, (*why, reasons.BEYOND_MAX_ATTEMPTS))
        for candidate, provider, why in tried[most:]
    ]
    return Dialroute((*kept, *cut, *aside))
