"""Statistics of a process that is killed between any two statements: a count over the records, then and afterwards."""

import asyncio
import random
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

from dialplane.control import events, rollups, stats
from dialplane.control.stats import EDGES, GROUPINGS, Stats, Window
from tests.control.counting import Recorded
from tests.control.making import ADMIN, EDGE_ACTOR
from tests.control.seen import failed_over_call, uuid_of
from tests.databases import open_database
from tests.faults.counts import FULL, may_take_long, times
from tests.faults.dying import run_and_die

CALLS = 12
ALWAYS = Window(since=0, until=1_000 * 86_400_000_000)
POINTS = times(4, 10_000)
"""Statements before which a process is killed, each in a run of its own; all of them in `make faults`."""

Batch = list[dict[str, Any]]


def batches(seed: int) -> list[Batch]:
    """What an edge reports of some calls, in disorder and half of it twice."""
    order = random.Random(seed)
    told = [part | {"at": part["at"] + n * 40_000_000} for n in range(CALLS) for part in failed_over_call(uuid_of(n))]
    told += order.sample(told, len(told) // 2)
    order.shuffle(told)
    cuts = [0, len(told) // 3, 2 * len(told) // 3, len(told)]
    return [told[begin:end] for begin, end in pairwise(cuts)]


async def take(url: str, told: Sequence[Batch]) -> None:
    """Store the batches, and add up after each but the first."""
    db = open_database(url)
    try:
        for n, batch in enumerate(told):
            assert not (await events.ingest(db, EDGE_ACTOR, edge="edge-1", events=batch)).refused
            if n:
                await rollups.fold(db)
                await rollups.make_longer(db)
    finally:
        await db.close()


async def check(url: str) -> None:
    db, recorded = open_database(url), Recorded(url)
    try:
        async with db.read() as unit:
            for by in GROUPINGS:
                found = sorted(await stats.list_(unit, ADMIN, by, ALWAYS, limit=1_000), key=lambda one: one.key)
                counted = [one for one in found if one != Stats(key=one.key, channels=one.channels)]
                assert [_without_channels(one) for one in counted] == recorded.count(by, ALWAYS), by
    finally:
        await db.close()


def _without_channels(one: Stats) -> Stats:
    values = {name: getattr(one, name) for name in Stats.__slots__}
    return Stats(**{**values, "channels": 0})


@may_take_long
def test_a_process_killed_before_any_statement_leaves_sums_that_are_a_count_over_the_records(
    fresh_database: Callable[[str | None], str],
) -> None:
    told = batches(1)
    if FULL:
        chosen: Sequence[int] = range(1, POINTS)
    else:
        chosen = sorted(random.sample(range(1, 60), POINTS))
    killed = 0
    for before in chosen:
        url = fresh_database("prepared")
        was_killed = run_and_die(lambda: take(url, told), before=before)
        killed += was_killed
        asyncio.run(check(url))
        asyncio.run(take(url, told))
        asyncio.run(check(url))
        assert asyncio.run(calls_of(url)) == CALLS
        if not was_killed:
            break
    print(f"\nKilled before {killed} different statements: statistics were a count over the records each time")
    assert killed


async def calls_of(url: str) -> int:
    db = open_database(url)
    try:
        async with db.read() as unit:
            (edge,) = await stats.list_(unit, ADMIN, EDGES, ALWAYS)
    finally:
        await db.close()
    return edge.seized
