"""What a group of processes has used of the machine."""

import os
from contextlib import suppress
from pathlib import Path

_TICKS_PER_S = os.sysconf("SC_CLK_TCK")


def cpu_s(group: int) -> float:
    """Seconds of CPU, user and system, that the processes of a group have used so far."""
    return sum(_ticks(group)) / _TICKS_PER_S


def _ticks(group: int) -> list[int]:
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
            if int(fields[2]) == group:
                found.append(int(fields[11]) + int(fields[12]))
    return found


def started_at_s(pid: int) -> float:
    """When a process was started, on the wall clock."""
    ticks = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19])
    booted = next(line for line in Path("/proc/stat").read_text().splitlines() if line.startswith("btime"))
    return int(booted.split()[1]) + ticks / _TICKS_PER_S


def load() -> str:
    """How busy the machine is, for the head of a report: figures of a busy one are worse than its own."""
    return f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}"
