"""What clients of the contract's API send and read: their headers, nulls, field sets, words. A test for each finding.

They were written for another implementation of it: a command line, a Go SDK (whose structs send every field, unset ones
as null or ""), an MCP server, generators that read OpenAPI 3.0.
"""

import json
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from dialplane.system.clock import now_us
from tests.api.serving import NEVER, SYSTEM_DEFAULT, Api, Caller
from tests.databases import PASSWORD, USERNAME

Make = Callable[..., dict[str, Any]]

FOLDER = Path(__file__).parent / "openapi"
"""The schemas of OpenAPI documents themselves, as the OpenAPI Initiative publishes them (Apache License 2.0)."""


def reason(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["reason"]


def details(answer: Any) -> list[dict[str, str]]:
    assert answer.status_code == 400, answer.text
    found: list[dict[str, str]] = answer.json()["error"]["details"]
    return found


def new_agent(admin: Caller, customer: str, **fields: Any) -> dict[str, Any]:
    """As their Go SDK creates one: every field that its struct has."""
    body = {
        "username": f"{uuid.uuid4()}@customer.example", "password": "long enough", "name": "", "detail": "",
        "ring_method": "ringall", "permission": 64, "tag_ids": [], "addresses": [],
    }  # fmt: skip
    return admin.made("agents", **{**body, "customer_id": customer, **fields})


def passwords(api: Api, kind: str, id_: str) -> str:
    """The password that edges get; of a trunk what stands for it."""
    for line in api.admin.get("/v1.0/feed").text.splitlines():
        change = json.loads(line)
        if change.get("kind") == kind and change["record"]["id"] == id_:
            return str(change["record"]["ha1" if kind == "trunk" else "password"])
    raise AssertionError(id_)


# 1: credentials in a cookie


def with_cookie(api: Api, cookie: str, **headers: str) -> Any:
    sent = {"Cookie": cookie, **{name.replace("_", "-"): value for name, value in headers.items()}}
    return api.nobody.post("/v1.0/customers", {}, headers=sent)


def test_a_cookie_holds_a_credential_like_the_query(api: Api) -> None:
    key = api.admin.made("accesskeys", expire=86_400)["token"]
    session = api.login(USERNAME, PASSWORD)
    for cookie in (f"accesskey={key}", f"token={session}", f"other=1; accesskey={key}"):
        assert with_cookie(api, cookie).status_code == 200
        assert with_cookie(api, cookie, Origin=api.base_url, Sec_Fetch_Site="same-origin").status_code == 200
    assert reason(with_cookie(api, f"token={key}")) == (401, "INVALID_CREDENTIALS")
    assert reason(with_cookie(api, "accesskey=wrong")) == (401, "INVALID_CREDENTIALS")


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://elsewhere.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:1"},
        {"Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "same-site"},
    ],
    ids=str,
)
def test_no_page_of_another_site_acts_with_a_cookie(api: Api, headers: dict[str, str]) -> None:
    key = api.admin.made("accesskeys", expire=86_400)["token"]
    assert reason(with_cookie(api, f"accesskey={key}", **headers)) == (401, "AUTHENTICATION_REQUIRED")
    bearer = {"Authorization": f"Bearer {key}"}
    assert with_cookie(api, "accesskey=stale", **headers, **bearer).status_code == 200


# 2: permission is an integer, role its word


