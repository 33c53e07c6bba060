"""An API that is told to stop: what it has begun it ends and answers, and it begins nothing more."""

import asyncio
import json
import socket
import threading
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx2
import pytest
from sqlalchemy import ColumnElement, select

from dialplane.store import tables
from tests.api.api_process import ApiProcess, running
from tests.api.serving import SYSTEM_DEFAULT, settings_for
from tests.databases import open_database
from tests.faults.ledger import login
from tests.waiting import eventually

pytestmark = pytest.mark.system

SLOW = 6
ROUTES = 400
WRITERS = 8


class HalfSent:
    """A change of many routes whose request has begun to arrive."""

    def __init__(self, process: ApiProcess, headers: Mapping[str, str], provider: str) -> None:
        fields = {"customer_id": SYSTEM_DEFAULT, "provider_id": provider, "priority": 1, "target": "+1"}
        self._body = json.dumps(
            {"changes": [{"action": "create", "kind": "route", "fields": fields}] * ROUTES}
        ).encode()
        self._socket = socket.create_connection(address_of(process), timeout=60)
        head = [
            "POST /v1.0/changes HTTP/1.1",
            "Host: x",
            "Content-Type: application/json",
            f"Content-Length: {len(self._body)}",
            *(f"{name}: {value}" for name, value in headers.items()),
        ]
        self._socket.sendall("\r\n".join(head).encode() + b"\r\n\r\n" + self._body[:100])

    def send_the_rest(self) -> None:
        self._socket.sendall(self._body[100:])

    def answer(self) -> tuple[int, Any]:
        """Status and body; the connection is closed behind them."""
        got = b""
        while chunk := self._socket.recv(65_536):
            got += chunk
        self._socket.close()
        head, _, body = got.partition(b"\r\n\r\n")
        return int(head.split()[1]), json.loads(body)


def address_of(process: ApiProcess) -> tuple[str, int]:
    host, _, port = process.base_url.removeprefix("http://").rpartition(":")
    return host, int(port)


def is_refused(process: ApiProcess) -> bool:
    try:
        socket.create_connection(address_of(process), timeout=5).close()
    except ConnectionRefusedError:
        return True
    return False


@pytest.fixture
def process(database_url: str, tmp_path: Path) -> Iterator[ApiProcess]:
    settings_for(tmp_path / "data")
    with running(tmp_path / "data", tmp_path / "output", database_url=database_url) as started:
        yield started


def test_slow_writes_that_have_begun_are_answered_and_new_connections_refused(
    process: ApiProcess, database_url: str
) -> None:
    headers = login(process.base_url)
    new = {"type": "sip", "hostname": "a.example"}
    provider = httpx2.post(f"{process.base_url}/v1.0/providers", json=new, headers=headers, timeout=30).json()["id"]
    slow = [HalfSent(process, headers, provider) for _ in range(SLOW)]
    with socket.create_connection(address_of(process), timeout=60) as idle:
        eventually(lambda: in_flight(process) >= SLOW, what="all have begun")
        process.ask_to_stop()
        eventually(lambda: is_refused(process), what="new connections are refused")
        assert idle.recv(1) == b""
    for one in slow:
        one.send_the_rest()
    told = [one.answer() for one in slow]
    assert [status for status, _ in told] == [200] * SLOW
    assert process.ended() == 0
    revisions = asyncio.run(rows_of(database_url, tables.revisions.c.number, tables.revisions.c.change_count))
    counts = {row.number: row.change_count for row in revisions}
    assert [counts[body["revision"]] for _, body in told] == [ROUTES] * SLOW


def in_flight(process: ApiProcess) -> float:
    text = httpx2.get(f"{process.base_url}/metrics", timeout=30).text
    return float(text.partition("\ndialplane_http_requests_in_flight ")[2].partition("\n")[0])


class Writer(threading.Thread):
    """Makes one customer after the other until nobody answers any more."""

    def __init__(self, base_url: str, headers: Mapping[str, str]) -> None:
        super().__init__()
        self._base_url = base_url
        self._headers = headers
        self.acknowledged: set[str] = set()
        self.refused: list[str] = []

    def run(self) -> None:
        with httpx2.Client(timeout=30, headers=self._headers) as http:
            while True:
                mark = str(uuid.uuid4())
                try:
                    answer = http.post(f"{self._base_url}/v1.0/customers", json={"name": mark})
                except httpx2.TransportError:
                    return
                if answer.status_code == 200:
                    self.acknowledged.add(mark)
                else:
                    self.refused.append(answer.text)


def test_nothing_is_carried_out_without_its_answer_when_it_stops_under_load(
    process: ApiProcess, database_url: str
) -> None:
    headers = login(process.base_url)
    writers = [Writer(process.base_url, headers) for _ in range(WRITERS)]
    for writer in writers:
        writer.start()
    eventually(lambda: all(len(writer.acknowledged) > 3 for writer in writers), within_s=30, what="all of them write")
    process.ask_to_stop()
    assert process.ended() == 0
    for writer in writers:
        writer.join(timeout=60)
    assert not any(writer.is_alive() for writer in writers)
    assert [text for writer in writers for text in writer.refused] == []
    stored = {row.name for row in asyncio.run(rows_of(database_url, tables.customers.c.name))} - {"System default"}
    assert stored == set().union(*(writer.acknowledged for writer in writers))


async def rows_of(database_url: str, *columns: ColumnElement[Any]) -> list[Any]:
    """As the database itself tells it."""
    db = open_database(database_url)
    try:
        async with db.read() as unit:
            return list(await unit.fetch(select(*columns)))
    finally:
        await db.close()
