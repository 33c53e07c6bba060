"""Export: all live objects of a kind, as one snapshot, in the order of their creation; of any number."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from typing import Any, NamedTuple

from dialplane.control import permissions, route_filter
from dialplane.control.actor import Actor
from dialplane.control.permissions import Scope
from dialplane.control.units import EXPORTS, Database, Reading
from dialplane.domain.kinds import KINDS as ALL_KINDS
from dialplane.store import objects
from dialplane.store.objects import STORAGES
from dialplane.store.queries import export as queries
from dialplane.store.queries import routes
from dialplane.store.queries.routes import Filters, Order

KINDS = tuple(kind.name for kind in ALL_KINDS.values() if kind.in_bulk)
"""The kinds that can be exported: those that `POST /v1.0/changes` takes back."""

AT_ONCE = 200
"""Objects in memory at once."""


class Begin(NamedTuple):
    """The snapshot that an export is of: the number of its latest revision."""

    revision: int


Part = Begin | Sequence[Any]


async def parts(
    db: Database, actor: Actor, kind: str, filters: Mapping[str, str | None], *, text: str = "", ids: Sequence[str] = ()
) -> AsyncGenerator[Part]:
    """The beginning, and then objects, some at a time. `filters`: field -> the value it must have; None for any.

    `text`: a filter of routes; `ids`: of some of them. Of a customer's people and keys only their customer's
    own. Raises InvalidValue, PermissionDenied, Unavailable.
    """
    scope = permissions.require(actor, f"{kind}.list")
    owner = ALL_KINDS[kind].owner
    wanted = {name: value for name, value in filters.items() if value is not None}
    if scope is Scope.OWN and owner is not None:
        if wanted.setdefault(owner, actor.customer_id) != actor.customer_id:
            wanted[owner] = ""  # another customer's are answered as if there were none
    async with db.read(EXPORTS, caller=actor.caller) as unit:
        also = await _also(unit, actor, text, ids, now=db.now()) if text or ids else ()
        yield Begin((await unit.clock()).revision)
        async with queries.rows(unit, STORAGES[kind], wanted, *also, at_once=AT_ONCE) as batches:
            async for rows in batches:
                yield objects.objects_of(unit, STORAGES[kind], rows)


async def _also(unit: Reading, actor: Actor, text: str, ids: Sequence[str], *, now: int) -> Sequence[Any]:
    filters = await route_filter.meant(unit, actor, text, Filters(ids=ids or None, now=now))
    return routes.walked(filters, Order("tm_create", descending=False), unit.backend)
