"""Retention: what was kept for as long as the operator wants is deleted, in steps that no writer notices.

A step is one short transaction. Its number of rows follows from how long the last one took; between steps others have
the writer's lock, and those who wait for it go first.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Protocol

from dialplane.control.units import JOBS, Database, Size, Writing
from dialplane.domain.errors import Unavailable
from dialplane.domain.instants import DAY_US
from dialplane.domain.rollups import STEPS_S
from dialplane.store.queries import retention as queries

STEP_S = 0.03
"""How long a step should take."""

FEWEST, MOST = 10, 5_000
"""Rows of a step."""

BYTES_AT_ONCE = 2_000_000
"""Bytes that a step gives back to the disk."""

LARGEST_SHARE = 0.2
"""Share of the time that steps may take."""

PAUSE_S = 0.02
"""Pause after a step at least, and between two looks whether others wait."""

MOST_LOOKS = 100
"""After so many looks, two seconds, a step is carried out though others wait: it must not fall behind for ever."""

ERASED_DAYS = 90
"""Days for which an edge may be cut off without bringing back the calls that were erased meanwhile."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Periods:
    """Days for which records are kept; 0 for ever. Attempts are kept no longer than their calls."""

    calls: int
    attempts: int
    revisions: int
    deleted: int
    edges: int
    minute_sums: int = 0
    hour_sums: int = 0
    day_sums: int = 0

    def before(self, name: str, *, now: int) -> int:
        """The instant before which records of this name are kept no longer; 0 if for ever."""
        days: int = getattr(self, name)
        return now - days * DAY_US if days else 0

    def sums_before(self, step_s: int, *, now: int) -> int:
        """The same of sums of a length, one of STEPS_S: they are kept as long as shorter ones, at least."""
        return min(self.before(name, now=now) for length_s, name in _SUMS if length_s <= step_s)


_SUMS = tuple(zip(STEPS_S, ("minute_sums", "hour_sums", "day_sums"), strict=True))


@dataclass(frozen=True, slots=True)
class Stock:
    """What is kept: the database's size, and the instant of the oldest record by name (None if there is none)."""

    size: Size
    oldest: Mapping[str, int | None]


class _Delete(Protocol):
    async def __call__(self, unit: Writing, *, before: int, limit: int) -> int: ...


Report = Callable[[str, int], None]
"""Gets the name of what was deleted, and how many."""


async def keep(db: Database, periods: Periods, *, now: int, within_s: float, report: Report) -> bool:
    """Deletes what is older than it is kept; whether all of it was deleted within about so many seconds.

    Raises Unavailable.
    """
    deadline = time.monotonic() + within_s
    await make_partitions(db, now=now)
    for name, step in _steps(db, periods, now=now):
        portion = Portion()
        while True:
            if time.monotonic() > deadline:
                return False
            began = time.monotonic()
            count = await step(portion.rows)
            took_s = time.monotonic() - began
            if count == 0:
                break
            report(name, count)
            portion.took(took_s)
            await _let_others_go_first(db, took_s)
    return True


async def stock(db: Database) -> Stock:
    """What is kept now. Raises Unavailable."""
    async with db.read(JOBS) as unit:
        return Stock(await unit.run(db.backend.size), await queries.oldest(unit))


class Portion:
    """The rows of the next step: as many as should take STEP_S, after the last step's time."""

    def __init__(self) -> None:
        self.rows = 100

    def took(self, seconds: float) -> None:
        """The last step took so long."""
        factor = min(2.0, max(0.25, STEP_S / max(seconds, 0.000_001)))
        self.rows = min(MOST, max(FEWEST, int(self.rows * factor)))


def _steps(db: Database, periods: Periods, *, now: int) -> list[tuple[str, Callable[[int], Awaitable[int]]]]:
    """Name and step of each rule, in order; a step gets the number of rows, and returns how many it deleted."""
    calls = periods.before("calls", now=now)
    attempts = max(calls, periods.before("attempts", now=now))
    outlasting = db.backend.rows_outlast_us
    rules: list[tuple[str, _Delete, int]] = [
        ("attempts", queries.attempts, attempts - outlasting if attempts > calls else 0),
        ("calls", queries.calls, calls - outlasting),
        ("revisions", queries.revision_contents, periods.before("revisions", now=now)),
        ("deleted", queries.deleted_objects, periods.before("deleted", now=now)),
        ("edges", queries.silent_edges, periods.before("edges", now=now)),
        ("erased", queries.erased_calls, now - ERASED_DAYS * DAY_US),
    ]
    return [
        ("partitions", partial(_drop_partition, db, calls, attempts)),
        *((name, partial(_delete, db, delete, before)) for name, delete, before in rules if before > 0),
        ("bytes", partial(_give_space_back, db)),
    ]


async def make_partitions(db: Database, *, now: int) -> None:
    """Makes what calls of the coming days need, or leaves it to the next round, if others read the tables all the time.

    Raises Unavailable.
    """
    try:
        async with db.write() as unit:
            await unit.run(partial(db.backend.make_partitions, now=now))
    except Unavailable as error:
        if error.code != "busy":
            raise


async def _drop_partition(db: Database, calls_before: int, attempts_before: int, _rows: int) -> int:
    """As `make_partitions`."""
    try:
        async with db.write() as unit:
            drop = partial(db.backend.drop_oldest_partition, calls_before=calls_before, attempts_before=attempts_before)
            return int(await unit.run(drop))
    except Unavailable as error:
        if error.code != "busy":
            raise
        return 0


async def _delete(db: Database, delete: _Delete, before: int, rows: int) -> int:
    async with db.write() as unit:
        return await delete(unit, before=before, limit=rows)


async def _give_space_back(db: Database, _rows: int) -> int:
    async with db.write() as unit:
        return await unit.run(partial(db.backend.give_space_back, bytes=BYTES_AT_ONCE))


async def _let_others_go_first(db: Database, took_s: float) -> None:
    await asyncio.sleep(max(PAUSE_S, took_s / LARGEST_SHARE - took_s))
    for _ in range(MOST_LOOKS):
        if not db.is_writer_waited_for:
            break
        await asyncio.sleep(PAUSE_S)
