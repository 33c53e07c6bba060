"""What is stored, as Prometheus metrics: the size of the database, its oldest records, what retention has deleted."""

from prometheus_client import CollectorRegistry, Counter, Gauge

from dialplane.control.retention import Stock

_US = 1_000_000


class StorageGauges:
    """Filled by the job that deletes (jobs/retention.py)."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.size = Gauge("dialplane_database_bytes", "Size of the database on its disk.", registry=registry)
        self.free = Gauge(
            "dialplane_database_free_bytes", "Of these, those that nothing uses (SQLite).", registry=registry
        )
        self.disk_free = Gauge(
            "dialplane_disk_free_bytes", "Free space of the disk that the data folder is on.", registry=registry
        )
        self.oldest = Gauge(
            "dialplane_oldest_record_seconds", "When the oldest record of its kind was made, since 1970.", ("kind",),
            registry=registry,
        )  # fmt: skip
        self.deletions = Counter(
            "dialplane_retention_deleted", "Rows (or partitions, bytes) that retention has deleted.", ("kind",),
            registry=registry,
        )  # fmt: skip

    def deleted(self, name: str, count: int) -> None:
        """So many were deleted."""
        self.deletions.labels(name).inc(count)

    def show(self, stock: Stock, *, disk_free: int) -> None:
        """What is there now."""
        self.size.set(stock.size.bytes)
        if stock.size.free is not None:
            self.free.set(stock.size.free)
        self.disk_free.set(disk_free)
        self.oldest.clear()
        for kind, instant in stock.oldest.items():
            if instant is not None:
                self.oldest.labels(kind).set(instant / _US)
