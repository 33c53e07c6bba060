"""A route: calls of this customer to this target may go to this provider, in this order of priority."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, groupby
from operator import attrgetter
from typing import Annotated

from dialplane.domain.errors import InvalidValue
from dialplane.domain.ids import Id
from dialplane.domain.instants import DAY_US, NEVER, Instant, parse_bound
from dialplane.domain.target import Target
from dialplane.domain.texts import Detail, Name, parse_range
from dialplane.domain.value import Value

MAX_PRIORITY = 2_147_483_647
MAX_WEIGHT = 65_535

LIVE, DISABLED, NOT_YET, EXPIRED = STATES = ("live", "disabled", "not_yet", "expired")
"""What a route is at an instant."""

EXPIRING = "expiring"
EXPIRING_US = 7 * DAY_US
"""A live route is that too, if it is not valid for so much longer."""


def parse_priority(value: int, *, field: str = "priority") -> int:
    """0 ... 2147483647; lower is tried first. Raises InvalidValue."""
    return parse_range(value, field=field, least=0, most=MAX_PRIORITY)


def parse_weight(value: int | None, *, field: str = "weight") -> int | None:
    """1 ... 65535, or None for no weight. Raises InvalidValue."""
    return None if value is None else parse_range(value, field=field, least=1, most=MAX_WEIGHT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Route(Value):
    """The ten fields of the contract (route-struct), and extensions that are at their default unless used.

    `priority`: lower is tried first. `weight`: share of the calls among routes of equal priority; those without one
    come after all that have one. The route is a candidate while `valid_from` <= now < `valid_until`, in instants.
    """

    id: Id
    customer_id: Id
    provider_id: Id
    priority: Annotated[int, parse_priority]
    target: Target
    name: Name = ""
    detail: Detail = ""
    enabled: bool = True
    weight: Annotated[int | None, parse_weight] = None
    valid_from: Annotated[int, parse_bound] = 0
    valid_until: Annotated[int, parse_bound] = NEVER
    tm_create: Instant = 0
    tm_update: Instant = NEVER
    tm_delete: Instant = NEVER


def state_at(route: Route, now: int) -> str:
    """Which of STATES it is in at this instant (us)."""
    if not route.enabled:
        return DISABLED
    if now < route.valid_from:
        return NOT_YET
    return LIVE if now < route.valid_until else EXPIRED


def require_period(route: Route) -> None:
    """Raises InvalidValue for a new route that is never a candidate: stored ones may be such."""
    if route.valid_from >= route.valid_until:
        raise InvalidValue("valid_until", "out_of_range", "must be later than valid_from")


def shifted_priority(route: Route, by: int) -> int:
    """The route's priority, so much greater or less. Raises InvalidValue for one that there cannot be."""
    priority = route.priority + by
    if not 0 <= priority <= MAX_PRIORITY:
        rule = f"must leave each priority from 0 to {MAX_PRIORITY}, and a route to {route.target} has {route.priority}"
        raise InvalidValue("by", "out_of_range", rule)
    return priority


def moved(routes: Sequence[Route], id_: str, *, is_earlier: bool, past: str | None = None) -> Mapping[str, int]:
    """Id -> priority of those whose priority changes where this route is tried one place earlier, or later.

    `routes`: all of a customer to a target. `past`: one of them, which it is tried before then, or after. Those of
    equal priority are one place: the route leaves them, and they stay together. Priorities that there are go to other
    routes; only where a place is added are higher ones needed. Nothing changes for the first that would be earlier,
    the last that would be later, and one that is before or behind `past` already.
    """
    of_priority = attrgetter("priority")
    places = [list(place) for _, place in groupby(sorted(routes, key=of_priority), key=of_priority)]
    priorities = [place[0].priority for place in places]
    at = _place_of(places, id_)
    alone, others = ([route for route in places[at] if (route.id == id_) is is_it] for is_it in (True, False))
    next_to = at if others else at - 1 if is_earlier else at + 1
    to = next_to if past is None else _place_of(places, past)
    is_there = to > at if is_earlier else to < at
    if is_there or not 0 <= to < len(places) or (to == at and not others):
        return {}
    places[at] = others
    places.insert(to if is_earlier else to + 1, alone)
    places = [place for place in places if place]
    priorities = sorted([*priorities, priorities[to] + 1]) if others else priorities
    rising = accumulate(priorities, lambda last, priority: max(priority, last + 1))
    pairs = [(route, priority) for place, priority in zip(places, rising, strict=True) for route in place]
    return {route.id: priority for route, priority in pairs if route.priority != priority}


def _place_of(places: Sequence[Sequence[Route]], id_: str) -> int:
    return next(number for number, place in enumerate(places) if any(route.id == id_ for route in place))
