"""Loop 4: what this edge is, into the event log, behind all that it saw before.

So whoever reads the status has read everything that happened before it: calls that Kamailio lost when it was started
anew are told from calls whose end has not been read yet.
"""

import asyncio
import json
import os
import re
import shutil
import subprocess
import time
from collections.abc import Callable, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

import structlog

from dialplane.companion.heartbeat import Heartbeats
from dialplane.eventlog.writer import EventLog

LOOP = "status"
EVERY_S = 15.0
LOOK_S = 1.0
PID_FILE = "kamailio.pid"
LOAD_FILE = "load.json"
"""Written by Kamailio's script (edge/shedding.py), which the agent does not import."""

LOAD_FIELDS = ("calls_shed", "shed_percent", "events_lost")
DAMAGES = "replica_damages"
CLOCK_WAS_SET_US = 1_000_000
"""Ticks and clocks leave the instant of one start uncertain by less."""

_PROGRAM = "kamailio"
_ANSWER_WITHIN_S = 5.0
_VERSION = re.compile(r"version: kamailio (\S+)")

log = structlog.get_logger()


class EdgeStatus:
    """Appends an `edge_status` event now and then. `run_folder` is where Kamailio leaves its process id.

    `damages` tells how often the replica was found damaged and loaded anew since the agent was started.
    """

    def __init__(
        self,
        events: EventLog,
        *,
        run_folder: Path,
        max_call_s: int,
        heartbeats: Heartbeats,
        damages: Callable[[], int],
        every_s: float = EVERY_S,
    ) -> None:
        self._events = events
        self._pid_file = run_folder / PID_FILE
        self._load_file = run_folder / LOAD_FILE
        self._max_call_s = max_call_s
        self._heartbeats = heartbeats
        self._damages = damages
        self._every_s = every_s

    async def run(self) -> None:
        """Tell for ever; at once when Kamailio has been started anew, or refuses calls."""
        kamailio = await asyncio.to_thread(kamailio_version)
        running: Running | None = None
        due, started = 0.0, None
        load: dict[str, int] = {}
        while True:
            self._heartbeats.beat(LOOP)
            before, running = running, running_kamailio(self._pid_file)
            load_before, load = load, load_of(self._load_file)
            started = _since(started if running == before else None, running)
            if running != before or load != load_before or time.monotonic() >= due:
                self._tell(kamailio, started, load)
                due = time.monotonic() + self._every_s
            await asyncio.sleep(min(LOOK_S, self._every_s))

    def _tell(self, kamailio: str, started: int | None, load: Mapping[str, int]) -> None:
        try:
            self._events.edge_status(
                agent_version=version("dialplane"),
                kamailio_version=kamailio,
                kamailio_started=started,
                max_call_s=self._max_call_s,
                counters={**counters_of(self._load_file), DAMAGES: self._damages()},
                **load,
            )
            self._events.write()
        except OSError as error:
            log.error("status not recorded", why=error.strerror)


def kamailio_version() -> str:
    """The version of the Kamailio that is installed, "" for none. Blocking."""
    program = shutil.which(_PROGRAM) or f"/usr/sbin/{_PROGRAM}"
    try:
        told = subprocess.run(
            [program, "-v"], capture_output=True, text=True, errors="replace", timeout=_ANSWER_WITHIN_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    found = _VERSION.search(told.stdout)
    return found[1] if found else ""


def load_of(file: Path) -> dict[str, int]:
    """How many calls Kamailio was too busy for, and what else it counts, as it last told; nothing where it has not."""
    try:
        told = json.loads(file.read_bytes())
        return {name: int(told[name]) for name in LOAD_FIELDS}
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def counters_of(file: Path) -> dict[str, int]:
    """What else Kamailio counts, by name, as it last told; nothing where it has not."""
    try:
        return {str(name): int(count) for name, count in json.loads(file.read_bytes())["counters"].items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}


class Running(NamedTuple):
    """A process: its id, and when it was started, in clock ticks since the machine was."""

    pid: int
    ticks: int

    def started_us(self) -> int:
        """That start as an instant (us), by what the wall clock says now."""
        booted_us = (time.time_ns() - time.clock_gettime_ns(time.CLOCK_BOOTTIME)) // 1000
        return booted_us + self.ticks * 1_000_000 // os.sysconf("SC_CLK_TCK")


def _since(known: int | None, running: Running | None) -> int | None:
    """The instant of Kamailio's start: the one told before, unless the wall clock was set since."""
    if running is None:
        return None
    started = running.started_us()
    return known if known is not None and abs(started - known) < CLOCK_WAS_SET_US else started


def running_kamailio(pid_file: Path) -> Running | None:
    """The Kamailio whose process id stands in the file, None where it does not run."""
    try:
        pid = int(pid_file.read_text())
        stat = Path(f"/proc/{pid}/stat").read_text()
    except (OSError, ValueError):
        return None
    name, _, rest = stat.partition("(")[2].rpartition(")")
    return Running(pid, int(rest.split()[19])) if name == _PROGRAM else None  # field 22 of proc(5): starttime
