"""Idempotency keys: done once, answered the same again, and never kept without what they stand for."""

import asyncio

import pytest
from sqlalchemy import select

from dialplane.control import customers, idempotency
from dialplane.control.idempotency import Kept, KeyInUse, KeyReused, KeysInUse
from dialplane.control.units import Database
from dialplane.domain.errors import InvalidValue
from dialplane.store import tables
from tests.control.making import ADMIN, actor
from tests.databases import open_database

pytestmark = pytest.mark.anyio

PRINT = idempotency.fingerprint_of(b"POST", b"/v1.0/customers", b"{}")


async def post(db: Database, key: str, fingerprint: str = PRINT, *, fails: bool = False) -> Kept:
    """As an endpoint does it."""
    async with db.change(ADMIN, "customer.create") as unit:
        kept = await idempotency.find(unit, ADMIN, key, fingerprint)
        if kept is None:
            customer = await customers.create(unit, ADMIN, {"name": key})
            kept = Kept(200, f'{{"id": "{customer.id}"}}')
            await idempotency.keep(unit, ADMIN, key, fingerprint, kept)
        if fails:
            raise ZeroDivisionError
    return kept


async def count(db: Database) -> int:
    async with db.read() as unit:
        return len(await customers.list_(unit, ADMIN)) - 1


async def test_the_same_request_gets_the_first_answer_and_does_nothing(db: Database) -> None:
    assert await post(db, "k1") == await post(db, "k1")
    assert await count(db) == 1
    assert await post(db, "k2") != await post(db, "k1")
    assert await count(db) == 2


async def test_another_request_with_the_same_key_is_refused(db: Database) -> None:
    await post(db, "k")
    with pytest.raises(KeyReused):
        await post(db, "k", idempotency.fingerprint_of(b"POST", b"/v1.0/customers", b'{"name":1}'))


async def test_a_request_that_failed_can_be_sent_again(db: Database) -> None:
    with pytest.raises(ZeroDivisionError):
        await post(db, "k", fails=True)
    await post(db, "k")
    assert await count(db) == 1


async def test_keys_of_different_actors_are_different_keys(db: Database) -> None:
    await post(db, "k")
    async with db.read() as unit:
        assert await idempotency.find(unit, actor("customer_admin"), "k", "other") is None


async def test_duplicates_at_once_through_two_processes_are_done_once(database_url: str) -> None:
    one, two = open_database(database_url), open_database(database_url)
    answers = await asyncio.gather(*(post(db, f"k{n % 5}") for n in range(30) for db in (one, two)))
    assert len({answer.answer for answer in answers}) == 5
    assert await count(one) == 5
    await one.close()
    await two.close()


async def test_a_key_whose_first_request_is_under_way_is_refused() -> None:
    keys = KeysInUse()
    with keys.using(ADMIN, "k"):
        with pytest.raises(KeyInUse), keys.using(ADMIN, "k"):
            pass
        with keys.using(actor("edge"), "k"), keys.using(ADMIN, "other"):
            pass
    with keys.using(ADMIN, "k"):
        pass


async def test_the_kept_answer_is_sealed(db: Database) -> None:
    kept = await post(db, "k")
    async with db.read() as unit:
        assert kept.answer not in repr(await unit.fetch(select(tables.idempotency_keys)))


@pytest.mark.parametrize("days", [1, -400], ids=["a day later", "once a clock that was 400 days ahead is right"])
async def test_an_answer_is_forgotten_after_a_day(database_url: str, days: int) -> None:
    db = open_database(database_url)
    start = db.now() + 400 * idempotency.KEPT_US
    db.now = lambda: start
    await post(db, "old")
    db.now = lambda: start + days * idempotency.KEPT_US + 10**7
    await post(db, "new")
    await post(db, "old")
    assert await count(db) == 3
    await db.close()


def test_fingerprints_tell_where_one_part_ends() -> None:
    assert idempotency.fingerprint_of(b"a", b"bc") != idempotency.fingerprint_of(b"ab", b"c")


@pytest.mark.parametrize("key", ["", "x" * 256, "é", "a\nb", "\x00"])
def test_a_bad_key_is_refused(key: str) -> None:
    with pytest.raises(InvalidValue):
        idempotency.parse_key(key)
    assert idempotency.parse_key("a" * 255)
