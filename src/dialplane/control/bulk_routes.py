"""Routes by the thousand: the same rules as one at a time, looked up and stored in large steps."""

from collections.abc import Mapping
from typing import Any

from dialplane.control import lifecycle, routes
from dialplane.control.units import Change
from dialplane.domain.route import Route
from dialplane.store import objects
from dialplane.store.objects import CUSTOMERS, PROVIDERS, ROUTES, Shape

AT_ONCE = 250
"""Routes that are kept in memory before they are stored."""


class BulkRoutes:
    """New routes of one unit. Each is checked when it is given, and stored with the others at the next `store`."""

    def __init__(self, unit: Change) -> None:
        self._unit = unit
        self._pending: list[Route] = []
        self._live: set[str] = set()

    async def create(self, fields: Mapping[str, Any]) -> str:
        """The id of the new route. Raises InvalidValue, NotFound("customer"), NotFound("provider")."""
        route = routes.new_route(self._unit, fields)
        await self._refuse_dangling(CUSTOMERS, route.customer_id)
        await self._refuse_dangling(PROVIDERS, route.provider_id)
        self._pending.append(route)
        if len(self._pending) >= AT_ONCE:
            await self.store()
        return route.id

    async def _refuse_dangling(self, shape: Shape[Any], id_: str) -> None:
        if id_ not in self._live:
            await lifecycle.live(self._unit, shape, id_)
            self._live.add(id_)

    async def store(self) -> None:
        """Writes what is pending, with its part of the revision."""
        if self._pending:
            pending, self._pending = self._pending, []
            await objects.add_all(self._unit, ROUTES, pending)
            await self._unit.flush()

    def forget_references(self) -> None:
        """Customers or providers have changed: look for them again."""
        self._live.clear()
