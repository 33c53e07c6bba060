"""The feed: one consistent snapshot per answer, nothing left out, nothing of the secrets an edge must not know."""

import asyncio
import json
from typing import Any

import pytest
from sqlalchemy import Update, update

from dialplane.control import feed, providers, routes, trunks
from dialplane.control.permissions import PermissionDenied
from dialplane.control.units import Database
from dialplane.domain.customer import Customer
from dialplane.domain.ids import SYSTEM_DEFAULT_CUSTOMER
from dialplane.domain.instants import NEVER
from dialplane.domain.provider import Provider
from dialplane.domain.records import from_record
from dialplane.domain.route import Route
from dialplane.domain.trunk import Trunk
from dialplane.store import tables
from tests.control.making import (
    ADMIN,
    EDGE_ACTOR,
    add_route,
    admin_of,
    make_customer,
    make_provider,
    make_route,
    make_trunk,
)
from tests.databases import open_database

pytestmark = pytest.mark.anyio


class Answer:
    """A whole answer, checked for its form."""

    def __init__(self, chunks: list[bytes]) -> None:
        assert all(chunk.endswith(b"\n") for chunk in chunks)
        lines = [json.loads(line) for line in b"".join(chunks).splitlines()]
        self.head, self.items, self.end = lines[0], lines[1:-1], lines[-1]
        assert self.end == {"end": self.head["revision"], "count": len(self.items)}
        assert all(set(item) == {"kind", "record"} for item in self.items)

    def of(self, kind: str) -> list[dict[str, Any]]:
        return [item["record"] for item in self.items if item["kind"] == kind]


async def read(db: Database, *, since: int = 0, epoch: str = "") -> Answer:
    return Answer([chunk async for chunk in feed.stream(db, EDGE_ACTOR, since=since, epoch=epoch)])


async def spoil(db: Database, statement: Update) -> None:
    """As somebody else would, with a client of the database."""
    async with db.write() as unit:
        await unit.execute(statement)


async def test_the_first_answer_is_all_that_lives(db: Database) -> None:
    acme, provider = await make_customer(db), await make_provider(db, password="carrier secret", failover={404: "stop"})
    route, gone = await make_route(db, provider), await make_route(db, provider)
    trunk = await make_trunk(db, acme, username="pbx", password="trunk secret", auth_types=["basic"])
    async with db.change(ADMIN, "route.delete") as unit:
        await routes.delete(unit, ADMIN, gone.id)

    answer = await read(db)
    assert answer.head == {"epoch": (await db.clock()).epoch, "revision": (await db.clock()).revision, "full": True}
    assert [from_record(Route, record) for record in answer.of("route")] == [route]
    assert [from_record(Provider, record) for record in answer.of("provider")] == [provider]
    assert {from_record(Customer, record).id for record in answer.of("customer")} == {
        acme.id,
        SYSTEM_DEFAULT_CUSTOMER,
    }
    (seen,) = answer.of("trunk")
    assert "trunk secret" not in json.dumps(seen)
    assert seen["ha1"] == trunk.for_edge().ha1 != ""
    assert {item["kind"] for item in answer.items} == {"route", "provider", "customer", "trunk"}


async def test_the_next_answers_hold_what_changed_since_deletions_included(db: Database) -> None:
    provider = await make_provider(db)
    _, changed, deleted = [await make_route(db, provider, priority=n) for n in range(3)]
    first = await read(db)
    async with db.change(ADMIN, "route.update") as unit:
        changed = await routes.update(unit, ADMIN, changed.id, {"priority": 9})
        deleted = await routes.delete(unit, ADMIN, deleted.id)

    head = first.head
    second = await read(db, since=head["revision"], epoch=head["epoch"])
    assert second.head == {"epoch": head["epoch"], "revision": head["revision"] + 1, "full": False}
    assert {record["id"]: from_record(Route, record) for record in second.of("route")} == {
        changed.id: changed,
        deleted.id: deleted,
    }
    assert len(second.items) == 2
    third = await read(db, since=second.head["revision"], epoch=head["epoch"])
    assert (third.items, third.head["full"]) == ([], False)


async def test_an_edge_of_another_epoch_or_ahead_of_us_starts_from_nothing(db: Database) -> None:
    await make_provider(db)
    clock = await db.clock()
    for since, epoch in (
        (clock.revision, "11111111-2222-4333-8444-555555555555"),
        (clock.revision, ""),
        (clock.revision + 1, clock.epoch),
        (0, clock.epoch),
    ):
        answer = await read(db, since=since, epoch=epoch)
        assert answer.head["full"]
        assert len(answer.of("provider")) == 1


