"""What edges tell of themselves: polls and statuses, in whatever order, become one row an edge."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from dialplane.control import accesskeys, edges, events, rollups, stats
from dialplane.control.edges import Contacts, Edge
from dialplane.control.permissions import PermissionDenied
from dialplane.control.stats import Window
from dialplane.control.units import Database
from dialplane.domain.edge_checks import SAMPLES
from dialplane.domain.errors import NotFound, Unavailable
from dialplane.domain.instants import SECOND_US
from tests.control.making import ADMIN, EDGE_ACTOR, admin_of, make_customer, make_provider
from tests.control.seen import event, failed_over_call, uuid_of
from tests.databases import open_database

pytestmark = pytest.mark.anyio

NOW = 1_600_000_000_000_000


async def ingest(db: Database, batch: Sequence[Any]) -> events.Ingested:
    return await events.ingest(db, EDGE_ACTOR, edge="edge-1", events=batch)


async def edge_of(db: Database, name: str = "edge-1", *, now: int = NOW) -> Edge:
    async with db.read() as unit:
        return await edges.get(unit, ADMIN, name, now=now)


async def poll(db: Database, name: str, *, now: int = NOW, revision: int | None = None, epoch: str = "") -> None:
    clock, contacts = await db.clock(), Contacts()
    contacts.polled(
        name, now=now, revision=clock.revision if revision is None else revision, epoch=epoch or clock.epoch
    )
    await contacts.store(db)


async def test_an_edge_is_as_far_behind_as_there_are_revisions_that_it_has_not_asked_behind(db: Database) -> None:
    await poll(db, "edge-1")
    before = await edge_of(db)
    assert (before.lag_revisions, before.last_contact, before.silent_s) == (0, NOW, 0)
    await make_provider(db)
    await make_provider(db)
    after = await edge_of(db, now=NOW + 2_500_000)
    assert (after.revision, after.lag_revisions, after.silent_s) == (before.revision, 2, 2.5)
    await poll(db, "edge-1", now=NOW + 3_000_000)
    assert (await edge_of(db, now=NOW + 3_000_000)).lag_revisions == 0


async def test_an_edge_of_another_database_has_everything_still_to_load(db: Database) -> None:
    await make_provider(db)
    revision = (await db.clock()).revision
    await poll(db, "edge-1", revision=revision + 100, epoch=uuid_of(1))
    assert (await edge_of(db)).lag_revisions == revision
    await poll(db, "edge-1", revision=revision + 100, now=NOW + 1)
    assert (await edge_of(db)).lag_revisions == 0


async def test_the_latest_poll_and_the_latest_status_stay_in_whatever_order_they_come(db: Database) -> None:
    status: dict[str, Any] = {
        "agent_version": "1.2.3",
        "kamailio_version": "5.6.3",
        "kamailio_started": 17,
        "max_call_s": 600,
        "calls_shed": 3,
        "shed_percent": 90,
        "events_lost": 2,
        "counters": {"script_errors": 1, "strangers": 2**40},
    }
    await poll(db, "edge-1", revision=7, now=NOW)
    await ingest(db, [event("edge_status", 20, **status), event("edge_status", 10, agent_version="0.9")])
    await ingest(db, [event("edge_status", 15, agent_version="1.0")])
    await poll(db, "edge-1", revision=3, now=NOW - 5)
    edge = await edge_of(db)
    assert (edge.revision, edge.last_contact, edge.tm_status) == (7, NOW, 20)
    assert {name: getattr(edge, name) for name in status} == status


async def test_a_status_makes_the_edge_known_before_its_first_poll(db: Database) -> None:
    await ingest(db, [event("edge_status", 20, edge="new")])
    edge = await edge_of(db, "new")
    assert (edge.revision, edge.lag_revisions, edge.last_contact, edge.silent_s) == (None, None, None, None)
    assert edge.counters == {}


@pytest.mark.parametrize(
    "broken",
    [
        {"max_call_s": 0},
        {"max_call_s": "600"},
        {"shed_percent": 101},
        {"counters": {"strangers": -1}},
        {"counters": {"strangers": "many"}},
        {"counters": {'a label="': 1}},
        {"counters": {"n" * length: 1 for length in range(1, 34)}},
        {"kamailio_started": -1},
        {"agent_version": 7},
        {"edge": ""},
    ],
)
async def test_a_malformed_status_is_refused_alone(db: Database, broken: dict[str, Any]) -> None:
    result = await ingest(db, [event("edge_status", 20) | broken, event("edge_status", 20, edge="good")])
    assert (result.accepted, len(result.refused)) == (1, 1)
    async with db.read() as unit:
        assert [edge.name for edge in await edges.list_(unit, ADMIN, now=NOW)] == ["good"]


async def test_the_load_is_counted_from_the_calls_that_the_edge_has_handed_in(db: Database) -> None:
    await poll(db, "edge-1")
    await poll(db, "edge-2")
    second = 1_000_000
    for n in range(20):
        await ingest(db, [event("call_started", NOW - second, call=uuid_of(n))])
    await ingest(db, [event("call_ended", NOW, call=uuid_of(n), status=200) for n in range(5)])
    await ingest(db, [event("call_started", NOW - 11 * second, call=uuid_of(99))])
    edge = await edge_of(db)
    assert (edge.calls_in_progress, edge.cps) == (16, 2.0)
    idle = await edge_of(db, "edge-2")
    assert (idle.calls_in_progress, idle.cps) == (0, 0.0)


async def test_edges_are_listed_newest_first_page_by_page(db: Database) -> None:
    for name in ("a", "b", "c"):
        await poll(db, name)
    await poll(db, "a")
    async with db.read() as unit:
        first = await edges.list_(unit, ADMIN, now=NOW, page_size=2)
        second = await edges.list_(unit, ADMIN, now=NOW, page_size=2, before=first[-1].tm_create)
    assert [edge.name for edge in first + second] == ["c", "b", "a"]


async def test_an_unknown_edge_is_not_found_and_a_customer_sees_none(db: Database) -> None:
    await ingest(db, failed_over_call())
    with pytest.raises(NotFound):
        await edge_of(db)
    manager = admin_of(await make_customer(db))
    async with db.read() as unit:
        with pytest.raises(PermissionDenied):
            await edges.list_(unit, manager, now=NOW)
        with pytest.raises(PermissionDenied):
            await edges.get(unit, manager, "edge-1", now=NOW)


async def test_contacts_that_could_not_be_stored_are_stored_the_next_time(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    contacts = Contacts()
    contacts.polled("edge-1", now=NOW, revision=4, epoch="e")

    def unavailable() -> Any:
        contacts.heard("edge-1", now=NOW + 1)
        raise Unavailable("busy")

    with monkeypatch.context() as broken:
        broken.setattr(db, "write", unavailable)
        with pytest.raises(Unavailable):
            await contacts.store(db)
    await contacts.store(db)
    edge = await edge_of(db)
    assert (edge.revision, edge.last_contact) == (4, NOW + 1)


async def test_nameless_contacts_leave_no_edge_and_no_contact_makes_no_transaction(db: Database) -> None:
    contacts = Contacts()
    contacts.polled("", now=NOW, revision=4, epoch="e")
    async with db.write():
        await asyncio.wait_for(contacts.store(db), 1)
    async with db.read() as unit:
        assert await edges.list_(unit, ADMIN, now=NOW) == []


async def make_key(db: Database, edge: str) -> None:
    async with db.change(ADMIN, "accesskey.create") as unit:
        await accesskeys.create(unit, ADMIN, {"expire": 86_400, "permission": "edge", "edge": edge})


async def test_invented_names_are_bounded_and_keep_no_edge_with_a_key_out(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(edges, "MOST_EDGES", 5)
    await poll(db, "real")
    await ingest(db, [event("edge_status", 1, edge=f"invented {n}") for n in range(20)])
    await make_key(db, "new")
    await poll(db, "new")
    await poll(db, "invented 21")
    await ingest(db, [event("edge_status", 20, edge="real", agent_version="1")])
    async with db.read() as unit:
        names = [edge.name for edge in await edges.list_(unit, ADMIN, now=NOW)]
    assert (len(names), names[0], names[-1]) == (6, "new", "real")
    assert (await edge_of(db, "real")).agent_version == "1"


async def test_metrics_show_the_edges_that_are_heard_and_known_for_longest(db: Database) -> None:
    await poll(db, "dead", now=NOW - 7_200_000_000)
    await poll(db, "real")
    for n in range(5):
        await poll(db, f"invented {n}")
    async with db.read() as unit:
        shown = await edges.longest_known(unit, now=NOW, limit=3)
    assert [edge.name for edge in shown] == ["real", "invented 0", "invented 1"]


async def test_a_deleted_edge_is_not_brought_back_by_a_contact_from_before(db: Database) -> None:
    clock, contacts = await db.clock(), Contacts()
    for name in ("edge-1", "edge-2"):
        await poll(db, name)
        contacts.polled(name, now=NOW + 1, revision=clock.revision, epoch=clock.epoch)
    contacts.forget("edge-1")
    assert (await edges.delete(db, ADMIN, "edge-1", now=NOW)).name == "edge-1"
    await contacts.store(db)
    async with db.read() as unit:
        assert [edge.name for edge in await edges.list_(unit, ADMIN, now=NOW)] == ["edge-2"]
    with pytest.raises(NotFound):
        await edges.delete(db, ADMIN, "edge-1", now=NOW)
    for stranger in (EDGE_ACTOR, admin_of(await make_customer(db))):
        with pytest.raises(PermissionDenied):
            await edges.delete(db, stranger, "edge-2", now=NOW)


async def heard(db: Database, contacts: Contacts, *, at_s: float, ahead_s: float | None, way_s: float = 0) -> Edge:
    now = NOW + int(at_s * SECOND_US)
    sent = None if ahead_s is None else now + int((ahead_s - way_s) * SECOND_US)
    contacts.heard("edge-1", now=now, sent=sent)
    await contacts.store(db)
    return await edge_of(db, now=now)


async def test_the_quickest_of_the_last_contacts_tells_how_far_a_clock_is_off(db: Database) -> None:
    contacts = Contacts()
    for n, way_s in enumerate((0.9, 0.02, 1.7)):
        found = await heard(db, contacts, at_s=n, ahead_s=5, way_s=way_s)
    assert found.clock_ahead_s == 4.98
    for n in range(SAMPLES):
        found = await heard(db, contacts, at_s=10 + n, ahead_s=-3, way_s=0.01)
    assert found.clock_ahead_s == -3.01
    assert [one.state for one in found.checks] == ["warn", "not_reported"]


async def test_an_edge_that_was_made_older_tells_of_its_clock_no_more(db: Database) -> None:
    contacts = Contacts()
    assert (await heard(db, contacts, at_s=0, ahead_s=5)).clock_ahead_s == 5
    assert (await heard(db, contacts, at_s=edges.CLOCK_HOLDS_S, ahead_s=None)).clock_ahead_s == 5
    assert (await heard(db, contacts, at_s=edges.CLOCK_HOLDS_S + 1, ahead_s=None)).clock_ahead_s is None


async def test_certificates_are_those_of_the_last_status_and_of_an_older_edge_none_is_known(db: Database) -> None:
    held = [{"subject": "CN=\u202eedge", "until": NOW + 2 * 86_400 * SECOND_US}]
    await ingest(db, [event("edge_status", 20, certificates=held), event("edge_status", 10, certificates=[])])
    found = await edge_of(db)
    assert found.certificates == (("CN=\ufffdedge", NOW + 2 * 86_400 * SECOND_US),)
    assert found.checks[1].state == "bad"
    await ingest(db, [event("edge_status", 30)])
    assert (await edge_of(db)).certificates is None
    broken: list[dict[str, Any]] = [
        {"certificates": [{"subject": "x"}]},
        {"certificates": [{"until": -1}]},
        {"certificates": held * 9},
    ]
    result = await ingest(db, [event("edge_status", 40) | one for one in broken])
    assert (result.accepted, len(result.refused)) == (0, 3)


async def test_the_clocks_that_are_kept_in_memory_are_bounded(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(edges, "MOST_EDGES", 3)
    contacts = Contacts()
    contacts.heard("edge-1", now=NOW, sent=NOW + 7 * SECOND_US)
    for n in range(3):
        contacts.heard(f"invented {n}", now=NOW, sent=NOW)
    contacts.heard("edge-1", now=NOW + 1, sent=NOW + 2 * SECOND_US + 1)
    await contacts.store(db)
    assert (await edge_of(db)).clock_ahead_s == 2, "the sample of before is forgotten"


SOURCE: dict[str, Any] = {"address": "192.0.2.7", "count": 3, "reason": "wrong_password", "dialled": "112"}


async def test_the_last_report_of_refused_sources_stays_in_whatever_order_they_come(db: Database) -> None:
    newer: dict[str, Any] = {"sources": [SOURCE | {"first": 10, "last": 20, "banned": True}]}
    older: dict[str, Any] = {"sources": [SOURCE | {"address": "192.0.2.9", "first": 5, "last": 6}]}
    await ingest(db, [event("edge_refusals", 20, **newer), event("edge_refusals", 10, **older)])
    await ingest(db, [event("edge_refusals", 15, **older), event("edge_status", 30)])
    async with db.read() as unit:
        [refused] = await edges.refusals(unit, ADMIN, "edge-1")
    assert (refused.address, refused.count, refused.reason, refused.dialled) == (
        "192.0.2.7",
        3,
        "wrong_password",
        "112",
    )
    assert (refused.tm_first, refused.tm_last, refused.banned) == (10, 20, True)


async def test_refused_sources_are_for_the_platform_and_of_an_edge_that_there_is(db: Database) -> None:
    await ingest(db, [event("edge_status", 20)])
    async with db.read() as unit:
        assert await edges.refusals(unit, ADMIN, "edge-1") == []
        with pytest.raises(NotFound):
            await edges.refusals(unit, ADMIN, "another")
    acme = await make_customer(db)
    async with db.read() as unit:
        with pytest.raises(PermissionDenied):
            await edges.refusals(unit, admin_of(acme), "edge-1")


async def test_a_report_of_refused_sources_is_bounded_and_its_instants_are_not_ahead(db: Database) -> None:
    ahead = 1 << 50
    many = [SOURCE | {"address": f"192.0.2.{n}", "first": 1, "last": 2} for n in range(65)]
    hostile = SOURCE | {"dialled": "\u202e" + "9" * 10_000, "first": ahead, "last": ahead}
    result = await ingest(db, [event("edge_refusals", 20, sources=many), event("edge_refusals", 30, sources=[hostile])])
    assert (result.accepted, len(result.refused)) == (1, 1)
    async with db.read() as unit:
        [refused] = await edges.refusals(unit, ADMIN, "edge-1")
    assert (refused.tm_first, refused.tm_last) == (30, 30)
    assert len(refused.dialled) == 128
    assert refused.dialled.isprintable()


async def test_an_edge_is_in_step_behind_silent_or_unheard(db: Database) -> None:
    await poll(db, "edge-1")
    seen = await edge_of(db)
    assert (seen.state, seen.state_detail) == ("in_step", "in step")
    silent = await edge_of(db, now=NOW + 250 * SECOND_US)
    assert (silent.state, silent.state_detail) == (
        "silent",
        f"not heard for 4 min: unless it is down, calls go on there by revision {seen.revision}, and their records "
        "wait there",
    )
    await make_provider(db)
    behind = await edge_of(db)
    assert (behind.state, behind.state_detail) == (
        "behind",
        "one revision behind: its calls are still decided as before",
    )
    unheard = replace(seen, lag_revisions=None, revision=None)
    assert unheard.state == "unheard"


@pytest.mark.parametrize(
    ("seconds", "says"),
    [(60, "in step"), (61, "in step; what it saw in the last 1 min is not here yet"), (7_300, "the last 2 h is")],
)
async def test_an_edge_that_is_heard_and_whose_records_are_late_says_so(db: Database, seconds: int, says: str) -> None:
    await poll(db, "edge-1")
    seen = await edge_of(db)
    assert says in replace(seen, records_s=seconds).state_detail


def counted(at_s: float, strangers: int, *, shed: int = 0, started: int = 1, **counters: int) -> dict[str, Any]:
    counts = {"strangers": strangers, "replica_damages": 2, **counters}
    at = NOW + int(at_s * SECOND_US)
    return event("edge_status", at, kamailio_started=started, counters=counts, calls_shed=shed)


async def test_its_counters_have_the_rate_of_its_last_reports(db: Database) -> None:
    await ingest(db, [counted(0, 1_000)])
    told = await edge_of(db)
    assert (told.counters_per_hour, told.counters_over_s) == ({}, None)
    await ingest(db, [counted(15, 1_000)])
    assert (await edge_of(db)).counters_per_hour == {"strangers": 0}
    for n in range(2, 41):
        await ingest(db, [counted(n * 15, 1_000 + n)])
    told = await edge_of(db)
    assert (told.counters_per_hour, told.counters_over_s) == ({"strangers": 240}, 300)


async def test_the_rates_of_a_batch_are_those_of_its_reports_one_by_one_and_repeats_change_nothing(
    db: Database,
) -> None:
    reports = [counted(n * 15, n * n) for n in range(50)]
    await ingest(db, reports[::-1])
    together = await edge_of(db)
    await ingest(db, reports[10:20])
    assert await edge_of(db) == together
    for one in reports:
        await ingest(db, [one | {"edge": "edge-2"}])
    alone = await edge_of(db, "edge-2")
    assert (alone.counters_per_hour, alone.counters_over_s) == (together.counters_per_hour, together.counters_over_s)


async def test_a_counter_begins_anew_with_kamailio(db: Database) -> None:
    restarted = counted(60, 6, started=NOW + 59 * SECOND_US)
    await ingest(db, [counted(0, 5), counted(30, 7), restarted])
    told = await edge_of(db)
    assert (told.counters_per_hour, told.counters_over_s) == ({"strangers": 8 * 60}, 60)


async def shed_of(db: Database) -> dict[int, int]:
    """Minutes after NOW's -> calls that were shed, of all edges."""
    minute = NOW - NOW % (60 * SECOND_US)
    window = Window(since=minute, until=minute + 600 * SECOND_US, step_s=60)
    async with db.read() as unit:
        calls = (await stats.overview(unit, ADMIN, window)).calls
    assert sum(step.shed for step in calls.steps) == calls.shed
    return {n: step.shed for n, step in enumerate(calls.steps) if step.shed}


