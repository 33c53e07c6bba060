"""Schemas of reports of events."""

import re
from typing import Annotated, Any, ClassVar, Self

import msgspec
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from dialplane.api.http.fields import Body, BodySize, Name, matching, optional, within
from dialplane.control.events import MAX_EVENTS, decoded
from dialplane.domain.errors import InvalidValue

MOST_LOOPS = 32

_LOOP = r"^[a-z_]{1,32}$"


def _loop_name(text: str) -> str:
    if not re.fullmatch(r"[a-z_]{1,32}", text):
        raise InvalidValue("loops", "invalid_name", "must be 1 to 32 of a-z and _")
    return text


def _few(loops: object) -> object:
    """Before each of them is looked at."""
    if isinstance(loops, dict) and len(loops) > MOST_LOOPS:
        raise InvalidValue("loops", "too_many", f"must have at most {MOST_LOOPS} loops")
    return loops


LoopName = Annotated[str, matching(_loop_name, _LOOP)]


class AgentReport(Body):
    """How the edge's agent is."""

    backlog_bytes: Annotated[int, within(0, 2**62)] = Field(description="Of events that were not acknowledged to it.")
    loops: Annotated[dict[LoopName, Annotated[int, within(0, 2**31 - 1)]], BeforeValidator(_few)] = Field(
        description="Seconds since each of its loops last went round."
    )


class EventBatch(Body):
    """The events of an edge, in any order; a batch that was sent before changes nothing."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "edge": "edge-1",
                    "events": [
                        {
                            "v": 1,
                            "id": "0c1f7a5e-9f57-4f2f-8f62-1d2c7f6a4d11",
                            "kind": "attempt_answered",
                            "edge": "edge-1",
                            "at": 1666455376874761,
                            "mono": 81273645,
                            "call": "6a1f6f36-3f4e-4bc5-9d5c-6f0b7e1a2c33",
                            "n": 2,
                            "status": 200,
                        }
                    ],
                }
            ]
        }
    )
    SIZE: ClassVar = BodySize.EVENTS

    edge: Name
    agent: AgentReport = optional("Shown as metrics.")
    events: Annotated[list[Any], Field(description=f"At most {MAX_EVENTS}; malformed ones are dropped and counted.")]

    @classmethod
    def at_once(cls, body: bytes) -> Self | None:
        """Events as the contract's own types: an edge's batches have no others, and a fifth of the time is saved."""
        batch = decoded(body)
        if batch is None:
            return None
        named: dict[str, Any] = {"edge": batch.edge, "events": []}
        if agent := bytes(batch.agent):
            named["agent"] = msgspec.json.decode(agent)
        try:
            return cls.model_validate(named).model_copy(update={"events": batch.events})
        except ValidationError:
            return None


class EventsAnswer(BaseModel):
    """The result of a batch."""

    accepted: Annotated[int, Field(description="Events that are stored, now or before.")]
    refused: int = Field(default_factory=int, description="Malformed events that were dropped; shown where there are.")
