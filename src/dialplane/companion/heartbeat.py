"""A heartbeat for each loop of the companion, and a status file that shows them and what each loop last reported."""

import asyncio
import json
import os
import time
from collections.abc import Awaitable
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

from dialplane.system.clock import now_us
from dialplane.system.files import replace_file

T = TypeVar("T")


class LoopStalled(Exception):
    """A loop has not turned for longer than it may. It ends the process, which its supervisor starts again."""


class Heartbeats:
    """`beat` in every turn of a loop, with facts to show. `silence_limit_s` is the longest a turn may take."""

    def __init__(self, path: Path, *, silence_limit_s: float = 120.0) -> None:
        self._path = path
        self._silence_limit_s = silence_limit_s
        self._last: dict[str, float] = {}
        self._facts: dict[str, dict[str, Any]] = {}

    def beat(self, loop: str, **facts: Any) -> None:
        """The loop has turned."""
        self._last[loop] = time.monotonic()
        self._facts.setdefault(loop, {}).update(facts)

    async def during(self, loop: str, work: Awaitable[T], *, every_s: float = 5.0) -> T:
        """Await what may take long without a fault of the loop: its turn at the replica behind a full load, for one."""
        working = asyncio.ensure_future(work)
        try:
            while not (await asyncio.wait((working,), timeout=every_s))[0]:
                self.beat(loop)
            return working.result()
        finally:
            working.cancel()

    def ages_s(self) -> dict[str, int]:
        """Whole seconds since each loop last turned."""
        now = time.monotonic()
        return {loop: int(now - last) for loop, last in self._last.items()}

    def stalled(self) -> list[str]:
        """The loops that have not turned for too long."""
        now = time.monotonic()
        return [loop for loop, last in self._last.items() if now - last > self._silence_limit_s]

    async def watch(self, *, every_s: float = 1.0) -> None:
        """Write the status file and look for stalled loops, for ever. Raises LoopStalled."""
        while True:
            if stalled := self.stalled():
                raise LoopStalled(", ".join(stalled))
            self._write()
            await asyncio.sleep(every_s)

    def _write(self) -> None:
        now = time.monotonic()
        loops = {loop: {"seconds_ago": round(now - last, 1), **self._facts[loop]} for loop, last in self._last.items()}
        with suppress(OSError):  # a full disk must not stop the loops: nothing depends on the file
            replace_file(self._path, json.dumps({"pid": os.getpid(), "at": now_us(), "loops": loops}), durable=False)