async def test_calls_that_were_shed_count_once_in_the_minute_in_which_the_edge_told_of_them(db: Database) -> None:
    first = NOW % (60 * SECOND_US) // SECOND_US
    told = [
        counted(-first + at_s, 0, shed=shed) for at_s, shed in ((1, 100), (16, 103), (59, 110), (61, 110), (80, 130))
    ]
    await ingest(db, told[:2])
    await ingest(db, told[1:])
    await ingest(db, told)
    assert await shed_of(db) == {0: 10, 1: 20}
    await ingest(db, [counted(-first + 130, 0, shed=4, started=NOW + (129 - first) * SECOND_US)])
    assert await shed_of(db) == {0: 10, 1: 20, 2: 4}
    await rollups.fold(db)
    assert await shed_of(db) == {0: 10, 1: 20, 2: 4}


async def test_two_batches_of_one_edge_at_the_same_time_count_what_was_shed_once(database_url: str) -> None:
    nodes = [open_database(database_url) for _ in range(2)]
    await ingest(nodes[0], [counted(0, 0, shed=0)])
    batch = [counted(n, 0, shed=n) for n in range(1, 30)]
    await asyncio.gather(*(ingest(node, batch) for node in nodes * 3))
    assert sum((await shed_of(nodes[0])).values()) == 29
    for node in nodes:
        await node.close()
