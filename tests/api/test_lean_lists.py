"""Answers hold what is looked at: lists of calls without decisions, names beside ids, gzip for what is large."""

import gzip
import time
import uuid
from typing import Any

import httpx2
import pytest

from tests.api.serving import SYSTEM_DEFAULT, Api, Caller
from tests.api.world import EDGE_NAME, World, make_world

CANDIDATES = 188
CALLS = 50
MOST_BYTES = 60_000


@pytest.fixture(scope="module")
def world(api: Api) -> World:
    return make_world(api)


def place(number: int, provider: str, route: str) -> dict[str, Any]:
    is_tried = number < 2
    return {
        "route_id": route if is_tried else str(uuid.uuid4()),
        "provider_id": provider,
        "target": "+82",
        "priority": number,
        "outcome": "tried" if is_tried else "dropped",
        "position": number + 1 if is_tried else None,
        "reasons": ["own_route", *([] if is_tried else ["provider_repeated"])],
    }


def report_calls(world: World, count: int) -> list[str]:
    """Calls of the own customer that fail over from one carrier to another, over a table with many candidates."""
    own, ids, events = world.own, [str(uuid.uuid4()) for _ in range(count)], list[dict[str, Any]]()
    decision = [place(number, own["providers"], own["routes"]) for number in range(CANDIDATES)]

    def event(kind: str, call: str, **fields: Any) -> dict[str, Any]:
        at = time.time_ns() // 1_000
        return {
            "v": 1,
            "id": str(uuid.uuid4()),
            "kind": kind,
            "edge": EDGE_NAME,
            "at": at,
            "mono": at,
            "call": call,
            **fields,
        }

    for call in ids:
        here = {"customer_id": own["customers"], "trunk_id": own["trunks"], "sip_call_id": f"{call}@pbx.example"}
        who = {
            "source": "+441632960000",
            "source_address": "192.0.2.1",
            "dialled": "00821021656521",
            "number": "+821021656521",
        }
        events.append(event("call_started", call, **here, **who, decision=decision))
        for n in (1, 2):
            sent = {"uri": "sip:+821021656521@sip.carrier.example:5060", "why": ["own_route"]}
            events.append(
                event("attempt_sent", call, n=n, provider_id=own["providers"], route_id=own["routes"], **sent)
            )
        refused = {"status": 503, "reason": "Service Unavailable", "verdict": "carrier_error", "action": "next"}
        events.append(event("attempt_ended", call, n=1, **refused))
        events.append(event("attempt_ringing", call, n=2))
        events.append(event("attempt_answered", call, n=2, status=200))
        events.append(event("call_ended", call, status=200, reason="BYE", hangup_by="caller"))
    for start in range(0, len(events), 70):
        body = {"edge": EDGE_NAME, "events": events[start : start + 70]}
        answer = world.api.admin.post("/v1.0/events", body)
        assert answer.json() == {"accepted": len(body["events"])}, answer.text
    return ids


def plain(caller: Caller, path: str) -> httpx2.Response:
    answer: httpx2.Response = caller.get(path, headers={"Accept-Encoding": "identity"})
    assert answer.status_code == 200, answer.text
    return answer


def test_fifty_calls_over_a_large_table_are_small_and_one_call_says_why(world: World) -> None:
    ids = report_calls(world, CALLS)
    path = f"/v1.0/calls?page_size={CALLS}&expand=provider,customer,trunk"
    listed = plain(world.api.admin, path)
    assert len(listed.content) <= 2 * MOST_BYTES, "without compression, each call with two attempts"
    assert len(raw(world.api, path)[1]) <= MOST_BYTES
    assert {call["id"] for call in listed.json()["result"]} == set(ids)
    assert not any("decision" in call for call in listed.json()["result"])
    call = plain(world.api.admin, f"/v1.0/calls/{ids[0]}").json()
    assert [(item["outcome"], item["position"]) for item in call["decision"]] == [
        ("tried", 1),
        ("tried", 2),
        ("dropped", None),
    ]
    assert call["not_tried"] == {"provider_repeated": CANDIDATES - 2}


