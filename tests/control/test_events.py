"""Events become calls and attempts exactly once, whatever is repeated, reordered or malformed."""

import asyncio
import random
from collections.abc import Sequence, Sized
from dataclasses import replace
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dialplane.control import calls, events, health
from dialplane.control.calls import CallRecord
from dialplane.control.folding import Folded
from dialplane.control.permissions import PermissionDenied
from dialplane.control.units import Database
from dialplane.domain.call import Verdict
from dialplane.domain.errors import InvalidValue, NotFound
from dialplane.domain.health import HEALTHY, UNHEALTHY, Health
from dialplane.domain.instants import NEVER
from dialplane.eventlog.kinds import AnyEvent, EdgeRefusals, EdgeStatus, Event
from dialplane.store import threads
from tests.control.making import ADMIN, EDGE_ACTOR, admin_of, make_customer, make_provider
from tests.control.seen import CALL, PROVIDERS, ROUTE, event, failed_over_call, rejected_call, uuid_of
from tests.databases import open_database
from tests.eventlog.drawn import KINDS, kind_of
from tests.eventlog.drawn import events as drawn_events

pytestmark = pytest.mark.anyio


async def ingest(db: Database, batch: Sequence[Any]) -> events.Ingested:
    return await events.ingest(db, EDGE_ACTOR, edge="edge-1", events=batch)


async def call_of(db: Database, id_: str = CALL) -> CallRecord:
    async with db.read() as unit:
        return await calls.get(unit, ADMIN, id_)


async def test_a_call_that_failed_over_is_told_with_both_attempts(db: Database) -> None:
    story = failed_over_call()
    assert await ingest(db, story) == events.Ingested(len(story))
    record = await call_of(db)

    call = record.call
    assert (call.status, call.sip_status, call.hangup_by, call.number) == ("hangup", 200, "caller", "+8210")
    assert (call.tm_start, call.tm_ringing, call.tm_answered, call.tm_ended) == (1_000, 4_000, 5_000, 65_000)
    assert (record.pdd_ms, record.duration_ms) == (3, 60)
    first, second = call.attempts
    assert (first.number, first.provider_id, first.verdict, first.sip_status) == (
        1,
        PROVIDERS[0],
        Verdict.CARRIER_ERROR,
        503,
    )
    assert (first.tm_sent, first.tm_ringing, first.tm_answered, first.tm_ended) == (1_500, None, None, 2_000)
    assert (first.pdd_ms, first.duration_ms) == (None, None)
    assert (second.tm_sent, second.tm_ringing, second.pdd_ms, second.duration_ms) == (2_500, 4_000, 1, 60)
    assert (first.action, first.sip_reason, first.uri) == ("next", "Service Unavailable", "sip:+8210@alpha")
    assert (second.number, second.provider_id, second.verdict, second.sip_status) == (
        2,
        PROVIDERS[1],
        Verdict.ANSWERED,
        200,
    )
    assert (second.tm_ended, second.why, second.route_id) == (65_000, ["own_route"], ROUTE)
    assert call.decision[0]["reasons"] == ["own_route"]


@given(order=st.randoms(use_true_random=False), data=st.data())
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_order_repetition_and_batches_do_not_matter(
    order: random.Random, data: st.DataObject, database_url: str
) -> None:
    """The same call, told twice in any order and any batches, is the same call."""
    call_id = uuid_of(order.getrandbits(64))
    story = failed_over_call(call_id)
    shuffled = story + data.draw(st.lists(st.sampled_from(story), max_size=8))
    order.shuffle(shuffled)
    cut = data.draw(st.integers(0, len(shuffled)))

    async def tell() -> tuple[CallRecord, CallRecord]:
        db = open_database(database_url)
        plain_id = uuid_of(order.getrandbits(64))
        await ingest(db, failed_over_call(plain_id))
        for batch in (shuffled[:cut], shuffled[cut:]):
            await ingest(db, batch)
        told = await call_of(db, plain_id), await call_of(db, call_id)
        await db.close()
        return told

    plain, mixed = asyncio.run(tell())
    assert _without_identity(plain) == _without_identity(mixed)


def _without_identity(record: CallRecord) -> list[Any]:
    call = record.call
    return [getattr(call, name) for name in call.__slots__ if name != "id"] + [record.pdd_ms, record.duration_ms]


async def test_a_batch_sent_again_changes_nothing(db: Database) -> None:
    await ingest(db, failed_over_call())
    before = await call_of(db)
    assert (await ingest(db, failed_over_call())).accepted == len(failed_over_call())
    after = await call_of(db)
    assert (after.call, after.tm_create) == (before.call, before.tm_create)
    async with db.read() as unit:
        assert len(await calls.list_(unit, ADMIN)) == 1


