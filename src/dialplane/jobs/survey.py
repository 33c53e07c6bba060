"""Reads edges, providers' health and statistics from the database, for the metrics of the process."""

from collections.abc import Sequence
from typing import Protocol

from dialplane.control import edges, health, stats
from dialplane.control.actor import SYSTEM
from dialplane.control.edges import Edge
from dialplane.control.health import EdgeView
from dialplane.control.stats import Stats, Window
from dialplane.control.units import JOBS, Database
from dialplane.jobs.supervisor import Job
from dialplane.system.clock import now_us

EVERY_S = 15.0
WINDOW_S = 300
"""The window of providers' statistics."""

MOST_EDGES = 100
MOST_PROVIDERS = 100
MOST_VIEWS = 1_000


class NetworkMetrics(Protocol):
    """Shows the network as it is now."""

    def show_edges(self, edges: Sequence[Edge]) -> None: ...

    def show_views(self, views: Sequence[EdgeView]) -> None: ...

    def show_providers(self, stats: Sequence[Stats]) -> None: ...


def survey_job(db: Database, metrics: NetworkMetrics) -> Job:
    """All that it shows is of one snapshot."""

    async def run_round() -> None:
        now = now_us()
        window = Window(since=now - WINDOW_S * 1_000_000, until=now)
        async with db.read(JOBS) as unit:
            metrics.show_edges(await edges.longest_known(unit, now=now, limit=MOST_EDGES))
            metrics.show_views(await health.all_views(unit, limit=MOST_VIEWS))
            metrics.show_providers(await stats.list_(unit, SYSTEM, stats.PROVIDERS, window, limit=MOST_PROVIDERS))

    return Job(name="survey", every_s=EVERY_S, run_round=run_round)
