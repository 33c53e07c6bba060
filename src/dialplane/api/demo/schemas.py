"""Schemas of the demo."""

from typing import Annotated

from pydantic import BaseModel, Field

from dialplane.api.http.fields import Body, among
from dialplane.api.http.schemas import AnsweredId
from dialplane.domain.demo import MEANINGS, OUTAGE_S, Switch


class Position(BaseModel):
    """What a switch can be set to."""

    switch: Annotated[str, among(*Switch)]
    meaning: str


class DemoCarrierAnswer(BaseModel):
    """One of the demo's carriers that still exists."""

    provider_id: AnsweredId
    name: str
    character: Annotated[str, Field(description="How it behaves while its switch is at `answers`.")]
    switch: Annotated[str, among(*Switch)]


class Counted(BaseModel):
    """One counter of the demo's calls."""

    counter: str
    count: int
    meaning: Annotated[str, Field(description="What it counts.")]


class OutageAnswer(BaseModel):
    """The control plane without its plug."""

    for_s: Annotated[int, Field(description=f"How long it stays away: {OUTAGE_S} s.")]
    meaning: str
    calls: Annotated[int, Field(description="Calls that ended while it was last away.")]
    arrived: Annotated[int, Field(description="Of those, the ones whose record has arrived since.")]


class DemoAnswer(BaseModel):
    """The demo: its carriers, and what became of its calls."""

    carriers: list[DemoCarrierAnswer]
    positions: list[Position]
    counted: Annotated[list[Counted], Field(description="Empty while the demo makes no calls.")]
    lost_calls: Annotated[list[str], Field(description="The last lost calls: Call-ID, and why each counts as lost.")]
    outage: OutageAnswer


class SwitchBody(Body):
    """The new position of a carrier's switch."""

    switch: Annotated[str, among(*Switch)]


class SwitchAnswer(BaseModel):
    """The position of a carrier's switch, which takes effect within half a second."""

    switch: Annotated[str, among(*Switch)]
    meaning: str


class OutageBegun(BaseModel):
    """The control plane is about to go away."""

    for_s: int
    meaning: str


def present_position(switch: Switch) -> dict[str, str]:
    """The answer to a new position."""
    return {"switch": switch, "meaning": MEANINGS[switch]}