@pytest.mark.parametrize(
    ("bits", "role"), [(1, "project_super_admin"), (32, "customer_admin"), (64, "customer_manager")]
)
def test_an_agents_permission_is_an_integer_and_its_role_the_word(
    api: Api, customer: dict[str, Any], bits: int, role: str
) -> None:
    for named in ({"permission": bits}, {"permission": bits, "role": role}, {"permission": role}):
        made = new_agent(api.admin, customer["id"], **named)
        assert (made["permission"], made["role"], made["ring_method"]) == (bits, role, "ringall")
        api.admin.delete(f"/v1.0/agents/{made['id']}")  # others look for the last administrator
    word_alone = {"username": f"{uuid.uuid4()}", "password": "long enough", "role": role}
    by_word = api.admin.made("agents", customer_id=customer["id"], **word_alone)
    assert by_word["permission"] == bits
    api.admin.delete(f"/v1.0/agents/{by_word['id']}")
    key = api.admin.made("accesskeys", customer_id=customer["id"], permission=bits)
    assert (key["permission"], key["role"]) == (bits, role)
    me = api.with_token(key["token"]).get("/v1.0/me").json()
    assert (me["permission"], me["role"]) == (bits, role)
    assert api.admin.get("/v1.0/me").json()["permission"] == 1


def test_permission_and_role_must_agree_and_be_one_of_those_there_are(api: Api, customer: dict[str, Any]) -> None:
    agent = new_agent(api.admin, customer["id"])
    path = f"/v1.0/agents/{agent['id']}"
    for wrong in (16, 96, 256, 0, "edge", True, 64.0, [64]):
        assert details(api.admin.put(path, {"permission": wrong}))[0]["field"] == "permission"
    [detail] = details(api.admin.put(path, {"permission": 32, "role": "customer_manager"}))
    assert (detail["field"], detail["code"]) == ("role", "contradiction")
    assert api.admin.put(path, {"role": "customer_admin"}).json()["permission"] == 32
    edge = api.admin.made("accesskeys", permission=256, edge="munich")
    assert (edge["permission"], edge["role"]) == (256, "edge")


def test_what_an_agent_is_said_to_be_is_kept_as_given(api: Api, customer: dict[str, Any]) -> None:
    said = {
        "ring_method": "linear",
        "tag_ids": ["a", "b"],
        "addresses": [{"type": "tel", "target": "+8210", "name": "é", "option": [1, None]}],
    }
    agent = new_agent(api.admin, customer["id"])
    path = f"/v1.0/agents/{agent['id']}"
    changed = api.admin.put(path, said).json()
    assert {name: changed[name] for name in said} == said
    assert api.admin.get(path).json() == changed
    for name, value in (("tag_ids", ["x"] * 101), ("addresses", [{"x": "y" * 17_000}]), ("addresses", ["x"])):
        assert details(api.admin.put(path, {name: value}))[0]["field"] == name


# 3: what no GET answers is kept by "", cleared by null


@pytest.mark.parametrize("kind", ["trunk", "provider"])
def test_an_empty_password_keeps_it_and_null_clears_it(
    api: Api, make_provider: Make, customer: dict[str, Any], kind: str
) -> None:
    secret = {"username": "pbx", "password": "hidden-one"}
    made = (
        make_provider(**secret)
        if kind == "provider"
        else api.admin.made("trunks", customer_id=customer["id"], **secret)
    )
    path = f"/v1.0/{kind}s/{made['id']}"
    before = passwords(api, kind, made["id"])
    assert before
    for body in ({"name": "x"}, {"name": "y", "password": ""}, {**made, "password": ""}):
        body.pop("tm_update", None)
        assert api.admin.put(path, body).status_code == 200
        assert passwords(api, kind, made["id"]) == before
    assert api.admin.put(path, {"password": None}).status_code == 200
    assert passwords(api, kind, made["id"]) == ""


def test_the_same_holds_for_the_password_of_an_agent(api: Api, customer: dict[str, Any]) -> None:
    agent = new_agent(api.admin, customer["id"])
    path = f"/v1.0/agents/{agent['id']}"
    caller = api.with_token(api.login(agent["username"], "long enough"))
    assert api.admin.put(path, {"password": ""}).status_code == 200
    assert caller.get("/v1.0/me").status_code == 200
    assert api.admin.put(path, {"password": None}).status_code == 200
    assert reason(caller.get("/v1.0/me")) == (401, "INVALID_CREDENTIALS")
    for guess in ("long enough", "", "an unknown user's password"):
        login = api.nobody.post("/auth/login", {"username": agent["username"], "password": guess})
        assert reason(login) == (401, "INVALID_CREDENTIALS")
    for missing in ("", None):
        body = {"username": f"{uuid.uuid4()}", "permission": 64, "password": missing}
        assert details(api.admin.post("/v1.0/agents", body))[0]["field"] == "password"


