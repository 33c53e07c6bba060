"""What each kind of job does."""

from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dialplane.control import permissions, revisions, routes
from dialplane.control.actor import Actor
from dialplane.control.bulk import MAX_CHANGES
from dialplane.control.many_routes import Becoming
from dialplane.control.revisions import ObjectChange
from dialplane.control.routes import Filters, Order
from dialplane.control.units import Change, Database, Writing
from dialplane.domain.errors import InvalidValue
from dialplane.domain.route import Route
from dialplane.store import objects
from dialplane.store.objects import ROUTES
from dialplane.system.turns import Turn, in_turns

OLDEST_FIRST = Order(descending=False)

AT_ONCE = 1_000
"""Routes that are read and changed together; between them others have their turn, and the job can be cancelled."""

SHOWN = 50
"""Changes in the result of a rehearsal."""

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
    """The same becomes of every live route that meets the filters, as one revision; `is_rehearsal`: as if.

    `show`: how the result of a rehearsal has a change.
    """

    filters: Filters
    becoming: Becoming
    is_rehearsal: bool
    show: Callable[[ObjectChange], Any]

    async def __call__(self, db: Database, actor: Actor, course: Course) -> Result:
        """`{"matched", "changed", "revision"}`; revision is None where nothing was changed.

        A rehearsal has the first SHOWN `changes`, too. Raises InvalidValue (too many, a field that breaks its rule),
        NotFound, PermissionDenied, Unavailable.
        """
        for operation in self.becoming.operations:
            permissions.require(actor, operation)
        async with db.read() as reading:
            found = await routes.count(reading, actor, self.filters)
        course.progress(0, found.routes)
        async with db.change(actor, "job.change_routes") as unit:
            await self.becoming.check(unit, actor)
            matched, count = await self._change_all(unit, actor, course, total=found.routes)
            result: dict[str, Any] = {"matched": matched, "changed": count}
            if self.is_rehearsal:
                result["changes"] = await self._shown(unit, actor) if count else []
                unit.discard()
            result["revision"] = unit.revision if count and not self.is_rehearsal else None
            await course.end(unit, result)
        return result

    async def _shown(self, unit: Change, actor: Actor) -> list[Any]:
        revision = await revisions.get(unit, actor, unit.revision, page_size=SHOWN)
        return [self.show(change) for change in revision.changes]

    async def _change_all(self, unit: Change, actor: Actor, course: Course, *, total: int) -> tuple[int, int]:
        """The oldest first: what is changed does not move within that order, and new ones keep it among themselves.

        Those come last, and are left alone.
        """
        began, after = unit.next_instant(), None
        matched = count = 0
        while True:
            found = await routes.find(unit, actor, self.filters, OLDEST_FIRST, page_size=AT_ONCE, after=after)
            there = [route for route in found.routes if route.tm_create < began]
            if not there:
                return matched, count
            if matched + len(there) > MAX_CHANGES:
                raise InvalidValue("filters", "too_many", f"must mean at most {MAX_CHANGES} routes")
            after = found.next
            count += await self._change(unit, actor, there)
            matched += len(there)
            course.progress(matched, max(total, matched))

    async def _change(self, unit: Change, actor: Actor, found: Sequence[Route]) -> int:
        """How many of them it changes."""
        now = unit.next_instant()
        each = await in_turns(found, lambda before: self.becoming.steps(unit, before, now))
        steps = [step for steps in each for step in steps]
        pairs = [(before, after) for before, after in steps if before is not None]
        made = [after for before, after in steps if before is None]
        turn = Turn()
        for before, after in pairs:
            await turn.end_if_due()
            await routes.USE_CASES.check_references(unit, actor, self.becoming.operations[-1], before, after)
            await routes.USE_CASES.check(unit, actor, before, after)
        if steps:
            await objects.put_all(unit, ROUTES, pairs)
            await objects.add_all(unit, ROUTES, made)
            await unit.flush()
        return sum(1 for steps in each if steps)
