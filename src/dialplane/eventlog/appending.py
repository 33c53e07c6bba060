"""Adds the agent's own events to the edge's event log, beside those of the call script."""

import json
import os
import time
import uuid
from datetime import UTC, datetime
from pathlib import Path
from typing import Any


class EventWriter:
    """One `write` a line, `O_APPEND`, so that lines of several writers never mix."""

    def __init__(self, folder: Path, *, edge: str) -> None:
        self._folder = folder
        self._edge = edge

    def append(self, kind: str, **fields: Any) -> None:
        """One event, at the present instant. Raises OSError."""
        at_us = time.time_ns() // 1000
        event = {
            "v": 1,
            "id": str(uuid.uuid4()),
            "kind": kind,
            "edge": self._edge,
            "at": at_us,
            "mono": time.monotonic_ns(),
            **fields,
        }
        hour = datetime.fromtimestamp(at_us / 1_000_000, UTC).strftime("%Y%m%dT%H")
        line = json.dumps(event, separators=(",", ":")).encode() + b"\n"
        file = os.open(self._folder / f"{hour}.jsonl", os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o640)
        try:
            os.write(file, line)
        finally:
            os.close(file)
