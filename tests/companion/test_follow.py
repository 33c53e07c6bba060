import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import IO, Any, cast

import pytest

from dialplane.client import AsyncClient
from dialplane.client.retries import NO_RETRIES
from dialplane.companion import follow
from dialplane.companion.arriving import ArrivingLines
from dialplane.companion.check import TableCheck
from dialplane.companion.follow import FeedFollower
from dialplane.companion.heartbeat import Heartbeats
from dialplane.companion.tables import ReplicaTables
from dialplane.domain.ids import SYSTEM_DEFAULT_CUSTOMER
from dialplane.domain.instants import NEVER
from dialplane.domain.provider import Provider
from dialplane.domain.route import Route
from dialplane.replica.layout import DAMAGED, id_bytes
from dialplane.replica.reader import ReplicaReader
from dialplane.system.backoff import Backoff
from tests.companion.controlplane import ControlPlane, default_customer, running
from tests.waiting import eventually_async

CARRIER = Provider(id="4dbeabd6-f397-4375-95d2-a38411e07ed1", type="sip", hostname="127.0.0.1:5070", tm_create=1)


def route(n: int, *, target: str = "+82", tm_delete: int = NEVER) -> Route:
    return Route(
        id=f"00000000-0000-0000-0000-{n:012d}",
        customer_id=SYSTEM_DEFAULT_CUSTOMER,
        provider_id=CARRIER.id,
        priority=n,
        target=target,
        tm_create=n,
        tm_delete=tm_delete,
    )


@pytest.fixture
def plane() -> Iterator[ControlPlane]:
    with running(ControlPlane()) as plane:
        plane.put(default_customer())
        yield plane


@asynccontextmanager
async def following(
    plane: ControlPlane, folder: Path, *, check_every_s: float = 600.0, backoff: Backoff | None = None
) -> AsyncIterator[list[str]]:
    """A follower at work, its replica looked through; the list grows with each change of the replica."""
    changes: list[str] = []
    tables = ReplicaTables(folder / "replica")
    async with AsyncClient(plane.url, token="t", retries=NO_RETRIES) as client:
        follower = FeedFollower(
            client,
            tables,
            edge="here",
            spool_folder=folder,
            heartbeats=Heartbeats(folder / "companion.json"),
            on_change=lambda: changes.append("changed"),
            backoff=backoff or Backoff(first_s=0.02, longest_s=0.1),
        )
        check = TableCheck(tables, heartbeats=Heartbeats(folder / "companion.json"), every_s=check_every_s)
        loops = asyncio.gather(follower.run(), check.run())
        try:
            yield changes
        finally:
            loops.cancel()
            await asyncio.gather(loops, return_exceptions=True)
            tables.close()


def routes_to(folder: Path, number: str) -> list[int]:
    """The priorities of the routes that a call to this number finds; [] where there is no replica."""
    reader = ReplicaReader(folder / "replica")
    try:
        with reader.view() as view:
            groups = view.groups(SYSTEM_DEFAULT_CUSTOMER, number)
        return sorted(candidate.priority for group in groups for candidate in group.candidates)
    except Exception:
        return []
    finally:
        reader.close()


async def has_routes(folder: Path, *priorities: int) -> None:
    await eventually_async(lambda: routes_to(folder, "+821021656521") == list(priorities), what=str(priorities))


def test_an_empty_edge_loads_everything_and_then_follows_each_change(plane: ControlPlane, tmp_path: Path) -> None:
    async def scenario() -> None:
        plane.put(CARRIER, route(1))
        async with following(plane, tmp_path) as changes:
            await has_routes(tmp_path, 1)
            plane.put(route(2))
            await has_routes(tmp_path, 1, 2)
            plane.put(route(1, tm_delete=99))
            await has_routes(tmp_path, 2)
            await eventually_async(lambda: len(changes) == 3)

    asyncio.run(scenario())


class CountedWaits(Backoff):
    waits = 0

    def next_s(self, *, at_least_s: float = 0.0) -> float:
        self.waits += 1
        return 0.01 * self.waits


