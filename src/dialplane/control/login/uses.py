"""Who has logged in, and which access keys are in use: noted with each look at a credential, stored a little later.

Whether a credential is good is not decided by these: they are for people who look after keys and sessions.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

from dialplane.control import permissions
from dialplane.control.actor import Actor
from dialplane.control.lifecycle import UseCases
from dialplane.control.login.credentials import stamp_of
from dialplane.control.login.sessions import Claims
from dialplane.control.units import Database, Unit
from dialplane.domain.agent import Agent
from dialplane.store.objects import AGENTS
from dialplane.store.queries import uses as queries
from dialplane.store.queries.uses import KeyUse, Session
from dialplane.system.clock import now_us

__all__ = ["KeyUse", "Seen", "Session", "Source", "Uses", "of_agents", "of_keys", "sessions_of"]

MOST_WAITING = 10_000
"""Of each kind that wait to be stored; beyond, the oldest are forgotten."""

MAX_USER_AGENT = 255


class Source(NamedTuple):
    """Where a request came from: its address, and what it says of its program."""

    address: str
    program: str = ""


class Uses:
    """The last uses that are not stored yet: no request waits for the writer's lock."""

    def __init__(self) -> None:
        self._keys: dict[str, KeyUse] = {}
        self._sessions: dict[str, Session] = {}

    def of_key(self, id_: str, source: Source, *, now: int) -> None:
        """Notes the use of an access key."""
        self._keys.pop(id_, None)
        self._keys[id_] = KeyUse(id_, source.address, now)
        _bound(self._keys)

    def of_session(self, claims: Claims, source: Source, *, now: int, is_ended: bool = False) -> None:
        """Notes the use of a session, its first or its last too."""
        if not claims.id:  # of a version that gave sessions none
            return
        self._sessions.pop(claims.id, None)
        self._sessions[claims.id] = Session(
            id=claims.id,
            agent_id=claims.agent_id,
            stamp=claims.stamp,
            is_browser=int(claims.logged_in_at is not None),
            source_ip=source.address,
            user_agent=source.program[:MAX_USER_AGENT],
            tm_login=claims.logged_in_at or claims.issued_at,
            tm_used=now,
            tm_end=now if is_ended else claims.expires_at,
        )
        _bound(self._sessions)

    def newest_of_keys(self, stored: Iterable[KeyUse], ids: Collection[str]) -> dict[str, KeyUse]:
        """Access key -> its last use, stored or not."""
        return {use.id: use for use in stored} | {id_: self._keys[id_] for id_ in ids if id_ in self._keys}

    def newest_of_sessions(self, stored: Iterable[Session], agent_ids: Collection[str]) -> list[Session]:
        """The sessions of these agents, stored or not, the one that was used last first."""
        waiting = {one.id: one for one in self._sessions.values() if one.agent_id in agent_ids}
        found = ({one.id: one for one in stored} | waiting).values()
        return sorted(found, key=lambda one: one.tm_used, reverse=True)

    async def store(self, db: Database) -> None:
        """Stores them. Raises Unavailable; they then wait on."""
        keys, sessions = dict(self._keys), dict(self._sessions)
        if not keys and not sessions:
            return
        async with db.write() as unit:
            await queries.store(unit, keys.values(), sessions.values(), now=now_us())
        _drop(self._keys, keys)
        _drop(self._sessions, sessions)


def _bound(waiting: dict[str, KeyUse] | dict[str, Session]) -> None:
    if len(waiting) > MOST_WAITING:
        del waiting[next(iter(waiting))]


def _drop(waiting: dict[str, KeyUse] | dict[str, Session], stored: Mapping[str, KeyUse | Session]) -> None:
    """Of what has been stored: it may have been used again meanwhile."""
    for id_, one in stored.items():
        if waiting.get(id_) is one:
            del waiting[id_]


class Seen(NamedTuple):
    """An agent's last login (None: none is known), and how many of its sessions last."""

    tm_login: int | None
    sessions: int


async def of_keys(unit: Unit, uses: Uses, ids: Collection[str]) -> Mapping[str, KeyUse]:
    """Access key -> its last use, of those that are known to have been used. Raises Unavailable."""
    return uses.newest_of_keys(await queries.of_keys(unit, ids), ids)


async def of_agents(unit: Unit, uses: Uses, actor: Actor, agents: Sequence[Agent], *, now: int) -> Mapping[str, Seen]:
    """Each of these agents when it was here last, for whoever may see sessions. Raises PermissionDenied."""
    permissions.require(actor, "agent.sessions")
    ids = {agent.id for agent in agents}
    sessions = uses.newest_of_sessions(await queries.sessions_of(unit, ids), ids)
    return {agent.id: _seen(agent, [one for one in sessions if one.agent_id == agent.id], now) for agent in agents}


def _seen(agent: Agent, sessions: Sequence[Session], now: int) -> Seen:
    lasting = [one for one in sessions if _lasts(one, agent, now)]
    return Seen(max((one.tm_login for one in sessions), default=None), len(lasting))


async def sessions_of(unit: Unit, uses: Uses, actor: Actor, agent_id: str, *, now: int) -> list[Session]:
    """The agent's sessions that last, the one that was used last first. Raises PermissionDenied, NotFound."""
    agent = await UseCases(AGENTS).obtain(unit, actor, "agent.sessions", agent_id)
    found = uses.newest_of_sessions(await queries.sessions_of(unit, {agent.id}), {agent.id})
    return [one for one in found if _lasts(one, agent, now)]


def _lasts(session: Session, agent: Agent, now: int) -> bool:
    """Whether it is of the present password, and not over: a deleted agent has none."""
    return session.tm_end > now and session.stamp == stamp_of(agent.password_hash) and agent.tm_delete > now
