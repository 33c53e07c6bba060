"""`python -m bench [NAME...]`: all benchmarks, or the named ones."""

import importlib
import sys

from bench.processes import load
from bench.report import Report

NAMES = {
    "decisions": "Decisions and the replica, in process",
    "put_to_edge": "From a PUT to the edge that uses it",
    "control": "The REST API over a million routes",
    "ingest": "What edges report, stored: before and now, one node and two",
    "room": "What the records of a call take on disk",
    "statistics": "Statistics of a month of 10 million calls",
    "lists": "Lists, counts and the search over a million routes and recorded calls",
    "console": "The console in a browser, over a million routes",
    "stream": "From an event at an edge to those who watch",
    "calls": "A call that fails over once, at 300 a second, beside native Kamailio scripts",
    "saturation": "As many failed-over calls as go through, beside native Kamailio scripts",
    "dead_carrier": "What a dead first carrier costs the caller",
}

BY_NAME_ONLY = {
    "instructions": "Instructions of a failed-over call, by callgrind (needs valgrind; minutes)",
    "records": "Lists and filters over many days of calls on PostgreSQL (minutes; see bench/records.py)",
}


def main(names: list[str]) -> int:
    """Run them in turn; 2 for an unknown name."""
    known = {**NAMES, **BY_NAME_ONLY}
    unknown = [name for name in names if name not in known]
    if unknown:
        print(f"no such benchmark: {', '.join(unknown)}; there are: {', '.join(known)}")
        return 2
    report = Report()
    for name in names or NAMES:
        report.section(f"{known[name]} ({load()})")
        importlib.import_module(f"bench.{name}").run(report)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
