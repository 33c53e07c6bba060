"""The dialroute: which providers a call may try, in which order, and why.

The order (docs/domain.md, section 3): the customer's own routes before the system default's, longer target before
shorter and `all` last, lower priority first, then weight or age; each provider once; unhealthy ones behind, and last
those whose breaker is open.

One pass over groups of routes that are in that order already: an edge's replica holds them so, as the order within a
group is the same for all calls but for the weighted draw.
"""

import math
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from hashlib import blake2b
from typing import NamedTuple, Self

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
    """The deciding fields of a route, but for its customer and target. Instants are in µs.

    `priority`: lower is tried first. A tuple, because a dataclass takes three times as long to create, at each call.
    """

    route_id: str
    provider_id: str
    priority: int
    weight: int | None = None
    enabled: bool = True
    valid_from: int = 0
    valid_until: int = 1 << 62
    tm_create: int = 0


class Group(NamedTuple):
    """The routes of one customer to one target, those of one priority that have a weight first, then by age.

    `own`: of the customer who calls, not of the system default. `is_weighted`: at least one has a weight.
    """

    target: str
    own: bool
    candidates: list[Candidate]
    is_weighted: bool


class Standing(NamedTuple):
    """A provider as every call finds it. `obstacle`: why no route earns it a place."""

    provider: Provider | None
    obstacle: Reason | None
    is_unhealthy: bool


Choice = tuple[Candidate, str, Provider | None, tuple[Reason, ...]]
"""A candidate, its target, its provider, and the reasons why it is tried at its place, or is not tried."""


class Place(NamedTuple):
    """A candidate's result: tried, dropped or skipped, and why. `position` counts the tried ones from 1."""

    candidate: Candidate
    target: str
    provider: Provider | None
    outcome: str
    position: int | None
    reasons: tuple[Reason, ...]


class Dialroute(NamedTuple):
    """The candidates that are tried, in order, and the others. Bare choices, since an edge makes only text of them."""

    tried: Sequence[Choice]
    others: Sequence[Choice]

    def also_for(self, reason: Reason) -> Self:
        """The same, where this is one more reason for each place that is tried."""
        return self._replace(
            tried=[(candidate, target, provider, (*why, reason)) for candidate, target, provider, why in self.tried]
        )

    @property
    def attempts(self) -> tuple[Place, ...]:
        """The places to try, first to last."""
        return tuple(
            Place(candidate, target, provider, TRIED, position, why)
            for position, (candidate, target, provider, why) in enumerate(self.tried, 1)
        )

    @property
    def places(self) -> tuple[Place, ...]:
        """Every candidate's place, the tried ones first."""
        return self.attempts + tuple(
            Place(candidate, target, provider, outcome_of(why), None, why)
            for candidate, target, provider, why in self.others
        )


def outcome_of(why: Sequence[Reason]) -> str:
    """The outcome of a candidate that is not tried, by its reasons: the last one kept it from its place."""
    return DROPPED if why[-1] in _DROPPING else SKIPPED


_DROPPING = frozenset({Reason.PROVIDER_REPEATED, Reason.BEYOND_MAX_ATTEMPTS})
_PLACED_BY: Mapping[bool, tuple[Reason, ...]] = {False: (Reason.DEFAULT_ROUTE,), True: (Reason.OWN_ROUTE,)}
"""The first reason of a candidate, by whether its route is the customer's own."""


def group_of(target: str, candidates: Iterable[Candidate], *, own: bool) -> Group:
    """The group of these candidates, which come in any order."""
    ordered = sorted(candidates, key=_order)
    return Group(target, own, ordered, any(candidate.weight is not None for candidate in ordered))


def groups_for(number: str, groups: Iterable[Group]) -> list[Group]:
    """The groups whose target matches the number, in the order in which a call meets them."""
    matching = [group for group in groups if matches(group.target, number)]
    return sorted(matching, key=lambda group: (not group.own, -specificity(group.target)))


def standing_of(provider: Provider | None, health: str) -> Standing:
    """How calls find a live provider (None: it is deleted) with this health status."""
    if provider is None:
        return Standing(None, Reason.PROVIDER_MISSING, False)
    return Standing(provider, None if provider.enabled else Reason.PROVIDER_DISABLED, health == UNHEALTHY)