def test_a_table_that_leaves_no_revision_is_not_asked_for_without_a_pause(tmp_path: Path) -> None:
    async def scenario(plane: ControlPlane) -> None:
        waits = CountedWaits()
        async with following(plane, tmp_path, backoff=waits):
            await eventually_async(lambda: len(plane.asked) > 3)
            assert waits.waits >= 3, "waits between whole tables"
            plane.put(default_customer(), CARRIER, route(1))
            await has_routes(tmp_path, 1)

    with running(ControlPlane()) as plane:
        asyncio.run(scenario(plane))


def test_a_restarted_companion_goes_on_from_its_revision(plane: ControlPlane, tmp_path: Path) -> None:
    async def scenario() -> None:
        plane.put(CARRIER, route(1))
        async with following(plane, tmp_path):
            await has_routes(tmp_path, 1)
        plane.asked.clear()
        async with following(plane, tmp_path):
            await eventually_async(lambda: plane.asked)
        assert plane.asked[0]["since"] == str(plane.revision)
        assert plane.asked[0]["epoch"] == plane.epoch

    asyncio.run(scenario())


def test_a_stream_without_its_end_changes_nothing(plane: ControlPlane, tmp_path: Path) -> None:
    async def scenario() -> None:
        plane.put(CARRIER, route(1))
        async with following(plane, tmp_path):
            await has_routes(tmp_path, 1)
            plane.cut_feed = True
            plane.put(route(2), route(3), route(4))
            asked = len(plane.asked)
            await eventually_async(lambda: len(plane.asked) > asked + 3)
            assert routes_to(tmp_path, "+821021656521") == [1]
            plane.cut_feed = False
            await has_routes(tmp_path, 1, 2, 3, 4)

    asyncio.run(scenario())


def test_a_restored_database_is_loaded_from_nothing(plane: ControlPlane, tmp_path: Path) -> None:
    async def scenario() -> None:
        plane.put(CARRIER, route(1), route(2))
        async with following(plane, tmp_path):
            await has_routes(tmp_path, 1, 2)
            with plane.changed:
                plane.epoch = "another"
                plane.changes = [change for change in plane.changes if change[2]["id"] != route(2).id]
                plane.revision += 1
                plane.changed.notify_all()
            await has_routes(tmp_path, 1)

    asyncio.run(scenario())


def test_an_edge_keeps_its_table_while_the_control_plane_is_away_and_catches_up(
    plane: ControlPlane, tmp_path: Path
) -> None:
    async def scenario() -> None:
        plane.put(CARRIER, route(1))
        async with following(plane, tmp_path):
            await has_routes(tmp_path, 1)
            with plane.changed:
                plane.down = True
                plane.changed.notify_all()
            plane.put(route(2))
            assert routes_to(tmp_path, "+821021656521") == [1]
            plane.down = False
            await has_routes(tmp_path, 1, 2)

    asyncio.run(scenario())


def test_damage_that_a_reader_met_ends_the_long_poll_and_loads_anew(plane: ControlPlane, tmp_path: Path) -> None:
    async def scenario() -> None:
        plane.put(CARRIER, route(1))
        async with following(plane, tmp_path):
            await has_routes(tmp_path, 1)
            (tmp_path / "replica" / DAMAGED).touch()
            await eventually_async(lambda: not (tmp_path / "replica" / DAMAGED).exists(), within_s=5)
            await has_routes(tmp_path, 1)
        assert [query["since"] for query in plane.asked].count("0") == 2

    asyncio.run(scenario())


def test_a_key_that_a_bad_disk_changed_is_found_by_looking_and_loaded_anew(plane: ControlPlane, tmp_path: Path) -> None:
    async def scenario() -> None:
        plane.put(CARRIER, *(route(n) for n in range(1, 50)))
        async with following(plane, tmp_path, check_every_s=0.1):
            await has_routes(tmp_path, *range(1, 50))
            file = tmp_path / "replica" / "current" / "data.mdb"
            key = id_bytes(SYSTEM_DEFAULT_CUSTOMER) + b"82"
            stored = file.read_bytes()
            assert key in stored
            with file.open("r+b") as data:
                data.write(stored.replace(key, key[:-1] + b"9"))
            assert routes_to(tmp_path, "+821021656521") == []
            await has_routes(tmp_path, *range(1, 50))

    asyncio.run(scenario())


