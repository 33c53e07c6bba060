"""A call record, as the API answers it, as a timeline that needs no knowledge of SIP. Pure."""

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum, auto
from typing import Any

from dialplane.domain.call import CallStatus, HangupBy, Verdict
from dialplane.domain.instants import NEVER, parse_instant
from dialplane.domain.sip_status import PHRASES
from dialplane.engine.reasons import sentence
from dialplane.engine.refusals import sentence_of

OFFSET_WIDTH = 10
GAP = "  "
DETAIL = "  "


class Tone(StrEnum):
    """The kind of a line, for its colour in a terminal. Nothing is said by colour alone."""

    TITLE = auto()
    PLAIN = auto()
    ATTEMPT = auto()
    GOOD = auto()
    BAD = auto()
    NOTE = auto()


@dataclass(frozen=True, slots=True)
class Line:
    """`offset_us` since the call came in; None if the line has no time. `detail` lines belong to an attempt."""

    offset_us: int | None
    text: str
    tone: Tone = Tone.PLAIN
    detail: bool = False


@dataclass(frozen=True, slots=True)
class Timeline:
    title: Line
    lines: tuple[Line, ...]
    summary: Line


VERDICTS: Mapping[str, str] = {
    Verdict.ANSWERED: "answered",
    Verdict.BUSY: "the callee is busy",
    Verdict.NO_ANSWER: "nobody answered",
    Verdict.REJECTED: "rejected",
    Verdict.CANCELLED: "cancelled by the caller",
    Verdict.CARRIER_ERROR: "carrier failed",
    Verdict.TIMEOUT: "no answer in time",
    Verdict.TRANSPORT_ERROR: "the carrier cannot be reached",
    Verdict.LATE_ANSWER: "answered too late",
    Verdict.SKIPPED: "not tried",
}
HANGUPS: Mapping[str, str] = {
    HangupBy.CALLER: "The caller hangs up",
    HangupBy.CALLEE: "The called person hangs up",
    HangupBy.EDGE: "Dialplane ends the call",
    HangupBy.TIMEOUT: "The call runs out of time",
}


def timeline_of(call: Mapping[str, Any], *, names: Mapping[str, str]) -> Timeline:
    """The call, its attempts in order, its end. `names` maps provider ids to names."""
    return _Call(call, names).timeline()


def render(timeline: Timeline, *, width: int = 80) -> list[tuple[Tone, str]]:
    """The lines as they are printed, none wider than `width`."""
    printed = [*_wrap(timeline.title, "", "", width), (Tone.PLAIN, "")]
    for line in timeline.lines:
        stamp = "" if line.offset_us is None else span(line.offset_us)
        first = stamp.rjust(OFFSET_WIDTH) + GAP + (DETAIL if line.detail else "")
        printed += _wrap(line, first, " " * len(first), width)
    return [*printed, (Tone.PLAIN, ""), *_wrap(timeline.summary, "", "", width)]


def span(microseconds: int) -> str:
    """A length of time: `0.4 ms`, `12 ms`, `1.03 s`, `2 min 05 s`."""
    if microseconds <= 0:
        return "0 ms"
    if microseconds < 9_950:
        return f"{microseconds / 1_000:.1f} ms"
    if microseconds < 999_500:
        return f"{round(microseconds / 1_000)} ms"
    seconds = microseconds / 1_000_000
    if seconds < 60:
        return f"{seconds:.2f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02d} s"


