"""Schema of the caller: the agent or access key whose credentials the request carries, and its customer."""

from typing import Annotated, Any

from pydantic import BaseModel, Field

from dialplane.api.accesskeys.schemas import present as present_accesskey
from dialplane.api.agents.schemas import present as present_agent
from dialplane.api.customers.schemas import CustomerAnswer
from dialplane.api.customers.schemas import present as present_customer
from dialplane.api.http.fields import among, bit, optional
from dialplane.api.http.schemas import AnsweredId, AnsweredInstant
from dialplane.control.me import Me
from dialplane.control.permissions import operations_of
from dialplane.domain.agent import Agent
from dialplane.domain.permission import PERMISSIONS


class MeAnswer(BaseModel):
    """Who the caller is."""

    kind: Annotated[str, among("agent", "accesskey")]
    id: AnsweredId
    customer_id: AnsweredId
    username: str = optional("Of an agent.")
    name: str
    detail: str
    token_prefix: str = optional("Of an access key.")
    permission: Annotated[int, bit(*PERMISSIONS)]
    role: Annotated[str, among(*PERMISSIONS), Field(description="The permission as a word.")]
    edge: str = optional("The edge that an access key is bound to.")
    ring_method: str = optional("Of an agent.")
    tag_ids: list[str] = optional("Of an agent.")
    addresses: list[dict[str, Any]] = optional("Of an agent.")
    tm_expire: AnsweredInstant = optional("Of an access key.")
    tm_create: AnsweredInstant
    tm_update: AnsweredInstant
    tm_delete: AnsweredInstant
    operations: Annotated[
        list[str], Field(description="What the role may do, by the names that the table of permissions has.")
    ]
    customer: Annotated[CustomerAnswer, Field(description="The caller's own customer.")]


def present(me: Me, *, is_demo: bool) -> dict[str, Any]:
    """The holder of the credential, and its customer."""
    operations = operations_of(me.actor.permission)
    holder = present_agent(me.holder) if isinstance(me.holder, Agent) else present_accesskey(me.holder)
    return {
        "kind": me.actor.kind,
        **holder,
        "operations": [name for name in operations if is_demo or not name.startswith("demo.")],
        "customer": present_customer(me.customer),
    }
