"""A control plane whose disk is full: it says so, goes on reading, loses nothing, and recovers by itself."""

import sqlite3
from contextlib import closing
from pathlib import Path

import httpx2

from tests.api.api_process import running
from tests.api.serving import settings_for
from tests.faults.counts import may_take_long, times
from tests.faults.ledger import login
from tests.smalldisk import fill, small_disk
from tests.waiting import eventually

SIZE_MB = 48
FULL_TIMES = times(2, 20)
LEAST_ROOM = 1_000_000  # bytes left beside the filler: some writes still fit
NAME = "x" * 200


@may_take_long
def test_a_control_plane_on_a_full_disk_says_so_reads_on_and_recovers_by_itself(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", size_mb=SIZE_MB) as disk:
        settings_for(disk / "data")
        with running(disk / "data", tmp_path / "output") as process:
            acknowledged = 0
            url = f"{process.base_url}/v1.0/customers"
            with httpx2.Client(headers=login(process.base_url), timeout=10) as http:
                for _ in range(FULL_TIMES):
                    fill(disk / "filler", leave=LEAST_ROOM)
                    while (answer := http.post(url, json={"name": NAME})).status_code == 200:
                        acknowledged += 1
                    assert (answer.status_code, answer.json()["error"]["reason"]) == (503, "STORAGE_FULL")
                    assert int(answer.headers["Retry-After"]) > 0
                    assert http.get(url).status_code == 200
                    assert storage(http, process.base_url) == ("degraded", "full: nothing can be stored")
                    assert http.get(f"{process.base_url}/healthz").status_code == 200
                    (disk / "filler").unlink()
                    eventually(lambda: http.post(url, json={"name": NAME}).status_code == 200, what="room again")
                    acknowledged += 1
                    assert storage(http, process.base_url) == ("ready", "ok")
        database = next((disk / "data").glob("*.db"))
        with closing(sqlite3.connect(database)) as connection:
            (stored,) = connection.execute("SELECT count(*) FROM customers WHERE name = ?", [NAME]).fetchone()
            (sound,) = connection.execute("PRAGMA integrity_check").fetchone()
            (torn,) = connection.execute(
                "SELECT count(*) FROM revisions r WHERE change_count != "
                "(SELECT count(*) FROM revision_changes c WHERE c.revision = r.number)"
            ).fetchone()
    print(
        f"\nDisk of the control plane full {FULL_TIMES} times: {acknowledged} writes acknowledged, {stored} stored, "
        f"{torn} torn, integrity {sound}"
    )
    assert (stored, torn, sound) == (acknowledged, 0, "ok")


def storage(http: httpx2.Client, base_url: str) -> tuple[str, str]:
    """The readiness of the API, which answers 200, and what it says of the database's disk."""
    answer = http.get(f"{base_url}/readyz")
    assert answer.status_code == 200, answer.text
    return answer.json()["status"], answer.json()["checks"]["storage"]
