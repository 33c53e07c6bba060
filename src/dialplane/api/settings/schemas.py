"""Schemas of settings."""

from typing import Annotated

from pydantic import BaseModel, Field


class SettingAnswer(BaseModel):
    """One setting in effect."""

    variable: Annotated[str, Field(description="The environment variable that sets it.")]
    value: Annotated[str, Field(description="As its variable would have it; empty for a secret.")]
    is_default: bool
    meaning: str


class SettingsAnswer(BaseModel):
    """All settings, in the order of the documentation."""

    result: list[SettingAnswer]
