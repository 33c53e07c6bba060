"""One child process: in a group of its own, ended with its parent, its output in a log file."""

import asyncio
import ctypes
import os
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """What to run. `on_parent_death` is the signal it gets when this process dies, however that happens.

    `until_stdin_ends`: the program ends when its standard input does, so it is given one.
    """

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    log: Path
    on_parent_death: signal.Signals = signal.SIGKILL
    stop_s: float = 5.0
    until_stdin_ends: bool = False


class Child:
    """A running program."""

    def __init__(self, program: Program, process: asyncio.subprocess.Process) -> None:
        self._program = program
        self._process = process

    @classmethod
    async def start(cls, program: Program) -> "Child":
        """Start it as the leader of a new session and group. Raises OSError."""
        with program.log.open("ab") as log:
            process = await asyncio.create_subprocess_exec(
                *program.command,
                env=dict(program.environment),
                stdin=asyncio.subprocess.PIPE if program.until_stdin_ends else asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=_die_with_parent(program.on_parent_death),
            )
        return cls(program, process)

    @property
    def pid(self) -> int:
        """Of the program's main process; its group has the same number."""
        return self._process.pid

    async def wait(self) -> str:
        """Until the main process has ended; then the rest of its group is killed. How it ended, in words."""
        status = await self._process.wait()
        self.kill()
        if status < 0:
            return f"killed by {signal.Signals(-status).name}"
        return f"exit status {status}"

    async def stop(self) -> None:
        """Ask it to end, and kill its group where it has not within `stop_s`."""
        with suppress(ProcessLookupError):
            self._process.terminate()
        try:
            await asyncio.wait_for(self._process.wait(), self._program.stop_s)
        except TimeoutError:
            pass
        self.kill()
        await self._process.wait()

    def kill(self) -> None:
        """Kill the whole group. Orphans of a dead main process would hold its port."""
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)


def _die_with_parent(number: signal.Signals) -> Callable[[], None]:
    """What a new process does before it becomes the program (Linux; elsewhere an orphan is found at the next start)."""
    parent = os.getpid()

    def prepare() -> None:
        if _LIBC is not None:
            _LIBC.prctl(_PR_SET_PDEATHSIG, int(number), 0, 0, 0)
            if os.getppid() != parent:
                os._exit(1)

    return prepare
