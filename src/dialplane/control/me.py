"""The caller of the API, by the credential of its request."""

from dataclasses import dataclass

from dialplane.control import permissions
from dialplane.control.actor import AGENT, Actor
from dialplane.control.units import Unit
from dialplane.domain.accesskey import AccessKey
from dialplane.domain.agent import Agent
from dialplane.domain.customer import Customer
from dialplane.domain.errors import NotFound
from dialplane.store import objects
from dialplane.store.objects import ACCESSKEYS, AGENTS, CUSTOMERS


@dataclass(frozen=True, slots=True)
class Me:
    """`holder` is the agent or the access key that the request was made with."""

    actor: Actor
    holder: Agent | AccessKey
    customer: Customer


async def get(unit: Unit, actor: Actor) -> Me:
    """The caller with its customer. Raises NotFound if the agent, key or customer is gone meanwhile."""
    permissions.require(actor, "me.get")
    holder: Agent | AccessKey | None
    if actor.kind == AGENT:
        holder = await objects.find(unit, AGENTS, actor.id)
    else:
        holder = await objects.find(unit, ACCESSKEYS, actor.id)
    customer = await objects.find(unit, CUSTOMERS, actor.customer_id)
    if holder is None or customer is None:
        raise NotFound(actor.kind)
    return Me(actor, holder, customer)
