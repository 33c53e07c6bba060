"""Writing the event log: one line of JSON an event, in one file for each UTC hour.

Several processes append to the same file: each write is a single one with O_APPEND, so lines never mix. A line that was
written survives the end of any process.
"""

import errno
import json
import os
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from dialplane.eventlog.kinds import (
    FILE_FORMAT,
    MAX_REASON,
    VERSION,
    AttemptAnswered,
    AttemptEnded,
    AttemptRinging,
    AttemptSent,
    AttemptSkipped,
    CallEnded,
    CallRedirected,
    CallRejected,
    CallStarted,
    EdgeCalls,
    EdgeRefusals,
    EdgeStatus,
    Event,
    HeldCertificate,
    LateAnswer,
    ProviderBreaker,
    ProviderHealth,
    RefusedSource,
)
from dialplane.system.clock import now_ms, now_us

MAX_TEXT = 255
_HOUR_S = 3600
_HOUR_US = _HOUR_S * 1_000_000
_encode = msgspec.json.Encoder().encode


def new_id() -> str:
    """A random UUID (RFC 9562, version 4). Read from the kernel each time, so that forked processes never repeat one.

    A third of the cost of `uuid.uuid4()` (0.6 us against 1.9 us).
    """
    text = os.urandom(16).hex()
    return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-a{text[17:20]}-{text[20:]}"


def new_call_id() -> str:
    """An id that begins with the time, in milliseconds, and is random behind it (RFC 9562, version 7).

    The control plane's records of one day are then neighbours, and PostgreSQL has them in a partition of their own.
    """
    time_ms, text = f"{now_ms():012x}", os.urandom(10).hex()
    return f"{time_ms[:8]}-{time_ms[8:]}-7{text[1:4]}-a{text[5:8]}-{text[8:]}"


def printable(text: str, *, longest: int = MAX_TEXT) -> str:
    """Text from the wire, cut to `longest` characters, with `?` for each that does not print."""
    cut = text[:longest]
    return cut if cut.isprintable() else "".join(char if char.isprintable() else "?" for char in cut)


def encoded(event: Event) -> bytes:
    """The event as JSON on one line, without the line's end. Lone surrogates, which UTF-8 cannot hold, become `?`."""
    try:
        return _encode(event)
    except UnicodeEncodeError:
        return json.dumps(msgspec.to_builtins(event), ensure_ascii=False).encode("utf-8", "replace")


