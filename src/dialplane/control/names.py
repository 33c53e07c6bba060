"""Names in place of ids: what people know the objects by that other objects refer to."""

from collections.abc import Collection, Mapping

from dialplane.control import permissions
from dialplane.control.actor import Actor
from dialplane.control.units import Unit
from dialplane.store import objects
from dialplane.store.objects import STORAGES

NAMED = ("provider", "customer", "trunk")
"""Kinds that objects and calls refer to."""


async def of(unit: Unit, actor: Actor, wanted: Mapping[str, Collection[str | None]]) -> dict[str, str]:
    """Id -> name, for the ids of each kind (None: no object) that exist and that the actor may know; deleted ones too.

    Whoever sees the objects of their own customer alone gets no name of a carrier, and of the customers their own.
    Raises Unavailable.
    """
    names = dict[str, str]()
    for kind, ids in wanted.items():
        known = {id_ for id_ in ids if id_} & _visible(actor, kind, ids)
        names |= await objects.labels(unit, STORAGES[kind], known) if known else {}
    return {id_: name for id_, name in names.items() if name}


def _visible(actor: Actor, kind: str, ids: Collection[str | None]) -> set[str | None]:
    """Those of the ids that the actor may know the names of; they are of objects that the actor may see."""
    if kind == "customer" and not permissions.may(actor, "customer.get"):
        return {actor.customer_id}
    return set(ids) if permissions.may(actor, f"{kind}.get") else set()
