"""The decision as the rules of docs/domain.md, section 3, say it: one sentence after the other, and slow."""

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from hashlib import blake2b
from typing import NamedTuple

from dialplane.domain.ids import SYSTEM_DEFAULT_CUSTOMER
from dialplane.domain.provider import Provider
from dialplane.domain.route import Route
from dialplane.engine.dialroute import Dialroute


class Told(NamedTuple):
    """What became of one route."""

    route_id: str
    target: str
    outcome: str
    position: int | None
    reasons: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Drawn:
    """All that one decision depends on."""

    customer_id: str
    number: str
    now: int
    call_id: str
    routes: Collection[Route]
    providers: Mapping[str, Provider]
    unhealthy: Collection[str]
    broken: Collection[str]
    most: int

    def decide(self) -> list[Told]:
        """Every route of the customer's and of the system default's that matches: those tried first, and in order."""
        tried: list[tuple[Route, tuple[str, ...]]] = []
        others: list[Told] = []
        for route in sorted(self._matching(), key=self._key):
            why = ("own_route" if self._is_own(route) else "default_route", *["weighted"] * (route.weight is not None))
            obstacle = self._obstacle(route, [placed.provider_id for placed, _ in tried])
            if obstacle:
                outcome = "dropped" if obstacle == "provider_repeated" else "skipped"
                others.append(Told(route.id, route.target, outcome, None, (*why, obstacle)))
            else:
                tried.append((route, (*why, *self._late(route))))
        tried.sort(key=lambda entry: ("breaker_open" in entry[1], "unhealthy" in entry[1]))
        first, cut = tried[: self.most], tried[self.most :]
        return [
            *(Told(route.id, route.target, "tried", n, why) for n, (route, why) in enumerate(first, 1)),
            *(Told(route.id, route.target, "dropped", None, (*why, "beyond_max_attempts")) for route, why in cut),
            *others,
        ]

    def _matching(self) -> list[Route]:
        return [
            route
            for route in self.routes
            if route.customer_id in (self.customer_id, SYSTEM_DEFAULT_CUSTOMER)
            and (route.target == "all" or self.number.startswith(route.target))
        ]

    def stages(self) -> list[list[str]]:
        """The ids of the routes that are left after each of the rules, in their order then."""
        why = {told.route_id: told.reasons for told in self.decide()}
        left = [route.id for route in sorted(self._matching(), key=self._key)]
        found = [left]
        for drops in (
            ("route_disabled", "route_not_valid_now", "provider_missing", "provider_disabled"),
            ("provider_repeated",),
            (),
        ):
            left = [route for route in left if why[route][-1] not in drops]
            found.append(left)
        unhealthy = [route for route in left if "unhealthy" in why[route]]
        left = [*(route for route in left if route not in unhealthy), *unhealthy]
        broken = [route for route in left if "breaker_open" in why[route]]
        behind = [*(route for route in left if route not in broken), *broken]
        return [*found, left, behind, behind[: self.most]]

    def _is_own(self, route: Route) -> bool:
        return route.customer_id == self.customer_id != SYSTEM_DEFAULT_CUSTOMER

    def _key(self, route: Route) -> tuple[object, ...]:
        length = 0 if route.target == "all" else len(route.target)
        draw = self._draw(route)
        return not self._is_own(route), -length, route.priority, draw is None, draw or 0, route.tm_create, route.id

    def _draw(self, route: Route) -> float | None:
        if route.weight is None:
            return None
        digest = blake2b(f"{self.call_id}/{route.id}".encode(), digest_size=8).digest()
        return -math.log((int.from_bytes(digest, "big") + 1) / (2**64 + 1)) / route.weight

    def _obstacle(self, route: Route, placed: Collection[str]) -> str:
        provider = self.providers.get(route.provider_id)
        if not route.enabled:
            return "route_disabled"
        if not route.valid_from <= self.now < route.valid_until:
            return "route_not_valid_now"
        if provider is None:
            return "provider_missing"
        if not provider.enabled:
            return "provider_disabled"
        return "provider_repeated" if route.provider_id in placed else ""

    def _late(self, route: Route) -> tuple[str, ...]:
        if route.provider_id in self.broken:
            return ("breaker_open",)
        return ("unhealthy",) if route.provider_id in self.unhealthy else ()


def told(dialroute: Dialroute) -> list[Told]:
    """The engine's decision in the same words."""
    return [
        Told(place.candidate.route_id, place.target, place.outcome, place.position, tuple(map(str, place.reasons)))
        for place in dialroute.places
    ]
