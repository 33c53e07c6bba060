"""Retention: what is older than it is kept goes, in steps; what is younger, goes on, or is referred to stays."""

import time
from collections import Counter
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, text

from dialplane.control import (
    accesskeys,
    agents,
    calls,
    customers,
    edges,
    events,
    feed,
    providers,
    retention,
    revisions,
    routes,
    trunks,
    undo,
)
from dialplane.control.login.sessions import Claims
from dialplane.control.login.uses import Source, Uses
from dialplane.control.retention import FEWEST, MOST, Periods, Portion
from dialplane.control.units import Database
from dialplane.domain.errors import ContentsGone, NotFound
from dialplane.domain.instants import DAY_US
from dialplane.store import tables
from dialplane.store.backend_sqlite import Sqlite
from tests.control.making import (
    ADMIN,
    EDGE_ACTOR,
    make_agent,
    make_customer,
    make_provider,
    make_route,
    make_trunk,
)
from tests.control.seen import CALL, failed_over_call, uuid_of

pytestmark = pytest.mark.anyio

FOR_EVER = Periods(calls=0, attempts=0, revisions=0, deleted=0, edges=0)
SLACK_DAYS = 3
"""On PostgreSQL rows outlast partitions by two days."""


async def ingest(db: Database, batch: list[dict[str, Any]]) -> None:
    stored = await events.ingest(db, EDGE_ACTOR, edge="edge-1", events=batch)
    assert stored.refused == ()


async def keep(db: Database, *, after_days: float, **days: int) -> Counter[str]:
    """What is deleted in a round so many days from now, with these periods and all others for ever."""
    deleted = Counter[str]()

    def report(name: str, count: int) -> None:
        deleted[name] += count

    now = db.now() + int(after_days * DAY_US)
    periods = Periods(**{**{name: 0 for name in Periods.__slots__}, **days})
    assert await retention.keep(db, periods, now=now, within_s=30, report=report)
    del deleted["bytes"], deleted["partitions"]
    return deleted


async def partition_names(db: Database) -> set[str]:
    async with db.read() as unit:
        named = text("SELECT relname FROM pg_class WHERE relname ~ '^(calls|attempts)_2' AND relkind = 'r'")
        return {row.relname for row in await unit.fetch(named)}


async def stored_calls(db: Database) -> dict[str, int]:
    """Id -> the number of its attempts, of all calls on record."""
    async with db.read() as unit:
        return {record.call.id: len(record.call.attempts) for record in await calls.list_(unit, ADMIN)}


async def test_calls_that_are_over_go_with_their_attempts_and_no_day_sooner(db: Database) -> None:
    await ingest(db, [*failed_over_call(), *failed_over_call(uuid_of(2))])
    assert await keep(db, after_days=29, calls=30) == {}
    assert len(await stored_calls(db)) == 2
    assert await keep(db, after_days=30 + SLACK_DAYS, calls=30) == {"calls": 2}
    assert await stored_calls(db) == {}
    async with db.read() as unit:
        assert (await unit.fetch(select(tables.attempts))) == []


async def test_a_call_that_goes_on_stays_and_so_do_its_attempts(db: Database) -> None:
    await ingest(db, failed_over_call()[:-1])
    assert await keep(db, after_days=40, calls=1, attempts=1) == {}
    assert await stored_calls(db) == {CALL: 2}


async def test_attempts_may_go_before_their_calls_but_not_stay_longer(db: Database) -> None:
    await ingest(db, failed_over_call())
    assert await keep(db, after_days=40, calls=90, attempts=30) == {"attempts": 2}
    assert await stored_calls(db) == {CALL: 0}
    await ingest(db, failed_over_call(uuid_of(2)))
    assert await keep(db, after_days=40, calls=30, attempts=90) == {"calls": 2}


async def test_records_are_kept_for_ever_where_the_operator_wants_it(db: Database) -> None:
    await ingest(db, failed_over_call())
    provider = await make_provider(db)
    async with db.change(ADMIN, "provider.delete") as unit:
        await providers.delete(unit, ADMIN, provider.id)
    assert await keep(db, after_days=30_000) == {}


