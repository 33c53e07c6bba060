"""Kamailio processes that an earlier instance left behind: they would hold the SIP port."""

import os
import signal
import time
from contextlib import suppress
from pathlib import Path

PROC = Path("/proc")
ENDED_WITHIN_S = 3.0


def kill_orphans(config_file: Path) -> int:
    """Kill every process that runs with exactly this configuration file; how many there were.

    Only for one who holds the lock of the folder that the file is in: then none of them is watched over.
    """
    found = _running_with(config_file)
    for pid in found:
        with suppress(ProcessLookupError, PermissionError):
            os.kill(pid, signal.SIGKILL)
    deadline = time.monotonic() + ENDED_WITHIN_S
    while _running_with(config_file) and time.monotonic() < deadline:
        time.sleep(0.02)
    return len(found)


def _running_with(config_file: Path) -> list[int]:
    wanted = b"\0-f\0" + os.fsencode(config_file) + b"\0"
    found = []
    for folder in PROC.glob("[0-9]*"):
        with suppress(OSError):
            if wanted in (folder / "cmdline").read_bytes():
                found.append(int(folder.name))
    return found
