"""Lists, filters and single calls on PostgreSQL over many days of generated calls, each day a partition.

`BENCH_CALLS` says how many there are (default 200,000), `BENCH_DAYS` over how many days; `BENCH_OLDER_DAYS` adds days
of `BENCH_OLDER_CALLS` each (a million) whose attempts are gone. With `BENCH_FOLDER` they are those of `bench.lists`: a
later run adds the days that are missing and measures again. A million calls take 2.4 GB with their attempts.
"""

import time

from bench import kept, looks, recorded
from bench.report import Report
from bench.served import served

GOAL = "p99 <= 50 ms"


def run(report: Report) -> None:
    """Print p50 and p99 of each question, beside their goal."""
    with kept.folder(f"lists-{kept.POSTGRESQL}") as data, kept.database(kept.POSTGRESQL, data) as url:
        began = time.monotonic()
        filled = recorded.fill(url, calls=recorded.CALLS)
        report.line("days filled", f"{filled} in {time.monotonic() - began:.0f} s")
        older = recorded.OLDER_DAYS * recorded.OLDER_CALLS
        days = recorded.DAYS + recorded.OLDER_DAYS
        report.line("calls", f"{recorded.CALLS + older:,} in {days} partitions, {older:,} of them without attempts")
        with served(data, url) as api:
            looks.measure(report, api, looks.of_calls(api.ids), goal=GOAL)
