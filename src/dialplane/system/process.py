"""Programs and processes of this machine: end with a parent, find others (Linux; elsewhere nothing is found)."""

import ctypes
import os
import shutil
import signal
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

_PROC = Path("/proc")
_PR_SET_PDEATHSIG = 1  # linux/prctl.h
_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None
_START_TIME = 19  # field 22 of proc_pid_stat(5), counted behind the command's name


YIELDING = 10
"""How much nicer a thread is that leaves the processor to others: a tenth of it is its own while they want it."""


def yield_processor() -> None:
    """Have the scheduler prefer all other threads to this one, and to those that it starts (Linux).

    For what computes without the interpreter's lock alone: all others would wait for a holder that waits its turn.
    """
    if sys.platform == "linux":
        thread = threading.get_native_id()
        os.setpriority(os.PRIO_PROCESS, thread, os.getpriority(os.PRIO_PROCESS, thread) + YIELDING)


def die_with_parent(parent: int, number: signal.Signals = signal.SIGKILL) -> None:
    """Have the kernel send this process a signal when its parent ends, for whatever reason. Ends it if that is gone.

    To be called between fork and exec too: no lock, no import.
    """
    if _LIBC is None:
        return
    _LIBC.prctl(_PR_SET_PDEATHSIG, int(number), 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)


def program_path(name: str) -> str:
    """The path of a program: on PATH, else in /usr/sbin, which Debian keeps off the PATH of most users."""
    return shutil.which(name) or f"/usr/sbin/{name}"


def is_running(pid: int) -> bool:
    """Whether there is such a process. Raises PermissionError if it is another user's."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def kill_all_with_arguments(arguments: Sequence[str | Path], *, within_s: float = 3.0) -> int:
    """Kill each process whose command line has these arguments in a row, and wait until they are gone; how many."""
    wanted = b"".join(b"\0" + os.fsencode(argument) for argument in arguments) + b"\0"
    found = _with_command_line(wanted)
    for pid in found:
        with suppress(ProcessLookupError, PermissionError):
            os.kill(pid, signal.SIGKILL)
    deadline = time.monotonic() + within_s
    while _with_command_line(wanted) and time.monotonic() < deadline:
        time.sleep(0.02)
    return len(found)


def _with_command_line(part: bytes) -> list[int]:
    found = []
    for folder in _PROC.glob("[0-9]*"):
        with suppress(OSError):
            if part in (folder / "cmdline").read_bytes():
                found.append(int(folder.name))
    return found


def collect_orphans() -> int:
    """Wait for ended children that this process did not start, which the kernel gives to PID 1; how many.

    A program that is started as the leader of a process group is never taken for one of them.
    """
    count = 0
    for folder in _PROC.glob("[0-9]*"):
        with suppress(OSError):
            pid = int(folder.name)
            state, parent, group = (folder / "stat").read_text().rpartition(")")[2].split()[:3]
            if state == "Z" and int(parent) == os.getpid() and int(group) != pid:
                os.waitpid(pid, os.WNOHANG)
                count += 1
    return count


@contextmanager
def as_owner_of(folder: Path) -> Iterator[None]:
    """For root in another user's folder: act as that user meanwhile, so that what is made there is that user's."""
    owner = folder.stat() if os.geteuid() == 0 and folder.exists() else None
    if owner is None or owner.st_uid == 0:
        yield
        return
    user, group, groups = os.geteuid(), os.getegid(), os.getgroups()
    os.setgroups([])
    os.setegid(owner.st_gid)
    os.seteuid(owner.st_uid)
    try:
        yield
    finally:
        os.seteuid(user)
        os.setegid(group)
        os.setgroups(groups)


@dataclass(frozen=True, slots=True)
class ProcessStart:
    """Which process this is, even if its id is used again: `ticks` of the clock from the machine's start to its own."""

    pid: int
    ticks: int

    def at_us(self) -> int:
        """The start as an instant (us since 1970), by what the wall clock says now."""
        booted_us = (time.time_ns() - time.clock_gettime_ns(time.CLOCK_BOOTTIME)) // 1000
        return booted_us + self.ticks * 1_000_000 // os.sysconf("SC_CLK_TCK")


def process_of_pid_file(pid_file: Path, *, program: str) -> ProcessStart | None:
    """The process whose id is in the file, if it runs and is this program."""
    try:
        pid = int(pid_file.read_text())
        stat = (_PROC / str(pid) / "stat").read_text()
    except (OSError, ValueError):
        return None
    name, _, rest = stat.partition("(")[2].rpartition(")")
    return ProcessStart(pid, int(rest.split()[_START_TIME])) if name == program else None
