"""Schemas of health and readiness."""

from typing import Annotated

from pydantic import BaseModel, Field


class Health(BaseModel):
    """The process answers."""

    status: str


class Readiness(BaseModel):
    """Whether requests will be carried out."""

    status: Annotated[
        str,
        Field(
            description="`ready`, `degraded` (reads are carried out, but a background job fails, keys are gone, the "
            "database's disk is full, or changes are dated ahead) or `not_ready`."
        ),
    ]
    checks: Annotated[dict[str, str], Field(description="What was looked at: `ok`, or what is wrong.")]
