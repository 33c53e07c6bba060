"""Loop 4: the edge's status, as an event in the event log behind all that the edge wrote before.

So whoever has read the status has read everything that happened before it: the calls that Kamailio lost at a restart
are those whose end had not been read by then.
"""

import asyncio
import json
import re
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path

import structlog

from dialplane.companion.heartbeat import Heartbeats
from dialplane.domain.edge_counters import REPLICA_DAMAGES
from dialplane.eventlog.kinds import HeldCertificate
from dialplane.eventlog.writer import EventLog
from dialplane.system.datafolder import KamailioFolder
from dialplane.system.process import ProcessStart, process_of_pid_file, program_path

LOOP = "status"
EVERY_S = 15.0
LOOK_S = 1.0
LOAD_FIELDS = ("calls_shed", "shed_percent", "events_lost")
CLOCK_WAS_SET_US = 1_000_000
"""Ticks and clocks leave the instant of one start uncertain by less."""

_PROGRAM = "kamailio"
_ANSWER_WITHIN_S = 5.0
_VERSION = re.compile(r"version: kamailio (\S+)")

log = structlog.get_logger()


class EdgeStatus:
    """Appends an `edge_status` event each `every_s` seconds, and when Kamailio restarts or refuses calls.

    `damages` counts how often the replica was damaged and loaded again since the companion started. `certificates` are
    those that the edge shows; they are read in a thread.
    """

    def __init__(
        self,
        events: EventLog,
        *,
        kamailio: KamailioFolder,
        max_call_s: int,
        heartbeats: Heartbeats,
        damages: Callable[[], int],
        certificates: Callable[[], Sequence[HeldCertificate]] = tuple,
        every_s: float = EVERY_S,
    ) -> None:
        self._events = events
        self._folder = kamailio
        self._max_call_s = max_call_s
        self._heartbeats = heartbeats
        self._damages = damages
        self._certificates = certificates
        self._every_s = every_s

    async def run(self) -> None:
        """Report for ever."""
        kamailio = await asyncio.to_thread(kamailio_version)
        process: ProcessStart | None = None
        due, started = 0.0, None
        load: dict[str, int] = {}
        while True:
            self._heartbeats.beat(LOOP)
            before, process = process, process_of_pid_file(self._folder.pid, program=_PROGRAM)
            load_before, load = load, load_of(self._folder.load)
            started = _since(started if process == before else None, process)
            if process != before or load != load_before or time.monotonic() >= due:
                self._report(kamailio, started, load, await asyncio.to_thread(self._certificates))
                due = time.monotonic() + self._every_s
            await asyncio.sleep(min(LOOK_S, self._every_s))

    def _report(
        self, kamailio: str, started: int | None, load: Mapping[str, int], held: Sequence[HeldCertificate]
    ) -> None:
        try:
            self._events.edge_status(
                agent_version=version("dialplane"),
                kamailio_version=kamailio,
                kamailio_started=started,
                max_call_s=self._max_call_s,
                counters={**counters_of(self._folder.load), REPLICA_DAMAGES: self._damages()},
                certificates=held,
                **load,
            )
            self._events.write()
        except OSError as error:
            log.error("status not recorded", why=error.strerror)


def kamailio_version() -> str:
    """The version of the installed Kamailio, "" if there is none. Blocking."""
    try:
        answer = subprocess.run(
            [program_path(_PROGRAM), "-v"],
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_ANSWER_WITHIN_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    found = _VERSION.search(answer.stdout)
    return found[1] if found else ""


def load_of(file: Path) -> dict[str, int]:
    """`LOAD_FIELDS` as Kamailio wrote them last; empty if it has not."""
    try:
        stored = json.loads(file.read_bytes())
        return {name: int(stored[name]) for name in LOAD_FIELDS}
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def counters_of(file: Path) -> dict[str, int]:
    """Kamailio's other counters by name, as it wrote them last; empty if it has not."""
    try:
        return {str(name): int(count) for name, count in json.loads(file.read_bytes())["counters"].items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}


def _since(known: int | None, process: ProcessStart | None) -> int | None:
    """The instant (us) of Kamailio's start: the one reported before, unless the wall clock was set back since.

    A clock that is set forward moves the start of a process with it. Reported as that, it would look like a restart
    after the calls that are being set up, and close them.
    """
    if process is None:
        return None
    started = process.at_us()
    return started if known is None or started < known - CLOCK_WAS_SET_US else known