# 4: GET, change a field, PUT it back


@pytest.fixture
def objects(api: Api, make_provider: Make, customer: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """One object of each kind, as GET answers it, by its path."""
    mine = {"customer_id": customer["id"]}
    provider = make_provider(password="hidden-one", max_cps=3)
    made = {
        "providers": provider,
        "routes": api.admin.made("routes", **mine, provider_id=provider["id"], priority=1, target="+82"),
        "trunks": api.admin.made("trunks", **mine),
        "customers": customer,
        "agents": new_agent(api.admin, customer["id"]),
        "accesskeys": api.admin.made("accesskeys", **mine),
    }
    paths = {f"/v1.0/{plural}/{item['id']}": item for plural, item in made.items()}
    return {path: api.admin.get(path).json() for path in paths}


def test_an_object_may_be_sent_back_as_it_was_got(api: Api, objects: dict[str, dict[str, Any]]) -> None:
    for path, shown in objects.items():
        answer = api.admin.put(path, shown | {"detail": "changed"})
        assert answer.status_code == 200, answer.text
        assert answer.json() == shown | {"detail": "changed", "tm_update": answer.json()["tm_update"]}


def test_a_read_only_field_that_says_something_else_is_refused_with_both_values(
    api: Api, objects: dict[str, dict[str, Any]]
) -> None:
    for path, shown in objects.items():
        [detail] = details(api.admin.put(path, {"detail": "x", "tm_create": NEVER}))
        assert (detail["field"], detail["code"]) == ("tm_create", "read_only")
        assert shown["tm_create"] in detail["message"]
        assert NEVER in detail["message"]
        assert "Zebra" not in api.admin.put(path, {"id": "Zebra<7>"}).text
        assert api.admin.get(path).json() == shown
        assert api.admin.put(path, {"id": shown["id"].upper(), "tm_delete": None}).status_code == 200


def test_what_edges_report_of_a_provider_may_have_changed_meanwhile(api: Api, make_provider: Make) -> None:
    made = make_provider()
    answer = api.admin.put(
        f"/v1.0/providers/{made['id']}", made | {"health_status": "healthy", "health_checked_at": NEVER}
    )
    assert (answer.status_code, answer.json()["health_status"]) == (200, "unknown")


def test_the_own_customer_and_the_token_of_a_key_too(api: Api, customer: dict[str, Any]) -> None:
    caller = api.caller_with("customer_admin", customer["id"])
    assert caller.put("/v1.0/customer", {**caller.get("/v1.0/customer").json(), "detail": "x"}).status_code == 200
    assert details(caller.put("/v1.0/customer", {"status": "frozen"}))[0]["code"] == "read_only"
    key = api.admin.made("accesskeys")
    answer = api.admin.put(f"/v1.0/accesskeys/{key['id']}", key)
    assert details(answer)[0]["field"] == "token"
    assert key["token"] not in answer.text


# 5: null


def test_null_is_a_fields_default(api: Api, make_provider: Make) -> None:
    used = {
        "tech_prefix": "9", "tech_postfix": "#", "tech_headers": {"X-A": "1"}, "name": "x", "detail": "x",
        "metadata": {"a": 1}, "codecs": "PCMU", "enabled": False, "transport": "tls", "username": "x", "password": "x",
        "max_channels": 3, "max_cps": 3, "failover": {"404": "stop"}, "ring_timeout_s": 10,
    }  # fmt: skip
    plain, full, made = make_provider(), make_provider(**used), make_provider(**dict.fromkeys(used))
    cleared = api.admin.put(f"/v1.0/providers/{full['id']}", dict.fromkeys(used)).json()
    for shown in (made, cleared):
        own = {name: shown[name] for name in ("id", "hostname", "tm_create", "tm_update")}
        assert shown == plain | own


def test_null_is_the_default_of_lists_of_what_the_service_sets_and_in_bulk(api: Api) -> None:
    nulls = dict.fromkeys(("allowed_ips", "auth_types", "customer_id", "id", "tm_create", "password"))
    trunk = api.admin.made("trunks", **nulls)
    assert (trunk["allowed_ips"], trunk["auth_types"], trunk["customer_id"]) == ([], [], SYSTEM_DEFAULT)
    change = {"action": "create", "kind": "trunk", "fields": nulls}
    assert api.admin.post("/v1.0/changes", {"changes": [change]}).status_code == 200


@pytest.mark.parametrize("field", ["priority", "target", "provider_id"])
def test_null_is_refused_where_there_is_no_default(api: Api, provider: dict[str, Any], field: str) -> None:
    route = {"customer_id": SYSTEM_DEFAULT, "provider_id": provider["id"], "priority": 1, "target": "+82"}
    assert details(api.admin.post("/v1.0/routes", route | {field: None}))[0]["field"] == field


# 6, 13: pages


def test_a_page_size_of_none_or_too_many_is_a_hundred(api: Api, customer: dict[str, Any]) -> None:
    changes = [{"action": "create", "kind": "trunk", "fields": {"customer_id": customer["id"]}}] * 101
    assert api.admin.post("/v1.0/changes", {"changes": changes}).status_code == 200
    for size in ("0", "101", "200", "1000", "9" * 30):
        answer = api.admin.get("/v1.0/trunks", params={"customer_id": customer["id"], "page_size": size})
        assert len(answer.json()["result"]) == 100, size
    assert reason(api.admin.get("/v1.0/trunks?page_size=many")) == (400, "INVALID_REQUEST_PARAMETER")


def test_a_page_token_may_be_written_as_rfc_3339_has_it(api: Api, customer: dict[str, Any]) -> None:
    mine = {"customer_id": customer["id"]}
    trunks = [api.admin.made("trunks", **mine) for _ in range(3)]
    first = api.admin.get("/v1.0/trunks", params={**mine, "page_size": "2"}).json()
    date, time = first["next_page_token"].split()
    east = f"{date}T{int(time[:2]):02}{time[2:]}+00:00"
    for token in (first["next_page_token"], f"{date}T{time}Z", f"{date}t{time}000z", east):
        page = api.admin.get("/v1.0/trunks", params={**mine, "page_token": token}).json()
        assert [item["id"] for item in page["result"]] == [trunks[0]["id"]], token
    for wrong in (f"{date}T{time}", "2022-13-01T00:00:00Z", "0001-01-01T00:00:00+23:00T", "T"):
        assert reason(api.admin.get("/v1.0/trunks", params={"page_token": wrong}))[0] == 400


def test_a_path_may_end_with_a_slash(api: Api, customer: dict[str, Any]) -> None:
    made = api.admin.post("/v1.0/trunks/", {"customer_id": customer["id"]})
    assert made.status_code == 200
    assert api.admin.get(f"/v1.0/trunks/{made.json()['id']}/").json() == made.json()
    assert api.admin.get("/v1.0/trunks/?page_size=1").json() == api.admin.get("/v1.0/trunks?page_size=1").json()
    assert reason(api.admin.get("/v1.0/trunks//")) == (404, "ENDPOINT_NOT_FOUND")


def test_agents_are_listed_whatever_status_and_tags_are_asked_for(api: Api, customer: dict[str, Any]) -> None:
    agent = new_agent(api.admin, customer["id"])
    asked = {"customer_id": customer["id"], "status": "available", "tag_ids": "a,b"}
    assert [item["id"] for item in api.admin.get("/v1.0/agents", params=asked).json()["result"]] == [agent["id"]]


# 7: calls


def test_a_call_has_their_types_and_words_where_a_field_has_their_name(api: Api, customer: dict[str, Any]) -> None:
    call, edge, now = str(uuid.uuid4()), f"edge-{uuid.uuid4()}", now_us() - 60_000_000
    arrived = {"customer_id": customer["id"], "source": "100", "dialled": "008210", "number": "+8210"}

    def report(kind: str, seconds: int, **fields: Any) -> dict[str, Any]:
        at = now + seconds * 1_000_000
        event = {
            "v": 1,
            "id": str(uuid.uuid4()),
            "kind": kind,
            "edge": edge,
            "at": at,
            "mono": at * 1_000,
            "call": call,
            **fields,
        }
        assert api.admin.post("/v1.0/events", {"edge": edge, "events": [event]}).json() == {"accepted": 1}
        shown: dict[str, Any] = api.admin.get(f"/v1.0/calls/{call}").json()
        asked = {"status": shown["status"], "customer_id": customer["id"]}
        in_lists = {name: value for name, value in shown.items() if name not in ("decision", "not_tried", "stages")}
        assert in_lists in api.admin.get("/v1.0/calls", params=asked).json()["result"]
        return shown

    shown = report("call_started", 0, **arrived)
    empty = {"target_name": "", "name": "", "detail": ""}
    assert shown["source"] == {"type": "tel", "target": "100", **empty}
    assert shown["destination"] == {"type": "tel", "target": "+8210", **empty}
    assert (shown["direction"], shown["status"]) == ("outgoing", "dialing")
    assert (shown["hangup_by"], shown["hangup_reason"], shown["ended_by"]) == ("", "", "")
    report("attempt_sent", 1, n=1, provider_id=call, route_id=call)
    assert report("attempt_ringing", 2, n=1)["status"] == "ringing"
    shown = report("attempt_answered", 3, n=1)
    assert (shown["status"], shown["tm_hangup"]) == ("progressing", NEVER)
    shown = report("call_ended", 9, status=200, hangup_by="callee")
    assert (shown["status"], shown["hangup_by"], shown["hangup_reason"]) == ("hangup", "remote", "normal")
    assert (shown["ended_by"], shown["duration_ms"]) == ("callee", 6_000)
    assert shown["tm_progressing"] < shown["tm_hangup"] < NEVER


# 8: a document for those who read OpenAPI 3.0


def test_both_openapi_documents_are_valid_and_say_the_same(sqlite_api: Api) -> None:
    newer, older = (sqlite_api.nobody.get(path).json() for path in ("/openapi.json", "/openapi-3.0.json"))
    assert (newer["openapi"], older["openapi"]) == ("3.1.0", "3.0.3")
    for document in (newer, older):
        meta = json.loads((FOLDER / f"{document['openapi'][:3]}.json").read_text())
        jsonschema_rs.validator_for(meta).validate(document)
    assert operations(newer) == operations(older)
    assert newer["components"]["schemas"].keys() == older["components"]["schemas"].keys()


def operations(document: dict[str, Any]) -> set[tuple[str, str, str]]:
    return {
        (path, method, told["operationId"]) for path, some in document["paths"].items() for method, told in some.items()
    }


# 9: a deleted customer


@pytest.mark.parametrize("way", ["delete", "bulk"])
def test_a_deleted_customer_frees_all_that_is_its_own_and_undo_brings_it_back(
    api: Api, make_provider: Make, way: str
) -> None:
    address = f"203.0.{uuid.uuid4().int % 250}.{uuid.uuid4().int % 250}"
    first, second = api.admin.made("customers"), api.admin.made("customers")
    provider = make_provider()
    mine = {"customer_id": first["id"]}
    trunk = api.admin.made("trunks", **mine, allowed_ips=[address])
    route = api.admin.made("routes", **mine, provider_id=provider["id"], priority=1, target="+82")
    agent = new_agent(api.admin, first["id"])
    rival = api.caller_with("customer_admin", second["id"])
    assert reason(rival.post("/v1.0/trunks", {"allowed_ips": [address]})) == (409, "TRUNK_ADDRESS_TAKEN")
    change = {"action": "delete", "kind": "customer", "id": first["id"]}
    gone = (
        api.admin.delete(f"/v1.0/customers/{first['id']}")
        if way == "delete"
        else api.admin.post("/v1.0/changes", {"changes": [change]})
    )
    assert gone.status_code == 200
    paths = (f"/v1.0/trunks/{trunk['id']}", f"/v1.0/routes/{route['id']}", f"/v1.0/agents/{agent['id']}")
    assert all(api.admin.get(path).json()["tm_delete"] != NEVER for path in paths)
    taken = rival.made("trunks", allowed_ips=[address])
    unused = api.admin.delete(f"/v1.0/providers/{provider['id']}")
    assert unused.status_code == 200
    assert reason(api.admin.post(f"/v1.0/revisions/{gone.headers['x-revision']}/undo"))[1] == "CHANGED_SINCE"
    assert api.admin.delete(f"/v1.0/trunks/{taken['id']}").status_code == 200
    assert api.admin.post(f"/v1.0/revisions/{unused.headers['x-revision']}/undo").status_code == 200
    assert api.admin.post(f"/v1.0/revisions/{gone.headers['x-revision']}/undo").status_code == 200
    assert all(api.admin.get(path).json()["tm_delete"] == NEVER for path in paths)


# 10, 11, 12: keys, trunks, owners


def test_a_key_may_live_up_to_the_sentinel(api: Api) -> None:
    twenty_years = api.admin.made("accesskeys", expire=20 * 366 * 86_400)
    assert int(twenty_years["tm_expire"][:4]) - int(twenty_years["tm_create"][:4]) >= 20
    for_ever = api.admin.made("accesskeys", expire=253_370_764_800)
    assert for_ever["tm_expire"] == NEVER
    assert api.with_token(for_ever["token"]).get("/v1.0/me").status_code == 200
    assert details(api.admin.post("/v1.0/accesskeys", {"expire": 253_370_764_801}))[0]["field"] == "expire"
    assert api.admin.made("accesskeys", expire=None)["tm_expire"] < twenty_years["tm_expire"]


def test_a_customer_manager_may_create_a_trunk_of_its_own(api: Api, customer: dict[str, Any]) -> None:
    manager = api.caller_with("customer_manager", customer["id"])
    made = manager.made("trunks", name="new PBX")
    assert made["customer_id"] == customer["id"]
    assert reason(manager.put(f"/v1.0/trunks/{made['id']}", {"name": "x"})) == (403, "PERMISSION_DENIED")
    assert reason(manager.post("/v1.0/trunks", {"trusted_identity": True})) == (403, "PERMISSION_DENIED")
    assert reason(manager.post("/v1.0/trunks", {"customer_id": SYSTEM_DEFAULT})) == (404, "CUSTOMER_NOT_FOUND")


@pytest.mark.parametrize("empty", ["", None])
def test_an_empty_customer_id_is_the_callers_own(
    api: Api, provider: dict[str, Any], customer: dict[str, Any], empty: str | None
) -> None:
    route = {"customer_id": empty, "provider_id": provider["id"], "priority": 1, "target": "+82"}
    made = api.admin.made("routes", **route)
    assert made["customer_id"] == SYSTEM_DEFAULT
    assert api.admin.put(f"/v1.0/routes/{made['id']}", {"customer_id": empty, "priority": 2}).status_code == 200
    in_bulk = api.admin.post("/v1.0/changes", {"changes": [{"action": "create", "kind": "route", "fields": route}]})
    [id_] = in_bulk.json()["ids"]
    assert api.admin.get(f"/v1.0/routes/{id_}").json()["customer_id"] == SYSTEM_DEFAULT
    boss = api.caller_with("customer_admin", customer["id"])
    assert boss.made("trunks", customer_id=empty)["customer_id"] == customer["id"]
    del route["customer_id"]
    assert details(api.admin.post("/v1.0/routes", route))[0]["field"] == "customer_id"


# 14: freezing, and what agents have of their own


def test_a_frozen_customers_people_and_keys_may_do_nothing_until_it_recovers(
    api: Api, customer: dict[str, Any]
) -> None:
    agent = new_agent(api.admin, customer["id"])
    session = api.with_token(api.login(agent["username"], "long enough"))
    callers = [session, *(api.caller_with(role, customer["id"]) for role in ("customer_admin", "customer_manager"))]
    platform = [api.caller_with(role, customer["id"]) for role in ("edge", "project_super_admin")]
    frozen = api.admin.post(f"/v1.0/customers/{customer['id']}/freeze")
    assert (frozen.status_code, frozen.json()["status"]) == (200, "frozen")
    assert frozen.headers["etag"] == api.admin.get(f"/v1.0/customers/{customer['id']}").headers["etag"]
    for caller in callers:
        for path in ("/v1.0/me", "/v1.0/trunks", "/v1.0/customer"):
            assert reason(caller.get(path)) == (403, "CUSTOMER_FROZEN")
        assert reason(caller.put("/v1.0/customer", {"name": "x"})) == (403, "CUSTOMER_FROZEN")
    assert all(caller.get("/v1.0/me").status_code == 200 for caller in platform)
    login = {"username": agent["username"], "password": "long enough"}
    assert reason(api.nobody.post("/auth/login", login)) == (403, "CUSTOMER_FROZEN")
    assert reason(api.nobody.post("/auth/login", login | {"password": "wrong"})) == (401, "INVALID_CREDENTIALS")
    assert api.admin.post(f"/v1.0/customers/{customer['id']}/recover").json()["status"] == "active"
    assert all(caller.get("/v1.0/me").status_code == 200 for caller in callers)
    assert reason(api.admin.post(f"/v1.0/customers/{SYSTEM_DEFAULT}/freeze")) == (409, "PROTECTED_OBJECT")


def test_an_agents_password_and_permission_have_paths_of_their_own(api: Api, customer: dict[str, Any]) -> None:
    agent = new_agent(api.admin, customer["id"])
    path = f"/v1.0/agents/{agent['id']}"
    before = api.with_token(api.login(agent["username"], "long enough"))
    assert api.admin.put(f"{path}/password", {"password": "another one"}).status_code == 200
    assert reason(before.get("/v1.0/me")) == (401, "INVALID_CREDENTIALS")
    assert api.login(agent["username"], "another one")
    changed = api.admin.put(f"{path}/permission", {"permission": 32})
    assert (changed.json()["permission"], changed.json()["role"]) == (32, "customer_admin")
    assert changed.headers["etag"] == api.admin.get(path).headers["etag"]
    assert details(api.admin.put(f"{path}/password", {"password": ""}))[0]["field"] == "password"
    assert details(api.admin.put(f"{path}/permission", {}))[0]["field"] == "permission"
    boss = api.caller_with("customer_admin", customer["id"])
    assert reason(boss.put(f"{path}/permission", {"permission": 1})) == (403, "PERMISSION_DENIED")


# 15: a provider in use


def test_a_provider_in_use_says_what_to_do(api: Api, provider: dict[str, Any]) -> None:
    api.admin.made("routes", customer_id=SYSTEM_DEFAULT, provider_id=provider["id"], priority=1, target="+82")
    answer = api.admin.delete(f"/v1.0/providers/{provider['id']}")
    assert reason(answer) == (409, "PROVIDER_IN_USE")
    assert "?force=true" in answer.json()["error"]["message"]
    assert api.admin.delete(f"/v1.0/providers/{provider['id']}?force=true").status_code == 200
