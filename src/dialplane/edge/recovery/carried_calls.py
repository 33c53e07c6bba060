"""Which answered calls an edge carries, and in whose channels: a fold over the lines of its event log.

Nothing here knows Kamailio. A snapshot also says how far the log was read, so that at a start only the rest has to be:
hours that are over and shipped are gone by then.
"""

import os
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path

import msgspec

from dialplane.domain.call import LONGEST_SETUP_S

MOST_BYTES = 256 << 20
"""What is read of the log at a time, the newest of it; takes about a second."""

_US_PER_S = 1_000_000
_NAME = re.compile(r"[0-9]{8}T[0-9]{2}\.jsonl")
_BEGIN = b'{"v":'
_KIND_AT = len('{"v":1,"id":"","kind":"') + 36
_KINDS = (b'call_started"', b'attempt_sent"', b'attempt_answered"', b'call_ended"')


class Carried(msgspec.Struct, array_like=True):
    """A call that has not ended: its trunk, the provider tried last, and since when (µs) it is as it is.

    `tag` is the To tag of the leg that answered.
    """

    trunk_id: str
    since: int
    provider_id: str = ""
    is_answered: bool = False
    tag: str = ""


class Snapshot(msgspec.Struct):
    """The calls by id, and how far each file of the log was read for them, in bytes."""

    positions: dict[str, int]
    calls: dict[str, Carried]


class _Event(msgspec.Struct):
    kind: str
    call: str
    at: int
    trunk_id: str = ""
    provider_id: str = ""
    tag: str = ""


class CarriedCalls:
    """The fold. `calls` are those being set up too."""

    def __init__(self, calls: Mapping[str, Carried] | None = None) -> None:
        self.calls = dict(calls or {})
        self._decode = msgspec.json.Decoder(_Event).decode

    def feed(self, line: bytes) -> None:
        """Take one line; what is no event, or none that matters here, changes nothing.

        Where a torn line stands before it (its writer died), the whole one is still found. One attempt is made at a
        time, so the one sent last is the one that answers.
        """
        begin = line.rfind(_BEGIN)
        if begin < 0 or not line.startswith(_KINDS, begin + _KIND_AT):
            return
        try:
            event = self._decode(line[begin:])
        except ValueError:
            return
        if event.kind == "call_started":
            self.calls[event.call] = Carried(event.trunk_id, event.at)
        elif event.kind == "call_ended":
            self.calls.pop(event.call, None)
        elif (carried := self.calls.get(event.call)) is None:
            return
        elif event.kind == "attempt_sent":
            carried.provider_id = event.provider_id
        else:
            carried.is_answered, carried.since, carried.tag = True, event.at, event.tag

    @property
    def answered(self) -> Mapping[str, Carried]:
        """The calls that were answered and go on."""
        return {call: carried for call, carried in self.calls.items() if carried.is_answered}

    def forget_unanswered(self) -> None:
        """Kamailio has ended: what it was setting up, nobody can answer any more."""
        self.calls = dict(self.answered)

    def expire(self, now_us: int, *, max_call_s: int, is_over: Callable[[str, int], bool]) -> None:
        """Take out the calls whose end must have been lost.

        Those are the ones whose time is up, and the answered ones that `is_over` (id, instant of the answer) knows of.
        """
        longest_us = max_call_s * _US_PER_S
        for call, carried in list(self.calls.items()):
            age_us = now_us - carried.since
            if carried.is_answered:
                is_gone = age_us > longest_us or is_over(call, carried.since)
            else:
                is_gone = age_us > LONGEST_SETUP_S * _US_PER_S
            if is_gone:
                del self.calls[call]


class LogTail:
    """The lines that were added to the log in `folder` since `positions`, which it moves on.

    Each hour's file has its own: a writer that was slow may add to one whose hour is over.
    """

    def __init__(self, folder: Path, positions: Mapping[str, int] | None = None) -> None:
        self._folder = folder
        self.positions = dict(positions or {})

    def lines(self, *, most_bytes: int = MOST_BYTES) -> Iterator[bytes]:
        """Whole lines; one that is being written is for the next time. Raises OSError."""
        for name, begin in self._unread(most_bytes):
            try:
                file = (self._folder / name).open("rb")
            except FileNotFoundError:
                continue
            with file:
                file.seek(begin)
                for line in file:
                    if not line.endswith(b"\n"):
                        break
                    begin += len(line)
                    yield line
            self.positions[name] = begin

    def _unread(self, most_bytes: int) -> list[tuple[str, int]]:
        """The files in order, each with where to begin. A file that is shorter than it was is another one."""
        sizes = _sizes(self._folder)
        self.positions = {name: at for name, at in self.positions.items() if at <= sizes.get(name, -1)}
        unread: list[tuple[str, int]] = []
        for name in sorted(sizes, reverse=True):
            begin = max(self.positions.get(name, 0), sizes[name] - most_bytes)
            most_bytes -= sizes[name] - begin
            unread.append((name, begin))
        return unread[::-1]


def _sizes(folder: Path) -> dict[str, int]:
    """The hours' files and how large they are. What the agent deletes meanwhile is left out."""
    sizes = {}
    for name in filter(_NAME.fullmatch, os.listdir(folder)):
        with suppress(FileNotFoundError):
            sizes[name] = (folder / name).stat().st_size
    return sizes


def read_snapshot(path: Path) -> Snapshot:
    """What `write_snapshot` wrote; an empty one where there is none. Raises OSError, ValueError."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Snapshot)
    except FileNotFoundError:
        return Snapshot({}, {})


def write_snapshot(path: Path, snapshot: Snapshot) -> None:
    """Replace the file as a whole. Raises OSError."""
    aside = path.with_name(f"{path.name}.new")
    with aside.open("wb") as file:
        file.write(msgspec.json.encode(snapshot))
        file.flush()
        os.fsync(file.fileno())
    aside.replace(path)
