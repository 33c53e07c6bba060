"""The way of events to the operator's own engine, as Prometheus metrics."""

from prometheus_client import CollectorRegistry, Counter, Gauge

from dialplane.control.outbox import Waiting

_US = 1_000_000


class SinkGauges:
    """Filled by the job that sends (jobs/event_sink.py). Every node shows what waits, and counts what it has done."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.events = Counter(
            "dialplane_sink_events",
            "Events that were sent on, refused for their size, or dropped since too many waited.", ("outcome",),
            registry=registry,
        )  # fmt: skip
        self.waiting_events = Gauge("dialplane_sink_waiting_events", "Events that wait to be sent.", registry=registry)
        self.waiting_bytes = Gauge("dialplane_sink_waiting_bytes", "What these take, compressed.", registry=registry)
        self.lag = Gauge("dialplane_sink_lag_seconds", "For how long the first of these has waited.", registry=registry)

    def count(self, outcome: str, events: int) -> None:
        """So many events were `sent`, `refused` or `dropped`."""
        self.events.labels(outcome).inc(events)

    def show(self, waiting: Waiting, *, now: int) -> None:
        """What waits now."""
        self.waiting_events.set(waiting.events)
        self.waiting_bytes.set(waiting.bytes)
        self.lag.set(0 if waiting.since is None else max(0, now - waiting.since) / _US)
