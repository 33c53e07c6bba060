"""`expand`: the names of the objects that an answer refers to, beside their ids."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from dialplane.control import names
from dialplane.control.actor import Actor
from dialplane.control.units import Unit


async def names_of(unit: Unit, actor: Actor, expand: Collection[str], *objects: Iterable[Any]) -> dict[str, Any]:
    """What `expand` adds to an answer: `{"names": {id: name}}` for the fields `<kind>_id` of these objects, or nothing.

    Raises Unavailable.
    """
    if not expand:
        return {}
    referring = [value for some in objects for value in some]
    wanted = {kind: {getattr(value, f"{kind}_id", None) for value in referring} for kind in expand}
    return {"names": await names.of(unit, actor, wanted)}


async def names_in(
    unit: Unit, actor: Actor, expand: Collection[str], records: Collection[Mapping[str, Any]]
) -> dict[str, Any]:
    """The same for objects as records. Raises Unavailable."""
    if not expand:
        return {}
    wanted = {kind: {record.get(f"{kind}_id") for record in records} for kind in expand}
    return {"names": await names.of(unit, actor, wanted)}
