"""From the answer of a PUT of a route to the moment that the edge's replica shows it, through the real processes.

`dialplane serve` runs: API, SQLite, the companion. Beside it the first load of the replica: from the start of the
companion's process to a whole replica, and the CPU that both processes have used by then.
"""

import asyncio
import random
import tempfile
import time
from pathlib import Path

from bench.processes import cpu_s, started_at_s
from bench.report import Report
from bench.seeding import seed
from bench.table import SIZES, RouteTable, table_of
from dialplane.domain.ids import SYSTEM_DEFAULT_CUSTOMER
from dialplane.domain.route import Route
from dialplane.replica.layout import CURRENT, ReplicaUnavailable
from dialplane.replica.reader import ReplicaReader
from tests.serve.instance import Instance, serving
from tests.waiting import eventually

PUTS = 200
LONGEST_PAUSE_S = 0.05  # between a change that has arrived and the next PUT
LOADED_WITHIN_S = 180.0
ARRIVES_WITHIN_S = 10.0
LOOK_EVERY_S = 0.0005


def run(report: Report) -> None:
    """Print the replica's first load, and the delay's p50, p99 and greatest, for each size."""
    for size in SIZES:
        with tempfile.TemporaryDirectory(prefix="dialplane-bench-") as name:
            _one_size(report, table_of(size), Path(name) / "data")


def _one_size(report: Report, table: RouteTable, data: Path) -> None:
    revision = asyncio.run(seed(data, table))
    with serving(data) as instance:
        loaded_s = _first_load_s(instance, revision)
        companion_s, api_s = (cpu_s(instance.main_pid(f"dialplane.{program}")) for program in ("companion", "api"))
        figure = f"{loaded_s:.1f} s  (CPU: companion {companion_s:.1f} s, API {api_s:.1f} s)"
        report.line(f"first load from the feed, {table.size:,} routes", figure)
        delays_ms = sorted(_delays_ms(instance, table))
    report.line(
        f"PUT to edge, {table.size:,} routes",
        f"p50 {delays_ms[PUTS // 2]:.0f} ms  p99 {delays_ms[PUTS * 99 // 100]:.0f} ms  most {delays_ms[-1]:.0f} ms",
        goal="p99 <= 1,000 ms",
    )


def _first_load_s(instance: Instance, revision: int) -> float:
    """From the start of the companion's process until its replica is whole."""
    started_at = started_at_s(instance.main_pid("dialplane.companion"))
    folder = instance.data / "edge" / "replica"
    eventually(lambda: _revision(folder) >= revision, within_s=LOADED_WITHIN_S, what="the first load")
    return (folder / CURRENT).lstat().st_mtime - started_at


def _revision(folder: Path) -> int:
    reader = ReplicaReader(folder)
    try:
        with reader.view() as view:
            return view.revision
    except ReplicaUnavailable:
        return 0
    finally:
        reader.close()


def _delays_ms(instance: Instance, table: RouteTable) -> list[float]:
    """One PUT after the other, each of another route."""
    chance = random.Random(table.size)
    chosen = set(chance.sample(range(table.size), PUTS))
    routes = [route for number, route in enumerate(table.routes()) if number in chosen]
    reader = ReplicaReader(instance.data / "edge" / "replica")
    delays = []
    with instance.client() as client:
        for place, route in enumerate(routes):
            priority = 1_000 + place
            client.routes.update(route.id, priority=priority)
            answered = time.perf_counter()
            _wait_until_seen(reader, route, priority)
            delays.append((time.perf_counter() - answered) * 1000)
            time.sleep(chance.uniform(0, LONGEST_PAUSE_S))
    reader.close()
    return delays


def _wait_until_seen(reader: ReplicaReader, route: Route, priority: int) -> None:
    """Return once the edge would use the route with this priority. Raises TimeoutError."""
    deadline = time.monotonic() + ARRIVES_WITHIN_S
    while _priority(reader, route) != priority:
        if time.monotonic() > deadline:
            raise TimeoutError(f"a change was not on the edge within {ARRIVES_WITHIN_S:g} s")
        time.sleep(LOOK_EVERY_S)


def _priority(reader: ReplicaReader, route: Route) -> int | None:
    with reader.view() as view:
        groups = view.groups(SYSTEM_DEFAULT_CUSTOMER, route.target)
    candidates = (candidate for group in groups for candidate in group.candidates)
    return next((candidate.priority for candidate in candidates if candidate.route_id == route.id), None)
