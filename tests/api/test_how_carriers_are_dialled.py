"""How carriers are dialled is for the platform: customers see who was tried, not hosts, prefixes and tokens."""

import time
import uuid
from collections.abc import Callable
from typing import Any

import pytest

from dialplane.domain.permission import CUSTOMER_ADMIN, CUSTOMER_MANAGER
from tests.api.serving import SYSTEM_DEFAULT, Api, Caller

SECRETS = ("secret-carrier", "77*88", "TOKEN-4711", "for the platform's eyes")


@pytest.fixture
def customer_with_route(api: Api, make_provider: Callable[..., dict[str, Any]]) -> tuple[str, str]:
    """A customer, and the number that a route of its own and one of the platform's lead to."""
    customer = api.admin.made("customers", name="Curious")["id"]
    target = f"+99{uuid.uuid4().int % 10**9:09d}"
    for owner, name, digits in ((customer, "own", 12), (SYSTEM_DEFAULT, "for the platform's eyes", 11)):
        provider = make_provider(
            hostname=f"sbc{uuid.uuid4().hex}.secret-carrier.example",
            tech_prefix="77*88",
            tech_headers={"X-Account-Token": "TOKEN-4711"},
        )["id"]
        fields = {"customer_id": owner, "provider_id": provider, "priority": 1, "target": target[:digits]}
        route = api.admin.made("routes", **fields, name=name, detail=name)["id"]
    call = str(uuid.uuid4())
    common = {"v": 1, "edge": "edge-1", "at": time.time_ns() // 1_000, "mono": 1, "call": call}
    events = [
        {**common, "id": str(uuid.uuid4()), "kind": "call_started", "customer_id": customer, "number": target},
        {
            **common,
            "id": str(uuid.uuid4()),
            "kind": "attempt_sent",
            "n": 1,
            "provider_id": provider,
            "route_id": route,
            "uri": "sip:77*88+49@sbc.secret-carrier.example",
            "why": [],
        },
    ]
    assert api.admin.post("/v1.0/events", {"edge": "edge-1", "events": events}).json() == {"accepted": 2}
    return customer, target


def texts_of(caller: Caller, customer: str, target: str) -> list[str]:
    asked = {"customer_id": customer, "target": target}
    (call,) = caller.get("/v1.0/calls", params={"customer_id": customer}).json()["result"]
    return [
        caller.get(path, params=params).text
        for path, params in (
            ("/v1.0/dialroutes", asked),
            ("/v1.0/dialroutes", {**asked, "explain": "true"}),
            ("/v1.0/calls", {"customer_id": customer}),
            (f"/v1.0/calls/{call['id']}", {}),
        )
    ]


@pytest.mark.parametrize("permission", [CUSTOMER_ADMIN, CUSTOMER_MANAGER])
def test_customers_do_not_see_it(api: Api, customer_with_route: tuple[str, str], permission: str) -> None:
    customer, target = customer_with_route
    caller = api.caller_with(permission, customer)
    for text in texts_of(caller, customer, target):
        assert not [secret for secret in SECRETS if secret in text]
    answer = caller.get("/v1.0/dialroutes", params={"customer_id": customer, "target": target}).json()
    assert {route["name"] for route in answer["result"]} == {"", "own"}


def test_the_platform_sees_it(api: Api, customer_with_route: tuple[str, str]) -> None:
    plain, explained, calls, call = texts_of(api.admin, *customer_with_route)
    assert "for the platform's eyes" in plain
    assert all(secret in explained for secret in SECRETS)
    assert "secret-carrier" in calls
    assert "secret-carrier" in call