def dialroute(
    groups: Iterable[Group],
    *,
    now: int,
    call_id: str,
    standing: Callable[[str], Standing],
    breakers: Collection[str] = frozenset(),
    full: Mapping[str, Reason] | None = None,
    max_attempts: int = DEFAULT_MAX_ATTEMPTS,
) -> Dialroute:
    """Order the candidates for one call.

    `groups` match the called number, in the order of `groups_for`. `now` is an instant in µs; `call_id` seeds the
    weighted draw, so that the same call always gets the same answer. `standing` returns a provider's by its id.
    `breakers` are the ids of providers whose breaker is open, `full` maps the ids of those at a cap to the cap's reason
    (an edge leaves it out: it takes channels at the attempt, when one may have become free). At most `max_attempts` are
    tried, and never more than MOST_ATTEMPTS.
    """
    first: list[Choice] = []
    unhealthy: list[Choice] = []
    broken: list[Choice] = []
    others: list[Choice] = []
    placed: set[str] = set()
    for target, own, candidates, is_weighted in groups:
        placed_by = _PLACED_BY[own]
        for candidate in _drawn(candidates, call_id) if is_weighted else candidates:
            _, provider_id, _, weight, enabled, valid_from, valid_until, _ = candidate
            provider, obstacle, is_unhealthy = standing(provider_id)
            why = placed_by if weight is None else (*placed_by, Reason.WEIGHTED)
            if obstacle or provider_id in placed or not (enabled and valid_from <= now < valid_until):
                others.append((candidate, target, provider, (*why, _obstacle(candidate, obstacle, now))))
                continue
            placed.add(provider_id)
            if full and provider_id in full:
                others.append((candidate, target, provider, (*why, full[provider_id])))
            elif provider_id in breakers:
                broken.append((candidate, target, provider, (*why, Reason.BREAKER_OPEN)))
            elif is_unhealthy:
                unhealthy.append((candidate, target, provider, (*why, Reason.UNHEALTHY)))
            else:
                first.append((candidate, target, provider, why))
    return _limited(first + unhealthy + broken, others, min(max_attempts, MOST_ATTEMPTS))


def _order(candidate: Candidate) -> tuple[int, bool, int, str]:
    return candidate.priority, candidate.weight is None, candidate.tm_create, candidate.route_id


def drawn(group: Group, call_id: str) -> Sequence[Candidate]:
    """The candidates of a group in the order in which this call meets them."""
    return _drawn(group.candidates, call_id) if group.is_weighted else group.candidates


def _drawn(candidates: Sequence[Candidate], call_id: str) -> list[Candidate]:
    """The candidates of a group as this call draws them: among those of one priority, the weighted ones change."""

    def order(candidate: Candidate) -> tuple[int, bool, float]:
        weight = candidate.weight
        draw = 0.0 if weight is None else _draw(call_id, candidate.route_id, weight)
        return candidate.priority, weight is None, draw

    return sorted(candidates, key=order)


def _draw(call_id: str, route_id: str, weight: int) -> float:
    """An exponential variate of rate `weight`: the smallest of several wins in proportion to its weight.

    Efraimidis and Spirakis, "Weighted random sampling with a reservoir" (2006): sorting by it is a weighted
    permutation that does not depend on which other routes take part.
    """
    digest = blake2b(f"{call_id}/{route_id}".encode(), digest_size=8).digest()
    uniform = (int.from_bytes(digest, "big") + 1) / (2**64 + 1)
    return -math.log(uniform) / weight


def _obstacle(candidate: Candidate, of_provider: Reason | None, now: int) -> Reason:
    """Why this candidate gives its provider no place. A later route of the provider's may give it one."""
    if not candidate.enabled:
        return Reason.ROUTE_DISABLED
    if not candidate.valid_from <= now < candidate.valid_until:
        return Reason.ROUTE_NOT_VALID_NOW
    return of_provider or Reason.PROVIDER_REPEATED


def _limited(tried: list[Choice], others: list[Choice], most: int) -> Dialroute:
    """The dialroute without those beyond the `most` that are tried."""
    if len(tried) <= most:
        return Dialroute(tried, others)
    cut: list[Choice] = [
        (candidate, target, provider, (*why, Reason.BEYOND_MAX_ATTEMPTS))
        for candidate, target, provider, why in tried[most:]
    ]
    return Dialroute(tried[:most], cut + others)
