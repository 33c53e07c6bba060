"""Clocks that are wrong, of edges and of the receiver: nothing that they write outlasts them."""

from collections.abc import Sequence
from typing import Any

import pytest

from dialplane.control import (
    accesskeys,
    calls,
    edges,
    events,
    future_instants,
    health,
    lost_calls,
    outbox,
    revisions,
    stats,
)
from dialplane.control.calls import CallRecord
from dialplane.control.edges import Contacts, Edge
from dialplane.control.login.credentials import InvalidCredentials, actor_of_accesskey
from dialplane.control.stats import GROUPINGS, Window
from dialplane.control.units import Database
from dialplane.domain.call import LONGEST_CALL_MS
from dialplane.domain.health import HEALTHY, OPEN, UNHEALTHY
from dialplane.domain.instants import NEVER, format_instant
from dialplane.system.clock import ClockWatch
from tests.control.making import ADMIN, EDGE_ACTOR, make_provider
from tests.control.seen import CALL, PROVIDERS, ROUTE, event, failed_over_call, uuid_of
from tests.eventlog.test_kinds import LINES

pytestmark = pytest.mark.anyio

SECOND = 1_000_000
DAY = 86_400 * SECOND
NOW = 1_700_000_000 * SECOND


@pytest.fixture
async def db(db: Database) -> Database:
    """The database, with a clock for tests to set: `db.now`."""
    set_clock(db, NOW)
    return db


def set_clock(db: Database, now: int) -> None:
    db.now = lambda: now


async def ingest(db: Database, batch: Sequence[Any]) -> events.Ingested:
    return await events.ingest(db, EDGE_ACTOR, edge="edge-1", events=batch)


async def call_of(db: Database, id_: str = CALL) -> CallRecord:
    async with db.read() as unit:
        return await calls.get(unit, ADMIN, id_)


async def edge_of(db: Database, name: str = "edge-1") -> Edge:
    async with db.read() as unit:
        return await edges.get(unit, ADMIN, name, now=db.now())


async def close(db: Database) -> int:
    """A round of the job."""
    await future_instants.correct(db)
    return sum([len(ids) async for ids in lost_calls.close(db, now=db.now(), max_call_s=7_200)])


def checked(provider: Any, at: int, status: str, edge: str) -> dict[str, Any]:
    return event("provider_health", at, provider_id=provider.id, hostname=provider.hostname, status=status, edge=edge)


def tripped(provider: Any, at: int, state: str, edge: str) -> dict[str, Any]:
    return event("provider_breaker", at, provider_id=provider.id, hostname=provider.hostname, state=state, edge=edge)


async def health_of(db: Database, provider: Any) -> Any:
    async with db.read() as unit:
        return (await health.of_providers(unit, [provider]))[provider.id]


async def test_an_instant_ahead_of_the_receivers_clock_counts_as_now(db: Database) -> None:
    provider = await make_provider(db)
    ahead = NOW + 400 * DAY
    story = [part | {"at": part["at"] + ahead} for part in failed_over_call()]
    status = event("edge_status", ahead + 7, kamailio_started=ahead + 7 - 60 * SECOND)
    await ingest(db, [*story, status, checked(provider, ahead, "healthy", "edge-1")])
    await ingest(db, [tripped(provider, NEVER - 1, "open", "edge-1") | {"mono": 1}])
    call = (await call_of(db)).call
    instants = [call.tm_start, call.tm_ringing, call.tm_answered, call.tm_ended]
    assert instants == [NOW] * 4
    assert (await call_of(db)).duration_ms == 60
    edge = await edge_of(db)
    assert (edge.tm_status, edge.kamailio_started) == (NOW, NOW - 60 * SECOND)
    assert (await health_of(db, provider)).checked_at == NOW
    async with db.read() as unit:
        (view,) = await health.views(unit, provider)
    assert (view.breaker.state, view.breaker.changed_at) == (OPEN, NOW)


