"""Agents beyond what all kinds share: usernames in use, and administrators."""

from sqlalchemy import ColumnElement, select

from dialplane.domain.permission import SUPER_ADMIN
from dialplane.store import tables
from dialplane.store.unit import Unit

_AGENTS = tables.agents.c


async def is_username_taken(unit: Unit, username: str) -> bool:
    """Whether a live agent has this username. Raises Unavailable."""
    return await _exists(unit, _AGENTS.username == username)


async def has_administrator(unit: Unit, *, besides: str = "") -> bool:
    """Whether there is a live administrator with a password, other than the agent with the id `besides`.

    Raises Unavailable.
    """
    return await _exists(unit, _AGENTS.permission == SUPER_ADMIN, _AGENTS.password_hash != "", _AGENTS.id != besides)


async def _exists(unit: Unit, *where: ColumnElement[bool]) -> bool:
    return await unit.first(select(_AGENTS.id).where(tables.LIVE, *where).limit(1)) is not None
