"""Decisions in process and the replica that they read, at 1 k, 100 k and 1 M routes."""

import statistics
import tempfile
import time
from pathlib import Path

from bench.report import Report
from bench.table import RouteTable
from dialplane.domain.ids import SYSTEM_DEFAULT_CUSTOMER
from dialplane.replica.reader import ReplicaReader
from dialplane.replica.writer import ReplicaWriter

SIZES = (1_000, 100_000, 1_000_000)
DECISIONS = 20_000


def run(report: Report) -> None:
    """Print load time, size, decisions per second, p50 and p99 for each size."""
    for size in SIZES:
        with tempfile.TemporaryDirectory(prefix="dialplane-bench-") as folder:
            _one_size(report, RouteTable(size), Path(folder) / "replica")


def _one_size(report: Report, table: RouteTable, folder: Path) -> None:
    records = list(table.records()) if table.size <= SIZES[1] else table.records()
    writer = ReplicaWriter(folder)
    started = time.perf_counter()
    writer.replace(records, revision=1, epoch="bench")
    loaded_s = time.perf_counter() - started
    megabytes = (folder / "current" / "data.mdb").stat().st_size / 1e6
    writer.close()
    report.line(f"replica, {table.size:,} routes", f"loaded in {loaded_s:.1f} s, {megabytes:.0f} MB")

    reader = ReplicaReader(folder)
    _decide(reader, table.numbers(2_000))  # the pages and caches that a running edge has warm
    times_us = sorted(_decide(reader, table.numbers(DECISIONS)))
    reader.close()
    report.line(
        f"decision, {table.size:,} routes",
        f"{1e6 / statistics.fmean(times_us):,.0f}/s  p50 {times_us[len(times_us) // 2]:.0f} us"
        f"  p99 {times_us[len(times_us) * 99 // 100]:.0f} us",
        goal="p99 <= 50 us" if table.size == SIZES[-1] else "",
    )


def _decide(reader: ReplicaReader, numbers: list[str]) -> list[float]:
    times_us = []
    for place, number in enumerate(numbers):
        started = time.perf_counter_ns()
        with reader.view() as view:
            decision = view.dialroute(SYSTEM_DEFAULT_CUSTOMER, number, now=1, call_id=str(place))
        times_us.append((time.perf_counter_ns() - started) / 1000)
        if not decision.attempts:
            raise RuntimeError("a number of the table found no route")
    return times_us
