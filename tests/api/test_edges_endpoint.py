"""Edges over HTTP: a poll or a report makes one known; its lag, load and versions follow."""

import json
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dialplane.jobs import contacts, lost_calls, supervisor, survey
from tests.api.serving import NEVER, Api, serving, settings_for
from tests.api.test_monitoring import metric
from tests.waiting import eventually

FIELDS = [
    "name", "revision", "lag_revisions", "last_contact", "silent_s", "state", "state_detail", "agent_version",
    "kamailio_version", "kamailio_started", "max_call_s", "calls_shed", "shed_percent", "events_lost", "counters",
    "counters_per_hour", "counters_over_s", "clock_ahead_s", "certificates", "checks", "calls_in_progress", "cps",
    "tm_status", "tm_create",
]  # fmt: skip


@pytest.fixture
def own_api(prepared_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Api]:
    """An API whose jobs run often, however slow the machine is."""
    monkeypatch.setattr(supervisor, "LONGEST_PAUSE_S", 0.1)  # a round that took long on a busy machine
    monkeypatch.setattr(survey, "EVERY_S", 0.1)
    monkeypatch.setattr(lost_calls, "EVERY_S", 0.1)
    monkeypatch.setattr(contacts, "EVERY_S", 0.05)
    with serving(settings_for(tmp_path, database=prepared_file)) as running:
        yield running


def report(api: Api, edge: str, kind: str, **fields: Any) -> None:
    at = time.time_ns() // 1_000
    event = {"v": 1, "id": str(uuid.uuid4()), "kind": kind, "edge": edge, "at": at, "mono": 1, **fields}
    assert api.admin.post("/v1.0/events", {"edge": edge, "events": [event]}).json() == {"accepted": 1}


def follow(api: Api, edge: str, *, clock: str | None = None) -> int:
    """Polls the feed as an edge does that has everything; the revision it stands at."""
    known = json.loads(api.admin.get("/v1.0/feed").text.partition("\n")[0])
    asked = {"since": str(known["revision"]), "epoch": known["epoch"], "edge": edge}
    headers = {} if clock is None else {"X-Dialplane-Clock": clock}
    assert api.admin("GET", "/v1.0/feed", params=asked, headers=headers).status_code == 200
    revision: int = known["revision"]
    return revision


def edge_of(api: Api, name: str) -> Any:
    answer = api.admin.get(f"/v1.0/edges/{name}")
    return answer.json() if answer.status_code == 200 else None


def test_an_edge_is_known_after_its_first_poll(api: Api) -> None:
    name = f"edge {uuid.uuid4()}"
    before = time.time()
    revision = follow(api, name)
    found = eventually(lambda: edge_of(api, name), what="the poll is kept")
    assert list(found) == FIELDS
    assert (found["name"], found["revision"]) == (name, revision)
    assert 0 <= found["lag_revisions"]
    assert 0 <= found["silent_s"] <= time.time() - before + 1
    assert (found["agent_version"], found["kamailio_started"], found["tm_status"]) == (None, NEVER, NEVER)
    assert found["counters"] == {}
    assert name in {item["name"] for item in api.admin.get("/v1.0/edges").json()["result"]}


def test_its_lag_grows_with_every_change_and_goes_with_the_next_poll(api: Api) -> None:
    name = f"edge-{uuid.uuid4()}"
    follow(api, name)
    lag = eventually(lambda: edge_of(api, name))["lag_revisions"]
    for _ in range(3):
        api.admin.made("customers")
    assert edge_of(api, name)["lag_revisions"] >= lag + 3
    revision = follow(api, name)
    eventually(lambda: edge_of(api, name)["revision"] == revision)


def test_a_status_tells_what_runs_there(api: Api) -> None:
    name = f"edge-{uuid.uuid4()}"
    report(
        api,
        name,
        "edge_status",
        agent_version="0.1.0",
        kamailio_version="5.6.3",
        kamailio_started=10**15,
        max_call_s=60,
        counters={"script_errors": 3, "replica_damages": 1},
    )
    found = edge_of(api, name)
    assert (found["agent_version"], found["kamailio_version"], found["max_call_s"]) == ("0.1.0", "5.6.3", 60)
    assert found["counters"] == {"script_errors": 3, "replica_damages": 1}
    assert (found["counters_per_hour"], found["counters_over_s"]) == ({}, None)
    assert found["kamailio_started"] == "2001-09-09 01:46:40.000000"
    assert found["revision"] is None
    eventually(lambda: edge_of(api, name)["silent_s"] is not None, what="the report is a contact too")