async def test_of_a_call_that_begins_or_that_this_node_has_stored_no_record_is_read(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    kind, read = type(db.backend), list[str]()
    rows_among = kind.rows_among

    def noted(backend: Any, connection: Any, table: Any, *arguments: Any, **named: Any) -> Any:
        read.append(table.name)
        return rows_among(backend, connection, table, *arguments, **named)

    monkeypatch.setattr(kind, "rows_among", noted)
    *begin, end = failed_over_call()
    await ingest(db, begin)
    await ingest(db, [end])
    assert set(read) == {"routes"}
    assert (await call_of(db)).call.tm_ended == end["at"]
    await ingest(db, failed_over_call())
    assert {"calls", "attempts"} < set(read)


async def test_two_edges_that_ship_the_same_call_at_once_make_one_call(database_url: str) -> None:
    one, two = open_database(database_url), open_database(database_url)
    story = [part for n in range(20) for part in failed_over_call(uuid_of(n))]
    backwards = story[::-1]
    await asyncio.gather(ingest(one, story), ingest(two, backwards), ingest(one, backwards))
    async with one.read() as unit:
        found = await calls.list_(unit, ADMIN)
    assert len(found) == 20
    assert {len(record.call.attempts) for record in found} == {2}
    await one.close()
    await two.close()


async def test_a_call_passes_through_its_states(db: Database) -> None:
    states = []
    for part in failed_over_call():
        await ingest(db, [part])
        states.append((await call_of(db)).call.status)
    assert states == ["dialing"] * 4 + ["ringing", "progressing", "hangup"]


async def test_a_call_that_came_to_an_edge_without_a_table_is_on_record_for_the_platform_alone(db: Database) -> None:
    acme = await make_customer(db)
    await ingest(db, rejected_call(reason="no_routing_table", status=503))
    call = (await call_of(db)).call
    assert (call.sip_status, call.reason, call.customer_id, call.trunk_id) == (503, "no_routing_table", None, None)
    async with db.read() as unit:
        assert [record.call.id for record in await calls.list_(unit, ADMIN)] == [CALL]
        assert await calls.list_(unit, admin_of(acme)) == []
        with pytest.raises(NotFound):
            await calls.get(unit, admin_of(acme), CALL)


async def test_a_rejected_call_has_no_attempt_and_its_reason(db: Database) -> None:
    await ingest(db, rejected_call(reason="no_route", status=404))
    call = (await call_of(db)).call
    assert (call.status, call.sip_status, call.reason, call.attempts) == ("hangup", 404, "no_route", [])
    assert (call.customer_id, call.tm_ended) == (None, call.tm_start)


async def test_a_redirected_call_is_over_with_its_decision_and_no_attempt(db: Database) -> None:
    place = {"route_id": ROUTE, "provider_id": PROVIDERS[0], "outcome": "tried", "position": 1, "reasons": []}
    known: dict[str, Any] = {"number": "+8210", "decision": [place], "status": 300, "reason": "redirected"}
    await ingest(db, [event("call_redirected", 9_000, call=CALL, **known)])
    call = (await call_of(db)).call
    assert (call.status, call.sip_status, call.reason, call.attempts) == ("hangup", 300, "redirected", [])
    assert [(found["provider_id"], found["position"]) for found in call.decision] == [(PROVIDERS[0], 1)]


async def test_a_late_answer_is_recorded_beside_what_ended_the_attempt(db: Database) -> None:
    story = [
        event("attempt_sent", 10, n=1, provider_id=PROVIDERS[0], route_id=ROUTE, uri="sip:x", why=[]),
        event("attempt_ended", 20, n=1, status=None, reason="", verdict="timeout", action="next"),
        event("late_answer", 30, n=1, status=200, tag="the leg's"),
    ]
    await ingest(db, story)
    (attempt,) = (await call_of(db)).call.attempts
    assert (attempt.late_answer, attempt.verdict, attempt.action) == (True, Verdict.LATE_ANSWER, "next")


async def test_a_skip_is_an_attempt_that_was_not_sent(db: Database) -> None:
    await ingest(
        db, [event("attempt_skipped", 10, n=1, provider_id=PROVIDERS[0], route_id=ROUTE, why=["cps_cap_full"])]
    )
    (attempt,) = (await call_of(db)).call.attempts
    assert (attempt.verdict, attempt.tm_sent, attempt.why) == (Verdict.SKIPPED, None, ["cps_cap_full"])


MALFORMED: list[Any] = [
    None,
    7,
    "call_started",
    [],
    {},
    {"kind": "unheard_of"},
    {"kind": "\ud800"},
    event("call_ended", 1) | {"\ud800": 1},
    event("call_started", 1, decision=[{"route_id": ROUTE, "provider_id": ROUTE, "priority": 10**400}]),
    event("call_started", 1, decision=[{"route_id": ROUTE, "provider_id": ROUTE, "position": 10**5000}]),
    event("call_ended", 1, call="not a uuid"),
    event("call_ended", 1, status=99),
    event("call_ended", -1),
    event("call_ended", 2**63),
    event("attempt_ringing", 1, n=0, status=180),
    event("attempt_ringing", 1, n="1", status=180),
    event("attempt_ended", 1, n=1, status=503, reason="", verdict="exploded", action="next"),
    {name: value for name, value in event("call_ended", 1).items() if name != "at"},
]


@pytest.mark.parametrize("malformed", MALFORMED)
async def test_a_malformed_event_is_refused_alone(db: Database, malformed: object) -> None:
    story = failed_over_call()
    result = await ingest(db, [malformed, *story])
    assert (result.accepted, len(result.refused)) == (len(story), 1)
    assert len((await call_of(db)).call.attempts) == 2


@pytest.mark.parametrize("kind", KINDS, ids=kind_of)
def test_every_event_of_the_contract_can_be_folded(kind: type[Event]) -> None:
    @given(drawn_events(kind))
    @settings(max_examples=30, deadline=None)
    def fold(event: Event) -> None:
        folded = Folded(now=NEVER)
        if isinstance(event, (EdgeStatus, EdgeRefusals)) and not event.edge:
            with pytest.raises(InvalidValue):
                folded.add(event)
            return
        folded.add(msgspec.convert(msgspec.to_builtins(event), AnyEvent))

        rows: list[Sized] = [
            folded.calls,
            folded.health,
            folded.breakers,
            folded.edges,
            folded.dialog_reports,
        ]
        assert folded.count == 1
        assert sum(map(len, rows)) >= 1

    fold()


async def test_hostile_text_is_kept_printable_and_short(db: Database) -> None:
    hostile = "\x00\r\nVia: evil\ud800" + "x" * 5_000
    await ingest(
        db, [event("call_started", 1, source=hostile, dialled=hostile), event("call_ended", 2, reason=hostile)]
    )
    call = (await call_of(db)).call
    for text in (call.source, call.dialled, call.reason):
        assert text.isprintable()
        assert len(text.encode()) < 1_600
    assert len(call.reason) == 128


async def test_text_of_any_field_stops_no_other_event(db: Database) -> None:
    hostile = "a\x00b\ud800"
    story = failed_over_call()
    batch = [
        event("edge_calls", 1, edge=hostile, since=0, before=1, calls=[hostile]),
        event("edge_status", 1, edge=hostile, agent_version=hostile, kamailio_version=hostile),
        event(
            "provider_health", 1, edge=hostile, provider_id=ROUTE, hostname=hostile, status="healthy", detail=hostile
        ),
        event("provider_breaker", 1, edge=hostile, provider_id=ROUTE, hostname=hostile, state="open", detail=hostile),
        event("call_rejected", 1, edge=hostile, call=uuid_of(7), number=hostile, status=404, reason=hostile),
        *story,
    ]
    assert await ingest(db, batch) == events.Ingested(5 + len(story))
    assert len((await call_of(db)).call.attempts) == 2
    assert (await call_of(db, uuid_of(7))).call.edge == "a\ufffdb\ufffd"


async def test_a_batch_that_is_too_large_is_refused_whole(db: Database) -> None:
    with pytest.raises(InvalidValue):
        await ingest(db, [event("call_ended", 1)] * (events.MAX_EVENTS + 1))
    async with db.read() as unit:
        assert await calls.list_(unit, ADMIN) == []


async def test_only_an_edge_reports_events(db: Database) -> None:
    with pytest.raises(PermissionDenied):
        await events.ingest(db, admin_of(await make_customer(db)), edge="x", events=[])


async def test_events_make_no_revision(db: Database) -> None:
    before = await db.clock()
    await ingest(db, failed_over_call())
    assert (await db.clock()).revision == before.revision


async def test_the_newest_health_of_each_edge_counts(db: Database) -> None:
    provider = await make_provider(db, hostname="sip.carrier.example")

    def report(at: int, status: str, edge: str, hostname: str = provider.hostname) -> dict[str, Any]:
        return event("provider_health", at, provider_id=provider.id, hostname=hostname, status=status, edge=edge)

    await ingest(db, [report(20, "unhealthy", "a"), report(10, "healthy", "a")])
    await ingest(db, [report(15, "healthy", "a")])
    async with db.read() as unit:
        assert (await health.of_providers(unit, [provider]))[provider.id].status == "unhealthy"
        (view,) = await health.views(unit, provider)
        assert (view.edge, view.health) == ("a", Health(UNHEALTHY, 20, provider.hostname, ""))
    await ingest(db, [report(5, "healthy", "b"), report(99, "unhealthy", "c", hostname="elsewhere.example")])
    async with db.read() as unit:
        assert (await health.of_providers(unit, [provider]))[provider.id] == Health(HEALTHY, 5, provider.hostname, "")
        assert [view.edge for view in await health.views(unit, provider)] == ["a", "b"]


async def test_calls_are_listed_newest_first_and_filtered(db: Database) -> None:
    acme = await make_customer(db)
    ours = [part | {"customer_id": acme.id} if part["kind"] == "call_started" else part for part in failed_over_call()]
    await ingest(db, ours)
    await ingest(db, rejected_call(uuid_of(77), reason="no_route", status=404))
    async with db.read() as unit:

        async def ids(**filters: Any) -> list[str]:
            return [record.call.id for record in await calls.list_(unit, ADMIN, **filters)]

        assert await ids() == [uuid_of(77), CALL]
        assert await ids(customer_id=acme.id) == [CALL]
        assert await ids(provider_id=PROVIDERS[1]) == [CALL]
        assert await ids(provider_id=ROUTE) == []
        assert await ids(number="+8210") == [CALL]
        assert await ids(status="hangup") == [uuid_of(77), CALL]
        assert await ids(status="ringing") == []
        assert await ids(started_from=1_000, started_until=1_001) == [CALL]
        newest = (await calls.list_(unit, ADMIN, page_size=1))[0]
        assert await ids(before=newest.tm_create) == [CALL]
        with pytest.raises(InvalidValue):
            await ids(status="dead")
        assert [record.call.id for record in await calls.list_(unit, admin_of(acme))] == [CALL]
        with pytest.raises(NotFound):
            await calls.get(unit, admin_of(acme), uuid_of(77))
        assert (await calls.get(unit, admin_of(acme), CALL)).call.customer_id == acme.id


async def test_a_large_batch_is_stored_quickly(db: Database) -> None:
    batch = [part for n in range(280) for part in failed_over_call(uuid_of(n))][: events.MAX_EVENTS]
    started = asyncio.get_running_loop().time()
    assert (await ingest(db, batch)).accepted == len(batch)
    assert asyncio.get_running_loop().time() - started < 2


async def test_a_record_shows_what_a_provider_with_rules_got_and_which_number_chose_the_routes(db: Database) -> None:
    identity = ["P-Asserted-Identity: <sip:02079460000@carrier.example>", "Privacy: id"]
    story = [
        event("call_started", call=CALL, at=1_000, number="+12125550123", routing_number="+13125550000"),
        event("attempt_sent", call=CALL, n=1, at=1_500, provider_id=PROVIDERS[0], route_id=ROUTE, identity=identity),
        event("attempt_sent", call=CALL, n=2, at=2_500, provider_id=PROVIDERS[1], route_id=ROUTE),
    ]
    await ingest(db, story)

    call = (await call_of(db)).call

    assert (call.number, call.routing_number) == ("+12125550123", "+13125550000")
    assert [attempt.identity for attempt in call.attempts] == [tuple(identity), ()]


async def test_a_batch_goes_into_threads_for_its_records_the_lock_and_the_rest(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps, run, own = [0], threads.run_within, asyncio.current_task()

    async def counted(*args: Any, **rest: Any) -> Any:
        steps[0] += asyncio.current_task() is own  # connections of a new database are opened by another
        return await run(*args, **rest)

    for backend in ("sqlite", "postgresql"):
        monkeypatch.setattr(f"dialplane.store.backend_{backend}.run_within", counted)
    bound = replace(EDGE_ACTOR, edge="edge-1")
    assert (await events.ingest(db, bound, edge="edge-1", events=failed_over_call())).accepted
    assert steps[0] <= 4, "the fourth opens a first connection"
    steps[0] = 0
    other = [event("call_started", call=uuid_of(77), edge="edge-1", at=5_000)]
    assert (await events.ingest(db, bound, edge="edge-1", events=other)).accepted == 1
    assert steps[0] == 3
