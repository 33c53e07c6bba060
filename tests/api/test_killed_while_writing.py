"""`kill -9` in the middle of writes: what was acknowledged is there, once; what was not is there whole or not at all.

DIALPLANE_KILL_CYCLES sets how many times the API is killed.
"""

import os
import random
import threading
import time
import uuid
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.api.processes import ApiProcess, running
from tests.api.serving import SYSTEM_DEFAULT, settings_for
from tests.databases import PASSWORD, USERNAME

CYCLES = int(os.environ.get("DIALPLANE_KILL_CYCLES", "4"))
CLIENTS = 8
BULK = 7


class Ledger:
    """What the API has acknowledged, kept outside of it: the mark of each write -> the ids it was told."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.acknowledged: dict[str, list[str]] = {}

    def enter(self, mark: str, ids: list[str]) -> None:
        with self._lock:
            assert mark not in self.acknowledged
            self.acknowledged[mark] = ids


class Writer(threading.Thread):
    """Writes one thing after the other, each sent again with its key until it is acknowledged."""

    def __init__(self, process: ApiProcess, ledger: Ledger, token: str, provider: str, stop: threading.Event) -> None:
        super().__init__()
        self._process = process
        self._ledger = ledger
        self._headers = {"Authorization": f"Bearer {token}"}
        self._provider = provider
        self._stop_asked = stop
        self.errors: list[str] = []

    def run(self) -> None:
        with httpx2.Client(timeout=5) as http:
            while not self._stop_asked.is_set():
                mark = str(uuid.uuid4())
                path, body = random.choice((self._customer, self._route, self._bulk))(mark)
                told = self._until_acknowledged(http, path, body, mark)
                self._ledger.enter(mark, told.get("ids") or [told["id"]])

    def _until_acknowledged(self, http: httpx2.Client, path: str, body: Any, mark: str) -> dict[str, Any]:
        while True:
            try:
                answer = http.post(
                    self._process.base_url + path, json=body, headers={**self._headers, "Idempotency-Key": mark}
                )
            except httpx2.TransportError:
                time.sleep(0.05)
                continue
            if answer.status_code == 200:
                told: dict[str, Any] = answer.json()
                return told
            if answer.status_code not in (409, 503):
                self.errors.append(f"{answer.status_code} {answer.text}")
            time.sleep(0.02)

    def _customer(self, mark: str) -> tuple[str, Any]:
        return "/v1.0/customers", {"name": mark}

    def _route(self, mark: str) -> tuple[str, Any]:
        return "/v1.0/routes", self._fields(mark)

    def _bulk(self, mark: str) -> tuple[str, Any]:
        change = {"action": "create", "kind": "route", "fields": self._fields(mark)}
        return "/v1.0/changes", {"changes": [change] * BULK}

    def _fields(self, mark: str) -> dict[str, Any]:
        return {
            "customer_id": SYSTEM_DEFAULT,
            "provider_id": self._provider,
            "priority": 1,
            "target": "+1",
            "name": mark,
        }


def everything(http: httpx2.Client, base_url: str, plural: str, headers: dict[str, str]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    token = ""
    while page := http.get(
        f"{base_url}/v1.0/{plural}", params={"page_token": token}, headers=headers, timeout=30
    ).json()["result"]:
        found += page
        token = page[-1]["tm_create"]
    return found


@pytest.mark.timeout(120 + 20 * CYCLES)
def test_nothing_acknowledged_is_lost_torn_or_doubled(database_url: str, tmp_path: Path) -> None:
    data, output = tmp_path / "data", tmp_path / "output"
    settings_for(data)
    ledger, stop = Ledger(), threading.Event()
    with running(data, output, database_url=database_url) as process, httpx2.Client(timeout=10) as http:
        login = http.post(f"{process.base_url}/auth/login", json={"username": USERNAME, "password": PASSWORD})
        token = login.json()["token"]
        headers = {"Authorization": f"Bearer {token}"}
        provider = http.post(
            f"{process.base_url}/v1.0/providers", json={"type": "sip", "hostname": "a.example"}, headers=headers
        ).json()["id"]
        writers = [Writer(process, ledger, token, provider, stop) for _ in range(CLIENTS)]
        for writer in writers:
            writer.start()
        for _ in range(CYCLES):
            time.sleep(random.uniform(0.2, 0.7))
            process.kill()
            process.start()
        time.sleep(0.3)
        stop.set()
        for writer in writers:
            writer.join(timeout=60)
            assert not writer.is_alive()
            assert writer.errors == []
        customers = everything(http, process.base_url, "customers", headers)
        routes = everything(http, process.base_url, "routes", headers)
    by_mark: dict[str, list[str]] = {}
    for item in [*customers, *routes]:
        by_mark.setdefault(item["name"], []).append(item["id"])
    by_mark.pop("System default", None)
    assert len(ledger.acknowledged) > CYCLES * 4
    assert by_mark.keys() == ledger.acknowledged.keys()
    for mark, ids in ledger.acknowledged.items():
        assert sorted(by_mark[mark]) == sorted(ids)
        assert len(ids) in (1, BULK)
