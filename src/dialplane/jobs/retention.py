"""Deletes what is older than the operator wants to keep it, and shows what is there (decision 23)."""

import asyncio
import shutil
from functools import partial
from pathlib import Path
from typing import Protocol

from dialplane.control import retention
from dialplane.control.retention import Periods, Stock
from dialplane.control.units import Database
from dialplane.jobs.supervisor import Job

EVERY_S = 60.0
ROUND_S = 60.0
"""Longest round: what is left over is for the next ones."""


class StorageMetrics(Protocol):
    """Shows what is stored."""

    def deleted(self, name: str, count: int) -> None: ...

    def show(self, stock: Stock, *, disk_free: int) -> None: ...


def retention_job(db: Database, metrics: StorageMetrics, *, periods: Periods, folder: Path) -> Job:
    """`folder` is the data folder, whose disk's free space is shown.

    Nothing is deleted by a clock that somebody has set within the hour: it may be years ahead, and may soon be right.
    """

    async def run_round() -> None:
        now = db.now()
        if db.clock_watch.is_believed(now):
            await retention.keep(db, periods, now=now, within_s=ROUND_S, report=metrics.deleted)
        else:
            await retention.make_partitions(db, now=now)
        disk = await asyncio.to_thread(partial(shutil.disk_usage, folder))
        metrics.show(await retention.stock(db), disk_free=disk.free)

    return Job(name="retention", every_s=EVERY_S, run_round=run_round)