def test_names_stand_beside_ids_for_whom_may_know_them(world: World) -> None:
    call = report_calls(world, 1)[0]
    names = {
        "providers": world.api.admin.put(f"/v1.0/providers/{world.own['providers']}", {"name": "Alpha"}),
        "trunks": world.api.admin.put(f"/v1.0/trunks/{world.own['trunks']}", {"name": "Their PBX"}),
    }
    assert {answer.status_code for answer in names.values()} == {200}
    carrier, own = {world.own["providers"]: "Alpha"}, {world.own["customers"]: "own", world.own["trunks"]: "Their PBX"}
    expand = "expand=provider,customer,trunk"
    manager = world.callers["customer_manager"]
    for path in (f"/v1.0/calls?page_size=1&{expand}", f"/v1.0/calls/{call}?{expand}"):
        assert plain(world.api.admin, path).json()["names"] == carrier | own
        assert plain(manager, path).json()["names"] == own
        assert "names" not in plain(world.api.admin, path.partition("?")[0]).json()
    assert plain(manager, f"/v1.0/calls/{call}?expand=customer").json()["names"] == {world.own["customers"]: "own"}
    listed = plain(
        world.api.admin, f"/v1.0/routes?customer_id={world.own['customers']}&expand=provider,customer"
    ).json()
    assert listed["names"] == carrier | {world.own["customers"]: "own"}
    for path in ("trunks", "agents", "accesskeys"):
        shown = plain(manager, f"/v1.0/{path}?expand=customer").json()["names"]
        assert shown == {world.own["customers"]: "own"}, path


def test_a_provider_without_a_name_is_known_by_its_host(world: World) -> None:
    provider = world.api.admin.made("providers", type="sip", hostname="sip.nameless.example")["id"]
    route = {"customer_id": SYSTEM_DEFAULT, "provider_id": provider, "priority": 1, "target": "+999"}
    world.api.admin.made("routes", **route)
    listed = plain(world.api.admin, f"/v1.0/routes?provider_id={provider}&expand=provider").json()
    assert listed["names"] == {provider: "sip.nameless.example"}


@pytest.mark.parametrize("expand", ["", "route", "provider,", "provider,secrets"])
def test_only_what_is_referred_to_can_be_expanded(sqlite_api: Api, expand: str) -> None:
    answer = sqlite_api.admin.get(f"/v1.0/routes?expand={expand}")
    assert answer.json()["error"]["details"][0]["field"] == "expand"


def raw(api: Api, path: str) -> tuple[httpx2.Headers, bytes]:
    """Headers and body as they came over the wire."""
    headers = {**api.admin.headers, "Accept-Encoding": "gzip"}
    with httpx2.stream("GET", api.base_url + path, headers=headers) as answer:
        return answer.headers, b"".join(answer.iter_raw())


def test_what_is_large_is_compressed_and_the_feed_is_not(world: World) -> None:
    headers, body = raw(world.api, "/openapi.json")
    assert (headers["content-encoding"], headers["vary"]) == ("gzip", "Accept-Encoding")
    assert gzip.decompress(body) == plain(world.api.admin, "/openapi.json").content
    assert len(body) * 4 < len(gzip.decompress(body))
    for path in ("/v1.0/feed?since=0&wait=0", "/healthz"):
        assert "content-encoding" not in raw(world.api, path)[0]


def test_what_is_compressed_has_a_kilobyte_and_more(world: World) -> None:
    """To the byte: a customer's description makes its answer as long as one likes."""
    shown = world.api.admin.made("customers", name="x")
    rest = len(plain(world.api.admin, f"/v1.0/customers/{shown['id']}").content)
    for length, is_compressed in ((1_023, False), (1_024, True)):
        world.api.admin.put(f"/v1.0/customers/{shown['id']}", {"detail": "d" * (length - rest)})
        headers, body = raw(world.api, f"/v1.0/customers/{shown['id']}")
        assert ("content-encoding" in headers) is is_compressed
        assert len(body) < 1_024 if is_compressed else len(body) == length


@pytest.mark.parametrize("accepted", ["", "identity", "br"])
def test_whoever_takes_nothing_compressed_gets_it_as_it_is(world: World, accepted: str) -> None:
    headers = {**world.api.admin.headers, "Accept-Encoding": accepted}
    with httpx2.stream("GET", world.api.base_url + "/openapi.json", headers=headers) as answer:
        body = b"".join(answer.iter_raw())
    assert "content-encoding" not in answer.headers
    assert len(body) == int(answer.headers["content-length"])


def test_an_export_is_compressed_as_it_is_sent_and_whole(world: World) -> None:
    headers, body = raw(world.api, "/v1.0/export?kind=customer")
    assert headers["content-encoding"] == "gzip"
    assert gzip.decompress(body) == plain(world.api.admin, "/v1.0/export?kind=customer").content
