"""Edges' companion processes as Prometheus gauges: events not yet shipped, and heartbeats of their loops.

A companion serves nothing itself; it reports with each batch of events, at least every 15 s.
"""

from collections.abc import Mapping

from prometheus_client import CollectorRegistry, Gauge

MOST_EDGES = 100
MOST_LOOPS = 16


class CompanionGauges:
    """Bounded: the first MOST_EDGES edges that report to this process, MOST_LOOPS loops of each."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._edges: set[str] = set()
        self.reported = Gauge(
            "dialplane_edge_agent_told_seconds", "When an edge's companion last reported, since 1970.", ("edge",),
            registry=registry,
        )  # fmt: skip
        self.backlog = Gauge(
            "dialplane_edge_event_backlog_bytes", "Events of an edge that are not here yet, by its last report.",
            ("edge",), registry=registry,
        )  # fmt: skip
        self.heartbeats = Gauge(
            "dialplane_edge_loop_heartbeat_seconds", "When each loop of an edge's companion last ended a round.",
            ("edge", "loop"), registry=registry,
        )  # fmt: skip

    def show(self, edge: str, *, now_s: float, backlog_bytes: int, loops: Mapping[str, int]) -> None:
        """A report; `loops` maps the name of each loop to the seconds since its last round."""
        if edge not in self._edges and len(self._edges) >= MOST_EDGES:
            return
        self._edges.add(edge)
        self.reported.labels(edge).set(now_s)
        self.backlog.labels(edge).set(backlog_bytes)
        self.heartbeats.remove_by_labels({"edge": edge})
        for loop, ago_s in list(loops.items())[:MOST_LOOPS]:
            self.heartbeats.labels(edge, loop).set(now_s - ago_s)

    def forget(self, edge: str) -> None:
        """Shows nothing of it any more, until it reports again."""
        self._edges.discard(edge)
        for gauge in (self.reported, self.backlog, self.heartbeats):
            gauge.remove_by_labels({"edge": edge})
