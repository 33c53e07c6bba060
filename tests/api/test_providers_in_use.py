"""Providers as whoever runs them looks at them: how much each is used, what edges find, what it would get."""

import time
import uuid
from collections.abc import Callable
from typing import Any

import pytest

from dialplane.control import providers
from tests.api.serving import SYSTEM_DEFAULT, Api


def report(api: Api, *events: dict[str, Any], edge: str = "edge-1") -> None:
    at = time.time_ns() // 1_000
    whole = [{"v": 1, "id": str(uuid.uuid4()), "edge": edge, "at": at, "mono": 1, **event} for event in events]
    assert api.admin.post("/v1.0/events", {"edge": edge, "events": whole}).json() == {"accepted": len(whole)}


def listed(api: Api, provider: dict[str, Any], **query: str) -> dict[str, Any]:
    found = api.admin.get("/v1.0/providers", params=query).json()["result"]
    return next(one for one in found if one["id"] == provider["id"])


def test_a_list_shows_the_views_of_edges_and_the_use_on_request(
    api: Api, make_provider: Callable[..., dict[str, Any]]
) -> None:
    provider, idle = make_provider(), make_provider()
    for digits in range(3):
        fields = {"customer_id": SYSTEM_DEFAULT, "provider_id": provider["id"], "priority": 1}
        route = api.admin.made("routes", **fields, target=f"+88{uuid.uuid4().int % 10**9:09d}{digits}")
    call = str(uuid.uuid4())
    health = {"kind": "provider_health", "provider_id": provider["id"], "hostname": provider["hostname"]}
    sent = {"kind": "attempt_sent", "call": call, "provider_id": provider["id"], "route_id": route["id"]}
    report(
        api,
        health | {"status": "healthy", "detail": "192.0.2.1:5060: 200"},
        {"kind": "call_started", "call": call, "customer_id": SYSTEM_DEFAULT},
        *(sent | {"n": n} for n in (1, 2)),
    )
    report(api, health | {"status": "unhealthy", "detail": "192.0.2.1:5060: no answer"}, edge="edge-2")

    plain = listed(api, provider)
    assert not {"edges", "use"} & plain.keys()
    shown = listed(api, provider, show="edges,use")
    assert [(view["edge"], view["status"], view["detail"]) for view in shown["edges"]] == [
        ("edge-1", "healthy", "192.0.2.1:5060: 200"),
        ("edge-2", "unhealthy", "192.0.2.1:5060: no answer"),
    ]
    assert shown["use"] == {"routes": {"about": 3, "exact": True}, "cps": 0.2}
    assert shown["edges"] == api.admin.get(f"/v1.0/providers/{provider['id']}/health").json()["edges"]
    unused = listed(api, idle, show="use,edges")
    assert (unused["use"], unused["edges"]) == ({"routes": {"about": 0, "exact": True}, "cps": 0}, [])


def test_many_routes_are_counted_up_to_a_bound(
    api: Api, provider: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(providers, "ROUTES_COUNTED", 2)
    for number in range(3):
        fields = {"customer_id": SYSTEM_DEFAULT, "provider_id": provider["id"], "priority": 1}
        api.admin.made("routes", **fields, target=f"+88{uuid.uuid4().int % 10**9:09d}{number}")
    assert listed(api, provider, show="use")["use"]["routes"] == {"about": 2, "exact": False}


def test_the_invite_of_a_provider_is_that_of_a_decision(
    api: Api, make_provider: Callable[..., dict[str, Any]], customer: dict[str, Any]
) -> None:
    provider = make_provider(
        tech_prefix="9011",
        tech_headers={"X-Account": "4711"},
        number_format="national",
        home_region="GB",
        identity_headers=["pai"],
        trusted=True,
        ring_timeout_s=40,
        codecs="PCMA",
    )
    fields = {"customer_id": customer["id"], "provider_id": provider["id"], "priority": 1}
    api.admin.made("routes", **fields, target="all")
    asked = {"caller": "+442079460000", "rn": "+447700900123"}
    got = api.admin.get(f"/v1.0/providers/{provider['id']}/invite", params={"number": "+447911123456", **asked}).json()
    decided = api.admin.get(
        "/v1.0/dialroutes",
        params={"customer_id": customer["id"], "target": "+447911123456", "explain": "true", **asked},
    ).json()["candidates"][0]
    assert got["uri"] == f"sip:901107911123456@{provider['hostname']}" == decided["uri"]
    assert [(header["name"], header["value"]) for header in got["headers"]] == [
        ("X-Account", "4711"),
        ("P-Asserted-Identity", f"<sip:+442079460000@{provider['hostname']}>"),
    ]
    assert (got["headers"], got["timeouts"]) == (decided["headers"], decided["timeouts"])
    assert (got["codecs"], got["obstacle"], got["removed_headers"]) == ("PCMA", None, [])


def test_an_invite_without_a_number_is_of_an_example_of_the_home_region(
    api: Api, make_provider: Callable[..., dict[str, Any]]
) -> None:
    for fields, begins in (({}, "+44"), ({"home_region": "KR"}, "+82")):
        got = api.admin.get(f"/v1.0/providers/{make_provider(**fields)['id']}/invite").json()
        assert got["number"].startswith(begins)
        assert got["uri"].startswith(f"sip:{got['number']}@")


def test_an_invite_says_why_no_call_would_be_sent(api: Api, make_provider: Callable[..., dict[str, Any]]) -> None:
    provider = make_provider(anonymous="refuse", digit_rules=[{"match": "+44.", "strip": 3}])
    path = f"/v1.0/providers/{provider['id']}/invite"
    assert "withholds its number" in api.admin.get(path, params={"caller": "anonymous"}).json()["obstacle"]
    nothing = api.admin.get(path, params={"number": "+44"}).json()
    assert nothing["uri"] is None
    assert "nothing of the number" in nothing["obstacle"]
    assert api.admin.get(path, params={"number": "12"}).status_code == 400
