"""Decisions in process and the replica that they read, at 1 k, 100 k and 1 M routes."""

import statistics
import time

from bench.replicas import replica_of
from bench.report import Report
from bench.table import CALLER, SIZES
from dialplane.engine.dialroute import dialroute
from dialplane.replica.reader import ReplicaReader

WARM_UP = 10_000  # the pages and caches that a running edge has warm
ROUNDS = 7
DECISIONS = 4_000  # in each round


def run(report: Report) -> None:
    """Print load time, size, decisions per second, p50 and p99 for each size."""
    for size in SIZES:
        _one_size(report, size)


def _one_size(report: Report, size: int) -> None:
    built = replica_of(size)
    report.line(f"replica, {size:,} routes", f"written in {built.seconds:.1f} s, {built.megabytes:.0f} MB")

    reader = ReplicaReader(built.folder)
    _decide(reader, built.table.numbers(WARM_UP))
    rounds = [_decide(reader, built.table.numbers(DECISIONS, seed=seed)) for seed in range(ROUNDS)]
    reader.close()
    p99s_us = sorted(_percentile(times_us, 99) for times_us in rounds)
    p50_us = statistics.median(_percentile(times_us, 50) for times_us in rounds)
    report.line(
        f"decision, {size:,} routes",
        f"{1e6 / statistics.median(map(statistics.fmean, rounds)):,.0f}/s  p50 {p50_us:.0f} us"
        f"  p99 {statistics.median(p99s_us):.0f} us",
        goal="p99 <= 50 us" if size == SIZES[-1] else "",
    )
    report.note(f"medians of {ROUNDS} rounds; in the least disturbed p99 {p99s_us[0]:.0f} us")


def _decide(reader: ReplicaReader, numbers: list[str]) -> list[float]:
    """The microseconds that each took, sorted."""
    times_us = []
    for place, number in enumerate(numbers):
        started = time.perf_counter_ns()
        with reader.view() as view:
            decision = dialroute(view.groups(CALLER, number), now=1, call_id=str(place), standing=view.standing)
        times_us.append((time.perf_counter_ns() - started) / 1000)
        if not decision.attempts:
            raise RuntimeError("a number of the table found no route")
    return sorted(times_us)


def _percentile(ordered: list[float], percent: int) -> float:
    return ordered[len(ordered) * percent // 100]
