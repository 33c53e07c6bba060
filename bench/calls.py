"""What a call that fails over once costs in CPU, through the edge and through native Kamailio scripts, in one run.

The call: INVITE, 503 of the first carrier, second INVITE, 180, 200, ACK, BYE. What is counted is the CPU time, user and
system, of all of Kamailio's processes.
"""

import statistics
import tempfile
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path

from bench.load import ANSWERING, REFUSING, Placed, numbers_file, place
from bench.replicas import replica_of
from bench.report import Report
from bench.rounds import Ratio, Result, take_turns
from bench.subjects import Subject, edge, native
from bench.table import SIZES
from tests.sip.sipp import running_carrier

CALLS_PER_SECOND = 300
SECONDS = 3
ROUNDS = 4
NUMBERS = 2_000

NATIVE = "native script, two static carriers"
WITH_DIALOG = "native script, dialog"
WITH_RECORDS = "native script, dialog and records"
WITHOUT_LOG = "edge without event log"
ONE_DECISION = "edge, one decision for all calls"
TOPOLOGY_SHOWN = "edge, topology not hidden"
SCRIPTS = Path(__file__).with_name("scripts")


def run(report: Report) -> None:
    """Print each subject's CPU per call, the ratios, and what costs the difference."""
    with tempfile.TemporaryDirectory(prefix="dialplane-bench-") as name, ExitStack() as stack:
        folder = Path(name)
        refusing = stack.enter_context(running_carrier(folder / "refusing", REFUSING, traced=False)).hostname
        answering = stack.enter_context(running_carrier(folder / "answering", ANSWERING, traced=False)).hostname
        subjects = _subjects(folder, refusing, answering)
        for subject in subjects:
            stack.callback(subject.kill)
            subject.start()
        files = {
            edge_with(size): numbers_file(folder / f"numbers-{size}.csv", replica_of(size).table.numbers(NUMBERS))
            for size in SIZES
        }
        results = take_turns(
            subjects,
            ROUNDS,
            folder,
            lambda subject, to: _place(subject, to, files.get(subject.name, files[edge_with(SIZES[-1])])),
        )
    _print(report, results)


def edge_with(size: int) -> str:
    """The name of the edge with a table of this size."""
    return f"edge, {size:,} routes"


def _subjects(folder: Path, refusing: str, answering: str) -> list[Subject]:
    carriers = {"refusing": refusing, "answering": answering}
    for size in SIZES:
        replica_of(size).lead_to((refusing, answering))
    largest = replica_of(SIZES[-1]).folder
    return [
        native(NATIVE, folder, carriers),
        *(edge(edge_with(size), folder, replica_of(size).folder) for size in SIZES),
        native(WITH_DIALOG, folder, carriers, defined=("DIALOG",)),
        native(WITH_RECORDS, folder, carriers, defined=("DIALOG", "RECORDS")),
        edge(WITHOUT_LOG, folder, largest, script=SCRIPTS / "without_log.py"),
        edge(ONE_DECISION, folder, largest, script=SCRIPTS / "one_decision.py"),
        edge(TOPOLOGY_SHOWN, folder, largest, hides_topology=False),
    ]


def _place(subject: Subject, folder: Path, numbers: Path) -> Placed:
    calls = CALLS_PER_SECOND * SECONDS
    return place(
        folder, subject.port, numbers, calls=calls, per_second=CALLS_PER_SECOND, most_at_once=calls, talk_ms=50
    )


def _print(report: Report, results: Mapping[str, Result]) -> None:
    report.note(f"{ROUNDS} rounds of {SECONDS} s at {CALLS_PER_SECOND} calls/s each, in turn; medians, least to most")
    for name, result in results.items():
        ratio = Ratio.of(result.cpu_ms, results[NATIVE].cpu_ms)
        goal = "ratio <= 1.15" if name == edge_with(SIZES[-1]) else ""
        if ratio is None:
            report.line(name, f"not measured: calls were lost in all {result.left_out} rounds", goal=goal)
        else:
            report.line(name, f"{statistics.median(result.cpu_ms.values()):.2f} ms  ratio {ratio}", goal=goal)
    _print_parts(report, results)


def _print_parts(report: Report, results: Mapping[str, Result]) -> None:
    """What the edge's calls cost more than the native script's, part by part, in milliseconds."""
    whole = edge_with(SIZES[-1])
    parts = (
        ("all that the edge costs more", whole, NATIVE),
        ("of it: following the dialog (native)", WITH_DIALOG, NATIVE),
        ("of it: writing events", whole, WITHOUT_LOG),
        ("of it: the decision", whole, ONE_DECISION),
        ("of it: hiding the topology", whole, TOPOLOGY_SHOWN),
        ("edge, beyond native with dialog and records", whole, WITH_RECORDS),
    )
    for what, more, less in parts:
        differences = _differences(results[more].cpu_ms, results[less].cpu_ms)
        if differences:
            report.line(what, f"{statistics.median(differences):.2f} ms")


def _differences(these: Mapping[int, float], those: Mapping[int, float]) -> list[float]:
    return [these[number] - those[number] for number in these.keys() & those.keys()]
