"""When access keys and sessions were used last. Each row is the newest that any node has seen."""

from collections.abc import Collection, Iterable
from typing import Any, NamedTuple

from sqlalchemy import Table, delete, or_, select

from dialplane.store import tables
from dialplane.store.unit import Unit, Writing
from dialplane.system.clock import MOST_AHEAD_US

_USES, _SESSIONS = tables.accesskey_uses.c, tables.sessions.c

MOST_KEPT = 50
"""Sessions that are kept of an agent, those that were used last."""


class KeyUse(NamedTuple):
    """The last use of the access key of this id."""

    id: str
    source_ip: str
    tm_used: int


class Session(NamedTuple):
    """A login. `stamp`: of the password that it was made with; `source_ip`, `user_agent`: of its last use."""

    id: str
    agent_id: str
    stamp: str
    is_browser: int
    source_ip: str
    user_agent: str
    tm_login: int
    tm_used: int
    tm_end: int


async def of_keys(unit: Unit, ids: Collection[str]) -> list[KeyUse]:
    """The last uses of these access keys. Raises Unavailable."""
    found = select(*(_USES[name] for name in KeyUse._fields)).where(_USES.id.in_(ids))
    return await unit.fetch_as(KeyUse, found)


async def sessions_of(unit: Unit, agent_ids: Collection[str]) -> list[Session]:
    """The sessions of these agents that are kept. Raises Unavailable."""
    found = select(*(_SESSIONS[name] for name in Session._fields)).where(_SESSIONS.agent_id.in_(agent_ids))
    return await unit.fetch_as(Session, found)


async def store(unit: Writing, uses: Collection[KeyUse], sessions: Collection[Session], *, now: int) -> None:
    """Stores what is newer than what is there, and forgets an agent's oldest sessions. Raises Unavailable.

    A use that is ahead of `now` (us) was noted by a clock that was wrong, and gives way to any other.
    """
    await _store(unit, tables.accesskey_uses, ("source_ip", "tm_used"), uses, now)
    await _store(unit, tables.sessions, ("source_ip", "user_agent", "tm_used", "tm_end"), sessions, now)
    for agent_id in {session.agent_id for session in sessions}:
        last = select(_SESSIONS.id).where(_SESSIONS.agent_id == agent_id).order_by(_SESSIONS.tm_used.desc())
        others = _SESSIONS.id.not_in(last.limit(MOST_KEPT).scalar_subquery())
        await unit.execute(delete(tables.sessions).where(_SESSIONS.agent_id == agent_id, others), short=True)


async def _store(unit: Writing, table: Table, changing: Iterable[str], rows: Collection[Any], now: int) -> None:
    if not rows:
        return
    storing = unit.backend.merging_insert(table)
    newer = storing.on_conflict_do_update(
        index_elements=["id"],
        set_={name: storing.excluded[name] for name in changing},
        where=or_(storing.excluded.tm_used > table.c.tm_used, table.c.tm_used > now + MOST_AHEAD_US),
    )
    await unit.execute(newer, [row._asdict() for row in rows])


async def forget(unit: Writing, ids: Collection[str]) -> None:
    """Deletes what is known of these access keys and agents. Raises Unavailable."""
    await unit.execute(delete(tables.accesskey_uses).where(_USES.id.in_(ids)))
    await unit.execute(delete(tables.sessions).where(_SESSIONS.agent_id.in_(ids)))