class EventLog:
    """Appends the events of one process of an edge to the hour's file in `folder`.

    An event is noted first; `flush` (or `write`) then writes all that were noted, in one write. What the disk does not
    take is lost: counted in `lost`, and passed to `on_lost`.
    """

    def __init__(self, folder: Path, *, edge: str, on_lost: Callable[[int], None] = lambda count: None) -> None:
        self._folder = folder
        self._edge = edge
        self._edge_json = _encode(edge).decode()
        self._on_lost = on_lost
        self._hour = -1
        self._descriptor = -1
        self._lines: list[bytes] = []
        self._id_head = ""
        self._id_count = 0
        self.lost = 0

    def call_started(self, call: str, facts: Mapping[str, Any]) -> None:
        """A call is let in. `facts` are the fields of `Arrival`."""
        self.note(CallStarted(**self._common(), call=call, **facts))

    def call_rejected(self, call: str, facts: Mapping[str, Any], *, status: int, reason: str) -> None:
        """A call is refused. `facts` are the fields of `Arrival`."""
        self.note(CallRejected(**self._common(), call=call, **facts, status=status, reason=reason))

    def call_redirected(self, call: str, facts: Mapping[str, Any], *, status: int, reason: str) -> None:
        """A call is sent back with the carriers to try. `facts` are the fields of `Arrival`."""
        self.note(CallRedirected(**self._common(), call=call, **facts, status=status, reason=reason))

    def attempt_sent(
        self,
        call: str,
        n: int,
        *,
        provider_id: str,
        route_id: str,
        uri: str,
        why: Sequence[str],
        identity: Sequence[str] = (),
    ) -> None:
        """An INVITE is about to be sent to a provider. Attempts and skips of a call share one count, from 1."""
        event = AttemptSent(
            **self._common(),
            call=call,
            n=n,
            provider_id=provider_id,
            route_id=route_id,
            uri=uri,
            why=tuple(why),
            identity=tuple(identity) or UNSET,
        )
        self.note(event)

    def attempt_sent_as(self, call: str, n: int, fields: str) -> None:
        """The same; `fields` are the JSON of its own fields, without braces, as a plan has them ready."""
        line = (
            f'{{"kind":"attempt_sent","v":{VERSION},"id":"{self._next_id()}","edge":{self._edge_json},"at":{now_us()},'
            f'"mono":{time.monotonic_ns()},"call":"{call}","n":{n},{fields}}}'
        )
        self._lines.append(line.encode())

    def attempt_skipped(self, call: str, n: int, *, provider_id: str, route_id: str, why: Sequence[str]) -> None:
        """A provider is passed over."""
        event = AttemptSkipped(
            **self._common(), call=call, n=n, provider_id=provider_id, route_id=route_id, why=tuple(why)
        )
        self.note(event)

    def attempt_ringing(self, call: str, n: int, *, status: int) -> None:
        """The first 18x of an attempt."""
        self.note(AttemptRinging(**self._common(), call=call, n=n, status=status))

    def attempt_answered(self, call: str, n: int, *, status: int, tag: str) -> None:
        """The 2xx that connects the call; `tag` is its To tag."""
        self.note(AttemptAnswered(**self._common(), call=call, n=n, status=status, tag=printable(tag)))

    def attempt_ended(self, call: str, n: int, *, status: int | None, reason: str, verdict: str, action: str) -> None:
        """An attempt is over without an answer. `status` is None if no final reply came."""
        reason = printable(reason, longest=MAX_REASON)
        event = AttemptEnded(
            **self._common(), call=call, n=n, status=status, reason=reason, verdict=verdict, action=action
        )
        self.note(event)

    def late_answer(self, call: str, n: int, *, status: int, tag: str) -> None:
        """A 2xx came after its attempt was given up, or a second one; `tag` is its To tag."""
        self.note(LateAnswer(**self._common(), call=call, n=n, status=status, tag=printable(tag)))

    def call_ended(self, call: str, *, status: int, reason: str, hangup_by: str) -> None:
        """A call is over. `status` is the final SIP status that the caller got."""
        self.note(CallEnded(**self._common(), call=call, status=status, reason=reason, hangup_by=hangup_by))

    def provider_health(self, provider_id: str, *, hostname: str, status: str, detail: str) -> None:
        """A provider's health by the probes of this hostname."""
        event = ProviderHealth(
            **self._common(), provider_id=provider_id, hostname=hostname, status=status, detail=detail
        )
        self.note(event)

    def provider_breaker(self, provider_id: str, *, hostname: str, state: str, detail: str) -> None:
        """The breaker of a provider at this hostname has changed its state."""
        event = ProviderBreaker(
            **self._common(), provider_id=provider_id, hostname=hostname, state=state, detail=detail
        )
        self.note(event)

    def edge_status(
        self,
        *,
        agent_version: str,
        kamailio_version: str,
        kamailio_started: int | None,
        max_call_s: int,
        counters: Mapping[str, int],
        calls_shed: int | UnsetType = UNSET,
        shed_percent: int | UnsetType = UNSET,
        events_lost: int | UnsetType = UNSET,
        certificates: Sequence[HeldCertificate] | UnsetType = UNSET,
    ) -> None:
        """Versions, start and counters of the edge; UNSET what Kamailio has not counted yet."""
        event = EdgeStatus(
            **self._common(),
            agent_version=agent_version,
            kamailio_version=kamailio_version,
            kamailio_started=kamailio_started,
            max_call_s=max_call_s,
            calls_shed=calls_shed,
            shed_percent=shed_percent,
            events_lost=events_lost,
            counters=dict(counters),
            certificates=certificates if isinstance(certificates, UnsetType) else tuple(certificates),
        )
        self.note(event)

    def edge_calls(self, *, since: int, before: int, suffix: str, calls: Sequence[str]) -> None:
        """The calls with ids that end with `suffix` of which Kamailio has dialogs.

        The list is complete for calls that started from `since` to before `before` (instants).
        """
        self.note(EdgeCalls(**self._common(), since=since, before=before, suffix=suffix, calls=tuple(calls)))

    def edge_refusals(self, sources: Sequence[RefusedSource]) -> None:
        """The sources that were refused last."""
        self.note(EdgeRefusals(**self._common(), sources=tuple(sources)))

    def note(self, event: Event) -> None:
        """Keep an event for the next write."""
        self._lines.append(encoded(event))

    def flush(self) -> None:
        """Write the noted events. Never fails: an event may be lost, a call must not be."""
        with suppress(OSError):
            self.write()

    def write(self) -> None:
        """Write the noted events. Raises OSError if the disk does not take all; those are lost, and counted."""
        if not self._lines:
            return
        lines, self._lines = self._lines, []
        whole = 0
        try:
            self._open_hour()
            text = b"\n".join([*lines, b""])
            written = os.write(self._descriptor, text)
            if written < len(text):
                whole = text.count(b"\n", 0, written)
                os.write(self._descriptor, b"\n")  # ends the torn line: the next event gets a line of its own
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        except OSError:
            self._hour = -1  # opens the file again, which may have been replaced
            self._lose(len(lines) - whole)
            raise

    def hour_file(self) -> int:
        """The descriptor of the current hour's file. Raises OSError."""
        self._open_hour()
        return self._descriptor

    def forget_process(self) -> None:
        """Drop what the parent process noted, and its ids; to be called after a fork."""
        self._id_head, self._id_count = "", 0
        self._lines.clear()

    def close(self) -> None:
        """Write what is noted, and close the file."""
        self.flush()
        self._release()

    def _common(self) -> dict[str, Any]:
        """The fields of every event, at this moment."""
        return {
            "id": self._next_id(),
            "edge": self._edge,
            "at": now_us(),
            "mono": time.monotonic_ns(),
        }

    def _next_id(self) -> str:
        """A UUID: the first 24 characters random for each process, the rest counted (0.2 us instead of 0.6 us)."""
        if not self._id_head:
            self._id_head = new_id()[:24]
        self._id_count += 1
        return f"{self._id_head}{self._id_count:012x}"

    def _lose(self, count: int) -> None:
        if count:
            self.lost += count
            self._on_lost(count)

    def _open_hour(self) -> None:
        hour = now_us() // _HOUR_US
        if hour == self._hour:
            return
        self._release()
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = self._folder / time.strftime(FILE_FORMAT, time.gmtime(hour * _HOUR_S))
        self._descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        self._hour = hour

    def _release(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
        self._descriptor, self._hour = -1, -1
