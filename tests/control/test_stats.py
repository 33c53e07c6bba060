"""Statistics are what a naive count over the same records gives, on both databases, whatever the records are."""

import asyncio
import json
import random
import threading
import uuid
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import create_engine, text

from dialplane.control import events, lost_calls, rollups, stats
from dialplane.control.permissions import PermissionDenied
from dialplane.control.retention import Periods
from dialplane.control.stats import (
    CUSTOMERS,
    EDGES,
    GROUPINGS,
    PROVIDERS,
    ROUTES,
    STATUSES,
    TARGETS,
    TRUNKS,
    Stats,
    SumsNotKept,
    Window,
    widened,
)
from dialplane.control.units import JOBS, Database
from dialplane.domain.statistics import Figures
from dialplane.store.address import parse_address
from dialplane.store.backend_sqlite import Sqlite
from dialplane.store.queries import channels
from dialplane.store.queries import rollups as queries
from tests.control.counting import Recorded, percentile
from tests.control.making import ADMIN, EDGE_ACTOR, actor, admin_of, make_customer, make_provider, make_route
from tests.control.plans import postgresql_plans, sqlite_plans, statements
from tests.control.seen import event, failed_over_call, uuid_of
from tests.databases import open_database
from tests.faults.counts import times

pytestmark = pytest.mark.anyio

MINUTE, HOUR, DAY = 60_000_000, 3_600_000_000, 86_400_000_000
KEPT = Periods(calls=90, attempts=90, revisions=0, deleted=0, edges=0, minute_sums=8, hour_sums=100, day_sums=1_100)
ALWAYS = Window(since=0, until=30_000 * DAY)
TODAY = 20_000 * DAY
SOME_PROVIDERS = [uuid_of(n) for n in (1_001, 1_002)]
SOME_CUSTOMERS = [uuid_of(n) for n in (2_001, 2_002)]
SOME_TRUNKS = [uuid_of(n) for n in (3_001, 3_002)]
SOME_EDGES = ["edge-1", "edge-2"]
MOMENTS = [TODAY + offset for offset in (-DAY, -HOUR, -MINUTE, 0, 59 * MINUTE, 23 * HOUR, 3 * DAY)]
"""Begins of minutes, hours and days, and others."""


@dataclass(eq=False)
class Try:
    """An attempt as it happened, times in us after the call's start: answered, or ended with a verdict, or neither.

    Two that happened alike are two.
    """

    provider: str
    route: str
    placed: int
    skipped: bool = False
    ringing: int | None = None
    answered: int | None = None
    ended: int | None = None
    late: int | None = None
    verdict: str = "carrier_error"
    action: str = "next"


@dataclass
class Story:
    """A call as it happened."""

    customer: str | None
    start: int
    tries: list[Try] = field(default_factory=list)
    ended: int | None = None
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    trunk: str | None = None
    edge: str = "edge-1"

    @property
    def ringing(self) -> int | None:
        return min((one.ringing for one in self.tries if one.ringing is not None), default=None)

    @property
    def answered(self) -> int | None:
        return min((one.answered for one in self.tries if one.answered is not None), default=None)

    @property
    def duration_ms(self) -> int | None:
        if self.answered is None or self.ended is None:
            return None
        return max(0, self.ended - self.answered) // 1_000

    def told(self) -> list[dict[str, Any]]:
        """What an edge reports of it."""
        whose: dict[str, Any] = {"customer_id": self.customer, "trunk_id": self.trunk}
        told = [event("call_started", self.start, call=self.id, number="+8210", **whose)]
        for n, one in enumerate(self.tries, 1):
            told += self._told(n, one)
        if self.ended is not None:
            told.append(event("call_ended", self.start + self.ended, call=self.id, status=200))
        return [part | {"edge": self.edge} for part in told]

    def _told(self, n: int, one: Try) -> list[dict[str, Any]]:
        def at(kind: str, instant: int | None, **fields: Any) -> list[dict[str, Any]]:
            return [] if instant is None else [event(kind, self.start + instant, call=self.id, n=n, **fields)]

        kind = "attempt_skipped" if one.skipped else "attempt_sent"
        return [
            *at(kind, one.placed, provider_id=one.provider, route_id=one.route, why=[]),
            *at("attempt_ringing", one.ringing),
            *at("attempt_answered", one.answered),
            *at("attempt_ended", one.ended, verdict=one.verdict, action=one.action),
            *at("late_answer", one.late),
        ]


instants = st.integers(0, 3_000_000) | st.integers(0, 70_000_000)
maybe = st.none() | instants


@st.composite
def tries(draw: st.DrawFn, routes: Sequence[str]) -> Try:
    made = Try(
        provider=draw(st.sampled_from(SOME_PROVIDERS)), route=draw(st.sampled_from(routes)), placed=draw(instants)
    )
    if draw(st.integers(0, 5)) == 0:
        made.skipped = True
        return made
    made.ringing = draw(maybe)
    outcome = draw(st.sampled_from(["answered", "ended", "ended", "going on"]))
    if outcome == "answered":
        made.answered = draw(instants)
    elif outcome == "ended":
        made.ended = draw(instants)
        made.verdict = draw(st.sampled_from(["busy", "no_answer", "carrier_error", "timeout", "cancelled", "rejected"]))
        made.action = draw(st.sampled_from(["next", "stop"]))
        made.late = draw(st.none() | st.none() | instants)
    return made


