"""How many calls of events the API stores for a second of CPU: before statistics were sums, and now, side by side.

Before is the commit BEFORE of this repository, its API started from its own source. Both get the same batches over HTTP
in turn, each on a database of its own, SQLite or PostgreSQL. The CPU is that of the API and of PostgreSQL together,
until the sums are added up. A second batch of each call, with its end, comes three batches after the first.
"""

import http.client
import itertools
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from bench import reports
from bench.node import Node, free_port, running
from bench.report import Report
from tests.postgresql import PostgresqlServer, own_postgresql

BEFORE = "1f3f881"
"""A commit of before the records were made anew: one upsert for each call and attempt by SQLAlchemy, without sums."""

ROUNDS = 6
CALLS = 8 * reports.BATCH_CALLS
"""Calls of a round."""

SETTLED_S = 6.0
"""Time in which the job of the sums has gone round."""

PASSWORD = "for the benchmark"


@dataclass
class Subject:
    """An API on a database of its own."""

    name: str
    node: Node
    database: PostgresqlServer | None
    connection: http.client.HTTPConnection = field(init=False)
    calls: int = 0
    seconds: float = 0.0

    def __post_init__(self) -> None:
        self.connection = http.client.HTTPConnection(self.node.base_url.removeprefix("http://"), timeout=60)
        login = {"username": "admin@localhost", "password": PASSWORD}
        self._headers = {"Content-Type": "application/json"}
        token = json.loads(self._post("/auth/login", json.dumps(login).encode()))["token"]
        self._headers["Authorization"] = f"Bearer {token}"

    def store(self, batches: Sequence[bytes], *, calls: int) -> None:
        """Send these batches one after the other."""
        self.connection.close()  # an idle one was ended meanwhile
        began = time.monotonic()
        for batch in batches:
            answer = json.loads(self._post("/v1.0/events", batch))
            assert set(answer) == {"accepted"}, answer
        self.seconds += time.monotonic() - began
        self.calls += calls

    def cpu_s(self) -> float:
        """Seconds of CPU so far: of the API, and of the database if it is a server."""
        server = 0.0
        if self.database is not None:
            server = sum(sum(one.cpu_times()[:2]) for one in self.database.processes())
        return self.node.cpu_s() + server

    def _post(self, path: str, body: bytes) -> bytes:
        self.connection.request("POST", path, body, self._headers)
        answer = self.connection.getresponse()
        text = answer.read()
        assert answer.status == 200, text
        return text


def run(report: Report) -> None:
    """Both databases, and two nodes on one PostgreSQL."""
    with source_of(BEFORE) as before:
        for database in ("SQLite", "PostgreSQL"):
            _side_by_side(report, database, before)
    _two_nodes(report)


@contextmanager
def source_of(commit: str) -> Iterator[Path]:
    """The source folder of a commit of this repository."""
    with tempfile.TemporaryDirectory(prefix="dialplane-before-") as folder:
        archive = subprocess.run(["git", "archive", commit, "src"], check=True, capture_output=True).stdout
        subprocess.run(["tar", "-x", "-C", folder], check=True, input=archive)
        yield Path(folder) / "src"


def _side_by_side(report: Report, database: str, before: Path) -> None:
    with ExitStack() as stack:
        subjects = [
            stack.enter_context(_subject(name, database, source))
            for name, source in (("before", before), ("now", None))
        ]
        cpu = _measured(subjects)
    rates = {one.name: one.calls / cpu[one.name] for one in subjects}
    for name, rate in rates.items():
        report.line(f"{database}, {name}", f"{rate:,.0f} calls for a second of CPU")
    report.line(f"{database}, now : before", f"{rates['now'] / rates['before']:.1f}", goal=">= 4")


