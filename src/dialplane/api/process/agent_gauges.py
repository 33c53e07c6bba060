"""How the edges' agents are, as Prometheus gauges: what waits in their event logs, and when their loops last turned.

Agents serve nothing themselves; they tell with each batch of events, at least every 15 s.
"""

from collections.abc import Mapping

from prometheus_client import CollectorRegistry, Gauge

from dialplane.api.process.gauges import MOST_EDGES

MOST_LOOPS = 16


class AgentGauges:
    """Bounded: the first MOST_EDGES edges that this process hears of, MOST_LOOPS loops of each."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._edges: set[str] = set()
        self.told = Gauge(
            "dialplane_edge_agent_told_seconds", "When an edge's agent last told how it is, since 1970.", ("edge",),
            registry=registry,
        )  # fmt: skip
        self.backlog = Gauge(
            "dialplane_edge_event_backlog_bytes", "Events of an edge that are not here yet, as its agent told.",
            ("edge",), registry=registry,
        )  # fmt: skip
        self.heartbeats = Gauge(
            "dialplane_edge_loop_heartbeat_seconds", "When each loop of an edge's agent last went round, since 1970.",
            ("edge", "loop"), registry=registry,
        )  # fmt: skip

    def show(self, edge: str, *, now_s: float, backlog_bytes: int, loops: Mapping[str, int]) -> None:
        """What an agent has told now; `loops` are the seconds since each went round."""
        if edge not in self._edges and len(self._edges) >= MOST_EDGES:
            return
        self._edges.add(edge)
        self.told.labels(edge).set(now_s)
        self.backlog.labels(edge).set(backlog_bytes)
        self.heartbeats.remove_by_labels({"edge": edge})
        for loop, ago_s in list(loops.items())[:MOST_LOOPS]:
            self.heartbeats.labels(edge, loop).set(now_s - ago_s)