class _Call:
    def __init__(self, call: Mapping[str, Any], names: Mapping[str, str]) -> None:
        self.call = call
        self.names = names
        self.start = _instant(call["tm_start"]) or 0
        self.attempts: Sequence[Mapping[str, Any]] = sorted(call["attempts"], key=lambda item: item["number"])
        self.tried = [item for item in self.attempts if _instant(item["tm_sent"]) is not None]
        self.number = _clean(call["number"] or call["dialled"] or "an unreadable number")

    def timeline(self) -> Timeline:
        lines = [self._arrival()]
        for attempt in self.attempts:
            lines += self._attempt(attempt)
        lines += self._end()
        return Timeline(self._title(), tuple(lines), self._summary())

    def _title(self) -> Line:
        caller = _clean(self.call["source"]["target"]) or "an unknown caller"
        return Line(None, f"Call from {caller} to {self.number}", Tone.TITLE)

    def _arrival(self) -> Line:
        planned = [item for item in self.call["decision"] if item.get("outcome") == "tried"]
        ordered = sorted(planned, key=lambda item: item.get("position") or 0)
        if not ordered:
            return Line(0, "The call arrives.")
        order = ", ".join(self._name(item["provider_id"]) for item in ordered)
        return Line(0, f"The call arrives. Carriers to try, in order: {order}.")

    def _attempt(self, attempt: Mapping[str, Any]) -> Iterator[Line]:
        name, sent = self._name(attempt["provider_id"]), _instant(attempt["tm_sent"])
        if sent is None:
            why = "; ".join(_clean(sentence(item)).removeprefix("skipped: ") for item in attempt["why"])
            yield Line(
                self._offset(attempt["tm_ended"]), f"{name} is skipped: {why or 'no reason recorded'}", Tone.NOTE
            )
            return
        place = self.tried.index(attempt) + 1
        yield Line(sent - self.start, f"Attempt {place}: {name}, {_clean(attempt['uri'])}", Tone.ATTEMPT)
        ringing, answered = _instant(attempt["tm_ringing"]), _instant(attempt["tm_answered"])
        if ringing is not None:
            yield Line(ringing - self.start, f"rings after {span(ringing - sent)}", detail=True)
        if answered is not None:
            yield Line(answered - self.start, self._answer(attempt, ringing, answered), Tone.GOOD, detail=True)
        elif (ended := _instant(attempt["tm_ended"])) is not None:
            text = self._outcome(attempt, ended - sent) + self._consequence(attempt)
            yield Line(ended - self.start, text, Tone.BAD, detail=True)
        else:
            yield Line(None, "is still ringing" if ringing is not None else "no outcome yet", Tone.NOTE, detail=True)
        if attempt["late_answer"]:
            yield Line(None, "answered later, after it had been given up", Tone.NOTE, detail=True)

    def _answer(self, attempt: Mapping[str, Any], ringing: int | None, answered: int) -> str:
        status = _status(attempt["sip_status"] or 200, attempt["sip_reason"])
        return f"{status}: answered" + (f" after ringing {span(answered - ringing)}" if ringing is not None else "")

    def _outcome(self, attempt: Mapping[str, Any], took: int) -> str:
        status, verdict = attempt["sip_status"], attempt["verdict"]
        meaning = VERDICTS.get(verdict, _clean(verdict or "failed").replace("_", " "))
        if status is None:
            silent = verdict == Verdict.TIMEOUT and _instant(attempt["tm_ringing"]) is None
            return f"silence for {span(took)}" if silent else f"{meaning}, after {span(took)}"
        return f"{_status(status, attempt['sip_reason'])} after {span(took)}: {meaning}"

    def _consequence(self, attempt: Mapping[str, Any]) -> str:
        following = self.attempts[self.attempts.index(attempt) + 1 :]
        if attempt["action"] == "next":
            return "; next carrier" if following else "; none is left"
        if attempt["action"] == "stop" and attempt["verdict"] != Verdict.CANCELLED:
            return "; no other is asked"
        return ""

    def _end(self) -> Iterator[Line]:
        ended, answered = _instant(self.call["tm_hangup"]), _instant(self.call["tm_progressing"])
        if ended is None:
            if answered is not None:
                yield Line(None, "They are still talking, or the end is not recorded yet.", Tone.NOTE)
            return
        if answered is not None:
            who = HANGUPS.get(self.call["ended_by"], "The call ends")
            yield Line(ended - self.start, f"{who}; they talked for {span(ended - answered)}.")
            return
        status = _status(self.call["sip_status"], "") if self.call["sip_status"] else "no answer"
        reason = sentence_of(_clean(self.call["reason"])) if not self.tried else None
        yield Line(ended - self.start, f"The caller gets {status}" + (f": {reason}." if reason else "."), Tone.BAD)

    def _summary(self) -> Line:
        answered = _instant(self.call["tm_progressing"])
        if answered is not None:
            winner = next((item for item in self.tried if _instant(item["tm_answered"]) is not None), None)
            by = f" by {self._name(winner['provider_id'])}" if winner else ""
            return Line(
                None,
                f"Answered{by}, {span(answered - self.start)} after the call arrived{self._before(winner)}.",
                Tone.GOOD,
            )
        if self.call["status"] != CallStatus.HANGUP:
            return Line(None, "Not over yet.", Tone.NOTE)
        if any(item["verdict"] == Verdict.CANCELLED for item in self.tried) or self.call["sip_status"] == 487:
            return Line(None, f"Cancelled by the caller after {_count(len(self.tried), 'attempt')}.", Tone.NOTE)
        if any(item["action"] == "stop" for item in self.tried):
            return Line(
                None, f"Ended by {self._name(self.tried[-1]['provider_id'])}'s answer, which is final.", Tone.BAD
            )
        if not self.tried:
            return Line(None, "Refused: no carrier was asked.", Tone.BAD)
        return Line(None, f"Failed: {_count(len(self.tried), 'carrier')} tried, none could carry the call.", Tone.BAD)

    def _before(self, winner: Mapping[str, Any] | None) -> str:
        lost = [self._name(item["provider_id"]) for item in self.tried if item is not winner]
        return f"; {' and '.join(lost)} had failed" if lost else ""

    def _name(self, provider_id: str) -> str:
        return _clean(self.names.get(provider_id) or f"provider {provider_id[:8]}")

    def _offset(self, text: str) -> int | None:
        instant = _instant(text)
        return None if instant is None else instant - self.start


def _instant(text: str | None) -> int | None:
    """The instant, or None for what has not happened."""
    instant = parse_instant(text) if text else NEVER
    return None if instant == NEVER else instant


def _status(status: int, reason: str) -> str:
    return f"{status} {_clean(reason) or PHRASES.get(status, '')}".rstrip()


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" + ("" if number == 1 else "s")


def _clean(text: str) -> str:
    """Text of carriers and callers, so that it cannot move a terminal's cursor."""
    return "".join(char if char.isprintable() else "?" for char in text)


def _wrap(line: Line, first: str, rest: str, width: int) -> list[tuple[Tone, str]]:
    wrapped = textwrap.wrap(
        line.text, max(width, 40), initial_indent=first, subsequent_indent=rest, break_on_hyphens=False
    )
    return [(line.tone, part) for part in wrapped]
