"""Hostile callers of every permission, all at once, while other callers, monitors and edges notice next to nothing.

The processor that an attack takes is missing to everybody on the machine, whichever program serves it. What an API is
answerable for is the rest: that others wait in it. So answers during an attack are compared with those beside a
neighbour: another API, with a database of its own, under the same attack on the same machine.
"""

import itertools
import json
import subprocess
import sys
import time
import uuid
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx2
import pytest
from sqlalchemy import create_engine, insert, update

from dialplane.domain.instants import format_instant
from dialplane.domain.permission import CUSTOMER_ADMIN, CUSTOMER_MANAGER, EDGE, SUPER_ADMIN
from dialplane.store import tables
from tests.api.api_process import ApiProcess, running
from tests.api.serving import SYSTEM_DEFAULT, Caller, Callers, settings_for
from tests.databases import KINDS, PASSWORD, REAL_HASHER, USERNAME, Server
from tests.faults.counts import FULL, times
from tests.faults.hostile import Attack

SECONDS = times(4, 60)
CALLS = times(5_000, 300_000)
CROWD = times(15, 150)
SLOWER = 5
"""How many times the value beside an attacked neighbour another caller's 99th percentile may be."""

NOTICEABLE_S = 4.0
"""What it may be in any case: a short run has but a few answers, of which this is the slowest."""

ROUND_S = 0.1
"""A round of questions begins so long after the last one: whoever reads page after page without a pause is no other
caller, but waits for its own share."""

LOGIN_EVERY = 20
"""Rounds of questions with one login: whoever logs in each second rests in between, and is no other caller."""

SECOND_US = 1_000_000
DAYS = 28


class Quiet:
    """A customer's agent, a monitor, and an edge, with all that they do; each answer's status and time is kept."""

    def __init__(self, callers: Callers) -> None:
        self._callers = callers
        self.customer = callers.admin.made("customers", name="Quiet")["id"]
        self._reader = callers.caller_with(CUSTOMER_MANAGER, self.customer)
        key = callers.admin.made("accesskeys", customer_id=SYSTEM_DEFAULT, permission=EDGE, expire=86_400, edge="quiet")
        self._edge = callers.with_token(key["token"])
        self.events = 0

    def measured(self, seconds: float) -> dict[str, list[tuple[int, float]]]:
        """What was asked -> (status, seconds) of each answer."""
        asked: dict[str, list[tuple[int, float]]] = defaultdict(list)
        ends = time.monotonic() + seconds
        rounds = itertools.count()
        while (began_s := time.monotonic()) < ends:
            is_short = next(rounds) % LOGIN_EVERY > 0
            for name, ask in self._questions().items():
                if is_short and name == "login":
                    continue
                began = time.perf_counter()
                status = ask().status_code
                asked[name].append((status, time.perf_counter() - began))
            time.sleep(max(0.0, began_s + ROUND_S - time.monotonic()))
        return asked

    def _questions(self) -> dict[str, Callable[[], Any]]:
        dialroute = {"customer_id": self.customer, "target": "+4930123456"}
        login = {"username": USERNAME, "password": PASSWORD}
        return {
            "dialroute": lambda: self._reader.get("/v1.0/dialroutes", params=dialroute),
            "me": lambda: self._reader.get("/v1.0/me"),
            "list of calls": lambda: self._reader.get("/v1.0/calls"),
            "readyz": lambda: self._callers.nobody.get("/readyz"),
            "healthz": lambda: self._callers.nobody.get("/healthz"),
            "events": self._report,
            "login": lambda: self._callers.nobody.post("/auth/login", login),
        }

    def _report(self) -> Any:
        event = {"v": 1, "kind": "call_started", "edge": "quiet", "at": now_us(), "mono": 1, "number": "+4930123456"}
        self.events += 1
        ids = {"id": str(uuid.uuid4()), "call": str(uuid.uuid4()), "customer_id": self.customer}
        return self._edge.post("/v1.0/events", {"edge": "quiet", "events": [event | ids]})


