"""Processes killed in the middle of writes: what was acknowledged is there, once; the rest is whole or not at all."""

import asyncio
import random
import time
from pathlib import Path

from dialplane.store import migrations
from dialplane.store.bulk import STAGED_FROM
from tests.api.api_process import running
from tests.api.serving import settings_for
from tests.faults.counts import may_take_long, times
from tests.faults.ledger import BULK, CLIENTS, Ledger, check, check_revisions, written
from tests.postgresql import own_postgresql
from tests.waiting import eventually

CYCLES = times(2, 200)
LARGE_CYCLES = times(1, 40)


def let_them_write(ledger: Ledger) -> None:
    """Until every client has had an answer on average, and then for a moment of any length."""
    enough = len(ledger.acknowledged) + CLIENTS
    eventually(lambda: len(ledger.acknowledged) >= enough, within_s=60, what="the clients write")
    time.sleep(random.uniform(0, 0.3))


def tell(what: str, ledger: Ledger, revisions: int, sizes: dict[int, int], *, cycles: int = CYCLES) -> None:
    objects = sum(size * count for size, count in sizes.items())
    acknowledged = f"{len(ledger.acknowledged)} writes acknowledged ({objects} objects, {revisions} revisions)"
    print(f"\n{what} {cycles} times: {acknowledged}; 0 lost, 0 torn, 0 doubled")


@may_take_long
def test_an_api_killed_again_and_again_loses_tears_and_doubles_nothing(database_url: str, tmp_path: Path) -> None:
    settings_for(tmp_path / "data")
    with running(tmp_path / "data", tmp_path / "output", database_url=database_url) as process:
        with written(process) as ledger:
            for _ in range(CYCLES):
                let_them_write(ledger)
                process.kill()
                process.start()
        sizes = check(ledger, process.base_url)
    revisions = asyncio.run(check_revisions(database_url))
    tell(f"API on {database_url.partition(':')[0]} killed", ledger, revisions, sizes)


@may_take_long
def test_an_api_killed_during_changes_of_thousands_stores_each_whole_or_not_at_all(
    database_url: str, tmp_path: Path
) -> None:
    """Changes so large that they are staged; the moment of the kill falls anywhere between first byte and answer."""
    settings_for(tmp_path / "data")
    with running(tmp_path / "data", tmp_path / "output", database_url=database_url) as process:
        with written(process, bulks=(STAGED_FROM, STAGED_FROM, BULK)) as ledger:
            for _ in range(LARGE_CYCLES):
                time.sleep(random.uniform(0.2, 1.5))
                process.kill()
                process.start()
        sizes = check(ledger, process.base_url)
    revisions = asyncio.run(check_revisions(database_url))
    assert sizes[1 + STAGED_FROM]
    what = f"API on {database_url.partition(':')[0]} killed during changes of {STAGED_FROM:,} routes"
    tell(what, ledger, revisions, sizes, cycles=LARGE_CYCLES)


@may_take_long
def test_a_postgresql_stopped_immediately_again_and_again_loses_tears_and_doubles_nothing(tmp_path: Path) -> None:
    settings_for(tmp_path / "data")
    with own_postgresql() as server:
        url = server.create("app")
        migrations.upgrade(url)
        with running(tmp_path / "data", tmp_path / "output", database_url=url) as process:
            with written(process) as ledger:
                for _ in range(CYCLES):
                    let_them_write(ledger)
                    server.stop(immediately=True)
                    server.start()
            sizes = check(ledger, process.base_url)
        revisions = asyncio.run(check_revisions(url))
    tell("PostgreSQL stopped immediately", ledger, revisions, sizes)
