"""As many failed-over calls as go through, with the load generator on the same processors, and what each costs then.

The edge stands beside a native script with static carriers and beside Kamailio's own drouting module with the same
table. Last, how much later a call rings whose first carrier is dead.
"""

import statistics
import tempfile
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path

from bench.drouting import write_tables
from bench.load import ANSWERING_SOON, REFUSING, Placed, numbers_file, place
from bench.replicas import replica_of
from bench.report import Report
from bench.rounds import Ratio, Result, take_turns
from bench.subjects import Subject, edge, native
from bench.table import SIZES
from tests.sip.sipp import running_carrier

CALLS = 3_000
ROUNDS = 4
NUMBERS = 2_000
AT_ONCE = 120  # with fewer, it is the carriers that take their 20 ms that are measured
AS_FAST_AS_THEY_GO = 5_000  # calls/s, more than the machine can do
DROUTING_LOADED_WITHIN_S = 60.0
DROUTING_MEMORY = {"shared_memory_mb": 3_000, "package_memory_mb": 1_500}  # what a million routes need

STATIC = "native script, two static carriers"


def run(report: Report) -> None:
    """Print calls per second, CPU per call, and both beside the native script's and drouting's."""
    with tempfile.TemporaryDirectory(prefix="dialplane-bench-") as name, ExitStack() as stack:
        folder = Path(name)
        refusing = stack.enter_context(running_carrier(folder / "refusing", REFUSING, traced=False)).hostname
        answering = stack.enter_context(running_carrier(folder / "answering", ANSWERING_SOON, traced=False)).hostname
        placing: dict[str, Path] = {}
        subjects = []
        for size in SIZES:
            built = replica_of(size)
            numbers = numbers_file(folder / f"numbers-{size}.csv", built.table.numbers(NUMBERS))
            subjects += _with_table(folder, size, refusing, answering)
            placing |= dict.fromkeys((_edge(size), _drouting(size), STATIC), numbers)
        subjects.append(native(STATIC, folder, {"refusing": refusing, "answering": answering}))
        for subject in subjects:
            stack.callback(subject.kill)
            subject.start()
        results = take_turns(subjects, ROUNDS, folder, _place(placing))
    _print(report, results)


def _edge(size: int) -> str:
    return f"edge, {size:,} routes"


def _drouting(size: int) -> str:
    return f"drouting, {size:,} routes"


def _with_table(folder: Path, size: int, refusing: str, answering: str) -> list[Subject]:
    """The edge and drouting with a table of this size."""
    built = replica_of(size)
    built.lead_to((refusing, answering))
    tables = write_tables(folder / f"tables-{size}", built.table, (refusing, answering))
    drouting = native(
        _drouting(size),
        folder,
        {"tables": tables},
        defined=("DROUTING",),
        settings=DROUTING_MEMORY,
    )
    drouting.number = built.table.numbers(1)[0]
    drouting.started_within_s = DROUTING_LOADED_WITHIN_S
    return [edge(_edge(size), folder, built.folder), drouting]


def _place(numbers: Mapping[str, Path]) -> Callable[[Subject, Path], Placed]:
    return lambda subject, folder: place(
        folder,
        subject.port,
        numbers[subject.name],
        calls=CALLS,
        per_second=AS_FAST_AS_THEY_GO,
        most_at_once=AT_ONCE,
        talk_ms=0,
    )


def _print(report: Report, results: Mapping[str, Result]) -> None:
    report.note(f"{ROUNDS} rounds of {CALLS:,} calls each, {AT_ONCE} at once, in turn; medians, least to most")
    for name, result in results.items():
        if result.cpu_ms:
            per_second, cpu_ms = (statistics.median(by.values()) for by in (result.per_second, result.cpu_ms))
            report.line(name, f"{per_second:,.0f} calls/s  {cpu_ms:.2f} ms of CPU a call")
        else:
            report.line(name, f"not measured: calls were lost in all {result.left_out} rounds")
    for size in SIZES:
        speed = results[_edge(size)].per_second
        for other, goal in ((STATIC, "ratio >= 0.95"), (_drouting(size), "ratio >= 1")):
            ratio = Ratio.of(speed, results[other].per_second)
            report.line(f"calls/s of the edge, {size:,} routes, to", f"{other}: {ratio}", goal=goal)
