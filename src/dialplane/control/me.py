"""Who the caller is."""

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
    """The caller, as the request's credential tells. Raises NotFound where it is gone meanwhile."""
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
