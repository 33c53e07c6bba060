"""The same failed-over calls through the edge and through native Kamailio scripts, in turn.

The call: INVITE, 503 of the first carrier, second INVITE, 180, 200, ACK, BYE. The subjects:

plain  two static carriers, no table, no dialog, no records, no topology hiding: less work than the edge's
same   the edge's work in Kamailio's own language and modules (same.cfg): what the edge is measured against
edge   the edge

What is counted is the CPU time, user and system, of all processes of each Kamailio, and the calls per second.
"""

import statistics
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from bench.load import REFUSING, Placed, numbers_file, place
from bench.replicas import replica_of
from bench.report import Report
from bench.rounds import Ratio, Result, take_turns
from bench.subjects import Subject, edge, plain, same_work
from tests.sip.scenarios import Step
from tests.sip.sipp import running_carrier

ROUNDS = 8
LONGEST_S = 150.0
"""What the rounds may take with one table and one kind of numbers: half an hour for both loads and all tables."""
REPEATED_NUMBERS = 2_000
PLAIN, SAME, EDGE = "plain", "same", "edge"


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """How calls are placed. `answering` is what the second carrier does."""

    calls: int
    per_second: int
    most_at_once: int
    talk_ms: int
    answering: Sequence[Step]


@dataclass(frozen=True, slots=True, kw_only=True)
class Goals:
    """Ratios of the edge to `same`, for numbers that repeat and numbers that never do; None: no goal."""

    cpu: tuple[float | None, float | None]
    per_second: tuple[float | None, float | None]


def compare(report: Report, load: Load, *, size: int, goals: Goals) -> None:
    """Print all subjects with a table of `size` routes, once with numbers that repeat and once with new ones only."""
    with tempfile.TemporaryDirectory(prefix="dialplane-bench-") as name, ExitStack() as stack:
        folder = Path(name)
        refusing = stack.enter_context(running_carrier(folder / "refusing", REFUSING, traced=False)).hostname
        answering = stack.enter_context(running_carrier(folder / "answering", load.answering, traced=False)).hostname
        subjects = _subjects(folder, size, (refusing, answering))
        for subject in subjects:
            stack.callback(subject.kill)
            subject.start()
        for are_new, title in enumerate(("numbers that repeat", "numbers that never repeat")):
            report.line(f"{size:,} routes, {title}", f"up to {ROUNDS} rounds of {load.calls:,} calls each, in turn")
            numbers = _Numbers(folder / title.replace(" ", "-"), size, load.calls, are_new=bool(are_new))
            results = take_turns(subjects, ROUNDS, numbers.folder, partial(_place, load, numbers), longest_s=LONGEST_S)
            _print(report, results, cpu_goal=goals.cpu[are_new], speed_goal=goals.per_second[are_new])


def _subjects(folder: Path, size: int, carriers: Sequence[str]) -> Sequence[Subject]:
    built = replica_of(size)
    built.lead_to(carriers)
    return (
        plain(PLAIN, folder, carriers),
        same_work(SAME, folder, built.table, carriers),
        edge(EDGE, folder, built.folder),
    )


class _Numbers:
    """What is called: the same file in all rounds, or one of its own for each round."""

    def __init__(self, folder: Path, size: int, calls: int, *, are_new: bool) -> None:
        self.folder = folder
        self._table, self._calls, self._are_new = replica_of(size).table, calls, are_new
        folder.mkdir()

    def file(self, number: int) -> Path:
        """The numbers of round `number`."""
        path = self.folder / f"numbers-{number if self._are_new else 0}.csv"
        if not path.exists():
            count = self._calls if self._are_new else REPEATED_NUMBERS
            numbers_file(path, self._table.numbers(count, seed=number if self._are_new else 0))
        return path


def _place(load: Load, numbers: _Numbers, subject: Subject, folder: Path, number: int) -> Placed:
    return place(
        folder,
        subject.port,
        numbers.file(number),
        calls=load.calls,
        per_second=load.per_second,
        most_at_once=load.most_at_once,
        talk_ms=load.talk_ms,
    )


def _print(report: Report, results: Mapping[str, Result], *, cpu_goal: float | None, speed_goal: float | None) -> None:
    for name, result in results.items():
        if not result.cpu_ms:
            report.line(f"  {name}", f"not measured: calls were lost in all {result.left_out} rounds")
            continue
        cpu_ms, per_second = (statistics.median(by.values()) for by in (result.cpu_ms, result.per_second))
        rounds = f"{len(result.cpu_ms)} rounds, {result.left_out} left out"
        report.line(f"  {name}", f"{cpu_ms:.3f} ms of CPU a call, {per_second:,.0f} calls/s  ({rounds})")
    for name in (PLAIN, EDGE):
        cpu = Ratio.of(results[name].cpu_ms, results[SAME].cpu_ms)
        speed = Ratio.of(results[name].per_second, results[SAME].per_second)
        is_edge = name == EDGE
        report.line(f"  CPU, {name} to same", str(cpu), goal=f"<= {cpu_goal}" if is_edge and cpu_goal else "")
        report.line(f"  calls/s, {name} to same", str(speed), goal=f">= {speed_goal}" if is_edge and speed_goal else "")
