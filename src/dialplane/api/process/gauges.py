"""What the network does, as Prometheus gauges: edges, providers' figures, their health at each edge.

Bounded: so many edges, the busiest providers, so many pairs of a provider and an edge. Names come from our own records.
"""

from collections.abc import Sequence

from prometheus_client import CollectorRegistry, Gauge

from dialplane.control.edges import Edge
from dialplane.control.health import EdgeView
from dialplane.control.stats import Stats
from dialplane.domain.health import HALF_OPEN, HEALTHY, OPEN, UNHEALTHY

MOST_EDGES = 100
MOST_PROVIDERS = 100
MOST_VIEWS = 1_000
WINDOW_S = 300
"""Over how long the figures of providers are counted."""

_MS = 1_000
_US = 1_000_000
_PERCENT = 100
_HEALTH = {HEALTHY: 1.0, UNHEALTHY: 0.0}
_BREAKER = {OPEN: 1.0, HALF_OPEN: 0.5}


class NetworkGauges:
    """Each `show` replaces what was shown before, so that what is gone leaves no label behind."""

    def __init__(self, registry: CollectorRegistry) -> None:
        def gauge(name: str, told: str, *labels: str) -> Gauge:
            return Gauge(f"dialplane_{name}", told, labels, registry=registry)

        over = f"over the last {WINDOW_S} s"
        self.edge_lag = gauge("edge_lag_revisions", "Revisions an edge is behind, as of its last poll.", "edge")
        self.edge_contact = gauge("edge_last_contact_seconds", "When an edge was last heard, since 1970.", "edge")
        self.edge_status = gauge("edge_last_status_seconds", "How far an edge's events are here, since 1970.", "edge")
        self.edge_calls = gauge("edge_calls_in_progress", "Calls going on at an edge.", "edge")
        self.edge_cps = gauge("edge_calls_per_second", "Calls that came in at an edge.", "edge")
        self.edge_shed = gauge("edge_calls_shed", "Calls an edge was too busy for, since its Kamailio started.", "edge")
        self.edge_shedding = gauge(
            "edge_shed_ratio", "Of the new calls at an edge, how many it is too busy for.", "edge"
        )
        self.edge_lost = gauge("edge_events_lost", "Events an edge's disk had no room for, since its start.", "edge")
        self.edge_counter = gauge("edge_counter", "What else an edge counts, since its start.", "edge", "counter")
        self.attempts = gauge("provider_attempts", f"Attempts {over}.", "provider")
        self.skipped = gauge("provider_skipped", f"Attempts that were passed over, {over}.", "provider")
        self.late_answers = gauge("provider_late_answers", f"Answers that came too late, {over}.", "provider")
        self.asr = gauge("provider_asr_ratio", f"Answer-seizure ratio {over}.", "provider")
        self.ner = gauge("provider_ner_ratio", f"Network effectiveness ratio {over}.", "provider")
        self.failover = gauge("provider_failover_ratio", f"Share of attempts that failed over, {over}.", "provider")
        self.acd = gauge("provider_acd_seconds", f"Average duration of answered calls {over}.", "provider")
        self.pdd = gauge("provider_pdd_seconds", f"Post-dial delay {over}.", "provider", "quantile")
        self.channels = gauge("provider_channels", "Attempts and calls going on.", "provider")
        self.health = gauge("provider_health", "1 healthy, 0 unhealthy, by an edge's probes.", "provider", "edge")
        self.breaker = gauge("provider_breaker", "1 open, 0.5 half open, 0 closed, at an edge.", "provider", "edge")

    def show_edges(self, edges: Sequence[Edge]) -> None:
        """The edges as they are known now."""
        for gauge in (
            *(self.edge_lag, self.edge_contact, self.edge_status, self.edge_calls, self.edge_cps),
            *(self.edge_shed, self.edge_shedding, self.edge_lost, self.edge_counter),
        ):
            gauge.clear()
        for edge in edges:
            _set(self.edge_lag, edge.lag_revisions, edge.name)
            _set(self.edge_contact, edge.last_contact, edge.name, unit=_US)
            _set(self.edge_status, edge.tm_status, edge.name, unit=_US)
            _set(self.edge_calls, edge.calls_in_progress, edge.name)
            _set(self.edge_cps, edge.cps, edge.name)
            _set(self.edge_shed, edge.calls_shed, edge.name)
            _set(self.edge_shedding, edge.shed_percent, edge.name, unit=_PERCENT)
            _set(self.edge_lost, edge.events_lost, edge.name)
            for counter, count in edge.counters.items():
                _set(self.edge_counter, count, edge.name, counter)

    def show_providers(self, stats: Sequence[Stats]) -> None:
        """The figures of providers over WINDOW_S."""
        for gauge in (
            *(self.attempts, self.skipped, self.late_answers, self.asr, self.ner),
            *(self.failover, self.acd, self.pdd, self.channels),
        ):
            gauge.clear()
        for one in stats:
            _set(self.attempts, one.seized, one.key)
            _set(self.skipped, one.skipped, one.key)
            _set(self.late_answers, one.late_answers, one.key)
            _set(self.asr, one.asr, one.key)
            _set(self.ner, one.ner, one.key)
            _set(self.failover, one.failover_rate, one.key)
            _set(self.acd, one.acd_ms, one.key, unit=_MS)
            _set(self.pdd, one.pdd_p50_ms, one.key, "0.5", unit=_MS)
            _set(self.pdd, one.pdd_p95_ms, one.key, "0.95", unit=_MS)
            _set(self.channels, one.channels, one.key)

    def show_views(self, views: Sequence[EdgeView]) -> None:
        """Each edge's view of each provider."""
        self.health.clear()
        self.breaker.clear()
        for view in views:
            _set(self.health, _HEALTH.get(view.health.status), view.provider_id, view.edge)
            _set(self.breaker, _BREAKER.get(view.breaker.state, 0.0), view.provider_id, view.edge)


def _set(gauge: Gauge, value: float | None, *labels: str, unit: int = 1) -> None:
    if value is not None:
        gauge.labels(*labels).set(value / unit)
