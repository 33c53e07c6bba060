"""Events that are handed on: each as it was accepted, in order, until it has arrived; by one node at a time."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import msgspec
import pytest

from dialplane.control import erasure, events, outbox
from dialplane.control.outbox import LEASE_US, Message
from dialplane.control.units import Database
from tests.control.making import ADMIN, EDGE_ACTOR
from tests.control.seen import event, failed_over_call, uuid_of

pytestmark = pytest.mark.anyio

NODE, OTHER = "node 1", "node 2"


async def ingest(db: Database, batch: Sequence[Any], *, hand_on: bool = True, edge: str = "") -> events.Ingested:
    actor = replace(EDGE_ACTOR, edge=edge)
    return await events.ingest(db, actor, edge=edge or "edge-1", events=batch, hand_on=hand_on)


async def next_messages(db: Database, node: str = NODE) -> Sequence[Message]:
    portion = await outbox.next_portion(db, node=node)
    return () if portion is None else portion.messages


def ids(batch: Sequence[dict[str, Any]]) -> list[str]:
    return [part["id"] for part in batch]


async def test_what_was_stored_is_next_in_its_order_until_it_has_arrived(db: Database) -> None:
    first, second = failed_over_call(uuid_of(1)), failed_over_call(uuid_of(2))
    await ingest(db, first)
    await ingest(db, second)
    assert [one.id for one in await next_messages(db)] == ids(first + second)
    portion = await outbox.next_portion(db, node=NODE)
    assert portion is not None
    assert [one.id for one in portion.messages] == ids(first + second)
    third = failed_over_call(uuid_of(3))
    await ingest(db, third)
    await outbox.forget(db, portion, node=NODE)
    assert [one.id for one in await next_messages(db)] == ids(third)


async def test_a_message_is_the_event_under_its_call_or_its_edge(db: Database) -> None:
    call = failed_over_call(uuid_of(1))[0]
    of_edge = {"v": 1, "id": uuid_of(9), "kind": "edge_status", "edge": "edge-1", "at": 5_000, "agent_version": "1"}
    await ingest(db, [call | {"call": call["call"].upper()}, of_edge])
    started, status = await next_messages(db)
    assert (started.id, started.kind, started.key) == (call["id"], "call_started", call["call"])
    assert (status.kind, status.key) == ("edge_status", "edge-1")
    value = msgspec.json.decode(started.value)
    assert {name: value[name] for name in call if name != "decision"} == {
        name: call[name] for name in call if name != "decision"
    } | {"call": call["call"].upper()}


async def test_without_a_sink_nothing_waits(db: Database) -> None:
    await ingest(db, failed_over_call(), hand_on=False)
    assert (await outbox.waiting(db)).events == 0


async def test_what_is_refused_is_not_handed_on(db: Database) -> None:
    own, foreign = failed_over_call(uuid_of(1)), failed_over_call(uuid_of(2))
    await ingest(db, [part | {"edge": "edge-2"} for part in foreign], hand_on=False)
    stored = await ingest(db, [*own, *foreign, event("call_ended", -1), {"kind": "no such"}], edge="edge-1")
    assert stored.accepted == len(own)
    assert [one.id for one in await next_messages(db)] == ids(own)
    assert (await outbox.waiting(db)).events == len(own)


async def test_calls_that_were_erased_are_not_handed_on(db: Database) -> None:
    erased, kept = failed_over_call(uuid_of(1)), failed_over_call(uuid_of(2))
    await ingest(
        db, [part | ({"number": "+49301"} if part["kind"] == "call_started" else {}) for part in erased] + kept
    )
    async with db.change(ADMIN, "call.erase") as unit:
        assert await erasure.erase(unit, ADMIN, number="+49301") == 1
    await ingest(db, erased)
    assert [one.id for one in await next_messages(db)] == ids(kept)


async def test_another_node_sends_once_the_first_one_has_said_nothing_for_a_while(db: Database) -> None:
    told = failed_over_call()
    await ingest(db, told)
    stalled = await outbox.next_portion(db, node=NODE)
    assert stalled is not None
    assert not await next_messages(db, OTHER)
    later = db.now() + LEASE_US + 1_000_000
    db.now = lambda: later
    assert [one.id for one in await next_messages(db, OTHER)] == ids(told)
    await outbox.forget(db, stalled, node=NODE)
    assert [one.id for one in await next_messages(db, OTHER)] == ids(told), "only who sends may forget"
    assert not await next_messages(db, NODE)


async def test_another_node_sends_at_once_when_the_first_one_stops(db: Database) -> None:
    told = failed_over_call()
    await ingest(db, told)
    assert await next_messages(db)
    await outbox.leave(db, node=OTHER)
    assert not await next_messages(db, OTHER), "only who sends may leave it to others"
    await outbox.leave(db, node=NODE)
    assert [one.id for one in await next_messages(db, OTHER)] == ids(told)


async def test_the_oldest_are_dropped_when_too_many_wait_and_they_are_counted(db: Database) -> None:
    batches = [failed_over_call(uuid_of(n)) for n in range(4)]
    for batch in batches:
        await ingest(db, batch)
    assert await next_messages(db)
    waiting = await outbox.waiting(db)
    assert waiting.events == sum(map(len, batches))
    assert await outbox.keep_within(db, most_bytes=waiting.bytes, node=NODE) == 0
    assert await outbox.keep_within(db, most_bytes=waiting.bytes // 2, node=OTHER) == 0, "it is the other that sends"
    assert await outbox.keep_within(db, most_bytes=waiting.bytes // 2 + 10, node=NODE) == len(batches[0]) * 2
    assert [one.id for one in await next_messages(db)] == ids(batches[2] + batches[3])