async def test_one_answer_is_of_one_moment_while_others_write(db: Database) -> None:
    """Each revision adds a provider and its route: no snapshot may ever hold one without the other."""
    done = asyncio.Event()

    async def write() -> None:
        for _ in range(25):
            async with db.change(ADMIN, "pair") as unit:
                provider = await providers.create(unit, ADMIN, {"type": "sip", "hostname": "a.example"})
                await add_route(unit, provider)
        done.set()

    async def follow() -> None:
        known: dict[str, set[str]] = {"route": set(), "provider": set()}
        since, epoch = 0, ""
        while not (done.is_set() and since == (await db.clock()).revision):
            answer = await read(db, since=since, epoch=epoch)
            for kind, ids in known.items():
                ids |= {record["id"] for record in answer.of(kind)}
            assert len(known["route"]) == len(known["provider"])
            since, epoch = answer.head["revision"], answer.head["epoch"]
            await asyncio.sleep(0)  # an answer without changes may never have waited for anything
        assert len(known["route"]) == 25

    await asyncio.gather(write(), follow(), follow())


async def test_a_long_poll_answers_as_soon_as_there_is_something(database_url: str) -> None:
    here, there = open_database(database_url), open_database(database_url)
    for writer in (here, there):
        clock = await here.clock()
        waiting = asyncio.create_task(feed.wait(here, since=clock.revision, epoch=clock.epoch, wait_s=20))
        await asyncio.sleep(0.05)
        assert not waiting.done()
        await make_provider(writer)
        await asyncio.wait_for(waiting, 0.6)
        assert len((await read(here, since=clock.revision, epoch=clock.epoch)).items) == 1
    await here.close()
    await there.close()


async def test_a_long_poll_does_not_wait_for_what_is_there_already(db: Database) -> None:
    clock = await db.clock()
    async with asyncio.timeout(1):
        await feed.wait(db, since=clock.revision - 1, epoch=clock.epoch, wait_s=20)
        await feed.wait(db, since=clock.revision + 1, epoch=clock.epoch, wait_s=20)
        await feed.wait(db, since=clock.revision, epoch="", wait_s=20)
        await feed.wait(db, since=clock.revision, epoch=clock.epoch, wait_s=0)


async def test_a_large_answer_comes_in_chunks(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed, "ROWS_AT_ONCE", 10)
    provider = await make_provider(db)
    async with db.change(ADMIN, "route.create") as unit:
        made = {(await add_route(unit, provider, priority=n)).id for n in range(45)}
    chunks = [chunk async for chunk in feed.stream(db, EDGE_ACTOR, since=0, epoch="")]
    assert max(chunk.count(b"\n") for chunk in chunks) == 10
    assert {record["id"] for record in Answer(chunks).of("route")} == made


async def test_a_reader_that_goes_away_gives_its_connection_back(db: Database) -> None:
    await make_provider(db)
    for lines in [1, 2] * 5:
        stream = feed.stream(db, EDGE_ACTOR, since=0, epoch="")
        for _ in range(lines):
            await anext(stream)
        await stream.aclose()
    await read(db)


async def test_a_feed_that_breaks_off_gives_its_connection_back(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    async def not_yet(*_: object) -> bool:
        return False

    await make_provider(db, username="me", password="carrier's")
    await spoil(db, update(tables.providers).values(password="no ciphertext"))
    with monkeypatch.context() as patch:
        patch.setattr(feed, "_lacks_secrets", not_yet)  # as if the keys went only then
        for _ in range(5):
            db.encryption.has_failed = False
            with pytest.raises(feed.FeedBroken):
                await read(db)
    for _ in range(5):
        assert [record["password"] for record in (await read(db)).of("provider")] == [""]


async def test_the_feed_is_for_edges_and_says_so_at_once(db: Database) -> None:
    acme = await make_customer(db)
    with pytest.raises(PermissionDenied):
        feed.stream(db, admin_of(acme), since=0, epoch="")


async def test_a_trunk_that_changed_is_told_without_its_password(db: Database) -> None:
    acme = await make_customer(db)
    trunk = await make_trunk(db, acme, username="pbx", password="one")
    first = await read(db)
    async with db.change(ADMIN, "trunk.update") as unit:
        await trunks.update(unit, ADMIN, trunk.id, {"password": "two"})
    second = await read(db, since=first.head["revision"], epoch=first.head["epoch"])
    (before,), (after,) = first.of("trunk"), second.of("trunk")
    assert before["ha1"] != after["ha1"]
    assert (before["password"], after["password"]) == ("", "")
    assert from_record(Trunk, after).tm_delete == NEVER


@pytest.mark.parametrize("epoch", ["", "no UUID"])
async def test_an_epoch_of_any_text_is_answered_where_secrets_are_lost_too(db: Database, epoch: str) -> None:
    """Somebody else wrote it into the database."""
    provider = await make_provider(db, username="me", password="carrier's")
    await spoil(db, update(tables.clock).values(epoch=epoch))
    await spoil(db, update(tables.providers).values(password="no ciphertext"))
    lacking = await read(db)
    assert [record["password"] for record in lacking.of("provider") if record["id"] == provider.id] == [""]
    assert lacking.head["epoch"] not in ("", epoch), "once the keys are there, the edge starts from nothing"
    again = await read(db, since=lacking.head["revision"], epoch=lacking.head["epoch"])
    assert again.head == lacking.head | {"full": False}