@pytest.mark.parametrize("keep_bytes", [0, 100, 9000])
def test_a_truncated_replica_is_refused_and_rebuilt(plane: ControlPlane, tmp_path: Path, keep_bytes: int) -> None:
    async def scenario() -> None:
        plane.put(CARRIER, *(route(n) for n in range(1, 50)))
        async with following(plane, tmp_path):
            await has_routes(tmp_path, *range(1, 50))
        file = tmp_path / "replica" / "current" / "data.mdb"
        file.write_bytes(file.read_bytes()[:keep_bytes])
        async with following(plane, tmp_path):
            await has_routes(tmp_path, *range(1, 50))

    asyncio.run(scenario())


def test_a_record_that_cannot_be_stored_does_not_end_the_loop(plane: ControlPlane, tmp_path: Path) -> None:
    async def scenario() -> None:
        plane.put(CARRIER, route(1))
        async with following(plane, tmp_path):
            await has_routes(tmp_path, 1)
            with plane.changed:
                plane.revision += 1
                plane.changes.append((plane.revision, "route", {"id": "no id at all"}))
                plane.changed.notify_all()
            asked = len(plane.asked)
            await eventually_async(lambda: len(plane.asked) > asked + 4)
            assert routes_to(tmp_path, "+821021656521") == [1]
            plane.changes.pop()
            await has_routes(tmp_path, 1)

    asyncio.run(scenario())


class SlowLine:
    """In the client's place: a feed that comes byte by byte, as long as it comes."""

    def __init__(self) -> None:
        self.comes = True
        self.sent = 0

    async def download_feed(self, response: IO[bytes], **asked: Any) -> None:
        while True:
            await asyncio.sleep(0.02)
            if self.comes:
                self.sent += response.write(b" ")


def test_a_download_that_takes_longer_than_a_turn_may_is_no_stall_as_long_as_it_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(follow, "DAMAGE_LOOK_S", 0.02)
    heartbeats = Heartbeats(tmp_path / "companion.json", silence_limit_s=0.5)
    line = SlowLine()
    follower = FeedFollower(
        cast(AsyncClient, line), ReplicaTables(tmp_path / "replica"), edge="here", spool_folder=tmp_path,
        heartbeats=heartbeats, on_change=lambda: None,
    )  # fmt: skip

    async def scenario() -> None:
        running = asyncio.create_task(follower.run())
        looks = []
        while line.sent < 50:
            await asyncio.sleep(0.02)
            looks.append(heartbeats.stalled())
        assert not any(looks)
        line.comes = False
        await eventually_async(lambda: heartbeats.stalled() == ["feed"])
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    asyncio.run(scenario())


def test_lines_are_read_while_they_come_wherever_a_chunk_ends() -> None:
    async def scenario() -> list[bytes]:
        lines = ArrivingLines()
        reading = asyncio.get_running_loop().run_in_executor(None, lambda: list(lines))
        for chunk in (b"one\ntw", b"o", b"\n", b"three\nfour"):
            lines.write(chunk)
            await asyncio.sleep(0)
        await lines.begun()
        lines.end()
        return await reading

    assert asyncio.run(scenario()) == [b"one", b"two", b"three", b"four"]


def test_a_first_load_that_breaks_off_leaves_no_replica(plane: ControlPlane, tmp_path: Path) -> None:
    async def scenario() -> None:
        plane.cut_feed = True
        plane.put(CARRIER, *(route(n) for n in range(1, 50)))
        async with following(plane, tmp_path) as changes:
            await eventually_async(lambda: len(plane.asked) > 3)
            assert (changes, routes_to(tmp_path, "+821021656521")) == ([], [])
            plane.cut_feed = False
            await has_routes(tmp_path, *range(1, 50))

    asyncio.run(scenario())
