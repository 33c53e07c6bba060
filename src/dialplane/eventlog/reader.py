"""Reading the event log: the events in its lines, the files of its hours, and how far each file was read.

There are two ways to follow the files. `Backlog` hands out batches of events and moves on once a batch is acknowledged:
the companion ships with it. `LogTail` gives every line once: an edge resumes its calls with it after a restart.

events/20261122T04.jsonl     the lines that were written in one UTC hour
events/acknowledged.json     how far each file is acknowledged, in bytes
events/refused.jsonl         lines that are not events of the contract, kept for a person to look at
"""

import os
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import msgspec

from dialplane.eventlog.kinds import FILE_FORMAT, AnyEvent
from dialplane.eventlog.native import native_event, read_mark
from dialplane.eventlog.writer import encoded
from dialplane.system.files import replace_file

HOUR_S = 3600
GRACE_S = 120
"""After its hour, a file may still get lines that were begun before: so long it is neither complete nor deleted."""

BATCH_EVENTS = 2000
BATCH_BYTES = 512 * 1024  # half of the smallest body limit of the API
REFUSED_BYTES = 4 << 20
TAIL_BYTES = 256 << 20
"""The newest part of a log that `LogTail` reads at a time; takes about a second."""

ACKNOWLEDGED = "acknowledged.json"
REFUSED = "refused.jsonl"

_decode: Callable[[bytes | memoryview], AnyEvent] = msgspec.json.Decoder(AnyEvent).decode
_BEGIN = re.compile(rb'\{"(?:kind|v)":')
"""The first bytes of an event. Within a JSON string the quotes would be escaped; an inner object may begin so too."""


def event_in(line: bytes, *, mark: bytes = b"") -> AnyEvent | None:
    """The event in a line, None if there is none.

    A writer that died, or a full disk, leaves a torn line, and the next event may follow in the same line: it is found.
    `mark` is the log's own if Kamailio's script writes into it too (`native.py`). Then Kamailio may have logged any
    text there, and only what stands behind the mark, or at the beginning of a line, is an event.
    """
    if mark:
        _, found, rest = line.rpartition(mark)
        event = native_event(rest) if found else None
        if event is not None:
            return event
        line = rest if found or rest.startswith(b"{") else b""
    event = _event(line)
    if event is not None:
        return event
    rests = (_event(memoryview(line)[match.start() :]) for match in _BEGIN.finditer(line, 1))
    return next((event for event in rests if event is not None), None)


def _event(text: bytes | memoryview) -> AnyEvent | None:
    try:
        return _decode(text)
    except (ValueError, RecursionError):
        return None


def hour_files(folder: Path) -> list[Path]:
    """The files of the log, the oldest hour first. Raises OSError."""
    return sorted(path for path in folder.iterdir() if hour_of(path.name) is not None)


def hour_of(name: str) -> datetime | None:
    """When the hour of the file with this name begins, None if it is not a file of the log."""
    try:
        hour = datetime.strptime(name, FILE_FORMAT).replace(tzinfo=UTC)
    except ValueError:
        return None
    return hour if hour.strftime(FILE_FORMAT) == name else None


class Position(msgspec.Struct, frozen=True):
    """How far a file was read, in bytes. `inode` tells it from a later file of the same name."""

    inode: int
    offset: Annotated[int, msgspec.Meta(ge=0)]


@dataclass(frozen=True, slots=True)
class Batch:
    """The next lines of one file, up to `end`: the events in them, and the lines that are none.

    `is_full`: the batch is as large as one may be, so there are probably more lines.
    """

    name: str
    end: Position
    events: Sequence[AnyEvent]
    refused: Sequence[bytes]
    is_full: bool


