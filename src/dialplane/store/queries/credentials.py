"""Agents and access keys by what they log in with, if they and their customer are live."""

from typing import NamedTuple

from sqlalchemy import bindparam, select

from dialplane.domain.agent import Agent
from dialplane.domain.instants import NEVER
from dialplane.store import objects, tables
from dialplane.store.objects import AGENTS
from dialplane.store.unit import Unit

_AGENTS, _KEYS, _CUSTOMERS = tables.agents.c, tables.accesskeys.c, tables.customers.c


class AgentRow(NamedTuple):
    """Fields of a live agent."""

    username: str
    customer_id: str
    permission: str
    password_hash: str
    customer_status: str


class AccessKeyRow(NamedTuple):
    """Fields of a live access key."""

    id: str
    name: str
    token_prefix: str
    customer_id: str
    permission: str
    edge: str
    customer_status: str


_STATUS = _CUSTOMERS.status.label("customer_status")
_AGENT = select(*(_AGENTS[name] for name in AgentRow._fields[:-1]), _STATUS).where(
    _AGENTS.id == bindparam("id_"),
    _AGENTS.tm_delete == NEVER,
    _CUSTOMERS.id == _AGENTS.customer_id,
    _CUSTOMERS.tm_delete == NEVER,
)
_ACCESS_KEY = select(*(_KEYS[name] for name in AccessKeyRow._fields[:-1]), _STATUS).where(
    _KEYS.token_hash == bindparam("token_hash_"),
    _KEYS.tm_delete == NEVER,
    _KEYS.tm_expire > bindparam("now_"),
    _CUSTOMERS.id == _KEYS.customer_id,
    _CUSTOMERS.tm_delete == NEVER,
)


async def live_agent(unit: Unit, id_: str) -> AgentRow | None:
    """The agent of this id. Raises Unavailable."""
    found = await unit.fetch_as(AgentRow, _AGENT, {"id_": id_}, short=True)
    return found[0] if found else None


async def live_accesskey(unit: Unit, token_hash: str, *, now: int) -> AccessKeyRow | None:
    """The access key of this hash that has not expired at `now` (instant). Raises Unavailable."""
    found = await unit.fetch_as(AccessKeyRow, _ACCESS_KEY, {"token_hash_": token_hash, "now_": now}, short=True)
    return found[0] if found else None


async def agent_of_username(unit: Unit, username: str) -> Agent | None:
    """The live agent of this username, of which there is one at most. Raises Unavailable."""
    live_customers = select(_CUSTOMERS.id).where(_CUSTOMERS.tm_delete == NEVER)
    where = (tables.LIVE, _AGENTS.username == username, _AGENTS.customer_id.in_(live_customers))
    found = await objects.select_objects(unit, AGENTS, *where, short=True)
    return found[0] if found else None