def checks_of(api: Api, name: str) -> dict[str, Any]:
    return {one["check"]: (one["state"], one["detail"]) for one in edge_of(api, name)["checks"]}


def report_at(api: Api, name: str, clock: str, **fields: Any) -> None:
    at = time.time_ns() // 1_000
    event = {"v": 1, "id": str(uuid.uuid4()), "kind": "edge_status", "edge": name, "at": at, "mono": 1, **fields}
    body, headers = {"edge": name, "events": [event]}, {"X-Dialplane-Clock": clock}
    answer = api.admin("POST", "/v1.0/events", json=body, headers=headers)
    assert answer.json() == {"accepted": 1}, answer.text


def test_an_edges_clock_and_certificate_are_judged(api: Api) -> None:
    name, now = f"edge-{uuid.uuid4()}", time.time_ns() // 1_000
    held = {"subject": "CN=edge", "until": now + 5 * 86_400_000_000 + 60_000_000}
    report_at(api, name, str(now + 40_000_000), certificates=[held])
    eventually(lambda: edge_of(api, name)["clock_ahead_s"] is not None, what="the contact is kept")
    found, checks = edge_of(api, name), checks_of(api, name)
    assert 30 < found["clock_ahead_s"] <= 40
    assert [one["subject"] for one in found["certificates"]] == ["CN=edge"]
    assert (checks["clock"][0], checks["certificate"][0]) == ("bad", "warn")
    assert "ahead of this control plane's: what happens there counts as now" in checks["clock"][1]
    assert "5 d more" in checks["certificate"][1]
    follow(api, name, clock=str(time.time_ns() // 1_000))
    assert edge_of(api, name)["clock_ahead_s"] > 30, "the quickest contact counts"


@pytest.mark.parametrize("clock", ["", "-1", "now", "9" * 17, "1.5", "٣"])
def test_an_edge_of_an_older_version_and_a_header_that_is_no_instant_are_not_reported(api: Api, clock: str) -> None:
    name = f"edge-{uuid.uuid4()}"
    if clock.isascii():
        report_at(api, name, clock)
    report(api, name, "edge_status", agent_version="0.0.9")
    follow(api, name)
    eventually(lambda: edge_of(api, name)["last_contact"] != NEVER, what="the contact is kept")
    found = edge_of(api, name)
    assert (found["clock_ahead_s"], found["certificates"]) == (None, None)
    assert {state for state, _ in checks_of(api, name).values()} == {"not_reported"}


def test_an_unknown_edge_is_not_found(api: Api) -> None:
    answer = api.admin.get("/v1.0/edges/nowhere")
    assert (answer.status_code, answer.json()["error"]["reason"]) == (404, "EDGE_NOT_FOUND")


def test_edges_come_in_pages(api: Api) -> None:
    names = [f"edge-{uuid.uuid4()}" for _ in range(3)]
    for name in names:
        report(api, name, "edge_status")
    found: list[str] = []
    token = ""
    while set(names) - set(found):
        answer = api.admin.get("/v1.0/edges", params={"page_size": "2", "page_token": token}).json()
        assert 0 < len(answer["result"]) <= 2
        found += [item["name"] for item in answer["result"]]
        token = answer["next_page_token"]
    assert [name for name in found if name in names] == names[::-1]
    assert len(found) == len(set(found))


def test_edges_providers_and_their_views_are_metrics(own_api: Api) -> None:
    provider = own_api.admin.made("providers", type="sip", hostname="a.example")["id"]
    follow(own_api, "edge-1")
    call, now = str(uuid.uuid4()), time.time_ns() // 1_000
    report(own_api, "edge-1", "edge_status", calls_shed=12, shed_percent=25, events_lost=3,
           counters={"strangers": 40})  # fmt: skip
    report(own_api, "edge-1", "provider_health", provider_id=provider, hostname="a.example", status="healthy")
    report(own_api, "edge-1", "provider_breaker", provider_id=provider, hostname="a.example", state="half_open")
    report(own_api, "edge-1", "call_started", call=call)
    report(own_api, "edge-1", "attempt_sent", call=call, n=1, provider_id=provider, route_id=call)
    report(own_api, "edge-1", "attempt_ringing", call=call, n=1)
    own_api.admin.made("customers")
    eventually(lambda: metric(own_api, "dialplane_provider_channels", provider=provider) == 1)
    assert metric(own_api, "dialplane_edge_calls_shed", edge="edge-1") == 12
    assert metric(own_api, "dialplane_edge_events_lost", edge="edge-1") == 3
    assert metric(own_api, "dialplane_edge_shed_ratio", edge="edge-1") == 0.25
    assert metric(own_api, "dialplane_edge_counter", edge="edge-1", counter="strangers") == 40
    eventually(lambda: metric(own_api, "dialplane_edge_lag_revisions", edge="edge-1") == 1)
    assert metric(own_api, "dialplane_edge_calls_in_progress", edge="edge-1") == 1
    assert metric(own_api, "dialplane_edge_last_contact_seconds", edge="edge-1") >= now / 1e6 - 1
    assert metric(own_api, "dialplane_edge_last_status_seconds", edge="edge-1") >= now / 1e6 - 1
    assert metric(own_api, "dialplane_provider_attempts", provider=provider) == 1
    assert metric(own_api, "dialplane_provider_health", provider=provider, edge="edge-1") == 1
    assert metric(own_api, "dialplane_provider_breaker", provider=provider, edge="edge-1") == 0.5
    agent = {"backlog_bytes": 4096, "loops": {"feed": 3, "probes": 0}}
    assert own_api.admin.post("/v1.0/events", {"edge": "edge-1", "events": [], "agent": agent}).status_code == 200
    assert metric(own_api, "dialplane_edge_event_backlog_bytes", edge="edge-1") == 4096
    assert metric(own_api, "dialplane_edge_agent_told_seconds", edge="edge-1") >= now / 1e6 - 1
    beat = metric(own_api, "dialplane_edge_loop_heartbeat_seconds", edge="edge-1", loop="feed")
    assert now / 1e6 - 4 <= beat <= time.time() - 3
    assert 'dialplane_provider_pdd_seconds{provider="' in own_api.nobody.get("/metrics").text
    assert own_api.admin.delete(f"/v1.0/providers/{provider}").status_code == 200
    eventually(lambda: "dialplane_provider_health{" not in own_api.nobody.get("/metrics").text)


def test_a_call_that_its_edge_lost_is_closed_and_counted(own_api: Api) -> None:
    call = str(uuid.uuid4())
    report(own_api, "edge-1", "call_started", call=call)
    assert own_api.admin.get(f"/v1.0/calls/{call}").json()["status"] == "dialing"
    report(own_api, "edge-1", "edge_status", kamailio_started=time.time_ns() // 1_000)
    told = eventually(lambda: _if_ended(own_api.admin.get(f"/v1.0/calls/{call}").json()))
    assert (told["reason"], told["ended_by"], told["sip_status"]) == ("edge_restarted", "edge", None)
    eventually(lambda: metric(own_api, "dialplane_lost_calls_total") == 1)


def _if_ended(call: Any) -> Any:
    return call if call["status"] == "hangup" else None


def test_each_edges_view_of_a_provider_stands_beside_the_health_of_all(api: Api) -> None:
    provider = api.admin.made("providers", type="sip", hostname="b.example")["id"]
    nothing = api.admin.get(f"/v1.0/providers/{provider}/health").json()
    assert nothing == {
        "provider_id": provider,
        "hostname": "b.example",
        "health_status": "unknown",
        "health_checked_at": None,
        "edges": [],
    }
    report(api, "a", "provider_health", provider_id=provider, hostname="b.example", status="unhealthy", detail="silent")
    report(api, "b", "provider_health", provider_id=provider, hostname="b.example", status="healthy", detail="200")
    breaker = {"provider_id": provider, "hostname": "b.example"}
    report(api, "a", "provider_breaker", **breaker, state="open", detail="5 timeouts")
    told = api.admin.get(f"/v1.0/providers/{provider}/health").json()
    whole = api.admin.get(f"/v1.0/providers/{provider}").json()
    assert (told["health_status"], told["health_checked_at"]) == ("healthy", whole["health_checked_at"])
    first, second = told["edges"]
    assert list(first) == ["edge", "status", "checked_at", "detail", "breaker", "breaker_changed_at", "breaker_detail"]
    assert (first["edge"], first["status"], first["breaker"]) == ("a", "unhealthy", "open")
    assert first["breaker_changed_at"] >= first["checked_at"]
    assert (second["edge"], second["status"], second["breaker"]) == ("b", "healthy", "closed")
    assert second["breaker_changed_at"] == NEVER
    assert api.admin.get(f"/v1.0/providers/{uuid.uuid4()}/health").json()["error"]["reason"] == "PROVIDER_NOT_FOUND"


def contacted(api: Api, name: str) -> Any:
    """The edge once it was in contact."""
    edge = edge_of(api, name)
    return edge if edge and edge["last_contact"] != NEVER else None


def test_an_edge_that_is_gone_can_be_deleted_and_comes_back_if_it_reports(api: Api) -> None:
    name, provider = f"edge-{uuid.uuid4()}", api.admin.made("providers", type="sip", hostname="c.example")["id"]
    call, about = str(uuid.uuid4()), {"provider_id": provider, "hostname": "c.example"}
    report(api, name, "call_started", call=call)
    report(api, name, "edge_status", agent_version="1")
    report(api, name, "provider_health", **about, status="unhealthy")
    report(api, name, "provider_breaker", **about, state="open")
    agent = {"backlog_bytes": 4096, "loops": {"feed": 3}}
    assert api.admin.post("/v1.0/events", {"edge": name, "events": [], "agent": agent}).status_code == 200
    known = eventually(lambda: contacted(api, name), what="the contact is stored")
    deleted = api.admin.delete(f"/v1.0/edges/{name}")
    assert (deleted.status_code, list(deleted.json())) == (200, FIELDS)
    assert deleted.json()["tm_create"] == known["tm_create"]
    for answer in (api.admin.get(f"/v1.0/edges/{name}"), api.admin.delete(f"/v1.0/edges/{name}")):
        assert (answer.status_code, answer.json()["error"]["reason"]) == (404, "EDGE_NOT_FOUND")
    assert api.admin.get(f"/v1.0/providers/{provider}/health").json()["edges"] == []
    assert api.admin.get(f"/v1.0/providers/{provider}").json()["health_status"] == "unknown"
    assert f'backlog_bytes{{edge="{name}"}}' not in api.nobody.get("/metrics").text
    assert api.admin.get(f"/v1.0/calls/{call}").json()["edge"] == name
    report(api, name, "edge_status", agent_version="2")
    again = edge_of(api, name)
    assert (again["agent_version"], again["calls_in_progress"]) == ("2", 1)
    assert again["tm_create"] > known["tm_create"]


def test_the_sources_that_an_edge_refused_are_shown_with_the_reason(api: Api) -> None:
    name = f"edge {uuid.uuid4()}"
    at = time.time_ns() // 1_000
    source = {"address": "192.0.2.7", "count": 3, "reason": "unknown_source", "dialled": "112", "first": 1, "last": at}
    report(api, name, "edge_refusals", sources=[source])
    [shown] = api.admin.get(f"/v1.0/edges/{name}/refusals").json()["result"]
    assert {field: shown[field] for field in ("address", "count", "reason", "dialled", "banned")} == {
        **{"address": "192.0.2.7", "count": 3, "reason": "unknown_source"},
        **{"dialled": "112", "banned": False},
    }
    assert shown["why"].startswith("no trunk allows this address")
    assert shown["tm_first"] == "1970-01-01 00:00:00.000001"
    assert api.admin.get(f"/v1.0/edges/{uuid.uuid4()}/refusals").status_code == 404
