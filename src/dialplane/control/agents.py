"""Agents: the people who log in."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import func, select

from dialplane.control import lifecycle, passwords, permissions
from dialplane.control.actor import Actor
from dialplane.control.units import Change, Unit
from dialplane.domain.agent import Agent, parse_password
from dialplane.domain.errors import AlreadyExists, InvalidValue, Protected
from dialplane.domain.ids import parse_id
from dialplane.domain.instants import NEVER
from dialplane.domain.permission import EDGE, SUPER_ADMIN
from dialplane.store import objects, tables
from dialplane.store.objects import AGENTS

NEEDED = ("username", "password_hash", "permission")
FIELDS = frozenset({*NEEDED, "customer_id", "name", "detail"})


async def with_password_hash(fields: Mapping[str, Any]) -> Mapping[str, Any]:
    """The fields with `password` replaced by its argon2id `password_hash`.

    Call this BEFORE opening the unit of work: hashing takes 150-190 ms and must not hold the writer's lock.
    `create` and `update` take only the result. Raises InvalidValue for a password that breaks the rule.
    """
    if "password" not in fields:
        return fields
    password = parse_password(fields["password"])
    rest = {name: value for name, value in fields.items() if name != "password"}
    return {**rest, "password_hash": await passwords.hash_password(password)}


async def create(unit: Change, actor: Actor, fields: Mapping[str, Any]) -> Agent:
    """The new agent, by default of the actor's customer; fields as `with_password_hash` gives them.

    Raises InvalidValue, NotFound("customer"), AlreadyExists (username), PermissionDenied (more than the actor may).
    """
    permissions.require(actor, "agent.create")
    if "password_hash" not in fields:
        lifecycle.require_fields(fields, ("username", "permission", "password"))
    fields = _clean(fields)
    lifecycle.require_fields(fields, NEEDED)
    customer_id = await lifecycle.owner_for_new(unit, actor, "agent.create", fields)
    agent = Agent(id=lifecycle.new_id(), tm_create=unit.next_instant(), **{**fields, "customer_id": customer_id})
    permissions.require_grantable(actor, agent.permission, "agent.create")
    await _refuse_taken(unit, agent.username)
    return await objects.add(unit, AGENTS, agent)


async def get(unit: Unit, actor: Actor, id_: str) -> Agent:
    """The agent, deleted ones too (`tm_delete` tells). Raises NotFound."""
    return await lifecycle.obtain(unit, actor, "agent.get", AGENTS, id_)


async def list_(
    unit: Unit, actor: Actor, *, page_size: int = 100, before: int | None = None, customer_id: str | None = None
) -> list[Agent]:
    """Live ones, newest first; `before` is the tm_create of the last one of the page before."""
    filters = {"customer_id": customer_id}
    return await lifecycle.page(unit, actor, "agent.list", AGENTS, page_size=page_size, before=before, filters=filters)


async def update(
    unit: Change, actor: Actor, id_: str, fields: Mapping[str, Any], *, if_version: int | None = None
) -> Agent:
    """Changes the fields that are named; a new password ends the agent's sessions.

    Raises NotFound, ObjectDeleted, StaleVersion, InvalidValue, AlreadyExists, PermissionDenied (an agent or a
    permission above the actor's), Protected (the last administrator).
    """
    before = await lifecycle.obtain(unit, actor, "agent.update", AGENTS, id_)
    fields = _clean(fields)
    permissions.require_grantable(actor, before.permission, "agent.update")
    if "permission" in fields:
        permissions.require_grantable(actor, fields["permission"], "agent.update")
    if fields.get("username", before.username) != before.username:
        await _refuse_taken(unit, fields["username"])
    if fields.get("permission", SUPER_ADMIN) != SUPER_ADMIN:
        await _refuse_last_administrator(unit, before)
    return await lifecycle.change(unit, AGENTS, before, fields, if_version=if_version)


async def delete(unit: Change, actor: Actor, id_: str, *, if_version: int | None = None) -> Agent:
    """The agent as deleted; once more answers the same.

    Raises NotFound, StaleVersion, PermissionDenied (an agent above the actor), Protected (the last administrator).
    """
    before = await lifecycle.obtain(unit, actor, "agent.delete", AGENTS, id_)
    permissions.require_grantable(actor, before.permission, "agent.delete")
    await _refuse_last_administrator(unit, before)
    return await lifecycle.delete(unit, AGENTS, before, if_version=if_version)


async def check_restored(unit: Unit, present: Agent, restored: Agent) -> None:
    """Raises AlreadyExists, Protected where an undo would give a username away twice or take the last administrator."""
    stays = restored.tm_delete == NEVER
    if stays and (present.tm_delete != NEVER or present.username != restored.username):
        await _refuse_taken(unit, restored.username)
    if not stays or restored.permission != SUPER_ADMIN:
        await _refuse_last_administrator(unit, present)


async def _refuse_taken(unit: Unit, username: str) -> None:
    if await unit.first(select(tables.agents.c.id).where(tables.LIVE, tables.agents.c.username == username)):
        raise AlreadyExists("agent", "username")


async def _refuse_last_administrator(unit: Unit, agent: Agent) -> None:
    if agent.permission != SUPER_ADMIN or agent.tm_delete != NEVER:
        return
    others = (tables.agents.c.permission == SUPER_ADMIN, tables.agents.c.id != agent.id)
    (row,) = await unit.fetch(select(func.count()).select_from(tables.agents).where(tables.LIVE, *others))
    if row[0] == 0:
        raise Protected("agent", "the last administrator cannot be deleted or lose the permission")


def _clean(fields: Mapping[str, Any]) -> dict[str, Any]:
    lifecycle.refuse_unknown(fields, FIELDS)
    if fields.get("permission") == EDGE:
        raise InvalidValue("permission", "invalid_choice", "must not be 'edge': only access keys have that")
    cleaned = dict(fields)
    if "customer_id" in fields:
        cleaned["customer_id"] = parse_id(fields["customer_id"], field="customer_id")
    return cleaned