async def test_of_old_revisions_who_and_when_remains_and_they_cannot_be_undone(db: Database) -> None:
    provider = await make_provider(db, name="old")
    created = (await db.clock()).revision
    for name in ("new", "newer"):
        async with db.change(ADMIN, "provider.update") as unit:
            await providers.update(unit, ADMIN, provider.id, {"name": name})
    async with db.read() as reading:
        before = await revisions.get(reading, ADMIN, created + 1)
    assert (await keep(db, after_days=101, revisions=100))["revisions"] >= 3

    async with db.read() as reading:
        after = await revisions.get(reading, ADMIN, created + 1)
    assert (before.has_contents, len(before.changes)) == (True, 1)
    assert (after.has_contents, after.changes) == (False, ())
    assert (after.operation, after.instant, after.change_count) == (before.operation, before.instant, 1)
    with pytest.raises(ContentsGone):
        async with db.change(ADMIN, "revision.undo") as unit:
            await undo.undo(unit, ADMIN, created + 2)


async def test_a_large_revision_whose_contents_go_in_steps_is_whole_or_gone(db: Database) -> None:
    provider = await make_provider(db)
    async with db.change(ADMIN, "changes.apply") as unit:
        for n in range(250):
            fields = {
                "customer_id": ADMIN.customer_id,
                "provider_id": provider.id,
                "priority": 1,
                "target": f"+{n + 1}",
            }
            await routes.create(unit, ADMIN, fields)
    number = (await db.clock()).revision
    everything = Periods(calls=0, attempts=0, revisions=1, deleted=0, edges=0)
    now = db.now() + 2 * DAY_US
    assert not await retention.keep(db, everything, now=now, within_s=-1, report=lambda name, count: None)
    async with db.read() as reading:
        assert (await revisions.get(reading, ADMIN, number)).has_contents
    steps = []
    await retention.keep(db, everything, now=now, within_s=30, report=lambda name, count: steps.append(count))
    assert len(steps) > 1
    async with db.read() as reading:
        assert await reading.fetch(select(tables.revision_changes)) == []


async def test_deleted_objects_go_after_those_that_refer_to_them_and_edges_load_anew(db: Database) -> None:
    customer, provider = await make_customer(db), await make_provider(db)
    route = await make_route(db, provider, customer_id=customer.id)
    stays = await make_provider(db)
    before = (await db.clock()).revision
    async with db.change(ADMIN, "deletions") as unit:
        await routes.delete(unit, ADMIN, route.id)
        await providers.delete(unit, ADMIN, provider.id)
        await customers.delete(unit, ADMIN, customer.id)
    deleted = (await db.clock()).revision
    assert await heads(db, since=before) == {False}
    assert await keep(db, after_days=9, deleted=10) == {}
    assert await keep(db, after_days=11, deleted=10) == {"deleted": 3}

    async with db.read() as reading:
        for noun, id_ in ((routes, route.id), (providers, provider.id), (customers, customer.id)):
            with pytest.raises(NotFound):
                await noun.get(reading, ADMIN, id_)
        assert (await providers.get(reading, ADMIN, stays.id)).id == stays.id
    assert await heads(db, since=before) == {True}
    assert await heads(db, since=deleted) == {False}
    with pytest.raises(ContentsGone):
        async with db.change(ADMIN, "revision.undo") as unit:
            await undo.undo(unit, ADMIN, deleted)


async def test_where_somebody_signed_in_is_forgotten_with_the_person_and_with_the_key(db: Database) -> None:
    gone, stays = await make_agent(db), await make_agent(db, username="stays@acme.example")
    async with db.change(ADMIN, "accesskey.create") as unit:
        key, _ = await accesskeys.create(unit, ADMIN, {"expire": 86_400})
    seen, now = Uses(), db.now()
    for agent in (gone, stays):
        seen.of_session(Claims(agent.id, "stamp", now, now + DAY_US, id=agent.id), Source("192.0.2.1"), now=now)
    seen.of_key(key.id, Source("192.0.2.1"), now=now)
    await seen.store(db)
    async with db.change(ADMIN, "deletions") as unit:
        await agents.delete(unit, ADMIN, gone.id)
        await accesskeys.delete(unit, ADMIN, key.id)
    assert await keep(db, after_days=11, deleted=10) == {"deleted": 2}
    async with db.read() as unit:
        assert [one.id for one in await unit.fetch(select(tables.sessions.c.id))] == [stays.id]
        assert await unit.fetch(select(tables.accesskey_uses.c.id)) == []


async def heads(db: Database, *, since: int) -> set[bool]:
    """Whether the feed after a revision is full."""
    epoch = (await db.clock()).epoch
    lines = b"".join([part async for part in feed.stream(db, EDGE_ACTOR, since=since, epoch=epoch)])
    return {b'"full":true' in lines.splitlines()[0]}


