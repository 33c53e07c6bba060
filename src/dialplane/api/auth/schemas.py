"""Schemas of the login."""

from typing import Annotated, ClassVar

from pydantic import BaseModel, ConfigDict, Field

from dialplane.api.http.fields import Body, BodySize, longest
from dialplane.domain.agent import MAX_PASSWORD_BYTES


class Login(Body):
    """A user name and its password."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"username": "admin@localhost", "password": "secret"}]})

    SIZE: ClassVar = BodySize.LOGIN

    username: Annotated[str, longest(255)]
    password: Annotated[str, longest(MAX_PASSWORD_BYTES)]


class LoginAnswer(BaseModel):
    """A session."""

    username: str
    token: Annotated[str, Field(description="JWT for `Authorization: Bearer` or `?token=`, valid for seven days.")]
