"""Schemas of test calls."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from dialplane.api.http.fields import UUID_SCHEMA, Body, Rule, longest, optional
from dialplane.api.http.query import Query
from dialplane.control.testcalls import CALLER, TALK_S, WAIT_S, CallPlan, parse_caller
from dialplane.domain.ids import parse_id

Trunk = Annotated[str, Rule(parse_id, UUID_SCHEMA), Field(description="The trunk that the call comes in by.")]
Number = Annotated[str, longest(64), Field(description="What to dial, as the trunk does.")]


_EXAMPLE: dict[str, Any] = {"trunk_id": "4dbeabd6-f397-4375-95d2-a38411e07ed1", "number": "+821012345678"}


class TestCallQuery(Query):
    """The call that would be placed."""

    trunk_id: Trunk
    number: Number


class TestCallBody(Body):
    """A call to be placed."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    trunk_id: Trunk
    number: Number
    caller: Annotated[str, Rule(parse_caller, {"type": "string", "pattern": f"^{CALLER}$"})] = optional(
        "Who calls; the trunk's `caller_default` where it is left away."
    )


class PlannedCall(BaseModel):
    """What a test call would be."""

    is_possible: bool
    number: Annotated[str, Field(description="In E.164.")]
    meaning: Annotated[str, Field(description="What would happen, or what to do instead.")]
    wait_s: Annotated[int, Field(description=f"It is given up after so long without an answer: {WAIT_S} s.")]
    talk_s: Annotated[int, Field(description=f"It is hung up so long after an answer: {TALK_S} s.")]


class PlacedCall(BaseModel):
    """What has become of a test call so far."""

    is_placed: Annotated[bool, Field(description="False if the call is not possible here.")]
    number: Annotated[str, Field(description="In E.164.")]
    meaning: str
    sip_status: Annotated[int | None, Field(description="Its final status, if it ended within some seconds.")]


_GOES_ON = "It is on its way. It stands among the calls as soon as the edge has reported it."
_NOT_SENT = "It could not be sent from this machine: see the log of the API."


def present_plan(call: CallPlan) -> dict[str, Any]:
    """The call as it would be."""
    return {
        "is_possible": call.way is not None,
        "number": call.number,
        "meaning": call.meaning,
        "wait_s": WAIT_S,
        "talk_s": TALK_S,
    }


def present_placed(call: CallPlan, result: Mapping[str, Any] | None) -> dict[str, Any]:
    """The call so far; `result`: None while it goes on, empty if it could not be sent."""
    status = result.get("status") if result else None
    return {
        "is_placed": call.way is not None and result != {},
        "number": call.number,
        "meaning": call.meaning if call.way is None else _so_far(result),
        "sip_status": status,
    }


def _so_far(result: Mapping[str, Any] | None) -> str:
    if result is None:
        return _GOES_ON
    if not result:
        return _NOT_SENT
    if result["status"] is None:
        return f"The edge gave no answer ({result['failure']})."
    return f"It ended at once: {result['status']} {result['reason']}."
