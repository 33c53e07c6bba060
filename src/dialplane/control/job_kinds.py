"""What each kind of job does."""

from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from typing import Any

from dialplane.control import permissions, routes
from dialplane.control.actor import Actor
from dialplane.control.bulk import MAX_CHANGES
from dialplane.control.lifecycle import Fields, changed, deleted, refuse_unknown, with_fields
from dialplane.control.nouns import NOUNS
from dialplane.control.routes import After, Filters, Order
from dialplane.control.units import Change, Database
from dialplane.domain.errors import InvalidValue
from dialplane.domain.kinds import ROUTE
from dialplane.domain.route import Route
from dialplane.store import objects
from dialplane.store.objects import ROUTES

UPDATE, DELETE = ACTIONS = ("update", "delete")

AT_ONCE = 1_000
"""Routes that are read and changed together; between them others have their turn, and the job can be cancelled."""

Progress = Callable[[int, int | None], None]
"""What is told of a job as it goes on: rows done, and of how many."""

Work = Callable[[Database, Actor, Progress], Coroutine[Any, Any, Mapping[str, Any]]]
"""A job: the database, for whom, whom to tell; its result. Cancelling it leaves nothing behind."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeRoutes:
    """Every live route that meets the filters is changed, or deleted, as one revision; `is_rehearsal`: as if.

    `fields` of an update, as a single one takes them.
    """

    filters: Filters
    action: str
    fields: Fields
    is_rehearsal: bool

    async def __call__(self, db: Database, actor: Actor, progress: Progress) -> Mapping[str, Any]:
        """`{"matched", "changed", "revision"}`; revision is None where nothing was changed.

        Raises InvalidValue (too many, a field that breaks its rule), NotFound, PermissionDenied, Unavailable.
        """
        permissions.require(actor, f"route.{self.action}")
        async with db.read() as reading:
            found = await routes.count(reading, actor, self.filters)
        progress(0, found.routes)
        async with db.change(actor, "job.change_routes") as unit:
            matched, count_changed = await self._change_all(unit, actor, progress, total=found.routes)
            if self.is_rehearsal:
                unit.discard()
        return {"matched": matched, "changed": count_changed, "revision": unit.revision if unit.is_committed else None}

    async def _change_all(self, unit: Change, actor: Actor, progress: Progress, *, total: int) -> tuple[int, int]:
        """The routes in the order of their creation: what is changed does not move within it."""
        after: After | None = None
        matched = count = 0
        while True:
            found = await routes.find(unit, actor, self.filters, Order(), page_size=AT_ONCE, after=after)
            if not found.routes:
                return matched, count
            if matched + len(found.routes) > MAX_CHANGES:
                raise InvalidValue("filters", "too_many", f"must mean at most {MAX_CHANGES} routes")
            after = found.next
            count += await self._change(unit, actor, found.routes)
            matched += len(found.routes)
            progress(matched, max(total, matched))

    async def _change(self, unit: Change, actor: Actor, found: Any) -> int:
        noun, now = NOUNS[ROUTE.name], unit.next_instant()
        refuse_unknown(self.fields, ROUTE.changeable)
        noun.check_fields(self.fields)
        pairs = [(before, after) for before in found if (after := self._after(before, now)) != before]
        for before, after in pairs:
            await noun.check_references(unit, actor, f"route.{self.action}", before, after)
            await noun.check(unit, actor, before, after)
        if pairs:
            await objects.put_all(unit, ROUTES, pairs)
            await unit.flush()
        return len(pairs)

    def _after(self, before: Route, now: int) -> Route:
        if self.action == DELETE:
            return deleted(before, now)
        after = changed(ROUTE, before, self.fields, now=now)
        return before if after == with_fields(before, tm_update=now) else after
