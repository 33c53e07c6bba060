"""Agents: the people who log in."""

from typing import Any

from dialplane.control import permissions
from dialplane.control.actor import Actor
from dialplane.control.lifecycle import Fields, UseCases, with_fields
from dialplane.control.login import passwords
from dialplane.control.units import Change, Unit
from dialplane.domain.agent import Agent, parse_password
from dialplane.domain.errors import AlreadyExists, InvalidValue, Protected
from dialplane.domain.instants import NEVER
from dialplane.domain.permission import SUPER_ADMIN
from dialplane.store.objects import AGENTS
from dialplane.store.queries import agents as queries


class Agents(UseCases[Agent]):
    """Usernames are unique among live agents, nobody changes an agent above themselves, one administrator can log in.

    Fields as `with_password_hash` returns them; a new password, or none any more, ends the agent's sessions.
    """

    async def check(self, unit: Change, actor: Actor, before: Agent | None, after: Agent) -> None:
        """Raises PermissionDenied, AlreadyExists (username), Protected (the last administrator), InvalidValue."""
        if before is None and not after.password_hash:
            raise InvalidValue("password", "required", "must be given")
        for permission in {after.permission, *([before.permission] if before else ())}:
            permissions.require_grantable(actor, permission, f"agent.{'update' if before else 'create'}")
        was = before if before is not None and before.tm_delete == NEVER else None
        will_be = after if after.tm_delete == NEVER else None
        if will_be is not None and (was is None or was.username != will_be.username):
            await _refuse_taken(unit, will_be.username)
        if _is_administrator(was) and not _is_administrator(will_be):
            await require_administrator(unit, besides=after.id)

    def restored(self, unit: Change, present: Agent, before: Agent) -> Agent:
        """The agent as it was before; sessions that a new password or the deletion has ended stay ended."""
        if present.tm_delete == NEVER and present.password_hash == before.password_hash:
            return before
        return with_fields(before, password_hash=passwords.marked(before.password_hash, unit.revision))


USE_CASES = Agents(AGENTS)
create, get, list_ = USE_CASES.create, USE_CASES.get, USE_CASES.list_
update, delete = USE_CASES.update, USE_CASES.delete


async def log_out(unit: Change, actor: Actor, id_: str) -> Agent:
    """The agent, none of whose sessions lasts on; the password stays. Raises NotFound, ObjectDeleted."""
    before = await USE_CASES.obtain(unit, actor, "agent.logout", id_)
    marked = passwords.marked(before.password_hash, unit.revision)
    return await USE_CASES.change(unit, actor, before, {"password_hash": marked}, if_version=None)


async def with_password_hash(fields: Fields) -> Fields:
    """The fields with `password` replaced by its argon2id `password_hash`.

    Call this BEFORE opening the unit of work: hashing takes 150-190 ms and must not hold the writer's lock.
    `create` and `update` take only the result. An empty password is none: then nobody can log in. Raises InvalidValue
    for a password that breaks the rule.
    """
    if "password" not in fields:
        return fields
    rest: dict[str, Any] = {name: value for name, value in fields.items() if name != "password"}
    password = fields["password"] and parse_password(fields["password"])
    return {**rest, "password_hash": password and await passwords.hash_password(password)}


def _is_administrator(agent: Agent | None) -> bool:
    return agent is not None and agent.permission == SUPER_ADMIN and agent.password_hash != ""


async def _refuse_taken(unit: Unit, username: str) -> None:
    if await queries.is_username_taken(unit, username):
        raise AlreadyExists("agent", "username")


async def require_administrator(unit: Unit, *, besides: str = "") -> None:
    """Raises Protected unless an administrator can log in, other than the agent with the id `besides`."""
    if not await queries.has_administrator(unit, besides=besides):
        raise Protected("agent", "the last administrator cannot be deleted, or lose the permission or the password")
