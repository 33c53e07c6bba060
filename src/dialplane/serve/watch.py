"""Watches over a program: started again whenever it ends, at once the first time, later and later after that."""

import asyncio
import time
from collections.abc import Callable

from dialplane.serve.child import Child, Program

FIRST_WAIT_S = 0.5
LONGEST_WAIT_S = 10.0
STEADY_S = 3.0
"""A program that ran this long has started well; its next end is a first one again."""


class Watch:
    """`say` gets one line for each thing that a person should know."""

    def __init__(self, program: Program, *, say: Callable[[str], None]) -> None:
        self.program = program
        self._say = say
        self._stopping = asyncio.Event()
        self._child: Child | None = None
        self._ends = 0

    @property
    def pid(self) -> int | None:
        """Of the running main process."""
        return self._child.pid if self._child else None

    async def run(self) -> None:
        """Keep it running until `stop`."""
        while not self._stopping.is_set():
            began = time.monotonic()
            how = await self._run_once()
            if self._stopping.is_set():
                return
            self._ends = 1 if time.monotonic() - began >= STEADY_S else self._ends + 1
            wait_s = restart_wait_s(self._ends)
            self._tell(how, wait_s)
            await self._pause(wait_s)

    async def stop(self) -> None:
        """End it, for good."""
        self._stopping.set()
        if self._child is not None:
            await self._child.stop()

    def kill(self) -> None:
        """End it now."""
        if self._child is not None:
            self._child.kill()

    async def _run_once(self) -> str:
        try:
            self._child = await Child.start(self.program)
        except OSError as error:
            return f"cannot be started: {error.strerror or error}"
        if self._stopping.is_set():
            await self._child.stop()
        how = await self._child.wait()
        self._child = None
        return how

    async def _pause(self, wait_s: float) -> None:
        try:
            await asyncio.wait_for(self._stopping.wait(), wait_s)
        except TimeoutError:
            return

    def _tell(self, how: str, wait_s: float) -> None:
        again = f"started again in {wait_s:g} s" if wait_s else "started again"
        see = "" if how.startswith("killed") else f"; see {self.program.log}"
        self._say(f"{self.program.name} ended ({how}), {again}{see}")


def restart_wait_s(ends: int) -> float:
    """Seconds before the next start, after so many ends in a row."""
    if ends <= 1:
        return 0.0
    doubled: float = FIRST_WAIT_S * 2 ** (ends - 2)
    return min(doubled, LONGEST_WAIT_S)