@pytest.mark.parametrize("field", ["at", "kamailio_started"])
async def test_an_instant_that_cannot_be_printed_is_refused(db: Database, field: str) -> None:
    bad = [event("edge_status", NOW) | {field: instant} for instant in (NEVER, 1 << 62)]
    result = await ingest(db, [*bad, event("edge_status", NOW, edge="good")])
    assert (result.accepted, len(result.refused)) == (1, 2)


INSTANTS = ("at", "since", "before", "kamailio_started")


@pytest.mark.parametrize("line", LINES, ids=lambda line: line["kind"])
async def test_no_kind_of_event_brings_in_an_instant_that_cannot_be_printed(db: Database, line: dict[str, Any]) -> None:
    for instant in (NEVER, 1 << 62, (1 << 63) - 1, 1 << 64):
        lies = [line | {field: instant} for field in INSTANTS if field in line]
        result = await ingest(db, [*lies, event("edge_status", NOW, edge="good")])
        assert (result.accepted, len(result.refused)) == (1, len(lies))
    if "sources" in line:
        late = [source | {"first": NEVER - 1, "last": NEVER - 1} for source in line["sources"]]
        assert (await ingest(db, [line | {"at": NOW, "sources": late}])).accepted == 1
        async with db.read() as unit:
            assert [one.tm_last for one in await edges.refusals(unit, ADMIN, line["edge"])] == [NOW]


def test_any_instant_is_printed() -> None:
    assert format_instant(1 << 62) == "9999-12-31 23:59:59.999999"
    assert format_instant(-(1 << 62)) == "0001-01-01 00:00:00.000000"


async def test_a_call_of_a_fast_clock_is_not_closed_by_its_edges_status(db: Database) -> None:
    await ingest(db, [event("call_started", NOW - 5 * SECOND)])
    await ingest(db, [event("edge_status", NOW + DAY, kamailio_started=NOW + DAY - 3_600 * SECOND)])
    assert (await close(db), (await call_of(db)).call.status) == (0, "dialing")


async def test_an_edge_whose_clock_was_ahead_silences_no_other(db: Database) -> None:
    provider = await make_provider(db)
    await ingest(db, [checked(provider, NOW, "healthy", "a"), checked(provider, NOW, "healthy", "b")])
    await ingest(db, [checked(provider, NOW + 365 * DAY, "unhealthy", "fast")])
    assert (await health_of(db, provider)).status == HEALTHY
    set_clock(db, NOW + 60 * SECOND)
    await ingest(db, [checked(provider, NOW + 60 * SECOND, "healthy", edge) for edge in ("a", "b", "fast")])
    async with db.read() as unit:
        assert {view.edge: view.health.status for view in await health.views(unit, provider)} == dict.fromkeys(
            ("a", "b", "fast"), HEALTHY
        )


async def poll(db: Database, *, revision: int) -> None:
    contacts, clock = Contacts(), await db.clock()
    contacts.polled("edge-1", now=db.now(), revision=revision, epoch=clock.epoch)
    await contacts.store(db)


async def test_what_was_reported_while_the_receivers_clock_was_ahead_gives_way_to_the_next_report(
    db: Database,
) -> None:
    provider = await make_provider(db)
    tomorrow = NOW + DAY
    set_clock(db, tomorrow)
    await poll(db, revision=0)
    await ingest(db, [event("edge_status", tomorrow, kamailio_started=tomorrow - 5, agent_version="old")])
    await ingest(db, [checked(provider, tomorrow, "unhealthy", "a"), tripped(provider, tomorrow, "open", "a")])
    set_clock(db, NOW)
    await poll(db, revision=1)
    await ingest(db, [event("edge_status", NOW, kamailio_started=NOW - DAY, agent_version="new")])
    await ingest(db, [checked(provider, NOW, "healthy", "a"), tripped(provider, NOW, "closed", "a")])
    edge = await edge_of(db)
    assert (edge.revision, edge.last_contact, edge.tm_status) == (1, NOW, NOW)
    assert (edge.agent_version, edge.kamailio_started) == ("new", NOW - DAY)
    assert ((await health_of(db, provider)).status, (await health_of(db, provider)).checked_at) == (HEALTHY, NOW)


