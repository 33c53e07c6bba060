"""`/v1.0/agents`."""

from collections.abc import Mapping
from typing import Any

from starlette.responses import Response

from dialplane.api.agents.schemas import (
    AgentAnswer,
    AgentCreate,
    AgentList,
    AgentPassword,
    AgentPermission,
    AgentUpdate,
    present,
)
from dialplane.api.http import reasons
from dialplane.api.http.plain import Plain
from dialplane.api.http.request import AuthenticatedRequest
from dialplane.api.http.resource import ObjectId, Resource
from dialplane.api.http.responses import created, updated
from dialplane.control import agents
from dialplane.domain.kinds import AGENT

AGENTS = Resource.of(AGENT, AgentAnswer)

_PLAIN = Plain(AGENTS, agents.USE_CASES, present)
_PLAIN.list(AgentList)


@AGENTS.verb("create", refuses=[reasons.CUSTOMER_NOT_FOUND, reasons.ALREADY_EXISTS])
async def create_agent(request: AuthenticatedRequest, body: AgentCreate) -> Response:
    fields = await agents.with_password_hash(body.named_fields())
    async with request.change() as unit:
        agent = await agents.create(unit, request.actor, fields)
        return await request.keep(unit, created(present(agent), unit))


_PLAIN.get()


@AGENTS.verb("update", refuses=[reasons.ALREADY_EXISTS, reasons.PROTECTED_OBJECT])
async def update_agent(
    request: AuthenticatedRequest, id_: ObjectId, body: AgentUpdate, if_version: int | None
) -> Response:
    fields = await agents.with_password_hash(body.named_fields())
    async with request.change() as unit:
        if body.repeats:
            body.require_as_stored(present(await agents.get(unit, request.actor, id_)))
        agent = await agents.update(unit, request.actor, id_, fields, if_version=if_version)
    return updated(present(agent), unit)


async def _update(
    request: AuthenticatedRequest, id_: str, fields: Mapping[str, Any], if_version: int | None
) -> Response:
    hashed = await agents.with_password_hash(fields)
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


_PLAIN.delete(refuses=[reasons.PROTECTED_OBJECT])
