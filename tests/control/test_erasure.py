"""Erasure of one person's calls: nothing of them is left, and nothing brings them back."""

from typing import Any

import pytest
from sqlalchemy import select

from dialplane.control import calls, erasure, events, revisions, undo
from dialplane.control.permissions import PermissionDenied
from dialplane.control.units import Database
from dialplane.domain.errors import ContentsGone, InvalidValue
from dialplane.store import tables
from tests.control.making import ADMIN, EDGE_ACTOR, admin_of, make_customer
from tests.control.seen import failed_over_call, uuid_of

pytestmark = pytest.mark.anyio

NUMBER, OTHER_NUMBER, CALLER, OTHER_CALLER = "+821077777", "+821088888", "+49307777", "+49308888"
OF_PERSON, OF_OTHERS, GOES_ON = uuid_of(1), uuid_of(2), uuid_of(3)


def told(call: str, *, number: str, caller: str) -> list[dict[str, Any]]:
    """A call's events, which name its parties in every field that can."""
    started, *rest = failed_over_call(call)
    started |= {"number": number, "dialled": number, "source": caller, "sip_call_id": f"{caller}-{number}"}
    return [started, *({**part, **({"uri": f"sip:{number}@x"} if "uri" in part else {})} for part in rest)]


async def ingest(db: Database, batch: list[dict[str, Any]]) -> int:
    stored = await events.ingest(db, EDGE_ACTOR, edge="edge-1", events=batch)
    assert stored.refused == ()
    return stored.accepted


async def erase(db: Database, **whose: str) -> int:
    async with db.change(ADMIN, "call.erase") as unit:
        return await erasure.erase(unit, ADMIN, **whose)


async def stored(db: Database) -> set[str]:
    async with db.read() as unit:
        return {record.call.id for record in await calls.list_(unit, ADMIN)}


async def everything(db: Database) -> str:
    """All rows of all tables."""
    async with db.read() as unit:
        return "\n".join([str(await unit.fetch(select(table))) for table in tables.metadata.sorted_tables])


@pytest.mark.parametrize(("whose", "own"), [({"number": NUMBER}, NUMBER), ({"caller": CALLER}, CALLER)])
async def test_nothing_of_a_persons_calls_is_left_and_others_stay(
    db: Database, whose: dict[str, str], own: str
) -> None:
    await ingest(db, told(OF_PERSON, number=NUMBER, caller=CALLER))
    await ingest(db, told(OF_OTHERS, number=OTHER_NUMBER, caller=OTHER_CALLER))
    assert own in await everything(db)

    assert await erase(db, **whose) == 1

    assert await stored(db) == {OF_OTHERS}
    assert own not in await everything(db)
    assert await erase(db, **whose) == 0


async def test_who_erased_how_many_is_on_record_and_cannot_be_undone(db: Database) -> None:
    await ingest(db, told(OF_PERSON, number=NUMBER, caller=CALLER))
    await erase(db, number=NUMBER)
    number = (await db.clock()).revision
    async with db.read() as unit:
        revision = await revisions.get(unit, ADMIN, number)
    assert (revision.operation, revision.actor_id, revision.change_count) == ("call.erase", ADMIN.id, 1)
    assert (revision.changes, revision.has_contents) == ((), False)
    with pytest.raises(ContentsGone):
        async with db.change(ADMIN, "revision.undo") as unit:
            await undo.undo(unit, ADMIN, number)
    await erase(db, number=NUMBER)
    assert (await db.clock()).revision == number, "what erases nothing leaves no revision"


async def test_events_that_come_later_do_not_bring_a_call_back(db: Database) -> None:
    story = told(OF_PERSON, number=NUMBER, caller=CALLER)
    await ingest(db, story)
    await erase(db, number=NUMBER)

    others = told(OF_OTHERS, number=OTHER_NUMBER, caller=OTHER_CALLER)
    assert await ingest(db, [*reversed(story), *others]) == len(story) + len(others), "an edge need not send them again"

    assert await stored(db) == {OF_OTHERS}
    assert NUMBER not in await everything(db)


async def test_a_call_that_goes_on_is_left(db: Database) -> None:
    await ingest(db, told(GOES_ON, number=NUMBER, caller=CALLER)[:-1])
    assert await erase(db, number=NUMBER) == 0
    assert await stored(db) == {GOES_ON}


async def test_the_calls_between_two_parties_alone_can_be_erased(db: Database) -> None:
    await ingest(db, told(OF_PERSON, number=NUMBER, caller=CALLER))
    await ingest(db, told(OF_OTHERS, number=NUMBER, caller=OTHER_CALLER))
    assert await erase(db, number=NUMBER, caller=CALLER) == 1
    assert await stored(db) == {OF_OTHERS}


async def test_it_is_for_the_platform_and_needs_a_person(db: Database) -> None:
    own = admin_of(await make_customer(db))
    async with db.change(own, "call.erase") as unit:
        with pytest.raises(PermissionDenied):
            await erasure.erase(unit, own, number=NUMBER)
        with pytest.raises(InvalidValue, match="caller"):
            await erasure.erase(unit, ADMIN)


@pytest.mark.parametrize("empty", [{"caller": ""}, {"number": ""}, {"number": NUMBER, "caller": ""}])
async def test_an_empty_name_means_nobody(db: Database, empty: dict[str, str]) -> None:
    await ingest(db, told(OF_PERSON, number=NUMBER, caller=""))
    with pytest.raises(InvalidValue, match="must not be empty"):
        await erase(db, **empty)
    assert await stored(db) == {OF_PERSON}


async def test_calls_are_listed_by_who_called(db: Database) -> None:
    await ingest(db, told(OF_PERSON, number=NUMBER, caller=CALLER))
    await ingest(db, told(OF_OTHERS, number=NUMBER, caller=OTHER_CALLER))
    async with db.read() as unit:
        found = await calls.list_(unit, ADMIN, caller=CALLER)
    assert [record.call.id for record in found] == [OF_PERSON]
