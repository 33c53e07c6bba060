"""A clock that is years ahead for a moment makes no record old: all that it would have deleted is still there."""

from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry
from sqlalchemy import func, select

from dialplane.api.metrics.storage import StorageGauges
from dialplane.control import events
from dialplane.control import rollups as sums
from dialplane.control.retention import Periods
from dialplane.control.units import Database
from dialplane.jobs import rollups
from dialplane.jobs.retention import retention_job
from dialplane.jobs.rollups import rollups_job
from dialplane.store import tables
from tests.control.making import EDGE_ACTOR
from tests.control.seen import failed_over_call
from tests.control.test_clocks import DAY, Hours

pytestmark = pytest.mark.anyio

A_MONTH = Periods(calls=30, attempts=30, revisions=30, deleted=30, edges=30, minute_sums=30, hour_sums=30, day_sums=30)


async def kept(db: Database) -> list[bool]:
    """Whether there are calls, attempts and sums."""
    async with db.read() as unit:
        counts = [select(func.count()).select_from(table) for table in (tables.calls, tables.attempts, tables.rollups)]
        return [(await unit.fetch(count))[0][0] > 0 for count in counts]


async def test_nothing_is_deleted_by_a_clock_before_it_was_right_for_an_hour(
    db: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rollups, "OTHERS_EACH", 1)
    hours, right = Hours(db), db.now()
    story = [part | {"at": right - DAY + part["at"]} for part in failed_over_call()]
    await events.ingest(db, EDGE_ACTOR, edge="edge-1", events=story)
    await sums.fold(db)
    await sums.make_longer(db)
    jobs = [
        retention_job(db, StorageGauges(CollectorRegistry()), periods=A_MONTH, folder=tmp_path),
        rollups_job(db, A_MONTH),
    ]
    for ahead, is_kept in ((0, True), (400, True), (0, True), (400, True), (None, False)):
        if ahead is None:
            hours.pass_by(1.1)
        else:
            hours.set_to(right + ahead * DAY)
        for job in jobs:
            await job.run_round()
        assert await kept(db) == [is_kept] * 3, ahead
