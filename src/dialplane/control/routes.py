"""Routes: calls of this customer to this target may go to this provider. Priority: lower is tried first."""

from dialplane.control.actor import Actor
from dialplane.control.lifecycle import UseCases
from dialplane.control.units import Change
from dialplane.domain.route import Route, require_period
from dialplane.store.objects import ROUTES


class Routes(UseCases[Route]):
    """A new period of validity is not empty. Creates in bulk go by `bulk.NewRoutes`, which keeps the same rule."""

    async def check(self, unit: Change, actor: Actor, before: Route | None, after: Route) -> None:
        """Raises InvalidValue if a period that ends before it begins would be set."""
        if before is None or (before.valid_from, before.valid_until) != (after.valid_from, after.valid_until):
            require_period(after)


USE_CASES = Routes(ROUTES)
create, get, list_ = USE_CASES.create, USE_CASES.get, USE_CASES.list_
update, delete = USE_CASES.update, USE_CASES.delete