async def test_an_edge_and_its_reports_of_a_time_ahead_grow_old_without_another_report(db: Database) -> None:
    provider = await make_provider(db)
    tomorrow = NOW + DAY
    set_clock(db, tomorrow)
    await poll(db, revision=0)
    await ingest(db, [event("edge_status", tomorrow, kamailio_started=tomorrow)])
    await ingest(db, [checked(provider, tomorrow, "healthy", "gone"), event("call_started", tomorrow)])
    set_clock(db, NOW)
    assert await future_instants.correct(db)
    assert not await future_instants.correct(db)
    set_clock(db, NOW + 600 * SECOND)
    edge = await edge_of(db)
    assert (edge.silent_s, edge.tm_status, edge.kamailio_started) == (600, NOW, None)
    await ingest(db, [checked(provider, NOW + 600 * SECOND, "unhealthy", "a")])
    assert (await health_of(db, provider)).status == UNHEALTHY
    assert (await call_of(db)).call.tm_start == NOW


async def test_a_call_that_was_closed_by_a_clock_that_was_ahead_goes_on(db: Database) -> None:
    await ingest(db, [event("call_started", NOW - SECOND), event("call_started", NOW - 2 * DAY, call=uuid_of(2))])
    set_clock(db, NOW + DAY)
    assert (await close(db), (await call_of(db)).call.status) == (2, "hangup")
    set_clock(db, NOW)
    await close(db)
    call = (await call_of(db)).call
    assert (call.status, call.tm_ended, call.reason) == ("dialing", None, "")
    assert (await call_of(db, uuid_of(2))).call.reason == "no_end_reported"


async def test_what_a_row_holds_from_before_is_corrected_however_far_ahead(db: Database) -> None:
    """Rows as an edge could write them when any instant was accepted."""
    set_clock(db, NEVER - 1)
    await ingest(db, [event(kind, NEVER - 1) | {"mono": 1} for kind in ("edge_status", "call_started")])
    set_clock(db, NOW)
    assert await future_instants.correct(db)
    assert ((await edge_of(db)).tm_status, (await call_of(db)).call.tm_start) == (NOW, NOW)


async def test_what_is_reported_while_a_round_corrects_stays_as_it_is(db: Database) -> None:
    """It is later than the clock that the round has looked at; so is what another node with a faster clock stores."""
    provider = await make_provider(db)
    await ingest(db, [event("call_started", NOW - SECOND, call=uuid_of(2), edge="other")])
    set_clock(db, NOW + DAY)
    await ingest(db, [checked(provider, NOW + DAY, "healthy", "gone")])
    set_clock(db, NOW + SECOND)
    await ingest(db, [event("call_started", NOW + SECOND), event("edge_status", NOW + SECOND, kamailio_started=NOW)])
    await ingest(db, [event("edge_calls", NOW + SECOND, edge="other", since=0, before=NOW, calls=[])])
    set_clock(db, NOW)
    assert await future_instants.correct(db)
    assert (await call_of(db)).call.tm_start == NOW + SECOND
    assert (await edge_of(db)).kamailio_started == NOW
    assert (await call_of(db, uuid_of(2))).call.reason == "not_going_on"


async def test_an_access_key_expires_by_the_clock_that_checks_it(db: Database) -> None:
    set_clock(db, NOW + 3_650 * DAY)
    await make_provider(db)
    set_clock(db, NOW)
    async with db.change(ADMIN, "accesskey.create") as unit:
        key, token = await accesskeys.create(unit, ADMIN, {"expire": 86_400})
    assert key.tm_expire == NOW + DAY
    async with db.read() as unit:
        assert (await actor_of_accesskey(unit, token, now=NOW + DAY - 1)).id == key.id
        with pytest.raises(InvalidCredentials):
            await actor_of_accesskey(unit, token, now=NOW + DAY)


