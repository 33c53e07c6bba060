"""Health, readiness, metrics; and that a fault of ours tells nothing."""

import re
import sqlite3
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from dialplane.api.metrics import registry
from dialplane.control import routes, stats
from dialplane.control.units import Reading
from dialplane.domain.errors import Unavailable
from dialplane.jobs import supervisor, survey
from dialplane.store import threads
from tests.api.serving import Api, serving, settings_for
from tests.waiting import eventually


@pytest.fixture
def own_api(prepared_file: Path, tmp_path: Path) -> Iterator[Api]:
    """An API of the test's own, to be broken."""
    with serving(settings_for(tmp_path, database=prepared_file)) as running:
        yield running


def metric(api: Api, name: str, **labels: str) -> float:
    text = api.nobody.get("/metrics").text
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            if sample.name == name and labels.items() <= sample.labels.items():
                return sample.value
    return 0.0


def test_metrics_count_requests_by_route_and_never_by_path(own_api: Api) -> None:
    own_api.admin.get("/v1.0/routes/4dbeabd6-f397-4375-95d2-a38411e07ed1")
    own_api.nobody.get("/some/random/path")
    own_api.nobody("PROPFIND", "/v1.0/routes")
    text = own_api.nobody.get("/metrics").text
    assert "4dbeabd6" not in text
    assert "random" not in text
    assert metric(own_api, "dialplane_http_requests_total", route="/v1.0/routes/{id}", status="404") == 1
    assert metric(own_api, "dialplane_http_requests_total", route="none", status="404") == 1
    assert metric(own_api, "dialplane_http_requests_total", method="other", status="405") == 1
    assert metric(own_api, "dialplane_http_refused_total", reason="ROUTE_NOT_FOUND") == 1
    assert metric(own_api, "dialplane_logins_total", outcome="accepted") == 1


def test_metrics_are_computed_once_for_all_who_ask_within_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [5.0]
    monkeypatch.setattr(registry, "KEPT_S", 1.0)
    monkeypatch.setattr(registry, "time", SimpleNamespace(monotonic=lambda: now[0], time=time.time))
    metrics = registry.Metrics(version="1")
    first = metrics.text()
    metrics.faults.inc()
    now[0] += 0.9
    assert metrics.text() is first
    now[0] += 0.2
    assert b"dialplane_http_faults_total 1.0" in metrics.text()


def test_the_event_loop_shows_that_it_turns(own_api: Api) -> None:
    eventually(lambda: metric(own_api, "dialplane_loop_heartbeat_seconds", loop="api") > time.time() - 5)


def test_the_revision_metric_follows_changes(own_api: Api) -> None:
    answer = own_api.admin.post("/v1.0/customers", {})
    assert metric(own_api, "dialplane_revision") == int(answer.headers["x-revision"])


