"""`/v1.0/agents`."""

from typing import Annotated

from starlette.responses import Response

from dialplane.api.agents.schemas import AgentAnswer, AgentCreate, AgentList, AgentUpdate, present
from dialplane.api.http import reasons
from dialplane.api.http.answers import IfMatch, answer, changed, created, page, tm_create
from dialplane.api.http.asking import Asks
from dialplane.api.http.checks import body, query
from dialplane.api.http.once import Once
from dialplane.api.http.operation import ObjectId, operation
from dialplane.api.http.routing import resource
from dialplane.api.http.schemas import page_of
from dialplane.control import agents

router = resource("/v1.0/agents", tag="agents")


@router.get(
    "",
    **operation("listAgents", "List agents", permission="agent.list", query=AgentList, answer=page_of(AgentAnswer)),
)
async def list_agents(asks: Asks, asked: Annotated[AgentList, query(AgentList)]) -> Response:
    async with asks.read() as unit:
        found = await agents.list_(unit, asks.actor, **asked.listing())
    return page(found, present, token=tm_create)


@router.post(
    "",
    **operation(
        "createAgent",
        "Create an agent",
        permission="agent.create",
        versioned=True,
        takes=AgentCreate,
        answer=AgentAnswer,
        repeatable=True,
        refuses=[reasons.CUSTOMER_NOT_FOUND, reasons.ALREADY_EXISTS],
    ),
)
async def create_agent(asks: Asks, given: Annotated[AgentCreate, body(AgentCreate)], attempted: Once) -> Response:
    fields = await agents.with_password_hash(given.named())
    async with asks.change("agent.create") as unit:
        if (earlier := await attempted.before(unit)) is not None:
            return earlier
        made = await agents.create(unit, asks.actor, fields)
        return await attempted.keep(unit, created(present(made), unit))


@router.get(
    "/{id}",
    **operation(
        "getAgent",
        "Get an agent, deleted ones too",
        permission="agent.get",
        versioned=True,
        answer=AgentAnswer,
        refuses=[reasons.INVALID_ID, reasons.AGENT_NOT_FOUND],
    ),
)
async def get_agent(asks: Asks, id_: ObjectId) -> Response:
    async with asks.read() as unit:
        found = await agents.get(unit, asks.actor, id_)
    return answer(present(found), version=unit.version_of(id_))


@router.put(
    "/{id}",
    **operation(
        "updateAgent",
        "Change an agent",
        permission="agent.update",
        versioned=True,
        takes=AgentUpdate,
        answer=AgentAnswer,
        refuses=[
            reasons.AGENT_NOT_FOUND,
            reasons.STATE_INVALID,
            reasons.ALREADY_EXISTS,
            reasons.PROTECTED_OBJECT,
            reasons.VERSION_MISMATCH,
        ],
    ),
)
async def update_agent(
    asks: Asks, id_: ObjectId, given: Annotated[AgentUpdate, body(AgentUpdate)], version: IfMatch
) -> Response:
    fields = await agents.with_password_hash(given.named())
    async with asks.change("agent.update") as unit:
        made = await agents.update(unit, asks.actor, id_, fields, if_version=version)
    return changed(present(made), unit)


@router.delete(
    "/{id}",
    **operation(
        "deleteAgent",
        "Delete an agent; again answers the same",
        permission="agent.delete",
        versioned=True,
        answer=AgentAnswer,
        refuses=[
            reasons.INVALID_ID,
            reasons.AGENT_NOT_FOUND,
            reasons.STORAGE_FULL,
            reasons.PROTECTED_OBJECT,
            reasons.VERSION_MISMATCH,
        ],
    ),
)
async def delete_agent(asks: Asks, id_: ObjectId, version: IfMatch) -> Response:
    async with asks.change("agent.delete") as unit:
        made = await agents.delete(unit, asks.actor, id_, if_version=version)
    return changed(present(made), unit)
