"""What a call that fails over once costs in CPU at 300 calls a second, with the processors idle between."""

from bench.contest import Goals, Load, compare
from bench.load import ANSWERING
from bench.report import Report
from bench.table import SIZES

CALLS_PER_SECOND = 300
SECONDS = 3
LOAD = Load(
    calls=CALLS_PER_SECOND * SECONDS,
    per_second=CALLS_PER_SECOND,
    most_at_once=CALLS_PER_SECOND * SECONDS,
    talk_ms=50,
    answering=ANSWERING,
)
GOALS = Goals(cpu=(1.3, 1.3), per_second=(None, None))


def run(report: Report) -> None:
    """Print CPU per call and its ratios for each size of table."""
    for size in SIZES:
        compare(report, LOAD, size=size, goals=GOALS)
