"""Calls whose end nobody will report are closed with a reason, and no others; a report, however late, stands above."""

from collections.abc import Sequence
from typing import Any

import pytest

from dialplane.control import calls, events, lost_calls, stats
from dialplane.control.calls import CallRecord
from dialplane.control.stats import PROVIDERS, Window
from dialplane.control.units import Database
from dialplane.domain.call import LONGEST_SETUP_S
from dialplane.store.backend_sqlite import Sqlite
from tests.control.making import ADMIN, EDGE_ACTOR
from tests.control.plans import sqlite_plans
from tests.control.seen import CALL, ROUTE, event, uuid_of
from tests.control.seen import PROVIDERS as CARRIERS

pytestmark = pytest.mark.anyio

SECOND = 1_000_000
START = 1_000_000 * SECOND
MAX_CALL_S = 7_200

ALWAYS = Window(since=0, until=1 << 60)


async def ingest(db: Database, batch: Sequence[Any]) -> None:
    assert (await events.ingest(db, EDGE_ACTOR, edge="edge-1", events=batch)).refused == ()


async def call_of(db: Database, id_: str = CALL) -> CallRecord:
    async with db.read() as unit:
        return await calls.get(unit, ADMIN, id_)


async def close(db: Database, *, at_s: float) -> int:
    now = START + int(at_s * SECOND)
    return sum([len(ids) async for ids in lost_calls.close(db, now=now, max_call_s=MAX_CALL_S)])


async def channels(db: Database) -> int:
    async with db.read() as unit:
        found = await stats.list_(unit, ADMIN, PROVIDERS, ALWAYS)
    return sum(one.channels for one in found)


def begun(call: str = CALL, **fields: Any) -> list[dict[str, Any]]:
    sent: dict[str, Any] = {"n": 1, "provider_id": CARRIERS[0], "route_id": ROUTE, "why": []}
    return [
        event("call_started", START, call=call, **fields),
        event("attempt_sent", START + 1, call=call, **sent, **fields),
        event("attempt_ringing", START + SECOND, call=call, n=1, status=180, **fields),
    ]


def answered(call: str = CALL, **fields: Any) -> list[dict[str, Any]]:
    return [*begun(call, **fields), event("attempt_answered", START + 2 * SECOND, call=call, n=1, status=200, **fields)]


def restarted(at_s: float, **fields: Any) -> dict[str, Any]:
    started = START + int(at_s * SECOND)
    return event("edge_status", started + SECOND, kamailio_started=started, **fields)


async def test_an_unanswered_call_from_before_kamailios_restart_is_over(db: Database) -> None:
    await ingest(db, [*begun(), restarted(30)])
    assert (await channels(db), await close(db, at_s=31), await channels(db)) == (1, 1, 0)
    call = (await call_of(db)).call
    assert (call.status, call.reason, call.hangup_by, call.sip_status) == ("hangup", "edge_restarted", "edge", None)
    assert call.tm_ended == START + 30 * SECOND
    assert await close(db, at_s=32) == 0


async def test_an_answered_call_outlives_kamailios_restart(db: Database) -> None:
    """Its media never went through Kamailio, and its BYE is known by the cookie in its route."""
    await ingest(db, [*answered(), restarted(30)])
    assert (await close(db, at_s=31), await channels(db)) == (0, 1)


async def test_a_call_that_began_after_the_restart_or_on_another_edge_goes_on(db: Database) -> None:
    await ingest(db, [restarted(-5), *begun(), *begun(uuid_of(2), edge="edge-2"), restarted(30, edge="edge-3")])
    assert (await close(db, at_s=31), await channels(db)) == (0, 2)


@pytest.mark.parametrize(("told", "limit_s"), [([], MAX_CALL_S), ([600], 600), ([30_000], 30_000)])
async def test_an_answered_call_ends_when_its_edge_would_have_ended_it(
    db: Database, told: list[int], limit_s: int
) -> None:
    await ingest(db, [*answered(), *(event("edge_status", START, max_call_s=seconds) for seconds in told)])
    ended_s = 2 + limit_s
    assert await close(db, at_s=ended_s + lost_calls.GRACE_S - 1) == 0
    assert await close(db, at_s=ended_s + lost_calls.GRACE_S + 1) == 1
    record = await call_of(db)
    assert (record.call.tm_ended, record.call.reason) == (START + ended_s * SECOND, "no_end_reported")
    assert record.duration_ms is None
    (attempt,) = record.call.attempts
    assert attempt.tm_ended == record.call.tm_ended
    assert await channels(db) == 0