class Hours:
    """A monotonic clock and a wall clock that go on together; the wall clock can be set."""

    def __init__(self, db: Database) -> None:
        self.mono_ns = 0
        self._db = db
        db.clock_watch = ClockWatch(lambda: self.mono_ns)

    def set_to(self, now: int) -> None:
        set_clock(self._db, now)

    def pass_by(self, hours: float) -> None:
        set_clock(self._db, self._db.now() + int(hours * 3_600 * SECOND))
        self.mono_ns += int(hours * 3_600 * 1_000_000_000)


async def dated(db: Database) -> int:
    """The instant of a change that is made now, as the provider and its revision have it."""
    provider = await make_provider(db)
    async with db.read() as unit:
        newest = max(await revisions.list_(unit, ADMIN), key=lambda revision: revision.number)
    assert newest.instant <= provider.tm_create <= newest.instant + 10
    return provider.tm_create


async def test_changes_are_dated_right_an_hour_after_a_clock_that_was_ahead_was_set_right(db: Database) -> None:
    hours = Hours(db)
    hours.set_to(NOW + 400 * DAY)
    wrong = await dated(db)
    hours.set_to(NOW)
    assert await dated(db) > wrong, "it may be this clock that is wrong"
    hours.pass_by(0.9)
    assert await dated(db) > wrong
    hours.pass_by(0.2)
    first = await dated(db)
    assert NOW + 3_600 * SECOND < first <= db.now() + 10
    assert first < await dated(db)


async def test_a_clock_that_is_behind_is_not_believed_where_others_have_written(db: Database) -> None:
    hours = Hours(db)
    await dated(db)
    hours.pass_by(2)
    latest = await dated(db)
    hours.set_to(NOW - 60 * SECOND)
    await dated(db)
    hours.pass_by(1.1)
    hours.set_to(NOW - 60 * SECOND)
    assert await dated(db) > latest


async def test_what_a_node_has_taken_on_while_its_clock_was_ahead_is_another_ones_soon(db: Database) -> None:
    hours = Hours(db)
    hours.set_to(NOW + 400 * DAY)
    story = failed_over_call()
    await events.ingest(db, EDGE_ACTOR, edge="edge-1", events=story, hand_on=True)
    assert await outbox.next_portion(db, node="gone for good") is not None
    hours.set_to(NOW)
    assert await dated(db) > NOW + DAY, "it may be this clock that is wrong"
    portion = await outbox.next_portion(db, node="another")
    assert portion is not None
    assert await outbox.next_portion(db, node="a third one") is None
    hours.pass_by(0.1)
    assert await outbox.next_portion(db, node="a third one") is not None, "the other has said nothing for six minutes"
    assert [one.id for one in portion.messages] == [part["id"] for part in story]


@pytest.mark.parametrize("mono", [0, 1 << 62])
async def test_durations_of_lying_clocks_can_be_summed(db: Database, mono: int) -> None:
    sent: dict[str, Any] = {"n": 1, "provider_id": PROVIDERS[0], "route_id": ROUTE}

    def lie(call: str) -> list[dict[str, Any]]:
        return [
            event("call_started", NOW, call=call, customer_id=uuid_of(301)),
            event("attempt_sent", NOW, call=call, **sent),
            event("attempt_answered", 0, call=call, n=1) | {"mono": min(mono, 1)},
            event("call_ended", NOW, call=call) | {"mono": mono},
        ]

    await ingest(db, [part for n in range(20) for part in lie(uuid_of(n))])
    assert LONGEST_CALL_MS * 3_000_000_000 < 1 << 63
    assert (await call_of(db, uuid_of(7))).duration_ms == LONGEST_CALL_MS
    async with db.read() as unit:
        for by in GROUPINGS:
            found = await stats.list_(unit, ADMIN, by, Window(since=0, until=NEVER))
            assert [one.acd_ms for one in found] == [LONGEST_CALL_MS] * (by not in ("targets", "trunks"))
