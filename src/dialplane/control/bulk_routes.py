"""Routes by the thousand: the same rules as one at a time, but made before the writer's lock is taken."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from dialplane.control import lifecycle, routes
from dialplane.control.units import Change
from dialplane.domain.errors import DialplaneError, NotFound
from dialplane.store import objects
from dialplane.store.drafts import Drafts
from dialplane.store.objects import CUSTOMERS, PROVIDERS, ROUTES

Fields = Mapping[str, Any]


class RouteRefused(Exception):
    """The route at `place` (from 0) breaks a rule: `error` tells which."""

    def __init__(self, place: int, error: DialplaneError) -> None:
        super().__init__(place)
        self.place = place
        self.error = error


class NewRoutes:
    """Routes that are created one after the other. `ids` are theirs, in that order; `drafts` may be staged."""

    def __init__(self, fields: Sequence[Fields]) -> None:
        """Checks all that can be checked without the database. Raises RouteRefused for the first that is wrong."""
        self.drafts = Drafts(ROUTES)
        self._first_with: dict[tuple[str, str], int] = {}
        order = sorted(range(len(fields)), key=lambda place: _place_in_indexes(fields[place]))
        ids = dict(zip(order, lifecycle.new_ids(len(order)), strict=True))
        self.ids = [ids[place] for place in range(len(order))]
        refused: list[RouteRefused] = []
        for place in order:
            try:
                self._add(place, fields[place])
            except DialplaneError as error:
                refused.append(RouteRefused(place, error))
        if refused:
            raise min(refused, key=lambda one: one.place)

    def _add(self, place: int, fields: Fields) -> None:
        route = routes.new_route(fields, id_=self.ids[place])
        self.drafts.add(place, route)
        for reference in ((CUSTOMERS.kind, route.customer_id), (PROVIDERS.kind, route.provider_id)):
            self._first_with[reference] = min(place, self._first_with.get(reference, place))

    async def store(self, unit: Change, live: "Live") -> None:
        """Stores them, as part of the unit's revision. Raises RouteRefused where what one refers to is not there."""
        missing = await live.missing(unit, self._first_with)
        if missing:
            reference = min(missing, key=lambda one: (self._first_with[one], one))
            raise RouteRefused(self._first_with[reference], NotFound(reference[0]))
        await self.drafts.store(unit)


class Live:
    """Customers and providers that are known to be there, within one unit."""

    def __init__(self) -> None:
        self._known: set[tuple[str, str]] = set()

    async def missing(self, unit: Change, references: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
        """Those of these (kind, id) that are absent or deleted; one question for each kind."""
        wanted = [reference for reference in references if reference not in self._known]
        for shape in (CUSTOMERS, PROVIDERS):
            if ids := [id_ for kind, id_ in wanted if kind == shape.kind]:
                self._known |= {(shape.kind, id_) for id_ in await objects.live_ids(unit, shape, ids)}
        return [reference for reference in wanted if reference not in self._known]

    def forget(self) -> None:
        """Customers or providers have changed: look for them again."""
        self._known.clear()


def _place_in_indexes(fields: Fields) -> tuple[str, str]:
    return str(fields.get("customer_id")), str(fields.get("target"))
