"""What each kind of job does."""

from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass
from typing import Any

from dialplane.control import permissions, routes
from dialplane.control.actor import Actor
from dialplane.control.bulk import MAX_CHANGES
from dialplane.control.lifecycle import Fields, changed, deleted, refuse_unknown, with_fields
from dialplane.control.nouns import NOUNS
from dialplane.control.routes import After, Filters, Order
from dialplane.control.units import Change, Database, Writing
from dialplane.domain.errors import InvalidValue
from dialplane.domain.kinds import ROUTE
from dialplane.domain.route import Route
from dialplane.store import objects
from dialplane.store.objects import ROUTES
from dialplane.system.turns import Turn, in_turns

UPDATE, DELETE = ACTIONS = ("update", "delete")

AT_ONCE = 1_000
"""Routes that are read and changed together; between them others have their turn, and the job can be cancelled."""

Result = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Course:
    """What a job says as it goes on. `progress`: rows done, and of how many.

    `end`: the last of its one transaction, which commits the result with what was done, so that both are there or
    neither is.
    """

    progress: Callable[[int, int | None], None]
    end: Callable[[Writing, Result], Awaitable[None]]


Work = Callable[[Database, Actor, Course], Coroutine[Any, Any, Result]]
"""A job: the database, for whom, its course; its result. Cancelled before its commit, it leaves nothing behind."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeRoutes:
    """Every live route that meets the filters is changed, or deleted, as one revision; `is_rehearsal`: as if.

    `fields` of an update, as a single one takes them.
    """

    filters: Filters
    action: str
    fields: Fields
    is_rehearsal: bool

    async def __call__(self, db: Database, actor: Actor, course: Course) -> Result:
        """`{"matched", "changed", "revision"}`; revision is None where nothing was changed.

        Raises InvalidValue (too many, a field that breaks its rule), NotFound, PermissionDenied, Unavailable.
        """
        permissions.require(actor, f"route.{self.action}")
        async with db.read() as reading:
            found = await routes.count(reading, actor, self.filters)
        course.progress(0, found.routes)
        async with db.change(actor, "job.change_routes") as unit:
            matched, count = await self._change_all(unit, actor, course, total=found.routes)
            if self.is_rehearsal:
                unit.discard()
            revision = unit.revision if count and not self.is_rehearsal else None
            result = {"matched": matched, "changed": count, "revision": revision}
            await course.end(unit, result)
        return result

    async def _change_all(self, unit: Change, actor: Actor, course: Course, *, total: int) -> tuple[int, int]:
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
            course.progress(matched, max(total, matched))

    async def _change(self, unit: Change, actor: Actor, found: Any) -> int:
        noun, now = NOUNS[ROUTE.name], unit.next_instant()
        refuse_unknown(self.fields, ROUTE.changeable)
        noun.check_fields(self.fields)
        afters = await in_turns(found, lambda before: self._after(before, now))
        pairs = [(before, after) for before, after in zip(found, afters, strict=True) if after != before]
        turn = Turn()
        for before, after in pairs:
            await turn.end_if_due()
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