class Backlog:
    """The part of the log that is not acknowledged. Never writes to an hour's file. `now` is wall time in seconds."""

    def __init__(
        self,
        folder: Path,
        *,
        now: Callable[[], float] = time.time,
        batch_events: int = BATCH_EVENTS,
        batch_bytes: int = BATCH_BYTES,
    ) -> None:
        self._folder = folder
        self._now = now
        self._batch_events = batch_events
        self._batch_bytes = batch_bytes
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._acknowledged = self._load()

    def next_batch(self) -> Batch | None:
        """The oldest lines that are not acknowledged, at least one; None if there are none."""
        batches = (self._batch_of(path) for path in hour_files(self._folder))
        return next((batch for batch in batches if batch is not None), None)

    def acknowledge(self, batch: Batch) -> None:
        """Move on behind this batch. Its lines that are not events are put aside first. Raises OSError."""
        for line in batch.refused:
            self.put_aside(line)
        self._acknowledged[batch.name] = batch.end
        self._save()

    def put_aside(self, line: bytes) -> None:
        """Keep a line that cannot be shipped, as long as there is room for such lines. Raises OSError."""
        path = self._folder / REFUSED
        if path.exists() and path.stat().st_size > REFUSED_BYTES:
            return
        with path.open("ab") as file:
            file.write(line.removesuffix(b"\n") + b"\n")

    def delete_finished(self) -> int:
        """Delete the files of hours that are over and acknowledged to the end; returns how many.

        Their positions are removed first: if one were left, a new file of that name could be skipped. On a full disk
        that cannot be saved, and the files are deleted nevertheless: they are what fills the disk.
        """
        files = hour_files(self._folder)
        finished = [path for path in files if self._is_over(path) and self._offset(path) == path.stat().st_size]
        kept = {path.name for path in files} - {path.name for path in finished}
        self._acknowledged = {name: position for name, position in self._acknowledged.items() if name in kept}
        if finished:
            with suppress(OSError):
                self._save()
        for path in finished:
            path.unlink()
        return len(finished)

    def size_bytes(self) -> int:
        """How much is not acknowledged."""
        return sum(path.stat().st_size - self._offset(path) for path in hour_files(self._folder))

    def _is_over(self, path: Path) -> bool:
        hour = hour_of(path.name)
        return hour is not None and hour.timestamp() + HOUR_S + GRACE_S < self._now()

    def _offset(self, path: Path) -> int:
        """Where the unacknowledged part of a file begins; 0 if another file was acknowledged under this name."""
        stat = path.stat()
        position = self._acknowledged.get(path.name)
        is_same = position is not None and position.inode == stat.st_ino and position.offset <= stat.st_size
        return position.offset if position is not None and is_same else 0

    def _batch_of(self, path: Path) -> Batch | None:
        start = self._offset(path)
        with path.open("rb") as file:
            inode = os.fstat(file.fileno()).st_ino
            file.seek(start)
            lines, is_full = self._lines_of_batch(file, torn=self._is_over(path))
        if not lines:
            return None
        mark = read_mark(self._folder).encode()
        events: list[AnyEvent] = []
        refused: list[bytes] = []
        for line in lines:
            event = event_in(line, mark=mark)
            if event is not None:
                events.append(event)
            elif line.strip() and not _is_kamailios(line, mark):
                refused.append(line)
        end = Position(inode, start + sum(map(len, lines)))
        return Batch(path.name, end, events, refused, is_full)

    def _lines_of_batch(self, file: Iterator[bytes], *, torn: bool) -> tuple[list[bytes], bool]:
        """As many lines as a batch holds, and whether it is full. One without its end only if `torn` is allowed."""
        lines: list[bytes] = []
        room = self._batch_bytes
        for line in file:
            room -= len(line)
            if lines and room < 0:
                return lines, True
            if torn or line.endswith(b"\n"):
                lines.append(line)
            if len(lines) >= self._batch_events:
                return lines, True
        return lines, room <= 0

    def _load(self) -> dict[str, Position]:
        try:
            return msgspec.json.decode((self._folder / ACKNOWLEDGED).read_bytes(), type=dict[str, Position])
        except (FileNotFoundError, ValueError):
            return {}  # everything is sent again, and stored once

    def _save(self) -> None:
        replace_file(self._folder / ACKNOWLEDGED, msgspec.json.encode(self._acknowledged))


class LogTail:
    """The lines that were added to the log in `folder` since `positions` (file name to bytes), which it moves on.

    Each hour's file has its own position: a slow writer may add to a file when its hour is over.
    """

    def __init__(
        self,
        folder: Path,
        positions: Mapping[str, int] | None = None,
        *,
        on_log_line: Callable[[bytes], None] = lambda line: None,
    ) -> None:
        self._folder = folder
        self._on_log_line = on_log_line
        self.positions = dict(positions or {})

    def lines(self, *, most_bytes: int = TAIL_BYTES) -> Iterator[bytes]:
        """Complete lines, of the newest `most_bytes`; one that is being written is left for later. Raises OSError.

        A line that Kamailio's script wrote comes as Python would have written it. What Kamailio logged there is passed
        to `on_log_line`.
        """
        mark = read_mark(self._folder).encode()
        for path, begin in self._unread(most_bytes):
            try:
                file = path.open("rb")
            except FileNotFoundError:
                continue
            with file:
                file.seek(begin)
                for line in file:
                    if not line.endswith(b"\n"):
                        break
                    begin += len(line)
                    if _is_kamailios(line, mark):
                        self._on_log_line(line)
                    else:
                        yield _plain(line, mark)
            self.positions[path.name] = begin

    def _unread(self, most_bytes: int) -> list[tuple[Path, int]]:
        """The files in order, each with where to begin. A file that is shorter than it was is a new one."""
        sizes = _sizes(self._folder)
        self.positions = {path.name: at for path in sizes if (at := self.positions.get(path.name, 0)) <= sizes[path]}
        unread: list[tuple[Path, int]] = []
        for path in reversed(sizes):
            begin = max(self.positions.get(path.name, 0), sizes[path] - most_bytes)
            most_bytes -= sizes[path] - begin
            unread.append((path, begin))
        return unread[::-1]


def _is_kamailios(line: bytes, mark: bytes) -> bool:
    """Whether Kamailio logged a line to the stderr of a process whose stderr is the event log."""
    return bool(mark) and not line.startswith(b"{") and mark not in line


def _plain(line: bytes, mark: bytes) -> bytes:
    """A line as Python would have written it."""
    event = event_in(line, mark=mark) if mark and mark in line else None
    return line if event is None else encoded(event) + b"\n"


def _sizes(folder: Path) -> dict[Path, int]:
    """The files of the log in order, with their sizes; without those that are deleted meanwhile."""
    sizes: dict[Path, int] = {}
    for path in hour_files(folder):
        with suppress(FileNotFoundError):
            sizes[path] = path.stat().st_size
    return sizes
