"""The event log: one JSON line for each thing that happens to a call, in one file for each UTC hour.

What one entry point notes is appended in one write, so several processes share a file; what was written survives any
of them.
"""

import json
import os
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

VERSION = 1
MAX_REASON = 128
MAX_TEXT = 255
_HOUR_NS = 3_600_000_000_000
_encode = msgspec.json.Encoder().encode


def new_id() -> str:
    """A random UUID (version 4), read from the kernel each time: forked workers never repeat one another."""
    text = os.urandom(16).hex()
    return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-a{text[17:20]}-{text[20:]}"


def printable(text: str, *, longest: int = MAX_TEXT) -> str:
    """Text from the wire, cut, with what does not print replaced by `?`."""
    cut = text[:longest]
    return cut if cut.isprintable() else "".join(char if char.isprintable() else "?" for char in cut)


class EventLog:
    """Appends to `folder`/<YYYYMMDDTHH>.jsonl. A full disk loses the event, counted in `lost`, never the call.

    `on_lost` is told of as many more.
    """

    def __init__(self, folder: Path, *, edge: str, on_lost: Callable[[int], None] = lambda count: None) -> None:
        self._folder = folder
        self._edge = _encode(edge).decode()
        self._hour = -1
        self._descriptor = -1
        self._lines: list[bytes] = []
        self._id_head = ""
        self._id_tail = 0
        self._on_lost = on_lost
        self.lost = 0

    def call_started(self, call: str, facts: Mapping[str, Any]) -> None:
        """A call whose attempts are about to begin. `facts` are those of the caller and of the decision."""
        self._append("call_started", call, facts)

    def call_rejected(self, call: str, facts: Mapping[str, Any], *, status: int, reason: str) -> None:
        """A call that gets no attempt."""
        self._append("call_rejected", call, {**facts, "status": status, "reason": reason})

    def call_redirected(self, call: str, facts: Mapping[str, Any], *, status: int, reason: str) -> None:
        """A call that the caller is to carry to the decision's carriers itself."""
        self._append("call_redirected", call, {**facts, "status": status, "reason": reason})

    def attempt_sent(self, call: str, n: int, *, provider_id: str, route_id: str, uri: str, why: Sequence[str]) -> None:
        """An INVITE is about to go to a provider. Attempts and skips of a call share one row of numbers, from 1."""
        fields = {"n": n, "provider_id": provider_id, "route_id": route_id, "uri": uri, "why": why}
        self._append("attempt_sent", call, fields)

    def attempt_skipped(self, call: str, n: int, *, provider_id: str, route_id: str, why: Sequence[str]) -> None:
        """A provider is passed over."""
        fields = {"n": n, "provider_id": provider_id, "route_id": route_id, "why": why}
        self._append("attempt_skipped", call, fields)

    def attempt_ringing(self, call: str, n: int, *, status: int) -> None:
        """The first 18x of an attempt."""
        self._append("attempt_ringing", call, {"n": n, "status": status})

    def attempt_answered(self, call: str, n: int, *, status: int, tag: str) -> None:
        """The 2xx that connects the call."""
        self._append("attempt_answered", call, {"n": n, "status": status, "tag": printable(tag)})

    def attempt_ended(self, call: str, n: int, *, status: int | None, reason: str, verdict: str, action: str) -> None:
        """An attempt is over without an answer. `status` is None where nothing came."""
        fields = {
            "n": n,
            "status": status,
            "reason": printable(reason, longest=MAX_REASON),
            "verdict": verdict,
            "action": action,
        }
        self._append("attempt_ended", call, fields)

    def late_answer(self, call: str, n: int, *, status: int, tag: str) -> None:
        """A carrier answered after its attempt was given up, or a second time; `tag` is the leg's, from its To."""
        self._append("late_answer", call, {"n": n, "status": status, "tag": printable(tag)})

    def call_ended(self, call: str, *, status: int, reason: str, hangup_by: str) -> None:
        """The call is over. `status` is the final SIP status that the caller got."""
        self._append("call_ended", call, {"status": status, "reason": reason, "hangup_by": hangup_by})

    def provider_breaker(self, provider_id: str, *, hostname: str, state: str, detail: str) -> None:
        """A breaker of this edge has changed, of the provider at this hostname; it belongs to no call."""
        fields = {"provider_id": provider_id, "hostname": hostname, "state": state, "detail": detail}
        self._append("provider_breaker", None, fields)

    def edge_calls(self, *, since: int, before: int, prefix: str, calls: Sequence[str]) -> None:
        """The calls whose ids begin with `prefix` that this edge holds dialogs of.

        It speaks for calls that began from `since` to `before` (instants): those that are not among them are over.
        """
        self._append("edge_calls", None, {"since": since, "before": before, "prefix": prefix, "calls": calls})

    def flush(self) -> None:
        """Write what was noted since the last time, in one piece."""
        if not self._lines:
            return
        count, text = len(self._lines), b"".join(self._lines)
        self._lines.clear()
        try:
            hour = time.time_ns() // _HOUR_NS
            if hour != self._hour:
                self._open(hour)
            written = os.write(self._descriptor, text)
            if written < len(text):
                count -= text[:written].count(b"\n")
                self._lose(count)
                count = 0
                os.write(self._descriptor, b"\n")
        except OSError:
            self._hour = -1
            self._lose(count)

    def _lose(self, count: int) -> None:
        if count:
            self.lost += count
            self._on_lost(count)

    def _append(self, kind: str, call: str | None, fields: Mapping[str, Any]) -> None:
        """Note an event. Its common fields need no escaping, and are written out: that is cheaper than a larger dict.

        `at` is in microseconds of the wall clock, `mono` in nanoseconds of the machine's monotonic clock.
        """
        belongs = "" if call is None else f',"call":"{call}"'
        head = (
            f'{{"v":{VERSION},"id":"{self._next_id()}","kind":"{kind}","edge":{self._edge},'
            f'"at":{time.time_ns() // 1000},"mono":{time.monotonic_ns()}{belongs},'
        )
        self._lines.append(head.encode() + _body(fields)[1:] + b"\n")

    def _next_id(self) -> str:
        """A UUID whose head is random for this process and whose tail counts: a third of the cost of a random one."""
        if not self._id_head:
            self._id_head = new_id()[:24]
        self._id_tail += 1
        return f"{self._id_head}{self._id_tail:012x}"

    def forget_process(self) -> None:
        """Begin anew after a fork."""
        self._id_head, self._id_tail = "", 0
        self._lines.clear()

    def _open(self, hour: int) -> None:
        self._release()
        self._folder.mkdir(parents=True, exist_ok=True)
        name = time.strftime("%Y%m%dT%H", time.gmtime(hour * 3600))
        path = self._folder / f"{name}.jsonl"
        self._descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o640)
        self._hour = hour

    def close(self) -> None:
        """Write what is left, and let go of the file."""
        self.flush()
        self._release()

    def _release(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
        self._descriptor, self._hour = -1, -1


def _body(fields: Mapping[str, Any]) -> bytes:
    """The fields as JSON. Text that UTF-8 cannot hold is replaced, not lost with all the rest."""
    try:
        return _encode(fields)
    except UnicodeEncodeError:
        return json.dumps(fields, ensure_ascii=False).encode("utf-8", "replace")
