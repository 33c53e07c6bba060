"""Keys that are bound to an edge: what their holder may say is that edge's own. Keys that are bound to none stay."""

import time
import uuid
from typing import Any

import pytest

from tests.api.serving import SYSTEM_DEFAULT, Api, Caller
from tests.eventlog.test_kinds import LINES
from tests.waiting import eventually


def key_of(api: Api, edge: str) -> dict[str, Any]:
    return api.admin.made("accesskeys", permission="edge", edge=edge, expire=86_400)


def caller_of(api: Api, edge: str) -> Caller:
    return api.with_token(key_of(api, edge)["token"])


def event(kind: str, edge: str, **fields: Any) -> dict[str, Any]:
    at = time.time_ns() // 1_000
    return {"v": 1, "id": str(uuid.uuid4()), "kind": kind, "edge": edge, "at": at, "mono": 1, **fields}


def reason_of(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["reason"]


def test_a_key_shows_the_edge_that_it_is_bound_to_and_keeps_it(api: Api) -> None:
    key = key_of(api, "munich")
    shown = api.admin.get(f"/v1.0/accesskeys/{key['id']}").json()
    assert (key["edge"], shown["edge"], shown["role"]) == ("munich", "munich", "edge")
    answer = api.admin.put(f"/v1.0/accesskeys/{key['id']}", {"edge": "berlin"})
    assert reason_of(answer)[0] == 400
    assert answer.json()["error"]["details"][0]["code"] == "read_only"
    assert "edge" not in api.admin.made("accesskeys", permission="edge", expire=86_400)


def test_only_a_key_of_an_edge_names_one(api: Api) -> None:
    answer = api.admin.post(
        "/v1.0/accesskeys", {"permission": "customer_manager", "edge": "munich", "customer_id": SYSTEM_DEFAULT}
    )
    assert reason_of(answer)[0] == 400
    assert answer.json()["error"]["details"][0]["field"] == "edge"


def test_a_bound_key_reports_and_follows_for_its_own_edge_alone(api: Api) -> None:
    own, other = f"edge-{uuid.uuid4()}", f"edge-{uuid.uuid4()}"
    caller = caller_of(api, own)
    assert reason_of(caller.post("/v1.0/events", {"edge": other, "events": []})) == (403, "PERMISSION_DENIED")
    assert reason_of(caller.get("/v1.0/feed", params={"edge": other})) == (403, "PERMISSION_DENIED")
    batch = [event("edge_status", other), event("edge_status", own, agent_version="1.0")]
    assert caller.post("/v1.0/events", {"edge": own, "events": batch}).json() == {"accepted": 1, "refused": 1}
    assert caller.get("/v1.0/feed").status_code == 200
    eventually(lambda: api.admin.get(f"/v1.0/edges/{own}").json().get("revision") is not None, what="the poll is its")
    assert api.admin.get(f"/v1.0/edges/{other}").status_code == 404


def test_a_bound_key_changes_no_call_of_another_edge(api: Api) -> None:
    victim, liar = f"edge-{uuid.uuid4()}", f"edge-{uuid.uuid4()}"
    theirs, own = str(uuid.uuid4()), str(uuid.uuid4())
    report = {"edge": victim, "events": [event("call_started", victim, call=theirs, source="100")]}
    assert caller_of(api, victim).post("/v1.0/events", report).json() == {"accepted": 1}
    batch = [
        event("call_started", liar, call=theirs, source="666") | {"at": 1},
        event("call_ended", liar, call=theirs, status=200),
        event("attempt_ringing", liar, call=theirs, n=1),
        event("edge_calls", victim, since=0, before=time.time_ns() // 1_000),
        event("call_started", liar, call=own, source="200"),
    ]
    answer = caller_of(api, liar).post("/v1.0/events", {"edge": liar, "events": batch})
    assert answer.json() == {"accepted": 1, "refused": 4}
    call = api.admin.get(f"/v1.0/calls/{theirs}").json()
    assert (call["source"]["target"], call["status"], call["edge"], call["attempts"]) == ("100", "dialing", victim, [])
    assert api.admin.get(f"/v1.0/calls/{own}").json()["edge"] == liar


@pytest.mark.parametrize("line", LINES, ids=lambda line: line["kind"])
def test_no_kind_of_event_in_another_edges_name_or_about_its_call_is_taken(api: Api, line: dict[str, Any]) -> None:
    victim, liar, theirs = (str(uuid.uuid4()) for _ in range(3))
    report = {"edge": victim, "events": [event("call_started", victim, call=theirs, source="100")]}
    assert caller_of(api, victim).post("/v1.0/events", report).json() == {"accepted": 1}
    before = api.admin.get(f"/v1.0/calls/{theirs}").json()
    now = time.time_ns() // 1_000
    lies = [line | {"edge": victim, "at": now}]
    if "call" in line:
        lies += [line | {"edge": edge, "call": theirs, "at": now} for edge in (liar, victim)]
    answer = caller_of(api, liar).post("/v1.0/events", {"edge": liar, "events": lies})
    assert answer.json() == {"accepted": 0, "refused": len(lies)}
    assert api.admin.get(f"/v1.0/calls/{theirs}").json() == before
    views = [api.admin.get(f"/v1.0/providers/{line[name]}/health") for name in line.keys() & {"provider_id"}]
    assert not any(victim in view.text for view in views)


def test_a_key_that_is_bound_to_no_edge_reports_for_any(api: Api) -> None:
    caller = api.caller_with("edge", SYSTEM_DEFAULT)
    for edge in (f"edge-{uuid.uuid4()}", f"edge-{uuid.uuid4()}"):
        report = {"edge": edge, "events": [event("edge_status", edge)]}
        assert caller.post("/v1.0/events", report).json() == {"accepted": 1}
        assert api.admin.get(f"/v1.0/edges/{edge}").status_code == 200