@st.composite
def stories(draw: st.DrawFn, routes: Sequence[str]) -> Story:
    return Story(
        customer=draw(st.none() | st.sampled_from(SOME_CUSTOMERS)),
        start=draw(st.sampled_from(MOMENTS)) + draw(st.integers(0, 3 * MINUTE)),
        tries=draw(st.lists(tries(routes), max_size=4)),
        ended=draw(st.none() | st.integers(0, 90_000_000)),
        trunk=draw(st.none() | st.sampled_from(SOME_TRUNKS)),
        edge=draw(st.sampled_from(SOME_EDGES)),
    )


def is_effective(one: Try) -> bool:
    return one.answered is not None or (
        one.late is None and one.ended is not None and one.verdict in ("busy", "no_answer")
    )


def delay_ms(begin: int, ringing: int | None, answered: int | None) -> list[int]:
    sign = answered if ringing is None else ringing
    return [] if sign is None else [max(0, sign - begin) // 1_000]


def is_saving(story: Story, one: Try) -> bool:
    before = story.tries[: story.tries.index(one)]
    return one.answered is not None and any(not other.skipped for other in before)


def status_of(one: Try) -> str:
    if one.answered is not None:
        return "200"
    return "none" if one.ended is not None else ""


def naive_of_attempts(
    made: Sequence[Story], key_of: Callable[[Try], str], window: Window, *, has_channels: bool = True
) -> list[Stats]:
    groups: dict[str, list[tuple[Story, Try]]] = {}
    going_on: dict[str, int] = {}
    for story in made:
        for one in story.tries:
            if window.customer_id not in (None, story.customer) or window.provider_id not in (None, one.provider):
                continue
            if not key_of(one):
                continue
            if window.since <= story.start + one.placed < window.until:
                groups.setdefault(key_of(one), []).append((story, one))
            if has_channels and story.ended is None and not one.skipped and one.ended is None:
                going_on[key_of(one)] = going_on.get(key_of(one), 0) + 1
    found = []
    for key in groups.keys() | going_on.keys():
        both = groups.get(key, [])
        sent = [one for _, one in both if not one.skipped]
        durations = [story.duration_ms for story, one in both if one.answered is not None]
        delays = [ms for one in sent for ms in delay_ms(one.placed, one.ringing, one.answered)]
        found.append(
            Stats(
                key=key,
                seized=len(sent),
                skipped=len(both) - len(sent),
                answered=sum(one.answered is not None for one in sent),
                effective=sum(map(is_effective, sent)),
                moved_on=sum(one.ended is not None and one.action == "next" for one in sent),
                saved=sum(is_saving(story, one) for story, one in both),
                late_answers=sum(one.late is not None for one in sent),
                ended=sum(ms is not None for ms in durations),
                duration_ms=sum(ms for ms in durations if ms is not None),
                pdd_p50_ms=percentile(delays, 50),
                pdd_p95_ms=percentile(delays, 95),
                channels=going_on.get(key, 0),
            )
        )
    return found


def naive_of_calls(made: Sequence[Story], key_of: Callable[[Story], str | None], window: Window) -> list[Stats]:
    wanted = [
        story
        for story in made
        if key_of(story) is not None
        and window.customer_id in (None, story.customer)
        and (window.provider_id is None or any(one.provider == window.provider_id for one in story.tries))
    ]
    found = []
    for key in {key for story in wanted if (key := key_of(story))}:
        mine = [story for story in wanted if key_of(story) == key]
        counted = [story for story in mine if window.since <= story.start < window.until]
        channels = sum(story.ended is None for story in mine)
        if not counted and not channels:
            continue
        sent = [[one for one in story.tries if not one.skipped] for story in counted]
        durations = [story.duration_ms for story in counted]
        delays = [ms for story in counted for ms in delay_ms(0, story.ringing, story.answered)]
        found.append(
            Stats(
                key=key,
                seized=len(counted),
                skipped=sum(one.skipped for story in counted for one in story.tries),
                answered=sum(story.answered is not None for story in counted),
                effective=sum(any(map(is_effective, mine)) for mine in sent),
                moved_on=sum(len(mine) > 1 for mine in sent),
                saved=sum(any(is_saving(story, one) for one in story.tries) for story in counted),
                refused=sum(story.ended is not None and all(one.skipped for one in story.tries) for story in counted),
                late_answers=sum(one.late is not None for mine in sent for one in mine),
                attempts=sum(map(len, sent)),
                ended=sum(ms is not None for ms in durations),
                duration_ms=sum(ms for ms in durations if ms is not None),
                pdd_p50_ms=percentile(delays, 50),
                pdd_p95_ms=percentile(delays, 95),
                channels=channels,
            )
        )
    return found


async def tell(db: Database, made: Iterable[Story]) -> None:
    await report(db, [part for story in made for part in story.told()])


async def report(db: Database, batch: Sequence[dict[str, Any]]) -> None:
    assert (await events.ingest(db, EDGE_ACTOR, edge="edge-1", events=batch)).refused == ()


async def found_in(db: Database, by: str, window: Window, *, limit: int = 100) -> list[Stats]:
    async with db.read(JOBS) as unit:  # however busy the machine is
        return await stats.list_(unit, ADMIN, by, window, limit=limit)


@pytest.fixture
def route_targets(database_url: str) -> dict[str, str]:
    """Route id -> target, of three routes with two targets."""

    async def make() -> dict[str, str]:
        db = open_database(database_url)
        provider = await make_provider(db)
        made = [await make_route(db, provider, target=target) for target in ("all", "+82", "+82")]
        await db.close()
        return {route.id: route.target for route in made}

    return asyncio.run(make())


def forget_calls(url: str) -> None:
    engine = create_engine(parse_address(url))
    with engine.begin() as connection:
        for name in ("attempts", "calls", "rollups", "rollup_changes"):
            connection.execute(text(f"DELETE FROM {name}"))
    engine.dispose()


@st.composite
def windows(draw: st.DrawFn) -> Window:
    since = draw(st.sampled_from(MOMENTS)) + draw(st.integers(-2, 2)) * MINUTE
    length = draw(st.sampled_from([MINUTE, 2 * MINUTE, HOUR, 25 * HOUR, 5 * DAY]))
    window = Window(
        since=since,
        until=since + length,
        customer_id=draw(st.none() | st.none() | st.sampled_from(SOME_CUSTOMERS)),
        provider_id=draw(st.none() | st.none() | st.sampled_from(SOME_PROVIDERS)),
    )
    return widened(window)


@given(data=st.data())
@settings(max_examples=times(12, 200), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_figure_is_that_of_a_naive_count(
    data: st.DataObject, route_targets: dict[str, str], database_url: str
) -> None:
    made = data.draw(st.lists(stories(list(route_targets)), max_size=8))
    window = data.draw(windows())
    expected = {
        PROVIDERS: naive_of_attempts(made, lambda one: one.provider, window),
        ROUTES: naive_of_attempts(made, lambda one: one.route, window),
        TARGETS: naive_of_attempts(made, lambda one: route_targets[one.route], window),
        STATUSES: naive_of_attempts(made, status_of, window, has_channels=False),
        CUSTOMERS: naive_of_calls(made, lambda story: story.customer, window),
        TRUNKS: naive_of_calls(made, lambda story: story.trunk, window),
        EDGES: naive_of_calls(made, lambda story: story.edge, window),
    }
    one_edge = replace(window, edge=data.draw(st.sampled_from([story.edge for story in made] or ["edge-1"])))
    is_folded, is_made = data.draw(st.booleans()), data.draw(st.booleans())

    async def counted() -> dict[str, list[Stats]]:
        db = open_database(database_url)
        await tell(db, made)
        if is_folded:
            await rollups.fold(db)
        if is_made:
            await rollups.make_longer(db)
        found = {by: await found_in(db, by, window) for by in GROUPINGS} | {
            "one edge": await found_in(db, EDGES, one_edge)
        }
        await db.close()
        return found

    forget_calls(database_url)
    found = asyncio.run(counted())
    assert found["one edge"] == [one for one in found[EDGES] if one.key == one_edge.edge]
    for by in having_providers(window):
        assert sorted(found[by], key=lambda one: one.key) == sorted(expected[by], key=lambda one: one.key), by
        assert [one.seized for one in found[by]] == sorted((one.seized for one in found[by]), reverse=True)


@given(data=st.data(), order=st.randoms(use_true_random=False))
@settings(max_examples=times(7, 100), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_statistics_are_a_count_over_the_records_after_any_batches_with_repeats_and_disorder(
    data: st.DataObject, order: random.Random, route_targets: dict[str, str], database_url: str
) -> None:
    made = data.draw(st.lists(stories(list(route_targets)), min_size=1, max_size=5))
    whole = [part for story in made for part in story.told()]
    parts = whole + order.sample(whole, len(whole) // 2)
    order.shuffle(parts)
    cuts = sorted({0, len(parts), *data.draw(st.lists(st.integers(0, len(parts)), max_size=4))})
    batches = [
        (parts[begin:end], data.draw(st.booleans()), data.draw(st.booleans()), data.draw(windows()))
        for begin, end in pairwise(cuts)
    ]
    forget_calls(database_url)

    async def go_through() -> None:
        for batch, is_folded, is_made, window in batches:
            db = open_database(database_url)
            try:
                await report(db, batch)
                if is_folded:
                    await rollups.fold(db)
                if is_made:
                    await rollups.make_longer(db)
                await check_against_records(db, database_url, window)
            finally:
                await db.close()

    asyncio.run(go_through())


@given(data=st.data(), order=st.randoms(use_true_random=False))
@settings(max_examples=times(4, 50), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_nodes_that_keep_the_calls_that_go_on_in_memory_see_what_others_have_stored_of_them(
    data: st.DataObject, order: random.Random, route_targets: dict[str, str], database_url: str
) -> None:
    made = data.draw(st.lists(stories(list(route_targets)), min_size=1, max_size=4))
    whole = [part for story in made for part in story.told()]
    parts = whole + order.sample(whole, len(whole) // 2)
    order.shuffle(parts)
    cuts = sorted({0, len(parts), *data.draw(st.lists(st.integers(0, len(parts)), min_size=3, max_size=6))})
    nodes = data.draw(st.lists(st.integers(0, 1), min_size=len(cuts), max_size=len(cuts)))

    def merged() -> tuple[list[dict[str, Any]], Any]:
        recorded, stored = Recorded(database_url), ("tm_create", "tm_update")
        calls = [{name: row[name] for name in row if name not in stored} for row in recorded.calls]
        return sorted(calls, key=lambda row: str(row["id"])), recorded.attempts

    async def go_through() -> None:
        dbs = [open_database(database_url) for _ in range(2)]
        try:
            for (begin, end), node in zip(pairwise(cuts), nodes, strict=False):
                await report(dbs[node], parts[begin:end])
            await check_against_records(dbs[0], database_url, ALWAYS)
            in_parts = merged()
            forget_calls(database_url)
            await report(dbs[1], whole)
            assert merged() == in_parts
        finally:
            for db in dbs:
                await db.close()

    forget_calls(database_url)
    asyncio.run(go_through())


def having_providers(window: Window) -> list[str]:
    """Groupings that may be narrowed as the window is."""
    return [by for by in GROUPINGS if window.provider_id is None or by not in (TRUNKS, EDGES)]


@given(data=st.data(), order=st.randoms(use_true_random=False))
@settings(max_examples=times(4, 50), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_sums_of_days_that_a_node_keeps_in_memory_are_those_that_are_stored(
    data: st.DataObject, order: random.Random, route_targets: dict[str, str], database_url: str
) -> None:
    made = data.draw(st.lists(stories(list(route_targets)), min_size=2, max_size=5))
    parts = [part for story in made for part in story.told()]
    order.shuffle(parts)
    cuts = sorted({0, len(parts), *data.draw(st.lists(st.integers(0, len(parts)), min_size=2, max_size=4))})
    nodes = data.draw(st.lists(st.integers(0, 1), min_size=len(cuts), max_size=len(cuts)))

    async def go_through() -> None:
        dbs = [open_database(database_url) for _ in range(2)]
        try:
            for (begin, end), node in zip(pairwise(cuts), nodes, strict=False):
                await report(dbs[node], parts[begin:end])
                await rollups.fold(dbs[node])
                await rollups.make_longer(dbs[node])
                for db in dbs:
                    await check_against_records(db, database_url, ALWAYS)
        finally:
            for db in dbs:
                await db.close()

    forget_calls(database_url)
    asyncio.run(go_through())


async def check_against_records(db: Database, url: str, window: Window) -> None:
    recorded = Recorded(url)
    for by in having_providers(window):
        found = [replace(one, channels=0) for one in await found_in(db, by, window, limit=1_000)]
        assert sorted((one for one in found if one != Stats(key=one.key)), key=lambda one: one.key) == [
            one for one in recorded.count(by, window) if one != Stats(key=one.key)
        ], by


@st.composite
def stepped(draw: st.DrawFn) -> tuple[Window, int]:
    """A window with steps, and an instant that may lie within it, after all that happens."""
    step_s = draw(st.sampled_from([60, 120, 3_600, 7_200, 86_400]))
    since = draw(st.sampled_from(MOMENTS)) - draw(st.integers(0, 5)) * step_s * 1_000_000
    until = since + draw(st.integers(1, 30)) * step_s * 1_000_000
    window = widened(Window(since=since, until=until, step_s=step_s))
    return window, TODAY + 3 * DAY + draw(st.integers(4 * MINUTE, 2 * DAY))


@given(data=st.data())
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_channels_in_use_over_time_are_those_of_a_naive_count_over_the_records(
    data: st.DataObject, route_targets: dict[str, str], database_url: str
) -> None:
    made = data.draw(st.lists(stories(list(route_targets)), max_size=8))
    window, now = data.draw(stepped())
    is_lost, is_folded, is_made = (data.draw(st.booleans()) for _ in range(3))

    async def counted() -> list[Stats]:
        db = open_database(database_url)
        await tell(db, made)
        if is_lost:
            assert all([ids async for ids in lost_calls.close(db, now=now, max_call_s=7_200)])
        if is_folded:
            await rollups.fold(db)
        if is_made:
            await rollups.make_longer(db)
        async with db.read(JOBS) as unit:
            found = await stats.list_(unit, ADMIN, PROVIDERS, window, now=now)
        await db.close()
        return found

    forget_calls(database_url)
    found = asyncio.run(counted())
    recorded, finest = Recorded(database_url), (window.finest_s or 60) * 1_000_000
    for one in found:
        assert len(one.in_use) == len(one.most_in_use) == len(window.instants)
        for begin, average, most in zip(window.instants, one.in_use, one.most_in_use, strict=True):
            end = min(begin + (window.step_s or 0) * 1_000_000, now)
            if end <= begin:
                assert (average, most) == (None, None)
                continue
            spans = [(at, min(at + finest, end)) for at in range(begin, end, finest)]
            naive = [recorded.channels(one.key, *span) for span in spans]
            assert average == pytest.approx(recorded.channels(one.key, begin, end), abs=0.01)
            assert most == pytest.approx(max(naive), abs=0.01)


async def test_a_lost_call_that_is_reported_to_have_ended_after_all_held_its_channel_until_then(db: Database) -> None:
    going_on = Story(SOME_CUSTOMERS[0], TODAY, [Try(SOME_PROVIDERS[0], uuid_of(1), 0, answered=5)])
    await tell(db, [going_on])
    window = widened(Window(since=TODAY, until=TODAY + 4 * HOUR, step_s=3_600))

    async def used() -> Sequence[float | None]:
        async with db.read() as unit:
            (found,) = await stats.list_(unit, ADMIN, PROVIDERS, window, now=TODAY + 3 * HOUR)
        return found.in_use

    assert await used() == (1, 1, 1, None)
    assert [ids async for ids in lost_calls.close(db, now=TODAY + 3 * HOUR, max_call_s=7_200)]
    assert await used() == (1, 1, 0, None)
    going_on.ended = 30 * MINUTE
    await tell(db, [going_on])
    assert await used() == (0.5, 0, 0, None)


@pytest.mark.parametrize("step_s", [60, 300, 3_600, 86_400])
async def test_the_steps_of_a_window_are_the_windows_of_their_length(db: Database, step_s: int) -> None:
    chosen = random.Random(step_s)
    made = [
        Story(
            chosen.choice(SOME_CUSTOMERS),
            TODAY + chosen.randrange(3 * step_s) * 1_000_000,
            [
                Try(chosen.choice(SOME_PROVIDERS), uuid_of(1), n, ringing=n + chosen.randrange(9_000_000))
                for n in (1, 2)
            ],
            ended=chosen.choice([None, 9_000_000]),
        )
        for _ in range(40)
    ]
    await tell(db, made[:20])
    await rollups.fold(db)
    await tell(db, made[20:])
    window = Window(since=TODAY, until=TODAY + 3 * step_s * 1_000_000, step_s=step_s)
    for by in (PROVIDERS, CUSTOMERS):
        found = {one.key: one for one in await found_in(db, by, window)}
        for n, instant in enumerate(window.instants):
            step = Window(since=instant, until=instant + step_s * 1_000_000)
            alone = {one.key: one for one in await found_in(db, by, step)}
            for key, one in found.items():
                assert one.steps[n] == replace(alone.get(key, Stats(key=key)), channels=0)
    async with db.read() as unit:
        whole = await stats.overview(unit, ADMIN, window)
    assert whole.calls.seized == sum(step.seized for step in whole.calls.steps) == 40
    assert whole.attempts.seized == sum(step.seized for step in whole.attempts.steps) == 80


@pytest.mark.parametrize(
    ("now", "length"), [(1, MINUTE), (7 * MINUTE, 7 * MINUTE), (7 * MINUTE + 1, 8 * MINUTE), (2 * HOUR, HOUR)]
)
def test_the_window_before_is_as_long_as_what_has_passed_of_it(now: int, length: int) -> None:
    window = widened(Window(since=TODAY, until=TODAY + HOUR, step_s=300, customer_id=uuid_of(1)))
    kept = Periods(calls=0, attempts=0, revisions=0, deleted=0, edges=0)
    then = stats.before(window, kept, now=TODAY + now)
    assert then == replace(window, since=TODAY - length, until=TODAY, step_s=None)


def test_there_is_no_window_before_where_its_sums_are_kept_no_longer() -> None:
    window = widened(Window(since=TODAY, until=TODAY + HOUR, step_s=300))
    kept = Periods(calls=0, attempts=0, revisions=0, deleted=0, edges=0, minute_sums=1)
    assert stats.before(window, kept, now=TODAY + DAY - HOUR) is not None
    assert stats.before(window, kept, now=TODAY + DAY - HOUR + 1) is None


@pytest.mark.parametrize("length", [MINUTE, DAY, DAY + 1, 14 * DAY, 14 * DAY + 1])
@pytest.mark.parametrize("step_s", [None, 300, 86_400])
def test_a_widened_window_is_widened_no_further(length: int, step_s: int | None) -> None:
    window = Window(since=TODAY + 7, until=TODAY + 7 + length, step_s=step_s)
    once = widened(window)
    assert once.since <= window.since < window.until <= once.until
    assert widened(once) == once


def test_longer_sums_are_kept_as_long_as_shorter_ones_and_what_is_kept_for_ever_is() -> None:
    def days(**kept: int) -> list[int]:
        periods = replace(KEPT, **{f"{length}_sums": n for length, n in kept.items()})
        return [(TODAY - periods.sums_before(step_s, now=TODAY)) // DAY for step_s in (60, 3_600, 86_400)]

    assert days() == [8, 100, 1_100]
    assert days(minute=200) == [200, 200, 1_100]
    assert days(minute=0) == [TODAY // DAY] * 3
    assert days(day=0) == [8, 100, TODAY // DAY]


@given(
    now=st.integers(TODAY, TODAY + 2 * DAY),
    length=st.sampled_from([1, 5_000_000, MINUTE, HOUR, DAY + 1, 14 * DAY + 1, 40 * DAY]),
    kept_s=st.sampled_from([60, 3_600]),
    later=st.integers(-2 * DAY, 2 * DAY) | st.integers(-2 * HOUR, 2 * HOUR) | st.integers(-MINUTE, MINUTE),
    step_s=st.none() | st.sampled_from([60, 300, 3_600, 7_200, 86_400]),
)
def test_all_sums_of_a_window_are_kept(now: int, length: int, kept_s: int, later: int, step_s: int | None) -> None:
    since = KEPT.sums_before(kept_s, now=now) + later
    try:
        window = widened(Window(since=since, until=since + length, step_s=step_s), KEPT, now=now)
    except SumsNotKept as refused:
        window = widened(Window(since=since, until=since + length, step_s=refused.kept_s), KEPT, now=now)
    assert window.finest_s
    assert window.since >= KEPT.sums_before(window.finest_s, now=now)


def of_another_version(url: str, change: Callable[[list[int]], list[int]]) -> None:
    """Has all figures that are stored as a version with fewer or more of them would have stored them."""
    engine = create_engine(parse_address(url))
    with engine.begin() as connection:
        for sums, grouped_by in connection.execute(text("SELECT sums, grouped_by FROM rollups")).all():
            changed = [[*whose, change(figures), delays] for *whose, figures, delays in json.loads(sums)]
            connection.execute(
                text("UPDATE rollups SET sums = :new WHERE sums = :old AND grouped_by = :by"),
                {"new": json.dumps(changed), "old": sums, "by": grouped_by},
            )
        for id_, contribution in connection.execute(text("SELECT id, contribution FROM rollup_changes")).all():
            stored = json.loads(contribution)
            for name in ("attempts", "calls"):
                stored[name] = [[*place, change(figures)] for *place, figures in stored[name]]
            connection.execute(
                text("UPDATE rollup_changes SET contribution = :new WHERE id = :id"),
                {"new": json.dumps(stored), "id": id_},
            )
    engine.dispose()


@pytest.mark.parametrize(
    "change", [lambda figures: figures[:-1], lambda figures: [*figures, 7]], ids=["older", "newer"]
)
async def test_sums_of_a_version_with_fewer_or_more_figures_are_read_and_added_to(
    db: Database, database_url: str, change: Callable[[list[int]], list[int]]
) -> None:
    made = [
        Story(SOME_CUSTOMERS[n % 2], TODAY + n * HOUR, [Try(SOME_PROVIDERS[n % 2], uuid_of(1), 1, ended=2)], ended=9)
        for n in range(9)
    ]
    await tell(db, made[:3])
    await rollups.fold(db)
    await rollups.make_longer(db)
    await tell(db, made[3:6])
    of_another_version(database_url, change)
    await check_against_records(db, database_url, ALWAYS)
    await tell(db, made[6:])
    await check_against_records(db, database_url, ALWAYS)
    await rollups.fold(db)
    await check_against_records(db, database_url, ALWAYS)
    engine = create_engine(parse_address(database_url))
    with engine.connect() as connection:
        stored = connection.execute(text("SELECT sums FROM rollups WHERE grouped_by = 'edges' AND step_s = 86400"))
        figures = [one[2] for row in stored for one in json.loads(row.sums)]
    engine.dispose()
    assert sum(len(one) > len(Figures._fields) for one in figures) == len(figures) * (len(change([0])) > 1)


async def test_sums_are_decoded_and_added_beside_the_event_loop(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """A large day takes longer than other requests should wait."""
    threads: dict[str, set[int]] = {}

    def noted(module: Any, name: str) -> None:
        made = getattr(module, name)

        def called(*arguments: Any, **named: Any) -> Any:
            threads.setdefault(name, set()).add(threading.get_ident())
            return made(*arguments, **named)

        monkeypatch.setattr(module, name, called)

    noted(queries, "vector_of")
    noted(queries, "minutes_of")
    noted(stats, "Total")
    story = Story(SOME_CUSTOMERS[0], TODAY, [Try(SOME_PROVIDERS[0], uuid_of(1), 1, answered=5)], ended=9)
    await tell(db, [story])
    await rollups.fold(db)
    await tell(db, [replace(story, id=str(uuid.uuid4()))])
    assert [one.seized for one in await found_in(db, PROVIDERS, ALWAYS)] == [2]
    async with db.read() as unit:
        assert (await stats.overview(unit, ADMIN, ALWAYS)).calls.seized == 2
    assert set(threads) == {"vector_of", "minutes_of", "Total"}
    assert all(threading.get_ident() not in used for used in threads.values())


async def test_hours_and_days_wait_and_whoever_reads_them_adds_what_waits(db: Database, database_url: str) -> None:
    def held() -> set[tuple[int, int]]:
        engine = create_engine(parse_address(database_url))
        with engine.connect() as connection:
            found = {(row.step_s, row.instant) for row in connection.execute(text("SELECT * FROM rollups"))}
        engine.dispose()
        return found

    def of(minute: int) -> Story:
        return Story(None, TODAY + minute * MINUTE, [Try(SOME_PROVIDERS[0], uuid_of(1), 1, ended=2)], ended=9)

    async def check() -> None:
        for window in (Window(since=TODAY, until=TODAY + HOUR), Window(since=TODAY, until=TODAY + DAY, step_s=86_400)):
            await check_against_records(db, database_url, replace(widened(window), step_s=None))

    minutes, longer = {(60, TODAY), (60, TODAY + 61 * MINUTE)}, {(3_600, TODAY), (3_600, TODAY + HOUR), (86_400, TODAY)}
    for _ in range(2):
        await tell(db, [of(0), of(61)])
        await rollups.fold(db)
        assert held() & {*minutes, (0, TODAY), (0, TODAY + HOUR)} == {*minutes, (0, TODAY), (0, TODAY + HOUR)}
        await check()
        await rollups.make_longer(db)
        assert held() == minutes | longer
        await check()


async def test_records_that_are_deleted_stay_in_the_statistics(db: Database, database_url: str) -> None:
    made = [Story(SOME_CUSTOMERS[0], TODAY, [Try(SOME_PROVIDERS[0], uuid_of(1), 1, ended=2)], ended=9)]
    await tell(db, made)
    before = await found_in(db, PROVIDERS, ALWAYS)
    assert [one.seized for one in before] == [1]
    engine = create_engine(parse_address(database_url))
    with engine.begin() as connection:
        for name in ("attempts", "calls"):
            connection.execute(text(f"DELETE FROM {name}"))
    engine.dispose()
    assert await found_in(db, PROVIDERS, ALWAYS) == before
    await rollups.fold(db)
    assert await found_in(db, PROVIDERS, ALWAYS) == before


async def test_sums_that_are_kept_no_longer_are_deleted_and_longer_ones_say_the_same(
    db: Database, database_url: str
) -> None:
    def of(day: int) -> Story:
        return Story(None, TODAY - day * DAY, [Try(SOME_PROVIDERS[0], uuid_of(1), 1, ended=2)], ended=9)

    await tell(db, [of(day) for day in (1, 7, 9, 99, 101, 1_101)])
    await rollups.fold(db)
    await rollups.make_longer(db)
    await rollups.forget(db, KEPT, now=TODAY)
    engine = create_engine(parse_address(database_url))
    with engine.connect() as connection:
        held = text("SELECT DISTINCT step_s, instant FROM rollups")
        days = {step_s: set[int]() for step_s in (60, 3_600, 86_400)}
        for step_s, instant in connection.execute(held):
            days[step_s].add((TODAY - instant) // DAY)
    engine.dispose()
    assert days == {60: {1, 7}, 3_600: {1, 7, 9, 99}, 86_400: {1, 7, 9, 99, 101}}
    (month,) = await found_in(db, PROVIDERS, widened(Window(since=TODAY - 12 * DAY, until=TODAY), KEPT, now=TODAY))
    assert month.seized == 3


async def test_two_nodes_that_store_repeats_of_the_same_calls_at_the_same_time_count_each_once(
    database_url: str,
) -> None:
    nodes = [open_database(database_url) for _ in range(2)]
    chosen = random.Random(2)
    made = [
        Story(SOME_CUSTOMERS[n % 2], TODAY + n, [Try(SOME_PROVIDERS[n % 2], uuid_of(1), 1, answered=5)], ended=9 + n)
        for n in range(30)
    ]
    whole = [part for story in made for part in story.told()]
    batches = [chosen.sample(whole, len(whole)) for _ in range(3)] + [whole[n::4] for n in range(4)]
    await asyncio.gather(*(report(nodes[n % 2], batch) for n, batch in enumerate(batches + batches[::-1])))
    for node in nodes:
        await check_against_records(node, database_url, ALWAYS)
        await rollups.fold(node)
        await check_against_records(node, database_url, ALWAYS)
        (edge,) = await found_in(node, EDGES, ALWAYS)
        assert (edge.seized, edge.answered, edge.ended) == (30, 30, 30)
        await node.close()


async def test_two_nodes_that_add_up_at_the_same_time_add_each_change_once(database_url: str) -> None:
    one, two = open_database(database_url), open_database(database_url)
    for n in range(20):
        await tell(
            one, [Story(SOME_CUSTOMERS[0], TODAY + n, [Try(SOME_PROVIDERS[0], uuid_of(1), 1, ended=2)], ended=9)]
        )
    made = [rollups.make_longer(node) for node in (one, two)]
    folded = await asyncio.gather(rollups.fold(one), rollups.fold(two), rollups.fold(one), *made)
    assert sum(filter(None, folded)) == 20
    await rollups.make_longer(one)
    await check_against_records(two, database_url, replace(ALWAYS, since=TODAY, until=TODAY + DAY))
    (provider,) = await found_in(two, PROVIDERS, ALWAYS)
    assert provider.seized == 20
    await one.close()
    await two.close()


async def test_a_providers_asr_counts_attempts_and_a_customers_counts_calls(db: Database) -> None:
    await events.ingest(db, EDGE_ACTOR, edge="edge-1", events=failed_over_call())
    first, second = await found_in(db, PROVIDERS, ALWAYS)
    assert (first.asr, first.ner, first.failover_rate, first.acd_ms) == (0.0, 0.0, 1.0, None)
    assert (second.asr, second.ner, second.failover_rate, second.acd_ms) == (1.0, 1.0, 0.0, 60)
    (customer,) = await found_in(db, CUSTOMERS, ALWAYS)
    assert (customer.seized, customer.asr, customer.failover_rate, customer.pdd_p50_ms) == (1, 1.0, 1.0, 3)


async def test_a_busy_callee_and_one_who_does_not_answer_are_a_success_of_the_network(db: Database) -> None:
    def ending(verdict: str) -> Story:
        return Story(SOME_CUSTOMERS[0], 1_000, [Try(SOME_PROVIDERS[0], uuid_of(1), 1, ended=2, verdict=verdict)])

    await tell(db, [ending(verdict) for verdict in ("busy", "no_answer", "carrier_error", "timeout")])
    (provider,) = await found_in(db, PROVIDERS, ALWAYS)
    assert (provider.asr, provider.ner) == (0.0, 0.5)


async def test_nothing_seized_has_no_rates(db: Database) -> None:
    await tell(db, [Story(None, 1_000, [Try(SOME_PROVIDERS[0], uuid_of(1), 1, skipped=True)], ended=9)])
    (provider,) = await found_in(db, PROVIDERS, ALWAYS)
    assert (provider.seized, provider.skipped, provider.asr, provider.ner, provider.acd_ms) == (0, 1, None, None, None)
    assert await found_in(db, CUSTOMERS, ALWAYS) == []


async def test_channels_are_those_of_now_whatever_the_window(db: Database) -> None:
    going_on = Story(SOME_CUSTOMERS[0], 1_000, [Try(SOME_PROVIDERS[0], uuid_of(1), 1, answered=5)])
    await tell(db, [going_on])
    nothing = Window(since=MINUTE, until=2 * MINUTE)
    assert await found_in(db, PROVIDERS, nothing) == [Stats(key=SOME_PROVIDERS[0], channels=1)]
    assert await found_in(db, CUSTOMERS, nothing) == [Stats(key=SOME_CUSTOMERS[0], channels=1)]
    going_on.ended = 9
    await tell(db, [going_on])
    assert await found_in(db, PROVIDERS, nothing) == []


async def test_only_the_busiest_are_told_of(db: Database) -> None:
    made = [
        Story(None, 1_000, [Try(provider, uuid_of(1), 1) for _ in range(count)], ended=9)
        for count, provider in enumerate((uuid_of(n) for n in range(50, 56)), 1)
    ]
    await tell(db, made)
    assert [one.seized for one in await found_in(db, PROVIDERS, ALWAYS, limit=3)] == [6, 5, 4]


async def test_those_of_which_most_reached_nobody_come_first_whether_their_sums_are_stored_or_wait(
    db: Database,
) -> None:
    busy, failing, fine = (uuid_of(n) for n in range(50, 53))
    tries = [
        *(Try(busy, uuid_of(1), 1, ended=2, verdict="busy", action="stop") for _ in range(5)),
        *(Try(failing, uuid_of(1), 1, ended=2) for _ in range(2)),
        *(Try(fine, uuid_of(1), 1, answered=2) for _ in range(3)),
    ]
    for turn in (1, 2):
        await tell(db, [Story(None, 1_000, [one], ended=9) for one in tries])
        async with db.read(JOBS) as unit:
            first, *_ = await stats.list_(unit, ADMIN, PROVIDERS, ALWAYS, limit=2, order=stats.UNREACHED)
        assert (first.key, first.unreached) == (failing, 2 * turn)
        await rollups.fold(db)


async def test_a_customer_sees_the_figures_of_its_own_calls_only(db: Database) -> None:
    acme, other = await make_customer(db), await make_customer(db)
    there = [Try(SOME_PROVIDERS[0], uuid_of(1), 1)]
    await tell(db, [Story(acme.id, 1_000, there), Story(other.id, 1_000, there), Story(other.id, 2_000, there)])
    async with db.read() as unit:
        for by in (PROVIDERS, ROUTES, CUSTOMERS):
            (mine,) = await stats.list_(unit, admin_of(acme), by, ALWAYS)
            assert (mine.seized, mine.channels) == (1, 1)
            of_other = Window(since=0, until=1 << 60, customer_id=other.id)
            assert await stats.list_(unit, admin_of(acme), by, of_other) == []
        with pytest.raises(PermissionDenied):
            await stats.list_(unit, EDGE_ACTOR, PROVIDERS, ALWAYS)
        with pytest.raises(PermissionDenied):
            await stats.list_(unit, actor("nobody"), PROVIDERS, ALWAYS)


@pytest.mark.parametrize("by", GROUPINGS)
@pytest.mark.parametrize("narrowed", [{}, {"customer_id": uuid_of(1)}, {"provider_id": uuid_of(2)}])
async def test_no_statement_reads_more_than_the_sums_of_the_window_and_what_goes_on(
    db: Database, by: str, narrowed: dict[str, str]
) -> None:
    """By SQLite's own plan: every table is reached by a bounded index or by its key."""
    sent = Try(narrowed.get("provider_id", SOME_PROVIDERS[0]), uuid_of(1), 1, ended=2)
    await tell(db, [Story(narrowed.get("customer_id"), TODAY, [sent], ended=9, trunk=SOME_TRUNKS[0])])
    await rollups.fold(db)
    whose: dict[str, Any] = dict(narrowed)
    window = replace(ALWAYS, since=TODAY - HOUR, **whose)
    with sqlite_plans(db) as plans:
        await found_in(db, by, window)
    if not isinstance(db.backend, Sqlite):
        return
    read = [step for plan in plans for step in plan]
    if window.provider_id is None or by not in (TRUNKS, EDGES):
        assert any("rollups" in step for step in read)
    for step in read:
        if step.partition(" ")[2].startswith(("calls", "attempts", "rollup")):
            assert step.startswith("SEARCH") or "calls_open" in step or step == "SCAN rollup_changes", read
            assert "rollups" not in step or "instant>? AND instant<?" in step


async def test_a_month_is_read_once_until_one_of_its_days_is_written(db: Database) -> None:
    async def tell_of(day: int) -> None:
        await tell(db, [Story(None, TODAY + day * DAY, [Try(SOME_PROVIDERS[0], uuid_of(1), 1, ended=2)], ended=9)])
        await rollups.fold(db)
        await rollups.make_longer(db)

    async def rows_read() -> tuple[int, int]:
        with statements(db) as carried_out:
            (found,) = await found_in(db, PROVIDERS, Window(since=TODAY, until=TODAY + 31 * DAY))
        return found.seized, sum("sums" in one and "rollups" in one for one in carried_out)

    await tell_of(3)
    assert [await rows_read() for _ in range(2)] == [(1, 2), (1, 1)], "the days that are over are read once"
    await tell_of(30)
    assert await rows_read() == (2, 1), "the last days are read each time"
    await tell_of(3)
    assert [await rows_read() for _ in range(2)] == [(3, 2), (3, 1)], "a day that is written is read anew"


async def test_what_goes_on_is_counted_without_comparing_each_attempt_with_each_open_call(db: Database) -> None:
    """By PostgreSQL's plan while the tables of a day are too young to have statistics."""
    if isinstance(db.backend, Sqlite):
        return
    ids = [str(uuid.UUID(int=(TODAY // 1_000 << 80) | (7 << 76) | (2 << 62) | n)) for n in range(2_000)]
    calls = [(id_, "edge-1", TODAY, None if n % 20 == 0 else TODAY + 9, n, n) for n, id_ in enumerate(ids)]
    attempts = [(id_, number, SOME_PROVIDERS[0], TODAY, 0) for id_ in ids for number in (1, 2)]
    insert = db.backend.insert_many
    async with db.write() as unit:
        names = ("id", "edge", "tm_start", "tm_ended", "tm_create", "tm_update")
        await unit.run(lambda connection: insert(connection, "calls", names, calls))
        names_of_attempts = ("call_id", "number", "provider_id", "tm_placed", "skipped")
        await unit.run(lambda connection: insert(connection, "attempts", names_of_attempts, attempts))
    with postgresql_plans(db) as plans:
        (found,) = await found_in(db, PROVIDERS, ALWAYS)
        async with db.read() as reading:
            in_use = await channels.of_providers(reading, [SOME_PROVIDERS[0]])
    assert (found.channels, in_use) == (200, {(SOME_PROVIDERS[0], "edge-1"): 100})
    assert len(plans) == 2
    assert not [plan for plan in plans if "Join Filter" in plan], plans
