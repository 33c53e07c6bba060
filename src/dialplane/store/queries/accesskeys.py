"""Access keys beyond what all kinds share."""

from dialplane.domain.accesskey import AccessKey
from dialplane.domain.permission import EDGE
from dialplane.store import objects, tables
from dialplane.store.objects import ACCESSKEYS
from dialplane.store.unit import Unit

_KEYS = tables.accesskeys.c


async def of_edge(unit: Unit, name: str) -> list[AccessKey]:
    """The live keys of this name with permission `edge`. Raises Unavailable."""
    return await objects.select_objects(unit, ACCESSKEYS, tables.LIVE, _KEYS.name == name, _KEYS.permission == EDGE)
