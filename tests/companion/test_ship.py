import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from dialplane.client import AsyncClient
from dialplane.client.retries import NO_RETRIES
from dialplane.companion.heartbeat import Heartbeats
from dialplane.companion.ship import EventShipper
from dialplane.eventlog.kinds import AttemptRinging
from dialplane.eventlog.reader import REFUSED, Backlog
from dialplane.eventlog.writer import EventLog, encoded, new_id
from dialplane.system.backoff import Backoff
from tests.companion.controlplane import ControlPlane, running
from tests.waiting import eventually_async

CALL = new_id()


@pytest.fixture
def plane() -> Iterator[ControlPlane]:
    with running(ControlPlane()) as plane:
        yield plane


@asynccontextmanager
async def shipping(plane: ControlPlane, folder: Path) -> AsyncIterator[EventLog]:
    """A shipper at work on the folder, and the writer of its events."""
    backlog = Backlog(folder / "events")
    async with AsyncClient(plane.url, token="t", retries=NO_RETRIES) as client:
        shipper = EventShipper(
            client,
            backlog,
            edge="here",
            heartbeats=Heartbeats(folder / "companion.json"),
            backoff=Backoff(first_s=0.02, longest_s=0.1),
        )
        task = asyncio.create_task(shipper.run())
        try:
            yield EventLog(folder / "events", edge="here")
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


def write(events: EventLog, n: int) -> None:
    """An event that is told from the others by its number."""
    events.attempt_ringing(CALL, n, status=180)
    events.write()


def numbers(plane: ControlPlane) -> list[int]:
    return [event["n"] for event in plane.events]


def test_what_waits_and_when_the_loops_last_turned_is_told_with_each_batch(plane: ControlPlane, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with shipping(plane, tmp_path) as events:
            write(events, 1)
            await eventually_async(lambda: numbers(plane) == [1])
        assert plane.agents[0]["backlog_bytes"] > 0
        assert plane.agents[0]["loops"] == {"events": 0}

    asyncio.run(scenario())


def test_events_arrive_in_order_with_what_the_companion_adds_to_each(plane: ControlPlane, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with shipping(plane, tmp_path) as events:
            for n in range(1, 6):
                write(events, n)
            await eventually_async(lambda: numbers(plane) == list(range(1, 6)))
        assert {"v", "id", "kind", "edge", "at", "mono", "call", "n", "status"} == plane.events[0].keys()
        assert (plane.events[0]["v"], plane.events[0]["kind"]) == (1, "attempt_ringing")

    asyncio.run(scenario())


def test_what_never_ends_to_come_is_gathered_and_old_hours_are_deleted_all_the_same(
    plane: ControlPlane, tmp_path: Path
) -> None:
    old = tmp_path / "events" / "20200101T00.jsonl"
    old.parent.mkdir()
    old.write_bytes(encoded(AttemptRinging(id=new_id(), edge="here", at=1, call=CALL, n=1000)) + b"\n")

    async def scenario() -> None:
        async with shipping(plane, tmp_path) as events:
            for n in range(1, 101):
                write(events, n)
                await asyncio.sleep(0.005)
            assert not old.exists()
            await eventually_async(lambda: numbers(plane) == [1000, *range(1, 101)])

    asyncio.run(scenario())
    assert len(plane.batches) < 50


def test_events_wait_while_the_api_is_away(plane: ControlPlane, tmp_path: Path) -> None:
    async def scenario() -> None:
        plane.down = True
        async with shipping(plane, tmp_path) as events:
            write(events, 1)
            await asyncio.sleep(0.3)
            assert plane.events == []
            plane.down = False
            await eventually_async(lambda: numbers(plane) == [1])

    asyncio.run(scenario())


def test_one_event_that_the_api_refuses_stops_no_other(plane: ControlPlane, tmp_path: Path) -> None:
    plane.refuse = lambda events: 400 if any(event["n"] == 13 for event in events) else None

    async def scenario() -> None:
        (tmp_path / "events").mkdir()
        events = EventLog(tmp_path / "events", edge="here")
        for n in range(1, 41):
            write(events, n)
        async with shipping(plane, tmp_path):
            await eventually_async(lambda: len(numbers(plane)) == 39)
            await eventually_async((tmp_path / "events" / "acknowledged.json").exists)

    asyncio.run(scenario())
    assert numbers(plane) == [n for n in range(1, 41) if n != 13]
    assert json.loads((tmp_path / "events" / REFUSED).read_bytes())["n"] == 13


@pytest.mark.parametrize("status", [401, 403, 404, 429, 500, 503])
def test_an_answer_that_is_not_about_the_events_loses_none(plane: ControlPlane, tmp_path: Path, status: int) -> None:
    answers = [status, status, None]
    plane.refuse = lambda events: answers.pop(0)

    async def scenario() -> None:
        async with shipping(plane, tmp_path) as events:
            write(events, 1)
            await eventually_async(lambda: numbers(plane) == [1])

    asyncio.run(scenario())
    assert not (tmp_path / "events" / REFUSED).exists()


@pytest.mark.parametrize("status", [404, 500])
def test_one_event_at_which_the_api_always_fails_stops_no_other(
    plane: ControlPlane, tmp_path: Path, status: int
) -> None:
    plane.refuse = lambda events: status if any(event["n"] == 13 for event in events) else None

    async def scenario() -> None:
        (tmp_path / "events").mkdir()
        events = EventLog(tmp_path / "events", edge="here")
        for n in range(1, 41):
            write(events, n)
        async with shipping(plane, tmp_path):
            await eventually_async((tmp_path / "events" / "acknowledged.json").exists)

    asyncio.run(scenario())
    assert sorted({*numbers(plane)}) == [n for n in range(1, 41) if n != 13]
    assert json.loads((tmp_path / "events" / REFUSED).read_bytes())["n"] == 13


def test_an_event_at_which_the_api_fails_waits_alone_until_another_one_is_taken(
    plane: ControlPlane, tmp_path: Path
) -> None:
    plane.refuse = lambda events: 500 if any(event["n"] == 13 for event in events) else None

    async def scenario() -> None:
        async with shipping(plane, tmp_path) as events:
            write(events, 13)
            await asyncio.sleep(0.5)
            assert not (tmp_path / "events" / REFUSED).exists()
            write(events, 14)
            await eventually_async((tmp_path / "events" / "acknowledged.json").exists)

    asyncio.run(scenario())
    assert numbers(plane) == [14]
    assert json.loads((tmp_path / "events" / REFUSED).read_bytes())["n"] == 13


def test_no_event_is_given_up_while_the_api_fails_at_all_of_them(plane: ControlPlane, tmp_path: Path) -> None:
    left = 60
    seen: list[int] = []

    def refuse(events: list[dict[str, Any]]) -> int | None:
        seen.append(len(events))
        return 500 if len(seen) <= left else None

    plane.refuse = refuse

    async def scenario() -> None:
        (tmp_path / "events").mkdir()
        events = EventLog(tmp_path / "events", edge="here")
        for n in range(1, 41):
            write(events, n)
        async with shipping(plane, tmp_path):
            await eventually_async((tmp_path / "events" / "acknowledged.json").exists)

    asyncio.run(scenario())
    assert {*numbers(plane)} == {*range(1, 41)}
    assert not (tmp_path / "events" / REFUSED).exists()
