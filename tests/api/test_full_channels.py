"""`explain=true` shows a provider whose channels are all in use; the plain list stays as it is."""

import time
import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from dialplane.domain.permission import CUSTOMER_ADMIN
from tests.api.serving import Api, serving, settings_for
from tests.databases import KINDS, Server

NUMBER = "+821012345678"


@pytest.fixture(params=KINDS)
def own_api(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """An API of the test's own, in which no other calls go on."""
    source = "sqlite_folder" if request.param == "sqlite" else "postgresql_server"
    databases: Server = request.getfixturevalue(source)
    name = f"full_channels_{request.param}"
    url = databases.create(name, template="prepared")
    with serving(settings_for(tmp_path_factory.mktemp("api"), url=url)) as running:
        yield running
    databases.drop(name)


def report(api: Api, call: str, kind: str, **fields: Any) -> None:
    at = time.time_ns() // 1_000
    event = {"v": 1, "id": str(uuid.uuid4()), "kind": kind, "edge": "edge", "at": at, "mono": 1, "call": call, **fields}
    assert api.admin.post("/v1.0/events", {"edge": "edge", "events": [event]}).json() == {"accepted": 1}


def test_a_full_provider_is_skipped_while_its_call_goes_on(own_api: Api) -> None:
    admin = own_api.admin
    customer = admin.made("customers")["id"]
    capped, other = (
        admin.made("providers", type="sip", hostname="sip.carrier.example", **fields)["id"]
        for fields in ({"max_channels": 1}, {})
    )
    first, second = (
        admin.made("routes", customer_id=customer, provider_id=provider, priority=priority, target="all")["id"]
        for priority, provider in enumerate((capped, other))
    )

    def ordered(**query: str) -> tuple[list[str], list[Any]]:
        answer = admin.get("/v1.0/dialroutes", params={"customer_id": customer, "target": NUMBER, **query}).json()
        places = [(place["route_id"], place["outcome"], place["reasons"][-1]) for place in answer.get("candidates", ())]
        return [route["id"] for route in answer["result"]], places

    assert ordered(explain="true") == (
        [first, second],
        [(first, "tried", "own_route"), (second, "tried", "own_route")],
    )

    call = str(uuid.uuid4())
    report(own_api, call, "call_started", customer_id=customer, number=NUMBER)
    report(own_api, call, "attempt_sent", n=1, provider_id=capped, route_id=first)
    assert ordered(explain="true") == (
        [second],
        [(second, "tried", "own_route"), (first, "skipped", "channel_cap_full")],
    )
    assert ordered() == ([first, second], [])

    report(own_api, call, "attempt_ended", n=1, status=503, verdict="carrier_error", action="next")
    assert ordered(explain="true")[0] == [first, second]


def test_a_candidate_tells_the_usual_delay_of_its_provider(own_api: Api) -> None:
    admin = own_api.admin
    customer = admin.made("customers")["id"]
    slow, silent = (admin.made("providers", type="sip", hostname="sip.carrier.example")["id"] for _ in range(2))
    routes = [
        admin.made("routes", customer_id=customer, provider_id=provider, priority=priority, target="all")["id"]
        for priority, provider in enumerate((slow, silent))
    ]
    now = time.time_ns() // 1_000
    for n, (ago_s, delay_ms) in enumerate(
        [(60, 1_000), (50, 2_000), (40, 3_000), (2 * 3_600, 9_000), (2 * 3_600, 9_000)]
    ):
        call, placed = str(uuid.uuid4()), now - ago_s * 1_000_000
        told: dict[str, Any] = {"v": 1, "edge": "edge", "mono": 1, "call": call, "n": 1}
        events = [
            {**told, "kind": "attempt_sent", "at": placed, "provider_id": slow, "route_id": routes[0]},
            {**told, "kind": "attempt_ringing", "at": placed + delay_ms * 1_000},
        ]
        body = {"edge": "edge", "events": [event | {"id": str(uuid.uuid4())} for event in events]}
        assert admin.post("/v1.0/events", body).json() == {"accepted": 2}, n
    asked = {"customer_id": customer, "target": NUMBER, "explain": "true"}
    usual, unknown = admin.get("/v1.0/dialroutes", params=asked).json()["candidates"]
    assert usual["expected_pdd_ms"] == pytest.approx(2_000, rel=1 / 32)
    assert unknown["expected_pdd_ms"] is None
    assert set(usual["timeouts"]) == {"no_response_s", "progress_s", "ring_s"}
    of_customer = own_api.caller_with(CUSTOMER_ADMIN, customer)
    assert [
        one["expected_pdd_ms"] for one in of_customer.get("/v1.0/dialroutes", params=asked).json()["candidates"]
    ] == [
        None,
        None,
    ]
