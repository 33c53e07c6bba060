"""Erasure of one person's calls on request. They stay erased, whatever edges report of them later."""

from dialplane.control import permissions
from dialplane.control.actor import Actor
from dialplane.control.units import Change
from dialplane.domain.errors import InvalidValue
from dialplane.store.queries import erasure as queries

AT_ONCE = 500
"""Calls in one transaction, which bounds how long it holds the writer's lock."""


async def erase(unit: Change, actor: Actor, *, number: str | None = None, caller: str | None = None) -> int:
    """Deletes up to AT_ONCE calls to `number`, from `caller`, or both, with their attempts; how many there were.

    Calls that go on are left. The revision counts the calls and has nothing of them. Raises PermissionDenied, and
    InvalidValue if neither is named, or one is empty: that would mean everybody whose caller nobody knows.
    """
    permissions.require(actor, "call.erase")
    if number is None and caller is None:
        raise InvalidValue("number", "required", "must be given, or caller")
    if "" in (number, caller):
        raise InvalidValue("caller" if number else "number", "required", "must not be empty")
    ids = await queries.find(unit, number=number, caller=caller, limit=AT_ONCE)
    if ids:
        await queries.erase(unit, ids)
        unit.count(len(ids))
    return len(ids)
