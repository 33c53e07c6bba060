"""Many clients at once: a POST that is sent many times is done once, and of two updates none overwrites the other."""

import asyncio
import random
import uuid
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.api.api_process import running
from tests.api.serving import SYSTEM_DEFAULT, settings_for
from tests.faults.counts import may_take_long, times
from tests.faults.ledger import login

KEYS = times(4, 1_000)
DUPLICATES = 20
UPDATES = times(40, 10_000)
COUNTERS = 4
HANDS = 5
"""Clients that count up one counter."""

pytestmark = may_take_long


@pytest.fixture
def nodes(database_url: str, tmp_path: Path) -> Iterator[list[str]]:
    """The base URLs of one API process on SQLite, of two on one PostgreSQL."""
    settings_for(tmp_path / "data")
    with ExitStack() as stack:
        count = 1 if database_url.startswith("sqlite") else 2
        yield [
            stack.enter_context(running(tmp_path / "data", tmp_path / f"output{n}", database_url=database_url)).base_url
            for n in range(count)
        ]


async def until_done(http: httpx2.AsyncClient, url: str, body: Any, key: str) -> httpx2.Response:
    """The first answer that is none of "still running" and "busy"."""
    while True:
        answer = await http.post(url, json=body, headers={"Idempotency-Key": key})
        if answer.status_code not in (409, 503):
            return answer
        await asyncio.sleep(random.uniform(0, 0.05))


async def post_duplicates(nodes: Sequence[str], headers: dict[str, str]) -> list[str]:
    """Each key's body, sent DUPLICATES times at once over all nodes; the id that all of its answers told."""
    ids = []
    async with httpx2.AsyncClient(headers=headers, timeout=60) as http:
        for _ in range(KEYS):
            key = str(uuid.uuid4())
            body = {"customer_id": SYSTEM_DEFAULT, "name": key}
            urls = [f"{nodes[n % len(nodes)]}/v1.0/trunks" for n in range(DUPLICATES)]
            answers = await asyncio.gather(*(until_done(http, url, body, key) for url in urls))
            assert {answer.status_code for answer in answers} == {200}
            assert len({answer.content for answer in answers}) == 1
            ids.append(answers[0].json()["id"])
    return ids


def test_of_many_concurrent_posts_with_one_key_one_is_done(nodes: list[str]) -> None:
    headers = login(nodes[0])
    told = asyncio.run(post_duplicates(nodes, headers))
    stored, token = Counter[str](), ""
    with httpx2.Client(headers=headers, timeout=60) as http:
        while page := http.get(f"{nodes[0]}/v1.0/trunks", params={"page_token": token}).json()["result"]:
            stored.update(item["id"] for item in page)
            token = page[-1]["tm_create"]
    assert stored == Counter(told)
    assert len(stored) == KEYS


async def count_up(http: httpx2.AsyncClient, url: str, by: int) -> Counter[int]:
    """Reads, adds one and writes under If-Match, again and again; the statuses of the writes."""
    seen = Counter[int]()
    while seen[200] < by:
        found = await http.get(url)
        body = {"metadata": {"count": found.json()["metadata"]["count"] + 1}}
        answer = await http.put(url, json=body, headers={"If-Match": found.headers["etag"]})
        seen[answer.status_code] += 1
    return seen


async def count_together(nodes: Sequence[str], headers: dict[str, str]) -> tuple[list[int], Counter[int]]:
    """What the counters hold when all hands have counted, and the statuses of their writes."""
    new = {"type": "sip", "hostname": "a.example", "metadata": {"count": 0}}
    async with httpx2.AsyncClient(headers=headers, timeout=60) as http:
        ids = [(await http.post(f"{nodes[0]}/v1.0/providers", json=new)).json()["id"] for _ in range(COUNTERS)]
        each = UPDATES // COUNTERS // HANDS
        work = [
            count_up(http, f"{nodes[hand % len(nodes)]}/v1.0/providers/{id_}", each)
            for id_ in ids
            for hand in range(HANDS)
        ]
        seen = sum(await asyncio.gather(*work), Counter[int]())
        held = [(await http.get(f"{nodes[0]}/v1.0/providers/{id_}")).json()["metadata"]["count"] for id_ in ids]
    return held, seen


def test_of_many_concurrent_updates_with_if_match_none_is_lost(nodes: list[str]) -> None:
    held, seen = asyncio.run(count_together(nodes, login(nodes[0])))
    assert held == [UPDATES // COUNTERS] * COUNTERS
    assert seen[200] == UPDATES
    assert seen.keys() <= {200, 412, 503}
    assert seen[412] > 0
