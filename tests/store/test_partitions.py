"""Calls and attempts by day on PostgreSQL: each goes where its id says, and none is refused."""

import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, create_engine, text
from sqlalchemy.exc import OperationalError

from dialplane.domain.instants import DAY_US
from dialplane.eventlog.writer import new_call_id
from dialplane.store import migrations, partitions, tables
from dialplane.store.address import backend_at, parse_address
from dialplane.store.partitions import Partition, first_id
from tests.postgresql import PostgresqlServer

NOW = 1_790_000_000_000_000 - 1_790_000_000_000_000 % DAY_US
"""Midnight at the beginning of a day in September 2026."""

RANDOM, RANDOM_LIKE_A_DATE = "9c1c9a4e-6d3f-4c52-9d0c-5b2b6f1f2a11", "01000a4e-6d3f-4c52-9d0c-5b2b6f1f2a11"


@pytest.fixture(scope="module")
def without_days(postgresql_server: PostgresqlServer) -> Iterator[str]:
    """The name of a database whose tables have no partition of a day, to be copied."""
    name = f"without_days_{uuid.uuid4().hex[:12]}"
    url = postgresql_server.create(name)
    while migrations.upgrade_by_one(url):
        pass
    yield name
    postgresql_server.drop(name)


@pytest.fixture
def engine(postgresql_server: PostgresqlServer, without_days: str) -> Iterator[Engine]:
    name = f"{without_days}_copy"
    engine = create_engine(parse_address(postgresql_server.create(name, template=without_days)))
    yield engine
    engine.dispose()
    postgresql_server.drop(name)


def call_at(instant: int, *, random: str = "0000-7abc-8abc-0123456789ab") -> str:
    """An id as an edge whose clock shows this instant makes it."""
    digits = f"{instant // 1_000:012x}"
    return f"{digits[:8]}-{digits[8:]}-{random[5:]}"


def store(connection: Connection, *ids: str) -> None:
    """A call with two attempts for each id."""
    for n, id_ in enumerate(ids):
        call = "INSERT INTO calls (id, edge, tm_create, tm_update) VALUES (:id, 'e', :n, :n)"
        connection.execute(text(call), {"id": id_, "n": n})
        attempts = "INSERT INTO attempts (call_id, number) VALUES (:id, 1), (:id, 2)"
        connection.execute(text(attempts), {"id": id_})


def places(connection: Connection) -> dict[str, list[str]]:
    """Partition -> the calls in it; each must have its attempts in the partition of the same days."""
    found: dict[str, list[str]] = {}
    for row in connection.execute(text("SELECT tableoid::regclass::text AS place, id FROM calls ORDER BY id")):
        found.setdefault(row.place, []).append(row.id)
    attempts = connection.execute(text("SELECT tableoid::regclass::text AS place, call_id FROM attempts"))
    expected = Counter({(name.replace("calls", "attempts"), id_): 2 for name, ids in found.items() for id_ in ids})
    assert Counter(map(tuple, attempts)) == expected
    return found


def make(engine: Engine, *, now: int) -> None:
    with engine.begin() as connection:
        partitions.make(connection, now=now)


def names(engine: Engine) -> list[str]:
    with engine.connect() as connection:
        return [
            partition.name for table in partitions.KEYS for partition in partitions.partitions_of(connection, table)
        ]


def test_the_id_of_a_call_lies_within_its_day() -> None:
    now = time.time_ns() // 1_000
    today = now - now % DAY_US
    assert first_id(today) < new_call_id() < first_id(today + 2 * DAY_US)
    assert Partition("calls", NOW, NOW + DAY_US).name == "calls_20260921"


def test_days_around_today_have_partitions_and_making_them_again_changes_nothing(engine: Engine) -> None:
    make(engine, now=NOW + 5)
    days = ["20260920", "20260921", "20260922", "20260923", "20260924"]
    assert names(engine) == [f"{table}_{day}" for table in ("calls", "attempts") for day in days]
    make(engine, now=NOW + DAY_US - 1)
    assert len(names(engine)) == 10
    make(engine, now=NOW + DAY_US)
    assert names(engine)[5] == "calls_20260925"


def test_each_call_is_in_the_partition_of_its_day_and_those_of_no_day_have_a_place(engine: Engine) -> None:
    make(engine, now=NOW)
    first, last, wrong_clock = call_at(NOW), call_at(NOW + DAY_US - 1_000), call_at(5_000_000)
    with engine.begin() as connection:
        store(connection, first, last, wrong_clock, RANDOM, RANDOM_LIKE_A_DATE)
        assert places(connection) == {
            "calls_20260921": [first, last],
            "calls_default": [wrong_clock, RANDOM_LIKE_A_DATE],
            "calls_undated": [RANDOM],
        }


