"""Prometheus metrics of the API process. Labels are bounded: route templates, never paths."""

import asyncio
import time

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from dialplane.api.process.agent_gauges import AgentGauges
from dialplane.api.process.gauges import NetworkGauges

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"})
NO_ROUTE = "none"
BEAT_S = 1.0
_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)


class Metrics:
    """One registry for each app, so that several can live in one process (tests)."""

    def __init__(self, *, version: str) -> None:
        self.registry = CollectorRegistry()
        made = self.registry
        self.requests = Counter(
            "dialplane_http_requests", "Requests answered.", ("method", "route", "status"), registry=made
        )
        self.latency = Histogram(
            "dialplane_http_request_seconds", "Time to answer a request, long polls apart.", ("method", "route"),
            buckets=_BUCKETS, registry=made,
        )  # fmt: skip
        self._bound: dict[tuple[str, str, int], tuple[Counter, Histogram]] = {}
        self.in_flight = Gauge("dialplane_http_requests_in_flight", "Requests being served.", registry=made)
        self.refused = Counter("dialplane_http_refused", "Requests refused, by reason.", ("reason",), registry=made)
        self.faults = Counter("dialplane_http_faults", "Requests that failed through a fault of ours.", registry=made)
        self.logins = Counter("dialplane_logins", "Logins, by outcome.", ("outcome",), registry=made)
        self.revision = Gauge("dialplane_revision", "Number of the newest revision this process saw.", registry=made)
        self.followers = Gauge("dialplane_feed_followers", "Long polls of the feed being held.", registry=made)
        self.feed_lag = Gauge(
            "dialplane_feed_lag_revisions", "Revisions the slowest follower was behind at its last poll.", registry=made
        )
        self.feed_bytes = Counter("dialplane_feed_bytes", "Bytes sent to followers of the feed.", registry=made)
        self.events = Counter("dialplane_events", "Events received from edges.", ("outcome",), registry=made)
        self.lost_calls = Counter("dialplane_lost_calls", "Calls closed whose end no edge reported.", registry=made)
        self.network = NetworkGauges(made)
        self.agents = AgentGauges(made)
        self.heartbeats = Gauge(
            "dialplane_loop_heartbeat_seconds", "When each loop last went round, seconds since 1970.", ("loop",),
            registry=made,
        )  # fmt: skip
        self.lag = Gauge("dialplane_loop_lag_seconds", "How late the event loop last came round.", registry=made)
        self.started = Gauge("dialplane_start_seconds", "When the process started, since 1970.", registry=made)
        self.started.set(time.time())
        Gauge("dialplane_build", "Always 1; the version is the label.", ("version",), registry=made).labels(
            version
        ).set(1)

    def answered(self, *, method: str, route: str, status: int, seconds: float) -> None:
        """Counts one answered request. `route` is the template of its path, or NO_ROUTE."""
        key = (method if method in METHODS else "other", route, status)
        bound = self._bound.get(key)
        if bound is None:
            bound = self._bound[key] = self.requests.labels(*key), self.latency.labels(*key[:2])
        requests, latency = bound
        requests.inc()
        latency.observe(seconds)

    def text(self) -> bytes:
        """All of it in Prometheus' text format."""
        return generate_latest(self.registry)


async def beat(metrics: Metrics) -> None:
    """Shows that the event loop turns, and how late it comes round; never returns."""
    while True:
        due = time.monotonic() + BEAT_S
        await asyncio.sleep(BEAT_S)
        metrics.lag.set(max(0.0, time.monotonic() - due))
        metrics.heartbeats.labels("api").set_to_current_time()