async def test_a_call_that_is_never_answered_ends_too(db: Database) -> None:
    await ingest(db, begun())
    assert await close(db, at_s=LONGEST_SETUP_S - 1) == 0
    assert await close(db, at_s=LONGEST_SETUP_S + 1) == 1
    assert (await call_of(db)).call.reason == "no_end_reported"


async def test_an_end_that_is_reported_after_all_stands_above_the_conclusion(db: Database) -> None:
    await ingest(db, [*answered(), event("edge_status", START, max_call_s=600)])
    assert await close(db, at_s=2_000) == 1
    await ingest(db, [event("call_ended", START + 62 * SECOND, status=200, reason="OK", hangup_by="callee")])
    record = await call_of(db)
    assert (record.call.reason, record.call.hangup_by, record.duration_ms) == ("OK", "callee", 60_000)
    assert record.call.tm_ended == START + 62 * SECOND
    async with db.read() as unit:
        (provider,) = await stats.list_(unit, ADMIN, PROVIDERS, ALWAYS)
    assert (provider.acd_ms, provider.channels) == (60_000, 0)


async def test_a_lost_call_is_listed_as_ended_and_has_no_part_in_the_average_duration(db: Database) -> None:
    await ingest(db, [*begun(), restarted(30)])
    await close(db, at_s=31)
    async with db.read() as unit:
        assert [record.call.id for record in await calls.list_(unit, ADMIN, status="hangup")] == [CALL]
        assert await calls.list_(unit, ADMIN, status="ringing") == []
        (provider,) = await stats.list_(unit, ADMIN, PROVIDERS, ALWAYS)
    assert (provider.seized, provider.answered, provider.acd_ms) == (1, 0, None)


async def test_more_calls_than_fit_into_one_transaction_are_closed_one_after_the_other(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lost_calls, "AT_ONCE", 7)
    await ingest(db, [part for n in range(20) for part in begun(uuid_of(n))] + [restarted(30)])
    assert (await close(db, at_s=31), await channels(db)) == (20, 0)


async def test_closing_reads_open_calls_only(db: Database) -> None:
    with sqlite_plans(db) as plans:
        assert not [ids async for ids in lost_calls.close(db, now=START, max_call_s=1)]
    if not isinstance(db.backend, Sqlite):
        return
    (plan,) = plans
    (read,) = [step for step in plan if " calls " in step]
    assert "calls_open" in read


def going_on(*living: str, since_s: float = -60, before_s: float = 30, **fields: Any) -> dict[str, Any]:
    return event(
        "edge_calls",
        START + 90 * SECOND,
        since=START + int(since_s * SECOND),
        before=START + int(before_s * SECOND),
        calls=list(living),
        **fields,
    )


async def test_a_call_that_its_edge_has_no_more_is_over_and_one_that_it_has_goes_on(db: Database) -> None:
    await ingest(db, [*answered(), *answered(uuid_of(2))])

    stored = await events.ingest(db, EDGE_ACTOR, edge="edge-1", events=[going_on(uuid_of(2))])

    assert (stored.lost, await channels(db)) == ((CALL,), 1)
    record = await call_of(db)
    assert (record.call.status, record.call.reason, record.call.hangup_by) == ("hangup", "not_going_on", "edge")
    assert (record.call.tm_ended, record.duration_ms) == (START + 90 * SECOND, None)
    assert (await call_of(db, uuid_of(2))).call.tm_ended is None


@pytest.mark.parametrize(
    "report",
    [
        going_on(since_s=1),
        going_on(before_s=0),
        going_on(edge="edge-2"),
        going_on(prefix="f"),
        going_on(suffix="f"),
    ],
    ids=[
        "begun before Kamailio",
        "begun after the look",
        "another edge's",
        "ids that begin otherwise",
        "ids that end otherwise",
    ],
)
async def test_a_report_speaks_for_no_other_calls(db: Database, report: dict[str, Any]) -> None:
    await ingest(db, [*answered(), report])
    assert await channels(db) == 1


async def test_an_end_that_is_reported_after_all_stands_above_a_call_that_was_missed(db: Database) -> None:
    await ingest(db, [*answered(), going_on()])
    await ingest(db, [event("call_ended", START + 40 * SECOND, status=200, reason="OK", hangup_by="caller")])
    assert (await call_of(db)).call.hangup_by == "caller"