def test_an_update_of_stored_calls_waits_for_no_other_day(engine: Engine) -> None:
    make(engine, now=NOW)
    backend = backend_at(engine.url.render_as_string(hide_password=False))
    call = call_at(NOW)
    with engine.connect() as retention, engine.connect() as ingest:
        store(ingest, call)
        ingest.commit()
        retention.execute(text("LOCK TABLE calls_20260920 IN ACCESS EXCLUSIVE MODE"))
        ingest.execute(text("SET LOCAL lock_timeout = 100"))
        backend.update_many(ingest, tables.calls, identity=("id",), columns=("tm_ended",), rows=[(call, 7)])
        assert ingest.execute(text("SELECT tm_ended FROM calls WHERE id = :id"), {"id": call}).scalar_one() == 7


def test_calls_that_came_before_their_day_had_a_partition_move_into_it(engine: Engine) -> None:
    call, of_another_day = call_at(NOW), call_at(NOW + 9 * DAY_US)
    with engine.begin() as connection:
        store(connection, call, of_another_day)
        assert places(connection) == {"calls_default": [call, of_another_day]}
    make(engine, now=NOW)
    with engine.begin() as connection:
        assert places(connection) == {"calls_20260921": [call], "calls_default": [of_another_day]}


def test_a_day_with_many_calls_in_the_default_partition_stays_there(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(partitions, "MOST_MOVED", 2)
    calls = [call_at(NOW + n * 1_000) for n in range(3)]
    with engine.begin() as connection:
        store(connection, *calls)
    make(engine, now=NOW)
    assert not [name for name in names(engine) if name.endswith("20260921")]
    with engine.begin() as connection:
        assert places(connection) == {"calls_default": calls}


def test_a_clock_that_was_ahead_leaves_no_day_of_now_without_a_partition(engine: Engine) -> None:
    make(engine, now=NOW + 400 * DAY_US)
    make(engine, now=NOW)
    assert "calls_20260921" in names(engine)


def test_days_from_2050_on_have_no_partition_and_making_them_is_no_fault(engine: Engine) -> None:
    make(engine, now=partitions.UNDATED_SINCE - DAY_US)
    assert names(engine)[1] == "calls_20491231"
    make(engine, now=partitions.UNDATED_SINCE + 9 * DAY_US)
    assert len(names(engine)) == 4


def test_whoever_reads_the_calls_for_long_is_not_waited_for(engine: Engine) -> None:
    with engine.begin() as reading:
        reading.execute(text("SELECT count(*) FROM calls"))
        began = time.monotonic()
        with pytest.raises(OperationalError, match="lock timeout"):
            make(engine, now=NOW)
        assert time.monotonic() - began < 1
    assert names(engine) == []
    make(engine, now=NOW)
    assert len(names(engine)) == 10


def test_a_call_is_looked_for_in_one_partition(engine: Engine) -> None:
    make(engine, now=NOW)
    reading = text("EXPLAIN SELECT * FROM calls JOIN attempts ON call_id = id WHERE id = :id")
    with engine.connect() as connection:
        plan = "\n".join(row[0] for row in connection.execute(reading, {"id": call_at(NOW)}))
    assert "calls_20260921" in plan
    assert "attempts_20260921" in plan
    assert not [word for word in ("default", "undated", "20260922") if word in plan]


def test_calls_of_an_older_schema_are_all_there(fresh_database: Callable[[str | None], str]) -> None:
    """Those with random ids, of which some read like a date. Nothing is copied but these."""
    url = fresh_database(None)
    while _version(url) != "0011":
        migrations.upgrade_by_one(url)
    ids = sorted([RANDOM, RANDOM_LIKE_A_DATE, call_at(NOW)])
    engine = create_engine(parse_address(url))
    with engine.begin() as connection:
        store(connection, *ids)
    migrations.upgrade(url)
    with engine.connect() as connection:
        assert [row.id for row in connection.execute(text("SELECT id FROM calls ORDER BY id"))] == ids
        assert connection.execute(text("SELECT count(*) FROM attempts")).scalar_one() == 6
        if engine.dialect.name == "postgresql":
            assert places(connection)["calls_undated"] == [RANDOM]
    engine.dispose()


def _version(url: str) -> Any:
    engine = create_engine(parse_address(url))
    with engine.connect() as connection:
        is_empty = not engine.dialect.has_table(connection, "alembic_version")
        version = None if is_empty else connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one()
    engine.dispose()
    return version
