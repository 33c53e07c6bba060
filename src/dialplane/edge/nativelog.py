"""How Kamailio's script comes to write events: from which process it may, and into which file (eventlog/native.py).

A timer process keeps `terms` in shared memory: the hour and the clocks that stand in each line, or "" if Python is to
write. Each process compares them with its own before it writes (kamailio/call.cfg, route WRITES); if they have changed,
its stderr becomes the new hour's file. What the script writes is lost unseen on a full disk, so it stops before that.
"""

import ctypes
import os
import resource
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from dialplane.edge.sip import STDERR, Sip
from dialplane.eventlog.native import clocks
from dialplane.eventlog.writer import EventLog

LOAD_TABLE = "load"
TERMS = "writing"
TERMS_VARIABLE = "$var(writing)"

LEAST_ROOM = 16 << 20
"""Bytes that must be free: some thousand calls a second write 3 MB in one."""

_LINE = ctypes.create_string_buffer(64 << 10)
"""The buffer of stderr (`keep_lines_whole`): longer than any event."""

_BY_LINES = 1  # _IOLBF of the C library

_STEP_NS = 1_000_000  # what the clocks may differ by between two readings; a clock that is set differs by more


class NativeTerms:
    """Keeps the terms in shared memory. `is_allowed`: False if Python is to write all events."""

    def __init__(
        self, sip: Sip, *, events: Path, is_allowed: bool, clock: Callable[[], tuple[int, int]] | None = None
    ) -> None:
        self._sip = sip
        self._events = events
        self._is_allowed = is_allowed
        self._clock = clock or (lambda: (time.time_ns(), time.monotonic_ns()))
        self._skew_ns = 0
        self._terms: str | None = None

    def sample(self) -> None:
        """Look at the clocks and the disk, and change the terms if those have changed; some fifty times a second."""
        terms = self._current() if self._is_allowed and self._has_room() else ""
        if terms != self._terms:
            self._sip.put(LOAD_TABLE, TERMS, terms)
            self._terms = terms

    def _current(self) -> str:
        wall_ns, monotonic_ns = self._clock()
        if abs(wall_ns - monotonic_ns - self._skew_ns) > _STEP_NS:
            self._skew_ns = wall_ns - monotonic_ns
        return clocks(wall_ns, wall_ns - self._skew_ns)

    def _has_room(self) -> bool:
        try:
            disk = os.statvfs(self._events)
        except OSError:
            return False
        limit, _ = resource.getrlimit(resource.RLIMIT_FSIZE)
        return disk.f_bavail * disk.f_frsize >= LEAST_ROOM and limit == resource.RLIM_INFINITY


class NativeLog:
    """The script's events of this process."""

    def __init__(self, sip: Sip, log: EventLog) -> None:
        self._sip = sip
        self._log = log
        self._terms = ""

    def is_writing(self) -> bool:
        """Whether the script can write now."""
        if self._sip.get(LOAD_TABLE, TERMS) != self._terms:
            self.follow()
        return bool(self._terms)

    def follow(self) -> None:
        """Take over the terms that hold now; as long as the hour's file cannot be opened, Python writes."""
        terms = self._sip.get(LOAD_TABLE, TERMS) or ""
        self._set("")
        if terms:
            with suppress(OSError):
                file = self._log.hour_file()
                self._keep_log()
                os.dup2(file, STDERR)
                self._set(terms)

    def _set(self, terms: str) -> None:
        self._terms = terms
        self._sip.set_variable(TERMS_VARIABLE, terms)

    def _keep_log(self) -> None:
        """Stderr will be the event log: what is no event goes where stderr went before, and Kamailio is quiet."""
        if self._sip.log_descriptor != STDERR:
            return
        self._sip.keep_quiet()
        self._sip.log_descriptor = os.dup(STDERR)
        with suppress(OSError):
            sys.stderr = os.fdopen(self._sip.log_descriptor, "w", closefd=False)


def keep_lines_whole() -> None:
    """From now on this process, and those that it forks, writes each line of the C library's stderr in one write(2).

    Stderr has no buffer as it comes: since version 2.37 glibc then writes what Kamailio prints in pieces of 128 bytes,
    and lines of several processes mix.
    """
    library = ctypes.CDLL(None)
    stderr = ctypes.c_void_p.in_dll(library, "stderr")
    library.setvbuf(stderr, _LINE, _BY_LINES, len(_LINE))