@pytest.mark.parametrize("database", KINDS)
@pytest.mark.alone
@pytest.mark.timeout(times(240, 5_400))
def test_hostile_callers_take_nothing_from_others(
    request: pytest.FixtureRequest, tmp_path: Path, database: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with ExitStack() as stack:
        http = stack.enter_context(httpx2.Client())
        processes = [
            stack.enter_context(api_with_calls(request, tmp_path / name, database)) for name in ("mine", "neighbour")
        ]
        mine, neighbour = (Callers(process.base_url, http) for process in processes)
        quiet = Quiet(mine)
        quiet.measured(SECONDS / 8)
        before = quiet.measured(SECONDS / 4)
        with attacked(neighbour):
            beside = quiet.measured(SECONDS)
        with attacked(mine) as attackers:
            during = quiet.measured(SECONDS)
            answers = json.loads(attackers.communicate(timeout=60)[0])
        after = mine.nobody.get("/readyz")
        stored = stored_events(mine, quiet.customer)
    if FULL or "-s" in sys.argv:
        with capsys.disabled():
            show(database, before, beside, during, answers)
    assert after.json()["status"] == "ready", after.text
    assert min(quiet.events, 100) == stored, "events of an edge are not lost"
    for name, asked in during.items():
        assert {status for status, _ in asked} == {200}, (name, asked)
        bound_s = max(SLOWER * p99(beside[name]), NOTICEABLE_S)
        assert p99(asked) <= bound_s, (
            f"{name}: {p99(beside[name]):.3f} s beside a neighbour, {p99(asked):.3f} s meanwhile"
        )
    assert_all_took_place(answers)


def assert_all_took_place(answers: dict[str, int]) -> None:
    """Each attack was made, and was met by the answer that is meant for it."""
    large = (f"large body {EDGE} 413", f"large body {SUPER_ADMIN} 400", f"large body {CUSTOMER_ADMIN} 403")
    for met in ("long login 413", "guess 401", "right login 200", "new password 409", *large):
        assert answers.get(met, 0) > 0, (met, answers)
    assert not [name for name in answers if name.endswith(" 500")], answers


@contextmanager
def api_with_calls(request: pytest.FixtureRequest, folder: Path, database: str) -> Iterator[ApiProcess]:
    """A process on a database with many calls of a month."""
    source = "sqlite_folder" if database == "sqlite" else "postgresql_server"
    databases: Server = request.getfixturevalue(source)
    with databases.lent("prepared") as url:
        settings = settings_for(folder, url=url)
        if FULL:
            set_true_password(url)
        store_calls(url)
        limits = {"write_timeout_s": "3", "refusals_at_once": "10"}  # as it is by default, and in no other test
        with running(settings.data, folder / "api.log", database_url=url, **limits) as process:
            yield process


def set_true_password(url: str) -> None:
    """The administrator's costs what everybody's does: beside one that costs nothing each wait would look long.

    In a short run on a busy machine one such login would take all the time.
    """
    true = update(tables.agents).values(password_hash=REAL_HASHER.hash(PASSWORD))
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(true)
    engine.dispose()


def store_calls(url: str) -> None:
    now = now_us()
    apart = DAYS * 86_400 * SECOND_US // CALLS
    engine = create_engine(url)
    with engine.begin() as connection:
        for begin in range(0, CALLS, 5_000):
            numbers = range(begin, min(begin + 5_000, CALLS))
            connection.execute(insert(tables.calls), [call_row(n, now - (CALLS - n) * apart) for n in numbers])
            connection.execute(insert(tables.attempts), [attempt_row(n, now - (CALLS - n) * apart) for n in numbers])
    engine.dispose()


def call_row(number: int, at: int) -> dict[str, Any]:
    moments = {"tm_start": at, "tm_ringing": at + SECOND_US, "tm_answered": at + 2 * SECOND_US}
    ended = {"tm_ended": at + 30 * SECOND_US, "sip_status": 200, "hangup_by": "caller", "decision": "[]"}
    whose = {"customer_id": SYSTEM_DEFAULT, "number": f"+4930{number:07}", "edge": "old"}
    return {"id": call_id(number), **whose, **moments, **ended, "tm_create": at, "tm_update": at}


def attempt_row(number: int, at: int) -> dict[str, Any]:
    place = {"call_id": call_id(number), "number": 1, "skipped": 0, "why": "[]", "uri": "sip:a", "action": "stop"}
    to = {"provider_id": call_id(number % 30), "route_id": call_id(number % 200)}
    return {**place, **to, "tm_placed": at, "tm_answered": at + 2 * SECOND_US, "answered_status": 200}


def call_id(number: int) -> str:
    return str(uuid.UUID(int=number + (4 << 76) + (8 << 60)))


@contextmanager
def attacked(callers: Callers) -> Iterator["subprocess.Popen[str]"]:
    """Attackers of every permission are under way, for a second longer than they are watched."""
    keys = {
        str(permission): token_of(callers.caller_with(permission, SYSTEM_DEFAULT))
        for permission in (SUPER_ADMIN, CUSTOMER_ADMIN, CUSTOMER_MANAGER, EDGE)
    }
    login = {"username": "hostile@localhost", "password": "right all the same"}
    callers.admin.made("agents", customer_id=SYSTEM_DEFAULT, permission=CUSTOMER_MANAGER, **login)
    lines = callers.admin.get("/v1.0/feed").text.splitlines()
    poll = {"since": json.loads(lines[-1])["end"], "epoch": json.loads(lines[0])["epoch"], "wait": 30}
    now = now_us()
    window = {"from": format_instant(now - 31 * 86_400 * SECOND_US), "to": format_instant(now)}
    attack = Attack(
        port=httpx2.URL(callers.base_url).port or 0,
        seconds=SECONDS + 1,
        keys=keys,
        login=login,
        window=urlencode(window),
        poll=f"/v1.0/feed?{urlencode(poll)}",
        crowd=CROWD,
    )
    command = [sys.executable, "-m", "tests.faults.hostile"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(json.dumps(asdict(attack)))
        process.stdin.close()
        process.stdin = None
        process.stdout.readline()
        try:
            yield process
        finally:
            process.kill()


def token_of(caller: Caller) -> str:
    return caller.headers["Authorization"].removeprefix("Bearer ")


def stored_events(callers: Callers, customer: str) -> int:
    return len(callers.admin.get("/v1.0/calls", params={"customer_id": customer}).json()["result"])


def p99(asked: list[tuple[int, float]]) -> float:
    seconds = sorted(took for _, took in asked)
    return seconds[min(len(seconds) - 1, len(seconds) * 99 // 100)]


def show(database: str, before: Any, beside: Any, during: Any, answers: dict[str, int]) -> None:
    print(f"\nHostile callers, {database}, {CALLS} calls, {SECONDS} s:")
    for name in before:
        quiet, neighbour, attacked = (p99(asked[name]) * 1000 for asked in (before, beside, during))
        counts = f"{len(before[name])}, {len(beside[name])} and {len(during[name])} answers"
        print(
            f"  {name:14} p99 {quiet:.1f} ms quiet, {neighbour:.1f} beside a neighbour, {attacked:.1f} meanwhile",
            end="",
        )
        print(f" ({attacked / quiet:.1f} x quiet, {attacked / neighbour:.1f} x beside a neighbour; {counts})")
    print("  attackers heard:", ", ".join(f"{name}: {times}" for name, times in sorted(answers.items())))


def now_us() -> int:
    return time.time_ns() // 1_000
