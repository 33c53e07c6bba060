"""The stream's delay: from the instant at which an edge notes an event to the client that watches, at 300 calls/s.

Batches are posted as a companion gathers them (0.1 s); a call is noted five times: it starts, tries, rings, is
answered, ends. What is compared is the instant of its end with that at which the client is told of it.
"""

import json
import random
import threading
import time
import uuid
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

import httpx2

from bench import kept
from bench.node import Node, free_port, make_database, running
from bench.report import Report
from bench.table import RouteTable

CALLS_PER_S = 300
SECONDS = 20
GATHER_S = 0.1
WATCHING = (1, 5)
ROUTES = 1_000
SETTLES_S = 3.0

Route = tuple[str, str]
"""The ids of its provider and of itself."""


def run(report: Report) -> None:
    """Print the delay for one who watches, and for each of several, on both databases."""
    table = RouteTable(ROUTES)
    routes = [(route.provider_id, route.id) for route in table.routes()]
    for kind in kept.DATABASES:
        with kept.folder(f"stream-{kind}") as data, kept.database(kind, data) as url:
            database_url = url if kind == kept.POSTGRESQL else ""
            token = kept.once(data, "table", partial(make_database, data, table, database_url=database_url))
            report.note(kind)
            with running(data, port=free_port(), database_url=database_url) as node:
                for watching in WATCHING:
                    _measure(report, node, token, routes, watching)


def _measure(report: Report, node: Node, token: str, routes: Sequence[Route], watching: int) -> None:
    headers = {"Authorization": f"Bearer {token}"}
    delays: list[float] = []
    noted: dict[str, int] = {}
    threads = [
        threading.Thread(target=_watch, args=(node.base_url, headers, noted, delays), daemon=True)
        for _ in range(watching)
    ]
    for thread in threads:
        thread.start()
    time.sleep(1.0)
    before_s = node.cpu_s()
    _report_calls(node.base_url, headers, routes, noted)
    cpu_s = node.cpu_s() - before_s
    time.sleep(SETTLES_S)
    delays.sort()
    expected = CALLS_PER_S * SECONDS * watching
    figures = f"p50 {delays[len(delays) // 2]:.0f} ms  p99 {delays[int(len(delays) * 0.99)]:.0f} ms"
    told = f"{len(delays):,} of {expected:,} ends told, {cpu_s / SECONDS:.0%} of a processor"
    report.line(f"{watching} watch, {CALLS_PER_S} calls/s", f"{figures}  ({told})", goal="p99 <= 1,000 ms")


def _watch(url: str, headers: dict[str, str], noted: dict[str, int], delays: list[float]) -> None:
    """Notes how late the end of each call comes."""
    query = {"topics": "calls", "for_s": str(int(SECONDS + SETTLES_S))}
    with httpx2.stream("GET", f"{url}/v1.0/stream", params=query, headers=headers, timeout=60) as answer:
        for line in answer.iter_lines():
            if line.startswith('data: {"id"'):
                call = json.loads(line[6:])
                if call["status"] == "hangup" and (at := noted.get(call["id"])):
                    delays.append((time.time_ns() // 1_000 - at) / 1_000)


def _report_calls(url: str, headers: dict[str, str], routes: Sequence[Route], noted: dict[str, int]) -> None:
    """As many calls a second as there should be, in batches."""
    each = int(CALLS_PER_S * GATHER_S)
    with httpx2.Client(headers=headers, timeout=30) as http:
        began = time.monotonic()
        for number in range(int(SECONDS / GATHER_S)):
            time.sleep(max(0.0, began + number * GATHER_S - time.monotonic()))
            events = [event for _ in range(each) for event in _events(random.choice(routes), noted)]
            answer = http.post(f"{url}/v1.0/events", json={"edge": "bench", "events": events})
            assert answer.status_code == 200, answer.text


def _events(route: Route, noted: dict[str, int]) -> Iterator[dict[str, Any]]:
    """A whole call, noted some time within the last tenth of a second."""
    call, at = str(uuid.uuid4()), time.time_ns() // 1_000
    taken = {"provider_id": route[0], "route_id": route[1], "why": ["own_route"], "uri": "sip:+8210@a.example"}
    kinds: tuple[tuple[str, dict[str, Any]], ...] = (
        ("call_started", {"number": "+8210", "dialled": "8210", "source": "100", "sip_call_id": call}),
        ("attempt_sent", {"n": 1, **taken}),
        ("attempt_ringing", {"n": 1}),
        ("attempt_answered", {"n": 1, "status": 200}),
        ("call_ended", {"status": 200, "reason": "", "hangup_by": "caller"}),
    )
    for kind, fields in kinds:
        yield {
            "v": 1,
            "id": str(uuid.uuid4()),
            "kind": kind,
            "edge": "bench",
            "at": at,
            "mono": at,
            "call": call,
            **fields,
        }
    noted[call] = at - int(GATHER_S * 500_000)
