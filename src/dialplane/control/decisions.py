"""What is kept of a call's decision: whom it would try, what stood before them, the first others, and counts.

A number may have hundreds of candidates, of which a person looks at a dozen.
"""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from dialplane.domain.target import specificity
from dialplane.engine.dialroute import MOST_ATTEMPTS, TRIED
from dialplane.engine.reasons import Reason
from dialplane.eventlog.kinds import ConsideredRoute

MOST_OTHERS = 20
"""Candidates that are kept though they would not be tried: the first that stood before one that would be."""

MOST_REASONS = 32
"""Reasons that are counted: more than there are."""


class Decision(NamedTuple):
    """`places`: those that would be tried, and then others. `not_tried`: reason -> how many candidates it kept back."""

    places: Sequence[Mapping[str, Any]]
    not_tried: Mapping[str, int]


def places_of(routes: Sequence[ConsideredRoute]) -> list[ConsideredRoute]:
    """Those of the candidates that are kept; of those behind the last that is tried, the first of each reason."""
    tried = [route for route in routes if route.outcome == TRIED][:MOST_ATTEMPTS]
    others = [route for route in routes if route.outcome != TRIED]
    if not others:
        return tried
    last = max(map(_rank, tried), default=None)
    before = [route for route in others if last is None or _rank(route) <= last][:MOST_OTHERS]
    reasons_before = {route.reasons[-1:] for route in before}
    first_of_reason = {
        route.reasons[-1:]: route for route in reversed(others) if route.reasons[-1:] not in reasons_before
    }
    behind = [route for route in others if first_of_reason.get(route.reasons[-1:]) is route]
    return [*tried, *before, *behind[:MOST_REASONS]]


def not_tried(routes: Sequence[ConsideredRoute]) -> dict[str, int]:
    """Reason -> how many candidates it kept back; of several, the last one did."""
    kept_back = [route.reasons[-1] for route in routes if route.outcome != TRIED and route.reasons]
    return dict(Counter(kept_back).most_common(MOST_REASONS)) if kept_back else {}


def _rank(route: ConsideredRoute) -> tuple[bool, int, int]:
    """Where a call meets the candidate, but for ties: own routes first, then longer targets, then lower priorities."""
    return Reason.DEFAULT_ROUTE in route.reasons, -specificity(route.target), route.priority


def read(column: str | None) -> Decision:
    """A decision as its column holds it; before 0.1 that was a list of all places."""
    held = json.loads(column or "[]")
    if isinstance(held, Mapping):
        return Decision(tuple(held["places"]), held["not_tried"])
    kept_back = Counter(place["reasons"][-1] for place in held if place["outcome"] != TRIED and place["reasons"])
    return Decision(tuple(held), kept_back)
