"""The REST API over a million routes, asked by wrk: one API worker, SQLite with synchronous=FULL."""

import itertools
import json
import random
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from bench import bulk
from bench.node import Node, free_port, make_database, running
from bench.report import Report
from bench.table import CALLER, RouteTable
from bench.wrk import Load, Request, is_installed, put_under_load
from dialplane.domain.ids import SYSTEM_DEFAULT_CUSTOMER

ROUTES = 1_000_000
REQUESTS = 20_000
"""Different ones, so that hardly any two of a second are alike."""

SECONDS = 10
WARM_UP_S = 3
POSTGRESQL_ROUTES = 100_000
"""Routes that are there before; a million take minutes to put in."""


def run(report: Report) -> None:
    """Print reads, writes, a bulk change and the start, each beside its goal."""
    if not is_installed():
        report.line("wrk is missing", "sudo apt-get install wrk")
        return
    with tempfile.TemporaryDirectory(prefix="dialplane-bench-") as folder:
        table = RouteTable(ROUTES)
        token = make_database(Path(folder), table)
        measure(report, Path(folder), table, token)
    bulk.on_postgresql(report, _new_routes, POSTGRESQL_ROUTES)


def measure(report: Report, data: Path, table: RouteTable, token: str) -> None:
    """The figures of a node on this data folder."""
    with running(data, port=free_port()) as node:
        report.line(f"start to ready, {table.size:,} routes", f"{node.ready_s:.1f} s", goal="<= 3 s")
        _loaded(report, node, token, "GET /v1.0/dialroutes", _dialroutes(table), goal=">= 5,000/s, p99 <= 10 ms")
        _loaded(report, node, token, "GET an object by its id", _objects(table), goal=">= 1,500/s")
        _loaded(report, node, token, "GET a page of 10 routes", _pages(table))
        _loaded(report, node, token, "POST /v1.0/routes", _creates(table), goal=">= 400/s")
        bulk.measure(report, node, token, _new_routes(table), where=f"SQLite, beside {table.size:,}")


def _loaded(report: Report, node: Node, token: str, what: str, requests: Iterable[Request], *, goal: str = "") -> None:
    made = list(itertools.islice(requests, REQUESTS))
    put_under_load(node.base_url, made, token=token, seconds=WARM_UP_S)
    before_s = node.cpu_s()
    load = put_under_load(node.base_url, made, token=token, seconds=SECONDS)
    report.line(what, _figures(load, node.cpu_s() - before_s), goal=goal)


def _figures(load: Load, cpu_s: float) -> str:
    wrong = f"  {load.refused} REFUSED, {load.broken} BROKEN" if load.refused or load.broken else ""
    cpu_us = 1e6 * cpu_s / max(load.answers, 1)
    return f"{load.per_s:,.0f}/s  p50 {load.p50_ms:.1f} ms  p99 {load.p99_ms:.1f} ms  CPU {cpu_us:.0f} us each{wrong}"


def _dialroutes(table: RouteTable) -> Iterable[Request]:
    for number in table.numbers(REQUESTS):
        yield Request("GET", f"/v1.0/dialroutes?customer_id={CALLER}&target=%2B{number[1:]}")


def _objects(table: RouteTable) -> Iterable[Request]:
    """Nine routes to each provider."""
    chosen, providers = random.Random(1), [provider.id for provider in table.providers()]
    routes = [route.id for route in itertools.islice(table.routes(), 0, None, 37)]
    while True:
        yield from (Request("GET", f"/v1.0/routes/{chosen.choice(routes)}") for _ in range(9))
        yield Request("GET", f"/v1.0/providers/{chosen.choice(providers)}")


def _pages(table: RouteTable) -> Iterable[Request]:
    chosen = random.Random(2)
    while True:
        yield Request("GET", f"/v1.0/routes?page_size=10&target=%2B{chosen.choice(table.prefixes)}")


def _creates(table: RouteTable) -> Iterable[Request]:
    for fields in _new_routes(table):
        yield Request("POST", "/v1.0/routes", json.dumps(fields))


def _new_routes(table: RouteTable) -> Iterable[dict[str, Any]]:
    chosen, providers = random.Random(3), [provider.id for provider in table.providers()]
    while True:
        yield {
            "customer_id": SYSTEM_DEFAULT_CUSTOMER,
            "provider_id": chosen.choice(providers),
            "priority": 9,
            "target": f"+{chosen.choice(table.prefixes)}",
        }
