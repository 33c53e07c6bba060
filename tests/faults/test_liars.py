"""Edges that lie, clocks that are wrong, keys and rows that are spoiled: every later answer of the API is a good one.

Batches of events of every kind, with extreme and malformed values, come from edges with any clock to an API whose own
clock is wrong as well, whose secrets are gone or others, and into whose database somebody else has written. After each,
with the clock right again: every GET of the API answers without a 5xx, the feed flows to its end, the route of a call
is decided, no job has failed, and what an honest edge reports is stored and shown.
"""

import itertools
import json
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, delete

from dialplane.api import app
from dialplane.api.database import BOX_KEYS
from dialplane.api.metrics import registry
from dialplane.domain.instants import NEVER, format_instant
from dialplane.jobs import lost_calls, supervisor, survey
from dialplane.store import tables
from dialplane.store.address import backend_at
from dialplane.store.encryption import new_encryption_key
from dialplane.system import clock
from tests.api.serving import SYSTEM_DEFAULT, Api, Caller, serving, settings_for
from tests.databases import ENCRYPTION_KEY, Server
from tests.databases import KINDS as DATABASES
from tests.eventlog.drawn import KINDS as EVENT_KINDS
from tests.eventlog.drawn import events as drawn_events
from tests.eventlog.drawn import kind_of
from tests.faults.counts import times
from tests.waiting import eventually

BATCH = 10
PARTS = times(1, 10)
"""Of the full run, of 100 batches each: one that fails or is cut off takes not all others with it."""

DAY_NS = 86_400_000_000_000
HOSTNAME = "sip.carrier.example"
HONEST = "+4930123456"
CALLS = [str(uuid.UUID(int=n + (4 << 76) + (8 << 60))) for n in range(5)]
INSTANTS = [0, 1, 10**15, NEVER - 1, NEVER, 253_402_300_800_000_000, 1 << 62, (1 << 63) - 1, 1 << 64, -1]
TEXTS = ["", "honest", "liar", "\ud800", "a\x00b", "x" * 600, "é\u202e", "../..", "'; DROP TABLE calls; --"]
NUMBERS = [0, 1, -1, 99, (1 << 31) - 1, 1 << 31, 1 << 62, 1 << 63, 10**30]
JUNK: list[Any] = [None, True, 1.5, [], {}, [[]], {"a": "\ud800"}]
INSTANT_FIELDS = ("at", "kamailio_started", "since", "before")


class World:
    """An API with one object of each kind, an honest edge with a key of its own, and a liar whose key names no edge."""

    def __init__(self, api: Api, engine: Engine) -> None:
        self.api = api
        self.engine = engine
        self.admin = self._caller(permission="project_super_admin")
        self.honest = self._caller(permission="edge", edge="honest")
        self.liar = self._caller(permission="edge")
        self.bound_liar = self._caller(permission="edge", edge="liar")
        made = api.admin.made
        self.provider = made("providers", type="sip", hostname=HOSTNAME, username="me", password="carrier's")["id"]
        route = made("routes", customer_id=SYSTEM_DEFAULT, provider_id=self.provider, priority=1, target="all")["id"]
        self.ids: dict[str, list[str]] = {
            "customers": [SYSTEM_DEFAULT],
            "providers": [self.provider],
            "routes": [route],
            "trunks": [made("trunks", username="pbx", password="customer's", auth_types=["basic"])["id"]],
            "agents": [item["id"] for item in api.admin.get("/v1.0/agents").json()["result"]],
            "accesskeys": [item["id"] for item in api.admin.get("/v1.0/accesskeys").json()["result"]],
            "revisions": ["1"],
            "calls": CALLS,
            "edges": ["honest", "liar", "nowhere"],
        }

    def _caller(self, **fields: Any) -> Caller:
        key = self.api.admin.made("accesskeys", customer_id=SYSTEM_DEFAULT, expire=3_600 * 86_400, **fields)
        return self.api.with_token(key["token"])

    def paths(self) -> Iterator[tuple[str, dict[str, str]]]:
        """Every GET of the API, each with every id that there is."""
        asked = {
            "/v1.0/dialroutes": {"customer_id": SYSTEM_DEFAULT, "target": "+4930123456", "explain": "true"},
            "/v1.0/stream": {"for_s": "0"},
        }
        for endpoint in app.ENDPOINTS:
            if endpoint.method != "GET":
                continue
            ids = self.ids.get(endpoint.path.split("/")[2] if endpoint.path.startswith("/v1.0/") else "", [""])
            place = next((name for name in ("{id}", "{number}", "{name}") if name in endpoint.path), "")
            for id_ in ids if place else [""]:
                yield endpoint.path.replace(place, id_) if place else endpoint.path, asked.get(endpoint.path, {})


