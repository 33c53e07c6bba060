"""Instructions of a failed-over call, counted by valgrind: the one figure that no neighbour on the machine disturbs.

Each subject runs with one worker, once for few calls and once for more; the difference of what its busiest process
executed is what the further calls took, start-up and timers of the same length left out.
"""

import os
import re
import signal
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from bench.contest import EDGE, PLAIN, SAME
from bench.load import REFUSING, numbers_file, place
from bench.replicas import replica_of
from bench.report import Report
from bench.subjects import Subject, edge, plain, same_work
from tests.sip.scenarios import TAKE_ACK, TAKE_BYE, Pause, Send, Step
from tests.sip.sipp import running_carrier
from tests.waiting import eventually

SIZE = 1_000
FEW, MORE = 60, 160
CALLS_PER_SECOND = 20
STARTED_WITHIN_S = 120.0
STOPPED_WITHIN_S = 100.0
_SETTLING_S = 7  # transactions' and dialogs' ends belong to the calls
_ANSWERING: tuple[Step, ...] = (
    *(Send(100), Send(180), Pause(20), Send(200, with_sdp=True, again=True)),
    *(TAKE_ACK, TAKE_BYE, Pause(_SETTLING_S * 1_000)),
)
_TOTAL = re.compile(r"^summary: ([0-9]+)", re.MULTILINE)


def run(report: Report) -> None:
    """Print the instructions of a call for each subject, and the ratio to `same`."""
    counted = {name: _per_call(name) for name in (PLAIN, SAME, EDGE)}
    for name, instructions in counted.items():
        ratio = instructions / counted[SAME]
        report.line(f"instructions a call, {name}", f"{instructions / 1000:,.0f} k  {ratio:.2f} of same")


def _per_call(name: str) -> float:
    few, more = (_counted(name, calls) for calls in (FEW, MORE))
    return (more - few) / (MORE - FEW)


def _counted(name: str, calls: int) -> int:
    """The instructions of the busiest process in a run of so many calls, one after the other."""
    with tempfile.TemporaryDirectory(prefix="dialplane-bench-") as text, ExitStack() as stack:
        folder = Path(text)
        refusing = stack.enter_context(running_carrier(folder / "refusing", REFUSING, traced=False)).hostname
        answering = stack.enter_context(running_carrier(folder / "answering", _ANSWERING, traced=False)).hostname
        subject = _makers(folder, (refusing, answering))[name]()
        out = folder / "counts"
        out.mkdir()
        subject.command = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={out}/%p", *subject.command]
        subject.started_within_s = STARTED_WITHIN_S
        _wait_at_the_end(subject)
        stack.callback(subject.kill)
        subject.start()
        numbers = numbers_file(folder / "numbers.csv", replica_of(SIZE).table.numbers(calls))
        placed = place(
            folder / "calls", subject.port, numbers, calls=calls, per_second=CALLS_PER_SECOND, most_at_once=1, talk_ms=5
        )
        if placed.good < calls:
            raise RuntimeError(f"{name}: {placed.good} of {calls} calls went as they should")
        subject.stop(signal.SIGTERM)
        eventually(lambda: _totals(out), within_s=STOPPED_WITHIN_S, what="the counts of all processes")
        return max(_totals(out))


def _wait_at_the_end(subject: Subject) -> None:
    """Main kills children that have not ended a second after its SIGTERM: too soon to write down what was counted."""
    script = Path(subject.command[subject.command.index("-f") + 1])
    soon, late = "exit_timeout=1\n", f"exit_timeout={STOPPED_WITHIN_S:.0f}\n"
    text = script.read_text()
    if soon not in text:
        raise RuntimeError(f"no {soon!r} in {script}")
    script.write_text(text.replace(soon, late))


def _makers(folder: Path, carriers: tuple[str, str]) -> dict[str, Callable[[], Subject]]:
    built = replica_of(SIZE)
    built.lead_to(carriers)
    return {
        PLAIN: lambda: plain(PLAIN, folder, carriers, workers=1),
        SAME: lambda: same_work(SAME, folder, built.table, carriers, workers=1),
        EDGE: lambda: edge(EDGE, folder, built.folder, workers=1),
    }


def _totals(folder: Path) -> list[int]:
    """What each process executed; empty until all have ended and written it down."""
    texts = [(folder / name).read_text(errors="replace") for name in os.listdir(folder)]
    found = [_TOTAL.search(text) for text in texts]
    return [int(total[1]) for total in found if total] if texts and all(found) else []
