"""As many failed-over calls as go through, with the load generator on the same processors, and what each costs then."""

from bench.contest import Goals, Load, compare
from bench.load import ANSWERING_SOON
from bench.report import Report
from bench.table import SIZES

LOAD = Load(
    calls=3_000,
    per_second=5_000,  # more than the machine can do
    most_at_once=120,  # with fewer, it is the carriers that take their 20 ms that are measured
    talk_ms=0,
    answering=ANSWERING_SOON,
)
GOALS = {
    SIZES[0]: Goals(cpu=(1.15, 1.25), per_second=(1.0, None)),
    SIZES[1]: Goals(cpu=(1.15, 1.25), per_second=(None, 0.95)),
    SIZES[2]: Goals(cpu=(1.15, 1.25), per_second=(None, 0.95)),
}


def run(report: Report) -> None:
    """Print calls per second, CPU per call and their ratios for each size of table."""
    for size in SIZES:
        compare(report, LOAD, size=size, goals=GOALS[size])