@pytest.fixture(scope="module", params=DATABASES)
def world(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """On SQLite and on PostgreSQL, with quick jobs."""
    source = "sqlite_folder" if request.param == "sqlite" else "postgresql_server"
    databases: Server = request.getfixturevalue(source)
    name = f"liars_{request.param}"
    url = databases.create(name, template="prepared")
    with pytest.MonkeyPatch.context() as patch:
        for job in (lost_calls, survey):
            patch.setattr(job, "EVERY_S", 0.2)
        patch.setattr(supervisor, "LONGEST_PAUSE_S", 0.2)  # a round that took long on a busy machine
        patch.setattr(registry, "KEPT_S", 0.0)
        with serving(settings_for(tmp_path_factory.mktemp("liars"), url=url)) as api:
            engine = backend_at(url).writer_engine()
            yield World(api, engine)
            engine.dispose()
    databases.drop(name)


def lies(provider: str) -> st.SearchStrategy[dict[str, Any]]:
    """An event of any kind with some of its fields made extreme, or of another type, or left out."""
    true = st.one_of([drawn_events(kind).map(lambda event: told(event)) for kind in EVENT_KINDS])
    known = st.fixed_dictionaries(
        {"edge": st.sampled_from(["liar", "liar", "honest", *TEXTS]), "call": st.sampled_from(CALLS)},
        optional={"provider_id": st.just(provider), "hostname": st.just(HOSTNAME), "n": st.integers(1, 3)},
    )
    instants = st.dictionaries(st.sampled_from(INSTANT_FIELDS), st.sampled_from(INSTANTS) | offsets(), max_size=3)
    return st.builds(lie, true, known, instants, st.integers(0, 20), st.sampled_from([*TEXTS, *NUMBERS, *JUNK]))


def told(event: Any) -> dict[str, Any]:
    plain: dict[str, Any] = msgspec.to_builtins(event)
    return plain | {"kind": kind_of(type(event))}


def lie(
    event: dict[str, Any], known: dict[str, Any], instants: dict[str, int], place: int, value: Any
) -> dict[str, Any]:
    """The event with what it has of the known fields and of the instants; one field by its place has the value."""
    lied = event | {name: held for name, held in (known | instants).items() if name in event}
    if place < len(lied):
        lied[list(lied)[place]] = value
    return lied


def offsets() -> st.SearchStrategy[int]:
    """Instants about now: some seconds, a day, years."""
    days = st.sampled_from([-3_000, -1, 0, 0, 1, 400, 3_000])
    return st.builds(lambda day, s: clock.now_us() + day * DAY_NS // 1_000 + s * 1_000_000, days, st.integers(-90, 90))


KEYS: Sequence[bytes | None] = [
    *[ENCRYPTION_KEY.encode()] * 3,  # as they are
    None,
    b"",
    new_encryption_key().encode(),
    b"nonsense",
    b"\xff\xfe\x00" * 99,
    ENCRYPTION_KEY.encode()[:-7],
    f"{new_encryption_key()}\n\n{ENCRYPTION_KEY} x".encode(),
]
"""Contents of the file of keys to stored passwords; None: it is gone."""

SPOILED = [
    *[""] * 3,
    "UPDATE providers SET password = 'no ciphertext'",
    "UPDATE trunks SET password = 'gAAAAA'",
    "UPDATE clock SET last_instant_us = last_instant_us + 40000000000000",
    "UPDATE clock SET epoch = ''",
    "UPDATE alembic_version SET version_num = '9999'",
    "UPDATE calls SET tm_start = 253370764799999999, tm_ringing = 0, tm_answered = 253370764799999999",
    "UPDATE calls SET tm_start = 4611686018427387904, tm_ended = 4611686018427387904, tm_answered = 0",
    "UPDATE attempts SET tm_placed = 0, tm_answered = 4611686018427387904, tm_ended = 4611686018427387904",
    "UPDATE edges SET last_contact = 253370764799999999, tm_status = 253370764799999999",
    "UPDATE edges SET last_contact = 4611686018427387904, kamailio_started = 4611686018427387904",
    "UPDATE provider_health SET checked_at = 4611686018427387904",
    "UPDATE provider_health SET checked_at = 253370764799999999, detail = ''",
    "DELETE FROM edges",
    "DELETE FROM attempts",
]
"""What somebody else writes into the database: of a version that took it, or with a client of the database."""


@contextmanager
def spoiled(world: World, keys: bytes | None, statement: str) -> Iterator[None]:
    """With these keys, and after this statement. The keys are as they were in the end."""
    file = world.api.settings.secrets_folder / BOX_KEYS
    before = file.read_bytes()
    if statement:
        with world.engine.begin() as connection:
            connection.exec_driver_sql(statement)
    if keys is None:
        file.unlink()
    else:
        file.write_bytes(keys)
    try:
        yield
    finally:
        file.write_bytes(before)


class Clock:
    """The wall clock of the whole process, which may be ahead or behind."""

    def __init__(self) -> None:
        self.ahead_ns = 0

    def time_ns(self) -> int:
        return time.time_ns() + self.ahead_ns


serial = itertools.count(1)


@pytest.mark.timeout(times(300, 1_800))
@pytest.mark.parametrize("part", range(PARTS))
def test_no_lie_and_no_clock_makes_a_later_answer_fail(
    world: World, part: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    wall = Clock()
    monkeypatch.setattr(clock, "time", SimpleNamespace(time_ns=wall.time_ns))

    @given(
        batch=st.lists(lies(world.provider), min_size=times(1, BATCH), max_size=BATCH),
        days=st.sampled_from([0, 0, 0, 1, -1, 400, 3_000, -3_000]),
        is_bound=st.booleans(),
        keys=st.sampled_from(KEYS),
        statement=st.sampled_from(SPOILED),
    )
    @settings(
        max_examples=times(8, 100),
        deadline=None,
        suppress_health_check=list(HealthCheck),
        database=None,
        phases=(Phase.explicit, Phase.generate),  # to make a batch smaller would ask for every answer hundreds of times
    )
    def deceive(batch: list[dict[str, Any]], days: int, is_bound: bool, keys: bytes | None, statement: str) -> None:
        wall.ahead_ns = days * DAY_NS
        liar = world.bound_liar if is_bound else world.liar
        content = json.dumps({"edge": "liar", "events": batch})
        try:
            answer = liar("POST", "/v1.0/events", content=content, headers={"Content-Type": "application/json"})
        finally:
            wall.ahead_ns = 0
        assert answer.status_code < 500, (answer.text, batch)
        with spoiled(world, keys, statement):
            honest_report_is_shown(world)
            every_answer_is_good(world)

    deceive()


def every_answer_is_good(world: World) -> None:
    for path, params in world.paths():
        answer = world.admin.get(path, params=params)
        assert answer.status_code < 500, (path, answer.text)
        if path == "/v1.0/dialroutes":
            assert [route["provider_id"] for route in answer.json()["result"]] == [world.provider]
        if path == "/v1.0/feed":
            assert "end" in json.loads(answer.text.splitlines()[-1])
    assert "dialplane_job_failures_total{" not in world.api.nobody.get("/metrics").text


def honest_report_is_shown(world: World) -> None:
    """A job that corrects instants ahead may date the edge a moment after a report that is under way: the next counts.

    A round of the one that looked at the clock while it was ahead may close the call, and the next one opens it again.
    """
    report = eventually(lambda: reported(world), within_s=30, what="the edge and the provider are shown as reported")
    assert report is not None
    call, at, version = report
    shown = {
        "source": {"type": "tel", "target": version, "target_name": "", "name": "", "detail": ""},
        "status": "dialing",
        "tm_start": format_instant(at),
    }
    eventually(
        lambda: shown.items() <= world.admin.get(f"/v1.0/calls/{call}").json().items(), within_s=30, what=str(shown)
    )
    with world.engine.begin() as connection:  # a page of calls shows those that liars reported
        connection.execute(delete(tables.calls).where(tables.calls.c.number == HONEST))


def reported(world: World) -> tuple[str, int, str] | None:
    """The call, instant and version of a new report; None if it is not what is shown of the edge and the provider."""
    call, at = str(uuid.uuid4()), clock.now_us()
    common = {"v": 1, "edge": "honest", "at": at, "mono": at * 1_000}
    about = {"provider_id": world.provider, "hostname": HOSTNAME}
    version = str(next(serial))
    started = {"kind": "call_started", "id": str(uuid.uuid4()), **common, "call": call, "source": version}
    batch = [
        {**started, "number": HONEST},
        {"kind": "edge_status", "id": str(uuid.uuid4()), **common, "agent_version": version},
        {"kind": "provider_health", "id": str(uuid.uuid4()), **common, **about, "status": "healthy", "detail": version},
    ]
    assert world.honest.post("/v1.0/events", {"edge": "honest", "events": batch}).json() == {"accepted": 3}
    edge = world.admin.get("/v1.0/edges/honest").json()
    views = world.admin.get(f"/v1.0/providers/{world.provider}/health").json()["edges"]
    details = [view["detail"] for view in views if view["edge"] == "honest"]
    is_shown = (edge["agent_version"], edge["tm_status"], details) == (version, format_instant(at), [version])
    return (call, at, version) if is_shown else None
