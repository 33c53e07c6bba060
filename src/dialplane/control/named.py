"""The objects that the names in a filter mean."""

from collections.abc import Sequence

from dialplane.control import permissions
from dialplane.control.actor import Actor
from dialplane.control.units import Unit
from dialplane.domain import filter as typed
from dialplane.domain.filter import Name, Term
from dialplane.store.objects import STORAGES
from dialplane.store.queries import search

MOST_NAMED = 50
"""Objects that the names of one term may mean together."""

MOST_READ = 1_000
"""Objects among which the name nearest to an unknown one is looked for."""


async def ids(unit: Unit, actor: Actor, number: int, term: Term) -> tuple[str, ...]:
    """The objects that the names of a term mean, each of them one at least; the word is their kind.

    Raises InvalidValue, Unavailable.
    """
    found: list[str] = []
    for name in term.value:
        found += await _called(unit, actor, number, term.word, name)
    unique = tuple(dict.fromkeys(found))
    if len(unique) > MOST_NAMED:
        raise typed.refused(number, "too_many", f"must name at most {MOST_NAMED} objects")
    return unique


async def _called(unit: Unit, actor: Actor, number: int, kind: str, name: Name) -> Sequence[str]:
    storage, whose = STORAGES[kind], _whose(actor, kind)
    if found := await search.ids_called(unit, storage, name, customer_id=whose):
        return found
    nearest = await search.nearest_name(unit, storage, name.text, customer_id=whose, among=MOST_READ)
    rule = f"must have the name of a {kind} that there is"
    near = f": {typed.quoted(nearest)} is near it" if nearest else ""
    raise typed.refused(number, "unknown_name", rule + near)


def _whose(actor: Actor, kind: str) -> str | None:
    """The customer of whose objects the actor may know the names; None for all."""
    scope = permissions.TABLE[f"{kind}.list"].get(actor.permission)
    return None if scope is permissions.Scope.ANY else actor.customer_id
