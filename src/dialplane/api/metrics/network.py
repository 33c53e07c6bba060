"""The network as Prometheus gauges: edges, statistics of providers, their health at each edge.

The job that fills them (jobs/survey.py) bounds their number; label values come from our own records.
"""

from collections.abc import Sequence

from prometheus_client import CollectorRegistry, Gauge

from dialplane.control.edges import Edge
from dialplane.control.health import EdgeView
from dialplane.control.stats import Stats
from dialplane.domain.health import HALF_OPEN, HEALTHY, OPEN, UNHEALTHY
from dialplane.jobs.survey import WINDOW_S

_MS = 1_000
_US = 1_000_000
_PERCENT = 100
_HEALTH = {HEALTHY: 1.0, UNHEALTHY: 0.0}
_BREAKER = {OPEN: 1.0, HALF_OPEN: 0.5}


class NetworkGauges:
    """Each `show_*` replaces all earlier label values, so that deleted objects leave none behind."""

    def __init__(self, registry: CollectorRegistry) -> None:
        def gauge(name: str, help: str, *labels: str) -> Gauge:
            return Gauge(f"dialplane_{name}", help, labels, registry=registry)

        over = f"over the last {WINDOW_S} s, in whole minutes"
        self.edge_lag = gauge("edge_lag_revisions", "Revisions an edge is behind, as of its last poll.", "edge")
        self.edge_contact = gauge(
            "edge_last_contact_seconds", "When an edge was last in contact, seconds since 1970.", "edge"
        )
        self.edge_status = gauge("edge_last_status_seconds", "How far an edge's events are here, since 1970.", "edge")
        self.edge_calls = gauge("edge_calls_in_progress", "Calls going on at an edge.", "edge")
        self.edge_cps = gauge("edge_calls_per_second", "Calls that came in at an edge.", "edge")
        self.edge_shed = gauge("edge_calls_shed", "Calls an edge was too busy for, since its Kamailio started.", "edge")
        self.edge_shedding = gauge(
            "edge_shed_ratio", "Of the new calls at an edge, how many it is too busy for.", "edge"
        )
        self.edge_lost = gauge("edge_events_lost", "Events an edge's disk had no room for, since its start.", "edge")
        self.edge_counter = gauge("edge_counter", "What else an edge counts, since its start.", "edge", "counter")
        self.edge_clock = gauge("edge_clock_ahead_seconds", "How far an edge's clock is ahead of this one.", "edge")
        self.edge_certificate = gauge(
            "edge_certificate_until_seconds", "Until when an edge's certificates all hold, since 1970.", "edge"
        )
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
        """All edges."""
        for gauge in (
            *(self.edge_lag, self.edge_contact, self.edge_status, self.edge_calls, self.edge_cps),
            *(self.edge_shed, self.edge_shedding, self.edge_lost, self.edge_counter),
            *(self.edge_clock, self.edge_certificate),
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
            _set(self.edge_clock, edge.clock_ahead_us, edge.name, unit=_US)
            ends = [one.until for one in edge.certificates or ()]
            _set(self.edge_certificate, min(ends, default=None), edge.name, unit=_US)
            for counter, count in edge.counters.items():
                _set(self.edge_counter, count, edge.name, counter)

    def show_providers(self, stats: Sequence[Stats]) -> None:
        """Statistics of providers over WINDOW_S."""
        for gauge in (
            *(self.attempts, self.skipped, self.late_answers, self.asr, self.ner),
            *(self.failover, self.acd, self.pdd, self.channels),
        ):
            gauge.clear()
        for figures in stats:
            _set(self.attempts, figures.seized, figures.key)
            _set(self.skipped, figures.skipped, figures.key)
            _set(self.late_answers, figures.late_answers, figures.key)
            _set(self.asr, figures.asr, figures.key)
            _set(self.ner, figures.ner, figures.key)
            _set(self.failover, figures.failover_rate, figures.key)
            _set(self.acd, figures.acd_ms, figures.key, unit=_MS)
            _set(self.pdd, figures.pdd_p50_ms, figures.key, "0.5", unit=_MS)
            _set(self.pdd, figures.pdd_p95_ms, figures.key, "0.95", unit=_MS)
            _set(self.channels, figures.channels, figures.key)

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
