"""SIPp callers: so many calls, at a rate or as many as will go through, and how many of them went as they should."""

import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.ports import free_port
from tests.sip.scenarios import ANSWER, TAKE_ACK, TAKE_BYE, Caller, Pause, Send, Step, refuse
from tests.sip.sipp import last_statistic

REFUSING: Sequence[Step] = refuse(503)
ANSWERING: Sequence[Step] = (*ANSWER, Pause(1_000))
"""Rings, answers, takes the BYE; then waits for retransmissions, which a loaded machine causes."""
ANSWERING_SOON: Sequence[Step] = (
    *(Send(180), Pause(20), Send(200, with_sdp=True, again=True)),
    *(TAKE_ACK, TAKE_BYE, Pause(1_000)),
)
"""Repeats its 200 as carriers do: of many calls at once one loses a message, and would hold up the round for 8 s."""

_LONGEST_WAIT_MS = 8_000
_PORTION_S = 20.0


@dataclass(frozen=True, slots=True)
class Placed:
    """How many calls were placed, how many went as the scenario says, and how long all took."""

    calls: int
    good: int
    seconds: float


def numbers_file(path: Path, numbers: Sequence[str]) -> Path:
    """A file out of which SIPp takes the called numbers in turn."""
    path.write_text("SEQUENTIAL\n" + "".join(f"{number}\n" for number in numbers))
    return path


def place(
    folder: Path, port: int, numbers: Path, *, calls: int, per_second: int, most_at_once: int, talk_ms: int
) -> Placed:
    """Place calls to 127.0.0.1:`port` and wait until the last has ended. A new one waits while too many are up."""
    folder.mkdir(parents=True)
    scenario, statistics = folder / "scenario.xml", folder / "statistics.csv"
    scenario.write_text(Caller(number="[field0]", talk_ms=talk_ms).scenario)
    longest_s = calls / per_second + _PORTION_S
    arguments = [
        *("sipp", f"127.0.0.1:{port}", "-i", "127.0.0.1", "-p", str(free_port()), "-t", "u1"),
        *("-m", str(calls), "-r", str(per_second), "-l", str(most_at_once)),
        *("-sf", str(scenario), "-inf", str(numbers), "-nostdin", "-recv_timeout", str(_LONGEST_WAIT_MS)),
        *("-timeout", f"{longest_s:.0f}s", "-trace_stat", "-stf", str(statistics), "-fd", "1"),
    ]
    began = time.monotonic()
    subprocess.run(
        arguments, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=longest_s + 10, check=False
    )
    return Placed(calls, last_statistic(statistics, "SuccessfulCall(C)"), time.monotonic() - began)
