"""A decision rule by rule: where each candidate stands after each of them. What a picture of a decision draws.

The decision is one pass (`dialroute.py`). Its reasons say which rule each candidate met; read in the order in which a
call meets the candidates, they give every order in between.
"""

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from dialplane.domain.target import specificity
from dialplane.engine.dialroute import Dialroute, Group, drawn
from dialplane.engine.reasons import REASONS, Reason


class Rule(NamedTuple):
    """`sentence`: what it does. Candidates with a reason of `drops` leave, those with one of `moves` go behind."""

    sentence: str
    drops: frozenset[str]
    moves: frozenset[str]


_SENTENCES = {
    "matches": "own routes first, then longer targets, lower priorities, the weighted draw or age",
    "usable": "routes that are disabled or not valid at this time leave, and those of providers that are disabled or "
    "deleted",
    "once": "each provider keeps its first place",
    "limits": "providers leave that are at a limit, or that this call cannot be sent to",
    "health": "providers that the probes find unhealthy go behind",
    "breaker": "those whose breaker is open go behind all others",
    "attempts": "a call makes so many attempts and no more",
}

RULES: Mapping[str, Rule] = {
    name: Rule(
        text,
        drops=frozenset(reason for reason, row in REASONS.items() if row.drops_in == name),
        moves=frozenset(reason for reason, row in REASONS.items() if row.moves_in == name),
    )
    for name, text in _SENTENCES.items()
}
"""The rules in the order in which candidates meet them."""


class Stage(NamedTuple):
    """`ranks`: id of each route that is left after this rule -> its rank, from 1."""

    rule: str
    ranks: Mapping[str, int]


class Recorded(NamedTuple):
    """A candidate as a call's record has it. `position`: None if it was not to be tried."""

    route_id: str
    target: str
    priority: int
    position: int | None
    reasons: Sequence[str]


def stages(groups: Sequence[Group], decided: Dialroute, *, call_id: str) -> list[Stage]:
    """One stage for each rule, of what was decided on these groups for this call."""
    why = {candidate.route_id: reasons for candidate, _, _, reasons in (*decided.tried, *decided.others)}
    return _ranked([candidate.route_id for group in groups for candidate in drawn(group, call_id)], why)


def stages_of_record(places: Sequence[Recorded]) -> list[Stage]:
    """The same of a decision on record, which holds no ages: of equal routes those to be tried stand first."""
    in_order = sorted(places, key=_as_met)
    return _ranked([place.route_id for place in in_order], {place.route_id: place.reasons for place in places})


def _as_met(place: Recorded) -> tuple[bool, int, int, float]:
    """The order in which a call meets candidates."""
    position = math.inf if place.position is None else place.position
    return Reason.OWN_ROUTE not in place.reasons, -specificity(place.target), place.priority, position


def _ranked(left: list[str], why: Mapping[str, Sequence[str]]) -> list[Stage]:
    """What each rule leaves of these routes, which are in the order in which a call meets them."""
    found = list[Stage]()
    for name, rule in RULES.items():
        left = [route for route in left if rule.drops.isdisjoint(why[route])]
        left.sort(key=lambda route: not rule.moves.isdisjoint(why[route]))
        found.append(Stage(name, {route: rank for rank, route in enumerate(left, 1)}))
    return found
