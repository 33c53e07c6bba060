"""Replicas of the bench's route tables: each size is built once a run, since a million routes take a while."""

import atexit
import shutil
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from bench.table import RouteTable, table_of
from dialplane.domain.records import record_of
from dialplane.replica.writer import ReplicaWriter

EPOCH = "bench"


@dataclass(frozen=True, slots=True)
class BuiltReplica:
    """`seconds` is what the writer took; the time in which the bench itself makes up routes is not in it."""

    table: RouteTable
    folder: Path
    seconds: float

    @property
    def megabytes(self) -> float:
        """What it takes on disk."""
        return (self.folder / "current" / "data.mdb").stat().st_size / 1e6

    def lead_to(self, hostnames: Sequence[str]) -> None:
        """Give the providers other hostnames: of those tried first, second and so on."""
        writer = ReplicaWriter(self.folder)
        providers = (("provider", record_of(provider)) for provider in self.table.providers(hostnames))
        writer.apply(providers, revision=writer.revision + 1, epoch=EPOCH)
        writer.close()


@lru_cache(maxsize=1)
def _folder() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="dialplane-bench-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


@lru_cache
def replica_of(size: int) -> BuiltReplica:
    """The replica of a table of `size` routes; gone when this process ends."""
    table, folder = table_of(size), _folder() / f"replica-{size}"
    records = _Watched(table.records())
    writer = ReplicaWriter(folder)
    began = time.perf_counter()
    writer.replace(records, revision=1, epoch=EPOCH)
    seconds = time.perf_counter() - began - records.seconds
    writer.close()
    return BuiltReplica(table, folder, seconds)


class _Watched:
    """Counts the time in which records are made up."""

    def __init__(self, records: Iterable[tuple[str, dict[str, Any]]]) -> None:
        self._records = iter(records)
        self.seconds = 0.0

    def __iter__(self) -> Iterator[tuple[str, dict[str, Any]]]:
        return self

    def __next__(self) -> tuple[str, dict[str, Any]]:
        began = time.perf_counter()
        try:
            return next(self._records)
        finally:
            self.seconds += time.perf_counter() - began
