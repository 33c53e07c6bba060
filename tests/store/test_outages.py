"""A database that is down, stopped, full or killed: told in time, nothing torn, and well again by itself."""

import asyncio
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest
from psycopg import sql
from sqlalchemy import func, select

from dialplane.control import customers
from dialplane.domain.errors import Unavailable
from dialplane.store import migrations, tables
from dialplane.store.address import sqlite_url
from dialplane.store.database import Database
from dialplane.store.work import CREDENTIALS, LISTS, LOGINS, READINESS, REQUESTS
from tests.control.making import ADMIN, make_customer
from tests.databases import ENCRYPTION_KEY, SqliteFolder, open_database
from tests.postgresql import PostgresqlServer, own_postgresql
from tests.smalldisk import fill as fill_disk
from tests.smalldisk import small_disk
from tests.waiting import eventually

pytestmark = [pytest.mark.anyio, pytest.mark.system]


async def count(db: Database) -> int:
    async with db.read() as unit:
        return len(await customers.list_(unit, ADMIN))


async def refused(db: Database) -> tuple[set[str], float]:
    """The codes of refused reads and writes, and the longest that one of them took."""
    codes, longest = set(), 0.0
    for ask in (count, make_customer):
        started = time.monotonic()
        with pytest.raises(Unavailable) as error:
            await ask(db)
        codes.add(error.value.code)
        longest = max(longest, time.monotonic() - started)
    return codes, longest


async def works(db: Database) -> bool:
    try:
        await make_customer(db)
        return await count(db) > 0
    except Unavailable:
        await asyncio.sleep(0.05)
        return False


async def until_it_works(db: Database) -> None:
    deadline = time.monotonic() + 20
    while not await works(db):
        assert time.monotonic() < deadline, "it has not come back by itself"


async def test_a_postgresql_that_is_down_is_told_in_time_and_comes_back_by_itself(tmp_path: Path) -> None:
    with own_postgresql() as server:
        url = server.create("app")
        await asyncio.to_thread(migrations.upgrade, url)
        db = open_database(url)
        await make_customer(db)
        server.stop(immediately=True)
        codes, longest = await refused(db)
        assert codes == {"unreachable"}
        assert longest < 2.5
        server.start()
        await until_it_works(db)
        await db.close()


async def test_a_postgresql_that_hangs_is_told_in_time_and_comes_back_by_itself() -> None:
    with own_postgresql() as server:
        url = server.create("app")
        await asyncio.to_thread(migrations.upgrade, url)
        db = open_database(url)
        await make_customer(db)
        await count(db)
        with stopped(server.processes()):
            codes, longest = await refused(db)
        assert codes <= {"unreachable", "busy"}
        assert longest < 2.5
        await until_it_works(db)
        numbers = await revision_numbers(db)
        assert numbers == list(range(1, len(numbers) + 1))
        await db.close()


async def test_what_has_to_answer_soon_has_its_connections_once_the_database_is_connected(
    postgresql_server: PostgresqlServer,
) -> None:
    url = postgresql_server.create("connected", template="prepared")
    allow = sql.SQL("ALTER DATABASE connected ALLOW_CONNECTIONS {}")
    db = open_database(url)
    try:
        await db.connect()
        await asyncio.to_thread(postgresql_server.execute, allow.format(sql.SQL("false")))
        await db.connect()
        for work in (REQUESTS, CREDENTIALS, LOGINS, READINESS):
            async with db.read(work) as unit:
                assert (await unit.clock()).revision
        with pytest.raises(Unavailable):
            async with db.read(LISTS) as unit:
                await unit.clock()
    finally:
        await db.close()
        postgresql_server.execute(allow.format(sql.SQL("true")))
        postgresql_server.drop("connected")


async def test_whoever_comes_while_a_postgresql_hangs_is_told_in_time_however_many_there_are() -> None:
    """More than there are connections, one after the other: each would get a turn that another has just given up."""
    with own_postgresql() as server:
        url = server.create("app")
        await asyncio.to_thread(migrations.upgrade, url)
        db = open_database(url)
        await make_customer(db)
        await count(db)

        async def come(after_s: float) -> tuple[set[str], float]:
            await asyncio.sleep(after_s)
            return await refused(db)

        with stopped(server.processes()):
            told = await asyncio.gather(*(come(0.15 * n) for n in range(12)))
        assert set().union(*(codes for codes, _ in told)) <= {"unreachable", "busy"}
        assert max(longest for _, longest in told) < 2.5
        await until_it_works(db)
        await db.close()


