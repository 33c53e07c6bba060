"""Many changes in one request: how long it takes, what memory it needs, and how long it keeps others from writing."""

import itertools
import json
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from bench.node import Node, free_port, make_database, running
from bench.report import Report
from bench.table import RouteTable
from dialplane.store import migrations
from tests.postgresql import own_postgresql

ROUTES = 100_000
PAUSE_S = 0.02
"""Between two of the other writer's changes: a write a moment, which leaves the processor to the bulk change."""


class OtherWriter(threading.Thread):
    """Somebody who makes one customer after the other; what each took, and how many were told to come again."""

    def __init__(self, node: Node, token: str) -> None:
        super().__init__()
        self._node = node
        self._token = token
        self.took_s: list[float] = []
        self.refused = 0
        self.is_over = threading.Event()

    def run(self) -> None:
        while not self.is_over.wait(PAUSE_S):
            started = time.perf_counter()
            if post(self._node, self._token, "/v1.0/customers", b"{}") != 200:
                self.refused += 1
            self.took_s.append(time.perf_counter() - started)


def post(node: Node, token: str, path: str, body: bytes) -> int:
    """The status of the answer."""
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    try:
        with urlopen(Request(node.base_url + path, body, headers), timeout=300) as answer:
            answer.read()
            return int(answer.status)
    except HTTPError as refused:
        return refused.code


@contextmanager
def somebody_writing(node: Node, token: str) -> Iterator[OtherWriter]:
    writer = OtherWriter(node, token)
    writer.start()
    try:
        yield writer
    finally:
        writer.is_over.set()
        writer.join()


def measure(report: Report, node: Node, token: str, routes: Iterable[dict[str, Any]], *, where: str) -> None:
    """A line for 100,000 new routes, another one for who writes meanwhile."""
    changes = [{"action": "create", "kind": "route", "fields": one} for one in itertools.islice(routes, ROUTES)]
    body = json.dumps({"changes": changes}).encode()
    before_mb = node.memory_mb()
    node.forget_peak()
    with somebody_writing(node, token) as other:
        started, before_s = time.perf_counter(), node.cpu_s()
        status = post(node, token, "/v1.0/changes", body)
        took_s, cpu_s = time.perf_counter() - started, node.cpu_s() - before_s
    more_mb = node.memory_mb(peak=True) - before_mb
    refused = "" if status == 200 else f"  REFUSED: {status}"
    figure = f"{took_s:.1f} s  CPU {cpu_s:.1f} s  {more_mb:.0f} MB more at its peak (body {len(body) / 1e6:.0f} MB)"
    report.line(f"POST /v1.0/changes, {ROUTES:,} routes, {where}", figure + refused, goal="<= 10 s")
    report.line("   longest wait of another writer meanwhile", _waits(other.took_s, other.refused), goal="<= 1.8 s")


def _waits(took_s: Sequence[float], refused: int) -> str:
    return f"{max(took_s):.2f} s  ({refused} of {len(took_s)} told to come again)"


def on_postgresql(report: Report, new_routes: Callable[[RouteTable], Iterable[dict[str, Any]]], size: int) -> None:
    """The same on a PostgreSQL of its own, whose table holds `size` routes before."""
    table = RouteTable(size)
    with tempfile.TemporaryDirectory(prefix="dialplane-bench-") as folder, own_postgresql() as server:
        url = server.create("bench")
        migrations.upgrade(url)
        token = make_database(Path(folder), table, database_url=url)
        with running(Path(folder), port=free_port(), database_url=url) as node:
            measure(report, node, token, new_routes(table), where=f"PostgreSQL, beside {size:,}")
