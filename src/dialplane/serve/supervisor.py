"""Keeps programs running: each in a process group of its own, restarted when it ends, its output in a bounded log."""

import asyncio
import os
import shutil
import signal
import time
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from dialplane.system.backoff import doubled_s
from dialplane.system.process import die_with_parent

if TYPE_CHECKING:
    from dialplane.serve.journal import Journal

FIRST_WAIT_S = 0.5
LONGEST_WAIT_S = 10.0
STEADY_S = 3.0
"""A program that ran this long has started well; its next end counts as a first one again."""

LARGEST_LOG = 20 << 20  # bytes; the content is then kept beside it, once


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """A command to keep running. `on_parent_death`: the signal it gets when this process ends, for whatever reason.

    `before_start` makes ready what each start needs; it blocks, and may raise OSError. `until_stdin_ends`: the program
    ends with its standard input, so it gets a pipe there. `stop_s` is how long it may take to stop before its group is
    killed. `waits_for_log`: it would rather wait than lose a line of its log.
    """

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    log: Path
    on_parent_death: signal.Signals = signal.SIGKILL
    stop_s: float = 5.0
    until_stdin_ends: bool = False
    waits_for_log: bool = True
    before_start: Callable[[], object] = lambda: None


class Child:
    """One run of a program."""

    def __init__(self, program: Program, process: asyncio.subprocess.Process) -> None:
        self._program = program
        self._process = process

    @classmethod
    async def start(cls, program: Program, journal: "Journal | None") -> "Child":
        """Start it as the leader of a new session and group; its log is the journal if there is one. Raises OSError."""
        async with _log_of(program, journal) as log:
            process = await asyncio.create_subprocess_exec(
                *program.command,
                env=dict(program.environment),
                stdin=asyncio.subprocess.PIPE if program.until_stdin_ends else asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=partial(die_with_parent, os.getpid(), program.on_parent_death),
            )
        return cls(program, process)

    @property
    def pid(self) -> int:
        """The main process; its group has the same number."""
        return self._process.pid

    async def wait(self) -> str:
        """Wait until the main process has ended, and kill the rest of its group. Returns how it ended, in words."""
        status = await self._process.wait()
        self.kill()
        if status < 0:
            return f"killed by {signal.Signals(-status).name}"
        return f"exit status {status}"

    async def stop(self) -> None:
        """Send SIGTERM, and kill the group if it has not ended within `stop_s`."""
        with suppress(ProcessLookupError):
            self._process.terminate()
        with suppress(TimeoutError):
            await asyncio.wait_for(self._process.wait(), self._program.stop_s)
        self.kill()
        await self._process.wait()

    def kill(self) -> None:
        """Kill the whole group: what a dead main process leaves behind would hold its port."""
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)


@asynccontextmanager
async def _log_of(program: Program, journal: "Journal | None") -> AsyncIterator[BinaryIO | int]:
    if journal is not None:
        async with journal.pipe(program.name, waits=program.waits_for_log) as pipe:
            yield pipe
    else:
        with _opened(program.log) as log:
            yield log


def _opened(log: Path) -> BinaryIO:
    """The log to append to; without room for it, nothing is kept: no program stays away for its log's sake."""
    try:
        return log.open("ab")
    except OSError:
        return open(os.devnull, "ab")


class Supervised:
    """A program that runs until it is stopped, however often it fails.

    `report` gets a line about each end that nobody ordered. What it says goes to the `journal`, or to its log.
    """

    def __init__(self, program: Program, *, report: Callable[[str], None], journal: "Journal | None" = None) -> None:
        self.program = program
        self._report = report
        self._journal = journal
        self._is_stopping = False
        self._ordered = asyncio.Event()
        self._tried = asyncio.Event()
        self._child: Child | None = None
        self._ends = 0
        self._away_until = 0.0

    @property
    def pid(self) -> int | None:
        """The running main process."""
        return self._child.pid if self._child else None

    async def tried(self) -> None:
        """Wait until its first start has succeeded or failed."""
        await self._tried.wait()

    async def run(self) -> None:
        """Start the program, and again whenever it ends, until `stop`."""
        while not self._is_stopping:
            self._ordered.clear()
            began = time.monotonic()
            how = await self._run_once()
            if self._ordered.is_set():
                continue
            self._ends = 1 if time.monotonic() - began >= STEADY_S else self._ends + 1
            wait_s = max(restart_wait_s(self._ends), self._away_until - time.monotonic())
            self._report(self._end_line(how, round(wait_s, 1)))
            with suppress(TimeoutError):
                await asyncio.wait_for(self._ordered.wait(), wait_s)

    async def stop(self) -> None:
        """End it for good."""
        self._is_stopping = True
        await self.restart()

    async def restart(self) -> None:
        """End it, to be started again at once."""
        self._ordered.set()
        if self._child is not None:
            await self._child.stop()

    def kill(self, *, away_s: float = 0.0) -> None:
        """Kill it now. `away_s`: it is not started again before."""
        self._away_until = time.monotonic() + away_s
        if self._child is not None:
            self._child.kill()

    async def _run_once(self) -> str:
        try:
            await asyncio.to_thread(self.program.before_start)
            self._child = await Child.start(self.program, self._journal)
        except Exception as error:
            return f"cannot be started: {getattr(error, 'strerror', None) or error}"
        finally:
            self._tried.set()
        if self._is_stopping:
            await self._child.stop()
        how = await self._child.wait()
        self._child = None
        return how

    def _end_line(self, how: str, wait_s: float) -> str:
        again = f"started again in {wait_s:g} s" if wait_s else "started again"
        see = "" if how.startswith("killed") or self._journal else f"; see {self.program.log}"
        return f"{self.program.name} ended ({how}), {again}{see}"


@dataclass(slots=True)
class Stages:
    """All supervised programs in the order in which they stop: calls first, then records, then the control plane."""

    calls: list[Supervised] = field(default_factory=list)
    records: list[Supervised] = field(default_factory=list)
    control: list[Supervised] = field(default_factory=list)

    async def stop(self) -> None:
        """End them for good; each has its own bound, so the whole is bounded."""
        for stage in (self.calls, self.records, self.control):
            await asyncio.gather(*(program.stop() for program in stage))

    def kill(self) -> None:
        """Kill them now."""
        for program in (*self.calls, *self.records, *self.control):
            program.kill()


def restart_wait_s(ends: int) -> float:
    """Seconds before the next start, after so many ends in a row: at once, then longer and longer."""
    return 0.0 if ends <= 1 else doubled_s(ends - 1, first_s=FIRST_WAIT_S, longest_s=LONGEST_WAIT_S)


def trim(logs: Iterable[Path]) -> None:
    """Move the content of each log that has become large to `.log.1`. Lines written meanwhile are lost. Blocking.

    The file itself stays, since a running process holds it. On a full disk the content is dropped. Raises OSError.
    """
    for path in logs:
        if path.stat().st_size > LARGEST_LOG:
            old = path.with_suffix(".log.1")
            old.unlink(missing_ok=True)
            with suppress(OSError):
                shutil.copyfile(path, old)
            os.truncate(path, 0)
