"""The SIP messages of a call, as its record lets them be known: who sent what to whom, and when. Pure.

Their order is that of RFC 3261: section 13 (INVITE), 9 (CANCEL), 15 (BYE), 17.1.1.3 (the ACK of a failure).

A record has the instants of an attempt's INVITE, of its first ringing, its answer and its end, and those of the call.
The messages between follow from these; what the edge sends on, it sends when it was received. ACK, PRACK and
retransmissions are not on record.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum, auto
from typing import Any

from dialplane.domain.call import HangupBy, Verdict
from dialplane.domain.instants import NEVER, parse_instant
from dialplane.domain.sip_status import PHRASES

CALLER, EDGE = 0, 1
FIRST_CARRIER = 2
"""Lanes: the caller, the edge, then one for each attempt that was sent."""


class Kind(StrEnum):
    """What a message is, for its colour in a picture."""

    REQUEST = auto()
    PROVISIONAL = auto()
    SUCCESS = auto()
    FAILURE = auto()


@dataclass(frozen=True, slots=True)
class Message:
    """`offset_us` since the call came in; `source` and `target` are lanes."""

    offset_us: int
    source: int
    target: int
    text: str
    kind: Kind


@dataclass(frozen=True, slots=True)
class Ladder:
    lanes: tuple[str, ...]
    messages: tuple[Message, ...]


def ladder_of(call: Mapping[str, Any], *, names: Mapping[str, str]) -> Ladder:
    """The ladder of a call record, as the API shows it. `names`: of providers, by id."""
    start = _instant(call["tm_start"]) or 0
    sent = sorted((item for item in call["attempts"] if _instant(item["tm_sent"]) is not None), key=_number)
    lanes = (
        call["source"]["target"] or call["source_address"] or "caller",
        call["edge"] or "edge",
        *(names.get(item["provider_id"]) or item["provider_id"][:8] for item in sent),
    )
    messages = sorted(_messages(call, sent), key=lambda message: message.offset_us)
    return Ladder(lanes, tuple(_after(message, start) for message in messages))


def _number(attempt: Mapping[str, Any]) -> int:
    number: int = attempt["number"]
    return number


def _after(message: Message, start: int) -> Message:
    return Message(message.offset_us - start, message.source, message.target, message.text, message.kind)


def _messages(call: Mapping[str, Any], sent: Sequence[Mapping[str, Any]]) -> Iterator[Message]:
    """In the order in which they follow from each other, which decides between equal instants."""
    start, ended = _instant(call["tm_start"]) or 0, _instant(call["tm_hangup"])
    yield Message(start, CALLER, EDGE, f"INVITE {call['dialled']}", Kind.REQUEST)
    if sent:
        yield Message(start, EDGE, CALLER, "100 Trying", Kind.PROVISIONAL)
    for place, attempt in enumerate(sent):
        yield from _attempt(attempt, FIRST_CARRIER + place, _instant(call["tm_ringing"]))
    if (answered := _instant(call["tm_progressing"])) is None:
        yield from _final(call, ended)
        return
    yield Message(answered, EDGE, CALLER, "200 OK", Kind.SUCCESS)
    if ended is not None:
        carrier = next((FIRST_CARRIER + i for i, item in enumerate(sent) if _instant(item["tm_answered"])), EDGE)
        yield from _bye(call["ended_by"], ended, carrier)


def _attempt(attempt: Mapping[str, Any], lane: int, first_ringing: int | None) -> Iterator[Message]:
    sent, ringing, answered, ended = (
        _instant(attempt[name]) for name in ("tm_sent", "tm_ringing", "tm_answered", "tm_ended")
    )
    yield Message(sent or 0, EDGE, lane, f"INVITE {attempt['uri'].removeprefix('sip:')}".rstrip(), Kind.REQUEST)
    if ringing is not None:
        yield Message(ringing, lane, EDGE, "180 Ringing", Kind.PROVISIONAL)
        if ringing == first_ringing or first_ringing is None:
            yield Message(ringing, EDGE, CALLER, "180 Ringing", Kind.PROVISIONAL)
    if answered is not None:
        yield Message(answered, lane, EDGE, "200 OK", Kind.SUCCESS)
    elif ended is not None:
        yield from _end(attempt, lane, ended)


def _end(attempt: Mapping[str, Any], lane: int, ended: int) -> Iterator[Message]:
    status, verdict = attempt["sip_status"], attempt["verdict"]
    if verdict in (Verdict.CANCELLED, Verdict.TIMEOUT, Verdict.NO_ANSWER) and (status is None or status == 487):
        yield Message(ended, EDGE, lane, "CANCEL", Kind.REQUEST)
    if status is not None:
        yield Message(ended, lane, EDGE, _status(status, attempt["sip_reason"]), Kind.FAILURE)


def _final(call: Mapping[str, Any], ended: int | None) -> Iterator[Message]:
    if ended is None:
        return
    if call["ended_by"] == HangupBy.CALLER:
        yield Message(ended, CALLER, EDGE, "CANCEL", Kind.REQUEST)
    if call["sip_status"]:
        yield Message(ended, EDGE, CALLER, _status(call["sip_status"], ""), Kind.FAILURE)


def _bye(ended_by: str, ended: int, carrier: int) -> Iterator[Message]:
    path = {HangupBy.CALLER: ((CALLER, EDGE), (EDGE, carrier)), HangupBy.CALLEE: ((carrier, EDGE), (EDGE, CALLER))}
    for source, target in path.get(HangupBy(ended_by or "edge"), ((EDGE, CALLER), (EDGE, carrier))):
        yield Message(ended, source, target, "BYE", Kind.REQUEST)


def _status(status: int, reason: str) -> str:
    return f"{status} {reason or PHRASES.get(status, '')}".rstrip()


def _instant(text: str | None) -> int | None:
    instant = parse_instant(text) if text else NEVER
    return None if instant == NEVER else instant