async def test_a_full_disk_refuses_writes_lets_reads_go_on_and_recovers(sqlite_folder: SqliteFolder) -> None:
    url = sqlite_folder.create("full", template="prepared")
    db = open_database(url)
    async with db.write() as unit:
        await unit.run(lambda connection: connection.exec_driver_sql("PRAGMA max_page_count = 1"))
    with pytest.raises(Unavailable) as full:
        await fill(db)
    assert full.value.code == "storage_full"
    stored = await count(db)
    numbers = await revision_numbers(db)
    assert numbers == list(range(1, len(numbers) + 1))
    await db.close()
    db = open_database(url)
    await make_customer(db, address="x" * 1_000)
    assert await count(db) in (stored + 1, 100)
    await db.close()


async def test_a_disk_that_is_full_at_a_commit_takes_writes_again_once_there_is_room(
    sqlite_folder: SqliteFolder, tmp_path: Path
) -> None:
    with small_disk(tmp_path / "disk", size_mb=8) as disk:
        shutil.copyfile(sqlite_folder.file("prepared"), disk / "commit.db")
        db = open_database(sqlite_url(disk / "commit.db"))
        await make_customer(db)
        fill_disk(disk / "filler", leave=0)
        with pytest.raises(Unavailable) as full:
            await fill(db)
        assert (full.value.code, db.is_full) == ("storage_full", True)
        stored = await count(db)
        (disk / "filler").unlink()
        await make_customer(db)
        assert (await count(db), db.is_full) == (stored + 1, False)
        await db.close()


async def fill(db: Database) -> None:
    for _ in range(200):
        await make_customer(db, address="x" * 1_000)


WRITER = """
import asyncio, sys
from tests.control.making import ADMIN
from tests.databases import open_database
import tests.databases as databases
from dialplane.control import customers
from dialplane.store.encryption import Encryption
from dialplane.store.database import Database

async def main(url, key):
    db = Database(url, encryption=Encryption([key]))
    print("ready", flush=True)
    async def write(n):
        while True:
            async with db.change(ADMIN, "customer.create") as unit:
                made = [await customers.create(unit, ADMIN, {"name": str(n)}) for _ in range(2)]
            print(made[0].id, made[1].id, flush=True)
    await asyncio.gather(*(write(n) for n in range(4)))

asyncio.run(main(*sys.argv[1:]))
"""


def write_and_be_killed(url: str, ledger: Path, after_s: float) -> set[str]:
    """The ids that the writer had acknowledged when it was killed."""
    with ledger.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-c", WRITER, url, ENCRYPTION_KEY], stdout=out, cwd=Path(__file__).parents[2]
        )
    try:
        eventually(lambda: ledger.stat().st_size > 1_000, within_s=30)
        time.sleep(after_s)
    finally:
        process.kill()
        process.wait()
    return {id_ for line in ledger.read_text().split("\n")[1:-1] for id_ in line.split()}


async def test_what_was_acknowledged_survives_kill_9_and_nothing_is_torn(database_url: str, tmp_path: Path) -> None:
    """HARDENING 3: acknowledged = present, unacknowledged = all or nothing."""
    acknowledged: set[str] = set()
    for cycle in range(4):
        acknowledged |= await asyncio.to_thread(write_and_be_killed, database_url, tmp_path / str(cycle), 0.013 * cycle)
    db = open_database(database_url)
    async with db.read() as unit:
        stored = {row.id for row in await unit.fetch(select(tables.customers.c.id))}
        parts = await unit.fetch(
            select(tables.revision_changes.c.revision, func.count().label("parts"))
            .where(tables.revision_changes.c.revision > 1)
            .group_by(tables.revision_changes.c.revision)
        )
        numbers = await revision_numbers(db)
    await make_customer(db)
    await db.close()
    assert len(acknowledged) > 50
    assert acknowledged <= stored
    assert {row.parts for row in parts} == {2}
    assert numbers == list(range(1, len(numbers) + 1))
    assert len(stored) == 1 + 2 * (len(numbers) - 1)


async def revision_numbers(db: Database) -> list[int]:
    async with db.read() as unit:
        rows = await unit.fetch(select(tables.revisions.c.number).order_by(tables.revisions.c.number))
    return [row.number for row in rows]


@contextmanager
def stopped(processes: list[psutil.Process]) -> Iterator[None]:
    """The processes, stopped as by a machine that hangs."""
    for process in processes:
        os.kill(process.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for process in processes:
            os.kill(process.pid, signal.SIGCONT)
