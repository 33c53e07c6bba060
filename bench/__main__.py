"""`python -m bench [NAME...]`: all benchmarks, or the named ones."""

import importlib
import sys

from bench.processes import load
from bench.report import Report

NAMES = {
    "decisions": "Decisions and the replica, in process",
    "put_to_edge": "From a PUT to the edge that uses it",
    "control": "The REST API over a million routes",
    "calls": "CPU of a call that fails over once",
    "saturation": "As many failed-over calls as go through",
    "dead_carrier": "What a dead first carrier costs the caller",
}


def main(names: list[str]) -> int:
    """Run them in turn; 2 for an unknown name."""
    unknown = [name for name in names if name not in NAMES]
    if unknown:
        print(f"no such benchmark: {', '.join(unknown)}; there are: {', '.join(NAMES)}")
        return 2
    report = Report()
    for name in names or NAMES:
        report.section(f"{NAMES[name]} ({load()})")
        importlib.import_module(f"bench.{name}").run(report)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
