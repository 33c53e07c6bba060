"""The edge's event log as the agent reads it: which lines the API has acknowledged, and which come next.

events/20261122T04.jsonl     one line an event, of one UTC hour
events/acknowledged.json     how far each file is acknowledged, in bytes
events/refused.jsonl         lines that are no events, kept for a person to look at
"""

import json
import os
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

HOUR_S = 3600
GRACE_S = 120
"""After its hour, a file may still get lines that were begun before: it is neither finished nor deleted so long."""
BATCH_EVENTS = 2000
BATCH_BYTES = 512 * 1024  # half of the smallest body limit of the API
REFUSED_BYTES = 4 << 20
ACKNOWLEDGED = "acknowledged.json"
REFUSED = "refused.jsonl"
_NAME = re.compile(r"([0-9]{8}T[0-9]{2})\.jsonl")
_BEGIN = b'{"v":'

Event = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Batch:
    """Lines `start` to `end` (bytes) of one file: the events in them, and the lines that are none.

    `is_full`: it is as large as a batch may be, so there are probably more.
    """

    name: str
    inode: int
    start: int
    end: int
    events: Sequence[Event]
    refused: Sequence[bytes]
    is_full: bool


class EventLog:
    """Reads, acknowledges and deletes; never writes to an hour's file. `now` is wall time in seconds."""

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
        folder.mkdir(parents=True, exist_ok=True)
        self._acknowledged = self._load()

    def next_batch(self) -> Batch | None:
        """The oldest lines that are not acknowledged, at least one, or None when there are none."""
        for path in self._files():
            batch = self._batch_of(path)
            if batch is not None:
                return batch
        return None

    def acknowledge(self, batch: Batch) -> None:
        """The API has these events: never give them again. The lines that are none are put aside first."""
        for line in batch.refused:
            self.refuse(line)
        self._acknowledged[batch.name] = {"inode": batch.inode, "offset": batch.end}
        self._save()

    def refuse(self, line: bytes) -> None:
        """Keep a line that is no event, while there is room for such."""
        path = self._folder / REFUSED
        if path.exists() and path.stat().st_size > REFUSED_BYTES:
            return
        with path.open("ab") as file:
            file.write(line + b"\n")

    def delete_finished(self) -> int:
        """Delete the hours that are over and acknowledged whole; how many.

        The acknowledgement goes first: were it to stay behind, a new file of that name could be skipped. On a full disk
        it cannot, and the hours are what fills it.
        """
        files = self._files()
        finished = [path for path in files if self._is_over(path) and self._offset(path) == path.stat().st_size]
        kept = {path.name for path in files} - {path.name for path in finished}
        self._acknowledged = {name: entry for name, entry in self._acknowledged.items() if name in kept}
        if finished:
            with suppress(OSError):
                self._save()
        for path in finished:
            path.unlink()
        return len(finished)

    def backlog_bytes(self) -> int:
        """How much is not acknowledged."""
        return sum(path.stat().st_size - self._offset(path) for path in self._files())

    def _files(self) -> list[Path]:
        return sorted(path for path in self._folder.iterdir() if _NAME.fullmatch(path.name))

    def _is_over(self, path: Path) -> bool:
        match = _NAME.fullmatch(path.name)
        begin = datetime.strptime(match[1], "%Y%m%dT%H").replace(tzinfo=UTC) if match else datetime.max
        return begin.timestamp() + HOUR_S + GRACE_S < self._now()

    def _offset(self, path: Path) -> int:
        """0 for a file that is not the one that was acknowledged under this name."""
        entry = self._acknowledged.get(path.name)
        stat = path.stat()
        if entry is None or entry["inode"] != stat.st_ino or entry["offset"] > stat.st_size:
            return 0
        return entry["offset"]

    def _batch_of(self, path: Path) -> Batch | None:
        start = self._offset(path)
        with path.open("rb") as file:
            inode = os.fstat(file.fileno()).st_ino
            file.seek(start)
            chunk = file.read(self._batch_bytes)
            if chunk and b"\n" not in chunk:
                chunk += file.readline()
        lines = chunk.split(b"\n")
        rest = lines.pop()
        if rest and not lines and self._is_over(path):
            lines, rest = [rest], b""  # its writer died in the middle: the line will never be whole
            end = start + len(chunk)
        else:
            lines = lines[: self._batch_events]
            end = start + sum(len(line) + 1 for line in lines)
        if not lines:
            return None
        events, refused = _sorted_out(lines)
        is_full = len(chunk) >= self._batch_bytes or len(lines) >= self._batch_events
        return Batch(path.name, inode, start, end, events, refused, is_full)

    def _load(self) -> dict[str, dict[str, int]]:
        try:
            stored = json.loads((self._folder / ACKNOWLEDGED).read_bytes())
            return {
                str(name): {"inode": int(entry["inode"]), "offset": int(entry["offset"])}
                for name, entry in stored.items()
            }
        except (FileNotFoundError, ValueError, TypeError, KeyError, AttributeError):
            return {}  # everything is sent again, and stored once

    def _save(self) -> None:
        aside = self._folder / f"{ACKNOWLEDGED}.new"
        with aside.open("w") as file:
            json.dump(self._acknowledged, file)
            file.flush()
            os.fsync(file.fileno())
        aside.replace(self._folder / ACKNOWLEDGED)
        folder = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _sorted_out(lines: Sequence[bytes]) -> tuple[list[Event], list[bytes]]:
    events: list[Event] = []
    refused: list[bytes] = []
    for line in lines:
        found = list(_events_in(line))
        events += found
        if not found and line.strip():
            refused.append(line)
    return events, refused


def _events_in(line: bytes) -> Iterator[Event]:
    """The event of a line. Where a torn line stands before it (its writer died), the whole one is still found."""
    event = _event(line)
    if event is None:
        begin = line.rfind(_BEGIN, 1)
        event = _event(line[begin:]) if begin > 0 else None
    if event is not None:
        yield event


def _event(line: bytes) -> Event | None:
    try:
        value = msgspec.json.decode(line)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) and isinstance(value.get("kind"), str) else None
