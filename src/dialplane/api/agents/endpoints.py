"""`/v1.0/agents`."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from starlette.responses import Response

from dialplane.api.agents.schemas import (
    SESSIONS,
    AgentAnswer,
    AgentCreate,
    AgentList,
    AgentPassword,
    AgentPermission,
    AgentSessions,
    AgentUpdate,
    present,
    present_expanded,
    present_session,
)
from dialplane.api.http import reasons
from dialplane.api.http.names import names_of
from dialplane.api.http.plain import Plain
from dialplane.api.http.request import AuthenticatedRequest
from dialplane.api.http.resource import ObjectId, Resource
from dialplane.api.http.responses import JsonResponse, created, page, updated
from dialplane.control import agents
from dialplane.control.login import uses
from dialplane.control.login.uses import Seen
from dialplane.domain.kinds import AGENT, CUSTOMER
from dialplane.system.clock import now_us

AGENTS = Resource.of(AGENT, AgentAnswer)

_PLAIN = Plain(AGENTS, agents.USE_CASES, present)


async def _hashed(request: AuthenticatedRequest, fields: Mapping[str, Any]) -> Mapping[str, Any]:
    """The fields, a password of them hashed in the caller's turn: others' logins wait for one of them, not for all."""
    if not fields.get("password"):
        return await agents.with_password_hash(fields)
    async with request.services.hashing.place_of_known(request.actor.caller):
        return await agents.with_password_hash(fields)


@AGENTS.verb("list")
async def list_agents(request: AuthenticatedRequest, query: AgentList) -> Response:
    async with request.read() as unit:
        found = await agents.list_(unit, request.actor, **query.listing())
        names = await names_of(unit, request.actor, [word for word in query.expand if word == CUSTOMER.name], found)
        seen: Mapping[str, Seen] = {}
        if SESSIONS in query.expand:
            seen = await uses.of_agents(unit, request.services.uses, request.actor, found, now=now_us())
    return await page(found, partial(present_expanded, seen=seen), **names)


@AGENTS.verb("create", refuses=[reasons.CUSTOMER_NOT_FOUND, reasons.ALREADY_EXISTS])
async def create_agent(request: AuthenticatedRequest, body: AgentCreate) -> Response:
    fields = await _hashed(request, body.named_fields())
    async with request.change() as unit:
        agent = await agents.create(unit, request.actor, fields)
        return await request.keep(unit, created(present(agent), unit))


_PLAIN.get()


@AGENTS.verb("update", refuses=[reasons.ALREADY_EXISTS, reasons.PROTECTED_OBJECT])
async def update_agent(
    request: AuthenticatedRequest, id_: ObjectId, body: AgentUpdate, if_version: int | None
) -> Response:
    fields = await _hashed(request, body.named_fields())
    async with request.change() as unit:
        if body.repeats:
            body.require_as_stored(present(await agents.get(unit, request.actor, id_)))
        agent = await agents.update(unit, request.actor, id_, fields, if_version=if_version)
    return updated(present(agent), unit)


async def _update(
    request: AuthenticatedRequest, id_: str, fields: Mapping[str, Any], if_version: int | None
) -> Response:
    hashed = await _hashed(request, fields)
    async with request.change() as unit:
        agent = await agents.update(unit, request.actor, id_, hashed, if_version=if_version)
    return updated(present(agent), unit)


@AGENTS.verb("update", path="/{id}/password", summary="Give an agent a new password")
async def update_agent_password(
    request: AuthenticatedRequest, id_: ObjectId, body: AgentPassword, if_version: int | None
) -> Response:
    return await _update(request, id_, body.named_fields(), if_version)


@AGENTS.verb(
    "update", path="/{id}/permission", summary="Give an agent another permission", refuses=[reasons.PROTECTED_OBJECT]
)
async def update_agent_permission(
    request: AuthenticatedRequest, id_: ObjectId, body: AgentPermission, if_version: int | None
) -> Response:
    return await _update(request, id_, body.named_fields(), if_version)


@AGENTS.endpoint(
    "GET",
    "/{id}/sessions",
    summary="List the sessions of an agent that last",
    permission="agent.sessions",
    answer=AgentSessions,
)
async def list_agent_sessions(request: AuthenticatedRequest, id_: ObjectId) -> Response:
    async with request.read() as unit:
        found = await uses.sessions_of(unit, request.services.uses, request.actor, id_, now=now_us())
    return JsonResponse({"result": [present_session(session) for session in found]})


@AGENTS.endpoint(
    "POST",
    "/{id}/logout",
    summary="Log an agent out: all of its sessions end",
    description="As a new password does, but the password stays.",
    permission="agent.logout",
    answer=AgentAnswer,
    is_versioned=True,
    refuses=[reasons.STATE_INVALID],
)
async def log_agent_out(request: AuthenticatedRequest, id_: ObjectId) -> Response:
    async with request.change() as unit:
        agent = await agents.log_out(unit, request.actor, id_)
    return updated(present(agent), unit)


_PLAIN.delete(refuses=[reasons.PROTECTED_OBJECT])
