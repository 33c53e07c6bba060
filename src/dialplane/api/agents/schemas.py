"""Schemas of agents."""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field

from dialplane.api.http.fields import (
    Body,
    DetailText,
    Id,
    Name,
    ObjectBody,
    OwnerId,
    Rule,
    among,
    bit,
    longest,
    optional,
    secret,
)
from dialplane.api.http.query import FilterText, Page, filtering, several
from dialplane.api.http.responses import timestamp
from dialplane.api.http.schemas import AnsweredId, AnsweredInstant, Presenter
from dialplane.control.list_filter import LIKE, WORDS
from dialplane.control.login.uses import Seen, Session
from dialplane.domain.agent import (
    MAX_ADDRESSES_BYTES,
    MAX_PASSWORD_BYTES,
    MAX_TAGS,
    MIN_PASSWORD,
    Agent,
    parse_addresses,
    parse_password,
    parse_tag_ids,
    parse_username,
)
from dialplane.domain.kinds import AGENT, CUSTOMER
from dialplane.domain.permission import BITS, EDGE, PERMISSIONS, Permission

Username = Annotated[
    str, Rule(parse_username, {"type": "string", "minLength": 1, "maxLength": 255, "pattern": r"^\S+$"})
]
Password = Annotated[
    str, Rule(parse_password, {"type": "string", "minLength": MIN_PASSWORD, "maxLength": MAX_PASSWORD_BYTES})
]
NewPassword = Annotated[str | None, secret(parse_password, MIN_PASSWORD, MAX_PASSWORD_BYTES)]
_ROLES = tuple(role for role in PERMISSIONS if role != EDGE)
Bits = Annotated[Permission, bit(*_ROLES)]
Role = Annotated[str, among(*_ROLES)]
TagIds = Annotated[
    list[str],
    Rule(parse_tag_ids, {"type": "array", "items": {"type": "string", "maxLength": 255}, "maxItems": MAX_TAGS}),
]
Addresses = Annotated[list[dict[str, Any]], Rule(parse_addresses, {"type": "array", "items": {"type": "object"}})]

SESSIONS = "sessions"
"""What `expand` adds to each agent."""

BROWSER, PROGRAM = HOLDERS = ("browser", "program")
"""Whose session it is."""

EXAMPLE: dict[str, Any] = {
    "id": "8a6a4b1e-51e5-4b1c-9c1f-6d3f1f0a7b11",
    "customer_id": "5e4a0680-804e-11ec-8477-2fea5968d85b",
    "username": "noc@customer.example",
    "name": "Night shift",
    "detail": "",
    "permission": 64,
    "role": "customer_manager",
    "ring_method": "",
    "tag_ids": [],
    "addresses": [],
    "tm_create": "2022-10-22 16:16:16.874761",
    "tm_update": "9999-01-01 00:00:00.000000",
    "tm_delete": "9999-01-01 00:00:00.000000",
}


class AgentUpdate(ObjectBody):
    """The fields to change; the others stay as they are. A new password ends the agent's sessions."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"name": "Night shift"}]})
    KIND: ClassVar = AGENT
    NULLS: ClassVar = {"password": ""}

    customer_id: OwnerId = optional("Must be the agent's own, if given.")
    username: Username = optional("What the agent logs in with; unique among live agents.")
    password: NewPassword = optional(
        "Never answered. Empty keeps it; null clears it: the agent cannot log in until it has another."
    )
    name: Name = optional()
    detail: DetailText = optional()
    permission: Bits = optional("At most the caller's own.")
    role: Role = optional("The permission as a word; either will do.")
    ring_method: Name = optional("Kept as given, without a meaning here.")
    tag_ids: TagIds = optional("Kept as given, without a meaning here.")
    addresses: Addresses = optional(f"Kept as given, without a meaning here; at most {MAX_ADDRESSES_BYTES} bytes.")


class AgentCreate(AgentUpdate):
    """A new agent."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "username": "noc@customer.example",
                    "password": "correct horse battery staple",
                    "permission": 64,
                }
            ]
        }
    )

    customer_id: OwnerId = optional("Whose agent it is; the caller's own customer where it is left away.")
    username: Username
    password: Password


class AgentPassword(Body):
    """A new password. It ends the agent's sessions."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"password": "correct horse battery staple"}]})

    password: Password


class AgentPermission(Body):
    """Another permission."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"permission": 64}]})

    permission: Bits


class AgentList(Page):
    """Filters of the list of agents."""

    filter: FilterText = filtering(WORDS["agent"], like=LIKE["agent"])
    customer_id: Id = optional("Only this customer's.")
    expand: Annotated[tuple[str, ...], several(CUSTOMER.name, SESSIONS)] = Field(
        default_factory=tuple,
        description="Add `names`: the names of the customers that are referred to, by id; `sessions`: when each agent "
        "logged in last, and how many sessions of it last, for administrators.",
    )
    status: Annotated[str, longest(255)] = optional("Taken and not looked at: agents have no status here.")
    tag_ids: Annotated[str, longest(1024)] = optional("Taken and not looked at: tags have no meaning here.")

    def listing(self) -> dict[str, Any]:
        return {name: value for name, value in super().listing().items() if name not in ("status", "tag_ids")}


class AgentAnswer(BaseModel):
    """An agent: a person who logs in."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    id: AnsweredId
    customer_id: AnsweredId
    username: str
    name: str
    detail: str
    permission: Annotated[int, bit(*_ROLES)]
    role: Role
    ring_method: str
    tag_ids: list[str]
    addresses: list[dict[str, Any]]
    tm_login: AnsweredInstant = optional("The last login; with `expand=sessions`.")
    sessions: int = optional("How many sessions last; with `expand=sessions`.")
    tm_create: AnsweredInstant
    tm_update: AnsweredInstant
    tm_delete: AnsweredInstant


_present = Presenter(AgentAnswer, Agent)


def present(agent: Agent) -> dict[str, Any]:
    """An agent; never its password."""
    return _present(agent, permission=BITS[agent.permission], role=agent.permission)


def present_expanded(agent: Agent, *, seen: Mapping[str, Seen]) -> dict[str, Any]:
    """An agent with what `expand` adds to it."""
    if agent.id not in seen:
        return present(agent)
    found = seen[agent.id]
    return {**present(agent), "tm_login": timestamp(found.tm_login), "sessions": found.sessions}


class AgentSession(BaseModel):
    """A session that lasts."""

    id: AnsweredId
    holder: Annotated[str, among(*HOLDERS)]
    source_ip: Annotated[str, Field(description="The address of its last use.")]
    user_agent: Annotated[str, Field(description="What the browser or program calls itself.")]
    tm_login: AnsweredInstant
    tm_used: AnsweredInstant
    tm_end: Annotated[AnsweredInstant, Field(description="When it ends unless it is used.")]


class AgentSessions(BaseModel):
    """The sessions of an agent that last, the one that was used last first."""

    result: list[AgentSession]


def present_session(session: Session) -> dict[str, Any]:
    """A session; never its token, or the stamp of the password."""
    return {
        "id": session.id,
        "holder": BROWSER if session.is_browser else PROGRAM,
        "source_ip": session.source_ip,
        "user_agent": session.user_agent,
        **{name: timestamp(getattr(session, name)) for name in ("tm_login", "tm_used", "tm_end")},
    }
