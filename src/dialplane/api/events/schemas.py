"""Events on the wire."""

from typing import Annotated, Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field

from dialplane.api.fields import Body, Name
from dialplane.control.events import MAX_EVENTS


class EventBatch(Body):
    """What an edge saw, in any order; a batch that was sent before changes nothing."""

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
    IS_BULK: ClassVar = True

    edge: Name
    events: Annotated[list[Any], Field(description=f"At most {MAX_EVENTS}; malformed ones are dropped and counted.")]


class EventsAnswer(BaseModel):
    """What became of a batch."""

    accepted: Annotated[int, Field(description="Events that are stored, now or before.")]
    refused: int = Field(default_factory=int, description="Malformed events that were dropped; shown where there are.")
