"""Shapes of answers that all resources share, for the documentation."""

from functools import cache
from types import GenericAlias
from typing import Annotated, Any

from pydantic import BaseModel, Field, WithJsonSchema, create_model

from dialplane.api.http.fields import INSTANT_SCHEMA, UUID_SCHEMA

AnsweredId = Annotated[str, WithJsonSchema(UUID_SCHEMA)]
AnsweredInstant = Annotated[str, WithJsonSchema(INSTANT_SCHEMA)]


class DetailAnswer(BaseModel):
    """One thing to mend."""

    field: Annotated[str, Field(description="The field, parameter or header.")]
    code: Annotated[str, Field(description="Stable snake_case word for programs.")]
    message: Annotated[str, Field(description="The rule, for people.")]


class ErrorBody(BaseModel):
    """Why a request was refused."""

    status: str
    reason: Annotated[str, Field(description="Stable UPPER_SNAKE word for programs; see the catalogue of reasons.")]
    message: str
    request_id: str
    details: list[DetailAnswer] = []


class Error(BaseModel):
    """Every refusal has this form."""

    error: ErrorBody


@cache
def page_of(item: type[BaseModel]) -> type[BaseModel]:
    """The shape of a page of these items."""
    fields: Any = {
        "result": (GenericAlias(list, (item,)), Field(description="Newest first.")),
        "next_page_token": (
            str,
            Field(description="`page_token` of the next page; empty when this page is empty."),
        ),
    }
    made: type[BaseModel] = create_model(
        item.__name__.replace("Answer", "Page"), __doc__=f"A page of a list. {item.__doc__}", **fields
    )
    return made
