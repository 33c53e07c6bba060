"""Clients that write until they are told to stop, and the ledger of what was acknowledged to them, kept outside."""

import random
import threading
import time
import uuid
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import httpx2
from sqlalchemy import func, select

from dialplane.store import tables
from tests.api.api_process import ApiProcess
from tests.api.serving import SYSTEM_DEFAULT
from tests.databases import PASSWORD, USERNAME, open_database

CLIENTS = 8
BULK = 7
"""Routes of one bulk change, which also makes the provider that they go to."""

PLURALS = ("providers", "routes", "customers")


class Ledger:
    """The mark of each write -> the ids that were acknowledged for it."""

    def __init__(self, bulks: Sequence[int]) -> None:
        """`bulks`: for each client how many routes its bulk changes make."""
        self._lock = threading.Lock()
        self.bulks = bulks
        self.acknowledged: dict[str, list[str]] = {}
        self.errors: list[str] = []

    def enter(self, mark: str, ids: list[str]) -> None:
        with self._lock:
            assert mark not in self.acknowledged
            self.acknowledged[mark] = ids

    def complain(self, answer: httpx2.Response) -> None:
        with self._lock:
            self.errors.append(f"{answer.status_code} {answer.text}")


class Writer(threading.Thread):
    """Writes one thing after the other, each sent again with its key until it is acknowledged."""

    def __init__(
        self, process: ApiProcess, ledger: Ledger, headers: Mapping[str, str], provider: str, *, bulk: int
    ) -> None:
        super().__init__()
        self._process = process
        self._ledger = ledger
        self._headers = headers
        self._provider = provider
        self._routes = bulk
        self.stop_asked = threading.Event()

    def run(self) -> None:
        with httpx2.Client(timeout=10) as http:
            while not self.stop_asked.is_set():
                mark = str(uuid.uuid4())
                path, body = random.choice((self._new_provider, self._new_route, self._bulk))(mark)
                told = self._until_acknowledged(http, path, body, mark)
                self._ledger.enter(mark, told.get("ids") or [told["id"]])

    def _until_acknowledged(self, http: httpx2.Client, path: str, body: Any, mark: str) -> dict[str, Any]:
        headers = {**self._headers, "Idempotency-Key": mark}
        while True:
            try:
                answer = http.post(self._process.base_url + path, json=body, headers=headers)
            except httpx2.TransportError:
                time.sleep(0.05)
                continue
            if answer.status_code == 200:
                told: dict[str, Any] = answer.json()
                return told
            if answer.status_code not in (409, 503):
                self._ledger.complain(answer)
            time.sleep(0.02)

    def _new_provider(self, mark: str) -> tuple[str, Any]:
        return "/v1.0/providers", {"type": "sip", "hostname": "a.example", "name": mark}

    def _new_route(self, mark: str) -> tuple[str, Any]:
        return "/v1.0/routes", _route(mark, self._provider)

    def _bulk(self, mark: str) -> tuple[str, Any]:
        provider = {"type": "sip", "hostname": "b.example", "name": mark}
        changes = [
            {"action": "create", "kind": "provider", "ref": "new", "fields": provider},
            *[{"action": "create", "kind": "route", "fields": _route(mark, "@new")}] * self._routes,
        ]
        return "/v1.0/changes", {"changes": changes}


def _route(mark: str, provider: str) -> dict[str, Any]:
    return {"customer_id": SYSTEM_DEFAULT, "provider_id": provider, "priority": 1, "target": "+1", "name": mark}


def login(base_url: str) -> dict[str, str]:
    """The administrator's header."""
    told = httpx2.post(f"{base_url}/auth/login", json={"username": USERNAME, "password": PASSWORD}, timeout=30).json()
    return {"Authorization": f"Bearer {told['token']}"}


@contextmanager
def written(process: ApiProcess, bulks: Sequence[int] = (BULK,) * CLIENTS) -> Iterator[Ledger]:
    """Clients write while the block runs. At its end all that they have begun is acknowledged.

    `bulks`: for each client how many routes its bulk changes make.
    """
    headers = login(process.base_url)
    provider = httpx2.post(
        f"{process.base_url}/v1.0/providers", json={"type": "sip", "hostname": "a.example"}, headers=headers, timeout=30
    ).json()["id"]
    ledger = Ledger(bulks)
    writers = [Writer(process, ledger, headers, provider, bulk=bulk) for bulk in bulks]
    for writer in writers:
        writer.start()
    try:
        yield ledger
    finally:
        for writer in writers:
            writer.stop_asked.set()
        for writer in writers:
            writer.join(timeout=60)
    assert not any(writer.is_alive() for writer in writers)


def check(ledger: Ledger, base_url: str) -> Counter[int]:
    """Nothing lost, torn or doubled, as the API tells it; how many writes made how many objects."""
    assert ledger.errors == []
    headers = login(base_url)
    found: dict[str, list[str]] = {}
    for plural in PLURALS:
        for item in _everything(base_url, plural, headers):
            if item["name"] not in ("", "System default"):
                found.setdefault(item["name"], []).append(item["id"])
    assert found.keys() == ledger.acknowledged.keys()
    for mark, ids in ledger.acknowledged.items():
        assert sorted(found[mark]) == sorted(ids)
    sizes = Counter(len(ids) for ids in ledger.acknowledged.values())
    assert sizes.keys() <= {1, *(1 + bulk for bulk in ledger.bulks)}
    return sizes


def _everything(base_url: str, plural: str, headers: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    token = ""
    with httpx2.Client(timeout=60, headers=headers) as http:
        while page := http.get(f"{base_url}/v1.0/{plural}", params={"page_token": token}).json()["result"]:
            yield from page
            token = page[-1]["tm_create"]


async def check_revisions(database_url: str) -> int:
    """Every revision is whole and none is missing, as the database itself tells it; how many there are."""
    db = open_database(database_url)
    parts, heads = tables.revision_changes.c, tables.revisions.c
    try:
        async with db.read() as unit:
            clock = await unit.clock()
            told = {row.number: row.change_count for row in await unit.fetch(select(heads.number, heads.change_count))}
            counted = select(parts.revision, func.count().label("parts")).group_by(parts.revision)
            stored = {row.revision: row.parts for row in await unit.fetch(counted)}
    finally:
        await db.close()
    assert told == stored
    assert sorted(told) == list(range(1, clock.revision + 1))
    return len(told)
