"""Schemas of agents."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict

from dialplane.api.http.fields import DetailText, Id, Name, ObjectBody, Rule, among, optional
from dialplane.api.http.query import Page
from dialplane.api.http.schemas import AnsweredId, AnsweredInstant, Presenter
from dialplane.domain.agent import MAX_PASSWORD_BYTES, MIN_PASSWORD, Agent, parse_password, parse_username
from dialplane.domain.permission import EDGE, PERMISSIONS

Username = Annotated[
    str, Rule(parse_username, {"type": "string", "minLength": 1, "maxLength": 255, "pattern": r"^\S+$"})
]
Password = Annotated[
    str, Rule(parse_password, {"type": "string", "minLength": MIN_PASSWORD, "maxLength": MAX_PASSWORD_BYTES})
]
Permission = Annotated[str, among(*(role for role in PERMISSIONS if role != EDGE))]

EXAMPLE: dict[str, Any] = {
    "id": "8a6a4b1e-51e5-4b1c-9c1f-6d3f1f0a7b11",
    "customer_id": "5e4a0680-804e-11ec-8477-2fea5968d85b",
    "username": "noc@customer.example",
    "name": "Night shift",
    "detail": "",
    "permission": "customer_manager",
    "tm_create": "2022-10-22 16:16:16.874761",
    "tm_update": "9999-01-01 00:00:00.000000",
    "tm_delete": "9999-01-01 00:00:00.000000",
}


class AgentUpdate(ObjectBody):
    """The fields to change; the others stay as they are. A new password ends the agent's sessions."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"name": "Night shift"}]})

    customer_id: Id = optional("Must be the agent's own, if given.")
    username: Username = optional("What the agent logs in with; unique among live agents.")
    password: Password = optional("Never answered.")
    name: Name = optional()
    detail: DetailText = optional()
    permission: Permission = optional("At most the caller's own.")


class AgentCreate(AgentUpdate):
    """A new agent."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "username": "noc@customer.example",
                    "password": "correct horse battery staple",
                    "permission": "customer_manager",
                }
            ]
        }
    )

    customer_id: Id = optional("Whose agent it is; the caller's own customer where it is left away.")
    username: Username
    password: Password
    permission: Permission


class AgentList(Page):
    """Filters of the list of agents."""

    customer_id: Id = optional("Only this customer's.")


class AgentAnswer(BaseModel):
    """An agent: a person who logs in."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    id: AnsweredId
    customer_id: AnsweredId
    username: str
    name: str
    detail: str
    permission: Permission
    tm_create: AnsweredInstant
    tm_update: AnsweredInstant
    tm_delete: AnsweredInstant


present = Presenter(AgentAnswer, Agent)