async def test_a_deleted_object_that_another_refers_to_stays(db: Database) -> None:
    customer = await make_customer(db)
    trunk = await make_trunk(db, customer)
    async with db.change(ADMIN, "customer.delete") as unit:
        await customers.delete(unit, ADMIN, customer.id)
        is_deleted = (await trunks.get(unit, ADMIN, trunk.id)).tm_delete
    async with db.write() as writing:
        live = tables.trunks.update().values(tm_delete=253_370_764_800_000_000)
        await writing.run(lambda connection: connection.execute(live))
    assert is_deleted
    assert await keep(db, after_days=11, deleted=10) == {}


async def test_an_edge_that_was_silent_for_long_is_listed_no_more(db: Database) -> None:
    contacts = edges.Contacts()
    contacts.heard("silent", now=db.now())
    contacts.heard("speaks", now=db.now() + 20 * DAY_US)
    await contacts.store(db)
    assert await keep(db, after_days=31, edges=30) == {"edges": 1}
    async with db.read() as unit:
        assert [edge.name for edge in await edges.list_(unit, ADMIN, now=db.now())] == ["speaks"]


async def test_the_oldest_records_and_the_size_are_known(db: Database) -> None:
    empty = await retention.stock(db)
    assert empty.size.bytes > 100_000
    assert (empty.oldest["calls"], empty.oldest["deleted"], empty.oldest["edges"]) == (None, None, None)
    before = db.now()
    await ingest(db, failed_over_call())
    oldest = (await retention.stock(db)).oldest
    assert before <= (oldest["calls"] or 0) <= db.now()
    assert (oldest["attempts"], (oldest["revisions"] or 0) <= before) == (1_500, True)


async def test_what_was_deleted_is_given_back_to_the_disk_in_steps(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All but a twentieth of a SQLite file; PostgreSQL drops partitions. No writer is there to be waited for."""
    if not isinstance(db.backend, Sqlite):
        return
    monkeypatch.setattr(retention, "LARGEST_SHARE", 1.0)
    monkeypatch.setattr(retention, "PAUSE_S", 0.0)
    for part in range(10):
        batch = [line for n in range(250) for line in failed_over_call(uuid_of(part * 1_000 + n))]
        await ingest(db, batch)
    full = (await retention.stock(db)).size
    await keep(db, after_days=2, calls=1)
    empty = (await retention.stock(db)).size
    assert full.bytes > 3_000_000
    assert empty.bytes < full.bytes / 2
    assert (empty.free or 0) <= empty.bytes / 20 + 4_096


@given(st.lists(st.floats(0, 60), max_size=30))
async def test_the_next_step_is_smaller_after_a_slow_one_and_larger_after_a_fast_one(times: list[float]) -> None:
    portion = Portion()
    for took_s in times:
        before = portion.rows
        portion.took(took_s)
        assert FEWEST <= portion.rows <= MOST
        assert portion.rows <= before if took_s > retention.STEP_S else portion.rows >= before


async def test_writers_that_wait_go_first(db: Database) -> None:
    """While a change waits for its turn, no step begins."""
    await ingest(db, [line for n in range(200) for line in failed_over_call(uuid_of(n))])
    counts: list[float] = []

    def report(name: str, count: int) -> None:
        counts.append(time.monotonic())

    assert not db.is_writer_waited_for
    await retention.keep(
        db,
        Periods(calls=1, attempts=0, revisions=0, deleted=0, edges=0),
        now=db.now() + 9 * DAY_US,
        within_s=30,
        report=report,
    )
    assert len(counts) >= 2
    assert all(later - earlier >= retention.PAUSE_S for earlier, later in pairwise(counts))


async def test_a_day_on_postgresql_goes_at_once_and_not_while_one_of_its_calls_goes_on(db: Database) -> None:
    if isinstance(db.backend, Sqlite):
        return
    past = db.now() - 20 * DAY_US
    async with db.write() as unit:
        await unit.run(lambda connection: db.backend.make_partitions(connection, now=past))
    day = past - past % DAY_US
    over, goes_on = (f"{(day + n) // 1_000:012x}" for n in (0, 5_000))
    ids = [f"{digits[:8]}-{digits[8:]}-7000-8000-000000000000" for digits in (over, goes_on)]
    await ingest(db, failed_over_call(ids[0]) + failed_over_call(ids[1])[:-1])
    names = {f"{table}_{datetime.fromtimestamp(day / 1e6, UTC):%Y%m%d}" for table in ("calls", "attempts")}
    assert names < await partition_names(db)

    await keep(db, after_days=20, calls=15)
    assert await stored_calls(db) == {ids[1]: 2}
    assert names < await partition_names(db)

    await ingest(db, failed_over_call(ids[1])[-1:])
    assert await keep(db, after_days=20, calls=15) == {}
    assert await stored_calls(db) == {}
    assert not names & await partition_names(db)
