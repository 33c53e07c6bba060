"""The feed that edges follow, as Prometheus metrics."""

from prometheus_client import CollectorRegistry, Counter, Gauge


class FeedGauges:
    """Filled by the feed's endpoint; `followers` by its slots."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.followers = Gauge("dialplane_feed_followers", "Long polls of the feed being held.", registry=registry)
        self.lag = Gauge(
            "dialplane_feed_lag_revisions",
            "Revisions the slowest follower was behind at its last poll.",
            registry=registry,
        )
        self.bytes = Counter("dialplane_feed_bytes", "Bytes sent to followers of the feed.", registry=registry)
