"""Prometheus metrics of the API process. Labels are bounded: route templates, never paths."""

import math
import time

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from dialplane.api.metrics.companions import CompanionGauges
from dialplane.api.metrics.feed import FeedGauges
from dialplane.api.metrics.network import NetworkGauges
from dialplane.api.metrics.sink import SinkGauges
from dialplane.api.metrics.storage import StorageGauges

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"})
NO_ROUTE = "none"
LAG_EVERY_S = 1.0
KEPT_S = 1.0
"""How long the text of all metrics is kept: it takes some milliseconds, and needs no login."""

_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)


class Metrics:
    """One registry for each app, so that a process can hold several (tests)."""

    def __init__(self, *, version: str) -> None:
        self.registry = CollectorRegistry()
        registry = self.registry
        self.requests = Counter(
            "dialplane_http_requests", "Requests answered.", ("method", "route", "status"), registry=registry
        )
        self.latency = Histogram(
            "dialplane_http_request_seconds", "Time until a request's response is made; none of long polls.",
            ("method", "route"), buckets=_BUCKETS, registry=registry,
        )  # fmt: skip
        self._lag_measured: float | None = None
        self._text = b""
        self._text_until = -math.inf
        self._bound: dict[tuple[str, str, int], tuple[Counter, Histogram]] = {}
        self.in_flight = Gauge("dialplane_http_requests_in_flight", "Requests being served.", registry=registry)
        self.refused = Counter("dialplane_http_refused", "Requests refused, by reason.", ("reason",), registry=registry)
        self.faults = Counter(
            "dialplane_http_faults", "Requests that failed through a fault of ours.", registry=registry
        )
        self.logins = Counter("dialplane_logins", "Logins, by outcome.", ("outcome",), registry=registry)
        self.revision = Gauge(
            "dialplane_revision", "Number of the newest revision this process saw.", registry=registry
        )
        self.feed = FeedGauges(registry)
        self.events = Counter("dialplane_events", "Events received from edges.", ("outcome",), registry=registry)
        self.lost_calls = Counter("dialplane_lost_calls", "Calls closed whose end no edge reported.", registry=registry)
        self.network = NetworkGauges(registry)
        self.storage = StorageGauges(registry)
        self.sink = SinkGauges(registry)
        self.companions = CompanionGauges(registry)
        self.heartbeats = Gauge(
            "dialplane_loop_heartbeat_seconds", "When each loop last went round, seconds since 1970.", ("loop",),
            registry=registry,
        )  # fmt: skip
        self.job_failures = Counter(
            "dialplane_job_failures", "Rounds of background jobs that failed.", ("job",), registry=registry
        )
        self.lag = Gauge("dialplane_loop_lag_seconds", "How late the event loop last came round.", registry=registry)
        self.started = Gauge("dialplane_start_seconds", "When the process started, since 1970.", registry=registry)
        self.started.set(time.time())
        Gauge("dialplane_build", "Always 1; the version is the label.", ("version",), registry=registry).labels(
            version
        ).set(1)

    def count(self, *, method: str, route: str, status: int, seconds: float | None) -> None:
        """Count one response. `route`: the template of its path, or NO_ROUTE. `seconds`: None if it has no latency."""
        key = (method if method in METHODS else "other", route, status)
        bound = self._bound.get(key)
        if bound is None:
            bound = self._bound[key] = self.requests.labels(*key), self.latency.labels(*key[:2])
        requests, latency = bound
        requests.inc()
        if seconds is not None:
            latency.observe(seconds)

    def text(self) -> bytes:
        """All metrics in Prometheus' text format, as they are now or were a moment ago."""
        if (now := time.monotonic()) >= self._text_until:
            self._text, self._text_until = generate_latest(self.registry), now + KEPT_S
        return self._text

    async def measure_loop_lag(self) -> None:
        """How late this call is, to be made every LAG_EVERY_S."""
        now = time.monotonic()
        if self._lag_measured is not None:
            self.lag.set(max(0.0, now - self._lag_measured - LAG_EVERY_S))
        self._lag_measured = now
