"""Edges that lie, and clocks that are wrong: whatever the API takes of them, every answer after it is a good one.

Batches of events of every kind, with extreme and malformed values, come from edges with any clock to an API whose own
clock is wrong as well. After each, with the clock right again: every GET of the API answers without a 5xx, the feed
flows to its end, no job has failed, and what an honest edge reports is stored and shown.
"""

import itertools
import json
import time
import uuid
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from dialplane.api import app
from dialplane.domain.instants import NEVER, format_instant
from dialplane.jobs import lost_calls, survey
from dialplane.system import clock
from tests.api.serving import SYSTEM_DEFAULT, Api, Caller, serving, settings_for
from tests.databases import KINDS, Server
from tests.eventlog.drawn import KINDS as EVENT_KINDS
from tests.eventlog.drawn import events as drawn_events
from tests.eventlog.drawn import kind_of
from tests.faults.counts import times
from tests.waiting import eventually

BATCH = 10
DAY_NS = 86_400_000_000_000
HOSTNAME = "sip.carrier.example"
CALLS = [str(uuid.UUID(int=n + (4 << 76) + (8 << 60))) for n in range(5)]
INSTANTS = [0, 1, 10**15, NEVER - 1, NEVER, 253_402_300_800_000_000, 1 << 62, (1 << 63) - 1, 1 << 64, -1]
TEXTS = ["", "honest", "liar", "\ud800", "a\x00b", "x" * 600, "é\u202e", "../..", "'; DROP TABLE calls; --"]
NUMBERS = [0, 1, -1, 99, (1 << 31) - 1, 1 << 31, 1 << 62, 1 << 63, 10**30]
JUNK: list[Any] = [None, True, 1.5, [], {}, [[]], {"a": "\ud800"}]
INSTANT_FIELDS = ("at", "kamailio_started", "since", "before")


class World:
    """An API with one object of each kind, an honest edge with a key of its own, and a liar whose key names no edge."""

    def __init__(self, api: Api) -> None:
        self.api = api
        self.admin = self._caller(permission="project_super_admin")
        self.honest = self._caller(permission="edge", edge="honest")
        self.liar = self._caller(permission="edge")
        self.bound_liar = self._caller(permission="edge", edge="liar")
        made = api.admin.made
        self.provider = made("providers", type="sip", hostname=HOSTNAME)["id"]
        route = made("routes", customer_id=SYSTEM_DEFAULT, provider_id=self.provider, priority=1, target="all")["id"]
        self.ids: dict[str, list[str]] = {
            "customers": [SYSTEM_DEFAULT],
            "providers": [self.provider],
            "routes": [route],
            "trunks": [made("trunks")["id"]],
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
        asked = {"/v1.0/dialroutes": {"customer_id": SYSTEM_DEFAULT, "target": "+4930123456", "explain": "true"}}
        for endpoint in app.ENDPOINTS:
            if endpoint.method != "GET":
                continue
            ids = self.ids.get(endpoint.path.split("/")[2] if endpoint.path.startswith("/v1.0/") else "", [""])
            place = next((name for name in ("{id}", "{number}", "{name}") if name in endpoint.path), "")
            for id_ in ids if place else [""]:
                yield endpoint.path.replace(place, id_) if place else endpoint.path, asked.get(endpoint.path, {})


@pytest.fixture(scope="module", params=KINDS)
def world(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """On SQLite and on PostgreSQL, with quick jobs."""
    source = "sqlite_folder" if request.param == "sqlite" else "postgresql_server"
    databases: Server = request.getfixturevalue(source)
    name = f"liars_{request.param}"
    url = databases.create(name, template="prepared")
    with pytest.MonkeyPatch.context() as patch:
        for job in (lost_calls, survey):
            patch.setattr(job, "EVERY_S", 0.2)
        with serving(settings_for(tmp_path_factory.mktemp("liars"), url=url)) as api:
            yield World(api)
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


class Clock:
    """The wall clock of the whole process, which may be ahead or behind."""

    def __init__(self) -> None:
        self.ahead_ns = 0

    def time_ns(self) -> int:
        return time.time_ns() + self.ahead_ns


serial = itertools.count(1)


@pytest.mark.timeout(times(300, 5_400))
def test_no_lie_and_no_clock_makes_a_later_answer_fail(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    wall = Clock()
    monkeypatch.setattr(clock, "time", SimpleNamespace(time_ns=wall.time_ns))

    @given(
        batch=st.lists(lies(world.provider), min_size=1, max_size=BATCH),
        days=st.sampled_from([0, 0, 0, 1, -1, 400, 3_000, -3_000]),
        is_bound=st.booleans(),
    )
    @settings(
        max_examples=times(8, 1_000),
        deadline=None,
        suppress_health_check=list(HealthCheck),
        database=None,
        phases=(Phase.explicit, Phase.generate),  # to make a batch smaller would ask for every answer hundreds of times
    )
    def deceive(batch: list[dict[str, Any]], days: int, is_bound: bool) -> None:
        wall.ahead_ns = days * DAY_NS
        liar = world.bound_liar if is_bound else world.liar
        content = json.dumps({"edge": "liar", "events": batch})
        try:
            answer = liar("POST", "/v1.0/events", content=content, headers={"Content-Type": "application/json"})
        finally:
            wall.ahead_ns = 0
        assert answer.status_code < 500, (answer.text, batch)
        honest_report_is_shown(world)
        every_answer_is_good(world)

    deceive()


def every_answer_is_good(world: World) -> None:
    for path, params in world.paths():
        answer = world.admin.get(path, params=params)
        assert answer.status_code < 500, (path, answer.text)
        if path == "/v1.0/feed":
            assert "end" in json.loads(answer.text.splitlines()[-1])
    assert "dialplane_job_failures_total{" not in world.api.nobody.get("/metrics").text


def honest_report_is_shown(world: World) -> None:
    call, at = str(uuid.uuid4()), clock.now_us()
    common = {"v": 1, "edge": "honest", "at": at, "mono": at * 1_000}
    about = {"provider_id": world.provider, "hostname": HOSTNAME}
    version = str(next(serial))
    batch = [
        {"kind": "call_started", "id": str(uuid.uuid4()), **common, "call": call, "source": version},
        {"kind": "edge_status", "id": str(uuid.uuid4()), **common, "agent_version": version},
        {"kind": "provider_health", "id": str(uuid.uuid4()), **common, **about, "status": "healthy", "detail": version},
    ]
    assert world.honest.post("/v1.0/events", {"edge": "honest", "events": batch}).json() == {"accepted": 3}
    expected = {
        "source": {"type": "tel", "target": version, "target_name": "", "name": "", "detail": ""},
        "status": "dialing",
        "tm_start": format_instant(at),
    }
    # a round of the job that looked at the clock while it was ahead may close it, and the next one opens it again
    eventually(lambda: expected.items() <= world.admin.get(f"/v1.0/calls/{call}").json().items(), what=str(expected))
    edge = world.admin.get("/v1.0/edges/honest").json()
    assert (edge["agent_version"], edge["tm_status"]) == (version, format_instant(at))
    views = world.admin.get(f"/v1.0/providers/{world.provider}/health").json()["edges"]
    assert [view["detail"] for view in views if view["edge"] == "honest"] == [version]
