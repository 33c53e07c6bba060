"""Schema of a call's timeline: what happened, as sentences, and the SIP messages that its record lets be known."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BaseModel, Field

from dialplane.api.http.fields import among
from dialplane.engine.ladder import Kind, Ladder, ladder_of
from dialplane.engine.timeline import Timeline, Tone, timeline_of

Offset = Annotated[float | None, Field(description="Milliseconds since the call came in; null for what has no time.")]


class LineAnswer(BaseModel):
    """One thing that happened."""

    offset_ms: Offset
    text: str
    tone: Annotated[
        str, among(*Tone), Field(description="Whether it is good or bad news; nothing is said by it alone.")
    ]
    detail: Annotated[bool, Field(description="It belongs to the attempt before it.")]


class MessageAnswer(BaseModel):
    """A SIP message."""

    offset_ms: float
    source: Annotated[int, Field(description="The lane that sent it, counted from 0.")]
    target: Annotated[int, Field(description="The lane that got it.")]
    text: Annotated[str, Field(description="The first line, without what is the same in all.")]
    kind: Annotated[str, among(*Kind)]


class TimelineAnswer(BaseModel):
    """A call as sentences and as a ladder."""

    title: str
    summary: Annotated[str, Field(description="How it ended, in one sentence.")]
    lines: list[LineAnswer]
    lanes: Annotated[list[str], Field(description="The caller, the edge, and the provider of each attempt.")]
    messages: Annotated[list[MessageAnswer], Field(description="In order. Reconstructed from the record: no ACK.")]


def present(call: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    """The timeline of a call as the API shows it. `names`: of providers, by id."""
    timeline, ladder = timeline_of(call, names=names), ladder_of(call, names=names)
    return {"title": timeline.title.text, "summary": timeline.summary.text, **_lines(timeline), **_messages(ladder)}


def _lines(timeline: Timeline) -> dict[str, Any]:
    lines = [
        {
            "offset_ms": None if line.offset_us is None else line.offset_us / 1000,
            "text": line.text,
            "tone": line.tone,
            "detail": line.detail,
        }
        for line in timeline.lines
    ]
    return {"lines": lines}


def _messages(ladder: Ladder) -> dict[str, Any]:
    messages = [
        {
            "offset_ms": message.offset_us / 1000,
            "source": message.source,
            "target": message.target,
            "text": message.text,
            "kind": message.kind,
        }
        for message in ladder.messages
    ]
    return {"lanes": list(ladder.lanes), "messages": messages}
