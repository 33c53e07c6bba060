"""What may become of many routes at once: each kind of it, as steps of the routes' rows."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from dialplane.control import lifecycle, permissions
from dialplane.control.actor import Actor
from dialplane.control.lifecycle import Fields, changed, deleted, refuse_unknown, with_fields
from dialplane.control.routes import USE_CASES
from dialplane.control.units import Change
from dialplane.domain.kinds import ROUTE
from dialplane.domain.route import Route, shifted_priority
from dialplane.store.objects import CUSTOMERS

Step = tuple[Route | None, Route]
"""A route before and after; None before one that is new."""


class Becoming(Protocol):
    """What becomes of each of many routes. `operations`: what the actor must be let do."""

    @property
    def operations(self) -> Sequence[str]: ...

    async def check(self, unit: Change, actor: Actor) -> None:
        """Of what holds for all of them, and needs to be looked at once. Raises InvalidValue, NotFound."""

    def steps(self, unit: Change, before: Route, now: int) -> Sequence[Step]:
        """None for a route that is so already. Raises InvalidValue."""


@dataclass(frozen=True, slots=True)
class Updated:
    """Some fields of it are changed, to values as a single update takes them."""

    fields: Fields
    operations: Sequence[str] = ("route.update",)

    async def check(self, _unit: Change, _actor: Actor) -> None:
        refuse_unknown(self.fields, ROUTE.changeable)
        USE_CASES.check_fields(self.fields)

    def steps(self, _unit: Change, before: Route, now: int) -> Sequence[Step]:
        return _unless_same(before, changed(ROUTE, before, self.fields, now=now), now)


@dataclass(frozen=True, slots=True)
class Shifted:
    """Its priority is that much greater, or less."""

    by: int
    operations: Sequence[str] = ("route.update",)

    async def check(self, _unit: Change, _actor: Actor) -> None:
        return

    def steps(self, _unit: Change, before: Route, now: int) -> Sequence[Step]:
        after = changed(ROUTE, before, {"priority": shifted_priority(before, self.by)}, now=now)
        return _unless_same(before, after, now)


@dataclass(frozen=True, slots=True)
class Moved:
    """It is another customer's. A route's customer never changes: it is deleted, and a new one is like it."""

    customer_id: str
    operations: Sequence[str] = ("route.create", "route.delete")

    async def check(self, unit: Change, actor: Actor) -> None:
        permissions.require(actor, "route.create", customer_id=self.customer_id, kind="customer")
        await lifecycle.live(unit, CUSTOMERS, self.customer_id)

    def steps(self, unit: Change, before: Route, now: int) -> Sequence[Step]:
        if before.customer_id == self.customer_id:
            return ()
        fields = {name: getattr(before, name) for name in ROUTE.settable} | {"customer_id": self.customer_id}
        moved = lifecycle.new(ROUTE, fields, id_=lifecycle.new_id(), tm_create=unit.next_instant())
        return (before, deleted(before, now)), (None, moved)


@dataclass(frozen=True, slots=True)
class Deleted:
    """It is no more."""

    operations: Sequence[str] = ("route.delete",)

    async def check(self, _unit: Change, _actor: Actor) -> None:
        return

    def steps(self, _unit: Change, before: Route, now: int) -> Sequence[Step]:
        return ((before, deleted(before, now)),)


def _unless_same(before: Route, after: Route, now: int) -> Sequence[Step]:
    return () if after == with_fields(before, tm_update=now) else ((before, after),)