def test_a_fault_of_ours_tells_nothing_and_is_counted(own_api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(*_: Any, **__: Any) -> Any:
        raise RuntimeError("the secret inside")

    monkeypatch.setattr(routes, "find", broken)
    answer = own_api.admin.get("/v1.0/routes")
    assert answer.status_code == 500
    assert answer.json()["error"]["reason"] == "INTERNAL"
    assert answer.json()["error"]["request_id"] == answer.headers["x-request-id"]
    assert "secret" not in answer.text
    assert metric(own_api, "dialplane_http_faults_total") == 1
    assert own_api.admin.get("/v1.0/me").status_code == 200


@pytest.mark.parametrize(
    ("code", "reason"),
    [("busy", "DATABASE_UNAVAILABLE"), ("unreachable", "DATABASE_UNAVAILABLE"), ("storage_full", "STORAGE_FULL")],
)
def test_a_database_in_trouble_is_told_with_retry_after(
    own_api: Api, monkeypatch: pytest.MonkeyPatch, code: str, reason: str
) -> None:
    async def unavailable(*_: Any, **__: Any) -> Any:
        raise Unavailable(code)

    monkeypatch.setattr(routes, "find", unavailable)
    answer = own_api.admin.get("/v1.0/routes")
    assert (answer.status_code, answer.json()["error"]["reason"]) == (503, reason)
    assert int(answer.headers["retry-after"]) >= 1


def test_a_locked_database_refuses_writes_in_time_and_goes_on_by_itself(own_api: Api) -> None:
    file = own_api.settings.database_file
    other = sqlite3.connect(file, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        started = time.monotonic()
        answer = own_api.admin.post("/v1.0/customers", {})
        took = time.monotonic() - started
        assert answer.json()["error"]["reason"] == "DATABASE_UNAVAILABLE"
        assert own_api.admin.get("/v1.0/customers").status_code == 200
        assert took < 2.5
    finally:
        other.execute("ROLLBACK")
        other.close()
    assert own_api.admin.post("/v1.0/customers", {}).status_code == 200


def test_readiness_tells_what_is_not_ready(own_api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    names = ("database", "schema", "storage", "secrets", "clock", "loops", "process")
    assert own_api.nobody.get("/readyz").json() == {"status": "ready", "checks": dict.fromkeys(names, "ok")}

    async def unreachable(*_: Any) -> Any:
        raise Unavailable("unreachable")

    monkeypatch.setattr(Reading, "clock", unreachable)
    answer = own_api.nobody.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["status"] == "not_ready"
    assert answer.json()["checks"]["database"] == "unreachable"
    assert own_api.nobody.get("/healthz").json() == {"status": "ok"}


def not_ready(api: Api) -> dict[str, str]:
    answer = api.nobody.get("/readyz")
    checks = {name: told for name, told in answer.json()["checks"].items() if told != "ok"}
    assert (answer.status_code, answer.json()["status"]) == ((503, "not_ready") if checks else (200, "ready"))
    return checks


def test_readiness_names_a_schema_that_is_behind_but_not_one_that_is_ahead(own_api: Api) -> None:
    with closing(sqlite3.connect(own_api.settings.database_file, isolation_level=None)) as other:
        other.execute("UPDATE alembic_version SET version_num = '0001'")
        assert "has schema 0001" in not_ready(own_api)["schema"]
        other.execute("UPDATE alembic_version SET version_num = '9999'")
        assert not_ready(own_api) == {}
        other.execute("DELETE FROM alembic_version")
        assert "has schema none" in not_ready(own_api)["schema"]


def test_readiness_names_keys_that_are_gone(own_api: Api) -> None:
    for file in own_api.settings.secrets_folder.iterdir():
        file.unlink()
    answer = own_api.nobody.get("/readyz")
    assert (answer.status_code, answer.json()["status"]) == (200, "degraded")
    assert answer.json()["checks"]["secrets"] == "gone: box-keys, session keys"
    assert own_api.admin.get("/v1.0/providers").status_code == 200


def test_readiness_names_changes_that_are_dated_ahead(own_api: Api) -> None:
    with closing(sqlite3.connect(own_api.settings.database_file, isolation_level=None)) as other:
        other.execute("UPDATE clock SET last_instant_us = last_instant_us + 400 * 86400 * 1000000")
    answer = own_api.nobody.get("/readyz")
    assert (answer.status_code, answer.json()["status"]) == (200, "degraded")
    assert re.fullmatch(
        r"the latest change is dated 345\d{5} s ahead of this machine's clock", answer.json()["checks"]["clock"]
    )
    assert own_api.admin.post("/v1.0/customers", {}).status_code == 200


def test_readiness_names_a_loop_that_does_not_turn(own_api: Api) -> None:
    states = own_api.server.app.state.services.jobs.states
    assert states.keys() >= {"contacts", "lost_calls", "survey"}
    eventually(lambda: metric(own_api, "dialplane_loop_heartbeat_seconds", loop="survey") > 0, what="its first round")
    states["survey"].due -= 10_000
    assert not_ready(own_api) == {"loops": "not turning: survey"}


def test_a_job_that_fails_is_reported_and_tried_again_while_the_api_answers(
    tmp_path: Path, prepared_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    is_broken, list_stats = True, stats.list_

    async def list_(*given: Any, **named: Any) -> Any:
        if is_broken:
            raise RuntimeError("a fault in a job")
        return await list_stats(*given, **named)

    monkeypatch.setattr(stats, "list_", list_)
    monkeypatch.setattr(survey, "EVERY_S", 0.05)
    monkeypatch.setattr(supervisor, "LONGEST_PAUSE_S", 0.1)  # a round that took long on a busy machine
    with serving(settings_for(tmp_path, database=prepared_file)) as api:
        eventually(lambda: metric(api, "dialplane_job_failures_total", job="survey") > 2, what="it is tried again")
        degraded = api.nobody.get("/readyz")
        assert (degraded.status_code, degraded.json()["status"]) == (200, "degraded")
        assert degraded.json()["checks"]["loops"] == "failing: survey"
        assert api.admin.post("/v1.0/customers", {}).status_code == 200
        eventually(lambda: metric(api, "dialplane_loop_heartbeat_seconds", loop="contacts") > time.time() - 5)
        assert metric(api, "dialplane_loop_heartbeat_seconds", loop="survey") == 0

        is_broken = False

        eventually(lambda: api.nobody.get("/readyz").json()["status"] == "ready", within_s=30, what="it recovers")
        assert metric(api, "dialplane_loop_heartbeat_seconds", loop="survey") > time.time() - 30


def test_every_answer_has_a_request_id_and_security_headers(own_api: Api) -> None:
    for path in ("/healthz", "/v1.0/me", "/nothing", "/docs"):
        headers = own_api.nobody.get(path).headers
        assert headers["x-request-id"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"
        assert "content-security-policy" in headers
        assert "server" not in headers
        assert "access-control-allow-origin" not in headers


def test_a_request_id_of_the_callers_is_kept_if_it_is_a_plain_word(own_api: Api) -> None:
    given = own_api.nobody.get("/healthz", headers={"X-Request-Id": "trace-0123456789"})
    assert given.headers["x-request-id"] == "trace-0123456789"
    for bad in ("short", "x" * 65, "with space in it", 'quo"tes"inside'):
        assert own_api.nobody.get("/healthz", headers={"X-Request-Id": bad}).headers["x-request-id"] != bad


def test_a_provider_in_a_denied_network_or_at_our_own_sip_address_is_refused(
    tmp_path: Path, prepared_file: Path
) -> None:
    settings = settings_for(
        tmp_path, database=prepared_file, denied_networks="10.0.0.0/8,2001:db8::/32", sip="127.0.0.1:5062"
    )
    with serving(settings) as api:
        for hostname in ("10.1.2.3", "[2001:db8::1]:5070", "127.0.0.1:5062", "localhost:5062", "[::ffff:10.1.2.3]"):
            body = {"type": "sip", "hostname": hostname}
            change = {"action": "create", "kind": "provider", "fields": body}
            for answer in (
                api.admin.post("/v1.0/providers", body),
                api.admin.post("/v1.0/changes", {"changes": [change]}),
            ):
                detail = answer.json()["error"]["details"][0]
                assert (answer.status_code, detail["code"]) == (400, "forbidden_address")
        for hostname in ("192.168.1.1", "127.0.0.1:5070", "127.0.0.1", "a.example:5062"):
            made = api.admin.made("providers", type="sip", hostname=hostname)
            assert api.admin.put(f"/v1.0/providers/{made['id']}", {"hostname": "10.1.1.1"}).status_code == 400


def test_cors_is_only_for_the_origins_that_are_set(tmp_path: Path, prepared_file: Path) -> None:
    preflight = {"Origin": "https://noc.example", "Access-Control-Request-Method": "PUT"}
    with serving(settings_for(tmp_path / "set", database=prepared_file, cors_origins="https://noc.example")) as api:
        answer = api.nobody("OPTIONS", "/v1.0/routes", headers=preflight)
        assert answer.headers["access-control-allow-origin"] == "https://noc.example"
        other = api.nobody("OPTIONS", "/v1.0/routes", headers={**preflight, "Origin": "https://evil.example"})
        assert "access-control-allow-origin" not in other.headers
    with serving(settings_for(tmp_path / "unset", database=prepared_file)) as api:
        assert api.nobody("OPTIONS", "/v1.0/routes", headers=preflight).status_code == 405


def test_readiness_looks_at_the_database_in_one_step(own_api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    steps, run, looks = Counter[ThreadPoolExecutor](), threads.run_within, 30

    async def counted(readers: ThreadPoolExecutor, *args: Any, **rest: Any) -> Any:
        steps[readers] += 1
        return await run(readers, *args, **rest)

    monkeypatch.setattr("dialplane.store.backend_sqlite.run_within", counted)
    for _ in range(looks):
        assert own_api.nobody.get("/readyz").status_code == 200
    assert looks in steps.values(), "those of jobs are in threads of their own"