def _measured(subjects: Sequence[Subject]) -> dict[str, float]:
    """Seconds of CPU by subject. The first round warms up and does not count."""
    rounds = [round_of(number) for number in range(ROUNDS + 1)]
    for one in subjects:
        one.store(rounds[0], calls=0)
    time.sleep(SETTLED_S)
    before = {one.name: one.cpu_s() for one in subjects}
    for number, batches in enumerate(rounds[1:]):
        for one in subjects if number % 2 else reversed(subjects):
            one.store(batches, calls=CALLS)
    time.sleep(SETTLED_S)
    return {one.name: one.cpu_s() - before[one.name] for one in subjects}


def round_of(number: int) -> list[bytes]:
    """The batches of CALLS calls, a little later with each number."""
    began = time.time_ns() // 1_000 - 3_600_000_000 + number * CALLS * 1_000
    return list(reports.batches(calls=CALLS, began_us=began, seed=number))


@contextmanager
def _subject(name: str, database: str, source: Path | None) -> Iterator[Subject]:
    with ExitStack() as stack:
        data = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="dialplane-bench-")))
        server = stack.enter_context(own_postgresql()) if database == "PostgreSQL" else None
        url = server.create("bench") if server is not None else ""
        if url:
            migrate(url, data, source)
        node = stack.enter_context(
            running(data, port=free_port(), database_url=url, source=source, admin_password=PASSWORD)
        )
        yield Subject(name, node, server)


def migrate(url: str, data: Path, source: Path | None) -> None:
    """Make the tables, of the version whose source this is."""
    path = {} if source is None else {"PYTHONPATH": str(source)}
    code = "import sys; from dialplane.store import migrations; migrations.upgrade(sys.argv[1])"
    subprocess.run([sys.executable, "-c", code, url], check=True, env={**os.environ, **path}, cwd=data)


def _two_nodes(report: Report) -> None:
    """One node alone and two at the same time, each with its own calls, on one PostgreSQL."""
    with ExitStack() as stack:
        server = stack.enter_context(own_postgresql())
        url = server.create("bench")
        folders = [Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="dialplane-bench-"))) for _ in range(2)]
        migrate(url, folders[0], None)
        nodes = [
            stack.enter_context(running(one, port=free_port(), database_url=url, admin_password=PASSWORD))
            for one in folders
        ]
        subjects = [Subject(f"node {n}", node, server) for n, node in enumerate(nodes, 1)]
        numbers = itertools.count(100)
        rates: dict[int, list[float]] = {1: [], 2: []}
        cpu = {1: 0.0, 2: 0.0}
        for number in range(2 * ROUNDS):
            some, before = subjects[: 1 + number % 2], _cpu_s(subjects)
            rates[len(some)].append(_rate(some, [round_of(next(numbers)) for _ in some]))
            cpu[len(some)] += _cpu_s(subjects) - before
        best = {count: sorted(found)[len(found) // 2] for count, found in rates.items()}
    for count, rate in best.items():
        of_cpu = ROUNDS * count * CALLS / cpu[count]
        values = f"{rate:,.0f} calls a second, {of_cpu:,.0f} for a second of CPU"
        report.line(f"PostgreSQL, {count} node{'s' * (count > 1)}", values)
    report.line("PostgreSQL, two nodes : one", f"{best[2] / best[1]:.2f}", goal=">= 1.7")
    report.note(f"PostgreSQL, the nodes and this program share {psutil.cpu_count()} cores.")


def _cpu_s(subjects: Sequence[Subject]) -> float:
    """Seconds of CPU so far, of nodes on one database: of them all, and of the server once."""
    first, *others = subjects
    return first.cpu_s() + sum(one.node.cpu_s() for one in others)


def _rate(subjects: Sequence[Subject], rounds: Sequence[Sequence[bytes]]) -> float:
    """Calls a second that they store together."""
    threads = [
        threading.Thread(target=one.store, args=(batches,), kwargs={"calls": CALLS})
        for one, batches in zip(subjects, rounds, strict=True)
    ]
    began = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return len(subjects) * CALLS / (time.monotonic() - began)
