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


class SessionAnswer(BaseModel):
    """A browser's session; its token is in the cookie alone."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"username": "admin@localhost", "idle_s": 43_200}]})

    username: str
    idle_s: Annotated[int, Field(description="Seconds without a request after which it ends.")]


class SessionEnded(BaseModel):
    """The browser has no session any more."""

    status: str
