"""The search finds what operators keep and calls, a few of each kind, and nothing of another customer's."""

import time
import uuid
from typing import Any

import pytest

from tests.api.serving import Api
from tests.api.world import EDGE_NAME, World, make_world


@pytest.fixture(scope="module")
def world(api: Api) -> World:
    return make_world(api)


def found(world: World, text: str, *, by: str = "", **query: str) -> list[tuple[str, str]]:
    caller = world.callers[by] if by else world.api.admin
    answer = caller.get("/v1.0/search", params={"q": text, **query})
    assert answer.status_code == 200, answer.text
    return [(hit["kind"], hit["id"]) for hit in answer.json()["result"]]


def report_call(world: World, **fields: Any) -> str:
    call = str(uuid.uuid4())
    at = time.time_ns() // 1_000
    common = {"v": 1, "id": str(uuid.uuid4()), "kind": "call_started", "edge": EDGE_NAME, "at": at, "mono": 1}
    body = {"edge": EDGE_NAME, "events": [{**common, "call": call, **fields}]}
    assert world.api.admin.post("/v1.0/events", body).json() == {"accepted": 1}
    return call


def test_each_kind_is_found_by_what_people_know_of_it(world: World) -> None:
    admin, mine = world.api.admin, {"customer_id": world.own["customers"]}
    provider = admin.made("providers", type="sip", hostname="sip.zebra-carrier.example", name="Zébra")["id"]
    trunk = admin.made("trunks", **mine, name="Head office", auth_types=["ip"], allowed_ips=["192.0.2.177"])["id"]
    route = admin.made("routes", **mine, provider_id=provider, priority=1, target="+8675", name="Shenzhen zebra")["id"]
    call = report_call(world, number="+447911123456", sip_call_id="zebra-7@pbx.example", **mine)
    assert found(world, "ZEBRA-carr") == [("provider", provider)]
    assert found(world, "192.0.2.177") == [("trunk", trunk)]
    assert found(world, "head OFF") == [("trunk", trunk)]
    assert found(world, "shenzhen") == [("route", route)]
    assert found(world, "+8675") == [("route", route)]
    assert found(world, "+447911123456", kinds="call") == [("call", call)]
    assert found(world, "447911123456", kinds="call") == [("call", call)]
    assert found(world, "zebra-7@pbx.example") == [("call", call)]
    for kind, id_ in (("provider", provider), ("trunk", trunk), ("route", route), ("call", call)):
        assert found(world, id_) == found(world, id_[:13].upper()) == [(kind, id_)]


@pytest.mark.parametrize("text", ["ÉCOLE Ünal", "école ünal", "École üNAL", "Ünal", "cole Ü"])
def test_letters_beyond_ascii_are_found_in_whatever_case(world: World, text: str) -> None:
    made = [("customer", world.api.admin.made("customers", name=name)["id"]) for name in ("École ÜNAL", "Acole anal")]
    assert set(found(world, text, kinds="customer")) & set(made) == {made[0]}


def test_a_route_is_found_by_its_name_as_it_is(world: World) -> None:
    whose = {"customer_id": world.own["customers"], "provider_id": world.own["providers"]}
    route = world.api.admin.made("routes", **whose, priority=1, target="+8675", name="ÉCOLE ünal")
    assert found(world, "ÉCOLE ü", kinds="route") == [("route", route["id"])]


def test_at_most_five_of_a_kind_those_that_begin_so_first(world: World) -> None:
    names = [f"{number} Quokka" for number in range(6)] + ["Quokka"]
    ids = {name: world.api.admin.made("customers", name=name)["id"] for name in names}
    hits = found(world, "quokka", kinds="customer")
    assert len(hits) == 5
    assert hits[0] == ("customer", ids["Quokka"])


@pytest.mark.parametrize("text", ["%", "_", "\\", "'"])
def test_signs_of_patterns_are_plain_text(world: World, text: str) -> None:
    made = world.api.admin.made("customers", name=f"sign {text} sign")["id"]
    assert found(world, f"sign {text} sign") == [("customer", made)]


def test_others_find_their_customers_own_alone(world: World) -> None:
    call = report_call(world, number="+999111222333", customer_id=world.foreign["customers"])
    for noun in ("routes", "trunks", "agents", "accesskeys"):
        assert len(found(world, world.own[noun], by="customer_manager")) == 1
        assert found(world, world.foreign[noun], by="customer_manager") == []
    assert found(world, world.own["providers"], by="customer_manager") == []
    assert found(world, "+999111222333", by="customer_manager") == []
    assert found(world, call) == [("call", call)]


@pytest.mark.parametrize("query", [{}, {"q": ""}, {"q": "x" * 129}, {"q": "x", "kinds": "revision"}], ids=str)
def test_a_search_for_nothing_is_refused(sqlite_api: Api, query: dict[str, str]) -> None:
    assert sqlite_api.admin.get("/v1.0/search", params=query).status_code == 400
