"""What each resource answers: documented fields in order, extensions only where used, versions, deletions."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.api.serving import NEVER, SYSTEM_DEFAULT, Api, Caller

Make = Callable[..., dict[str, Any]]

PROVIDER_FIELDS = [
    "id", "type", "hostname", "tech_prefix", "tech_postfix", "tech_headers", "name", "detail", "metadata", "codecs",
    "health_status", "health_checked_at", "tm_create", "tm_update", "tm_delete",
]  # fmt: skip
CUSTOMER_FIELDS = [
    "id", "name", "detail", "email", "phone_number", "address", "webhook_method", "webhook_uri", "status",
    "tm_create", "tm_update", "tm_delete",
]  # fmt: skip
TRUNK_FIELDS = [
    "id", "customer_id", "name", "detail", "domain_name", "auth_types", "username", "allowed_ips",
    "tm_create", "tm_update", "tm_delete",
]  # fmt: skip
AGENT_FIELDS = [
    "id", "customer_id", "username", "name", "detail", "permission", "role", "ring_method", "tag_ids", "addresses",
    "tm_create", "tm_update", "tm_delete",
]  # fmt: skip


def reason(answer: Any) -> str:
    told: str = answer.json()["error"]["reason"]
    return told


def test_a_provider_with_the_least_has_every_documented_field_at_its_default(admin: Caller) -> None:
    made = admin.made("providers", type="sip", hostname="sip.carrier.example:5070")
    assert list(made) == PROVIDER_FIELDS
    assert made | {"id": "", "tm_create": ""} == {
        "id": "", "type": "sip", "hostname": "sip.carrier.example:5070", "tech_prefix": "", "tech_postfix": "",
        "tech_headers": {}, "name": "", "detail": "", "metadata": {}, "codecs": "", "health_status": "unknown",
        "health_checked_at": None, "tm_create": "", "tm_update": NEVER, "tm_delete": NEVER,
    }  # fmt: skip


def test_a_providers_extensions_show_where_they_differ_and_its_password_never(admin: Caller) -> None:
    extensions = {
        "enabled": False, "transport": "tls", "username": "me", "max_channels": 30, "max_cps": 5,
        "no_response_timeout_s": 4, "progress_timeout_s": 9, "ring_timeout_s": 60, "failover": {"404": "stop"},
    }  # fmt: skip
    made = admin.made("providers", type="sip", hostname="a.example", password="hidden-one", **extensions)
    assert list(made)[: len(PROVIDER_FIELDS)] == PROVIDER_FIELDS
    assert {name: made[name] for name in extensions} == extensions
    assert "password" not in made
    back = {
        "enabled": True, "transport": "udp", "username": "", "max_channels": None, "max_cps": None,
        "no_response_timeout_s": 3, "progress_timeout_s": 8, "ring_timeout_s": 90, "failover": {},
    }  # fmt: skip
    changed = admin.put(f"/v1.0/providers/{made['id']}", back).json()
    assert list(changed) == PROVIDER_FIELDS


def test_a_routes_extensions_show_where_they_differ(admin: Caller, provider: dict[str, Any]) -> None:
    used = {
        "enabled": False,
        "weight": 70,
        "valid_from": "2022-10-22 16:16:16.874761",
        "valid_until": "2032-10-22 16:16:16.000000",
    }
    made = admin.made(
        "routes", customer_id=SYSTEM_DEFAULT, provider_id=provider["id"], priority=0, target="+82", **used
    )
    assert {name: made[name] for name in used} == used
    back = {"enabled": True, "weight": None, "valid_from": None, "valid_until": None}
    assert set(admin.put(f"/v1.0/routes/{made['id']}", back).json()) == set(made) - set(used)


def test_a_customer_has_every_documented_field(admin: Caller) -> None:
    made = admin.made("customers", name="Example Ltd", email="noc@customer.example", webhook_method="POST")
    assert list(made) == CUSTOMER_FIELDS
    assert (made["status"], made["webhook_method"], made["address"]) == ("active", "POST", "")
    assert admin.put(f"/v1.0/customers/{made['id']}", {"status": "frozen"}).json()["status"] == "frozen"
    assert admin.delete(f"/v1.0/customers/{made['id']}").json()["status"] == "deleted"


def test_the_system_default_customer_stays(admin: Caller) -> None:
    assert reason(admin.delete(f"/v1.0/customers/{SYSTEM_DEFAULT}")) == "PROTECTED_OBJECT"


def test_the_singular_customer_is_the_callers_own(api: Api, customer: dict[str, Any]) -> None:
    caller = api.caller_with("customer_admin", customer["id"])
    assert caller.get("/v1.0/customer").json() == customer
    changed = caller.put("/v1.0/customer", {"email": "noc@customer.example"}).json()
    assert (changed["id"], changed["email"]) == (customer["id"], "noc@customer.example")
    assert reason(caller.put("/v1.0/customer", {"status": "frozen"})) == "INVALID_ARGUMENT"
    assert reason(caller.get(f"/v1.0/customers/{customer['id']}")) == "PERMISSION_DENIED"


def test_a_trunk_has_every_documented_field_and_its_password_never(admin: Caller, customer: dict[str, Any]) -> None:
    made = admin.made(
        "trunks", customer_id=customer["id"], auth_types=["ip", "basic"], username="pbx", password="hidden-one",
        allowed_ips=["192.0.2.10", "198.51.100.0/24"], domain_name="PBX.customer.example",
    )  # fmt: skip
    assert list(made) == TRUNK_FIELDS
    assert made["allowed_ips"] == ["192.0.2.10", "198.51.100.0/24"]
    assert made["domain_name"] == "pbx.customer.example"
    extended = {
        "enabled": False, "mode": "redirect", "max_channels": 3, "max_cps": 2, "default_region": "KR",
        "trusted_identity": True, "caller_default": "+442079460000",
    }  # fmt: skip
    changed = admin.put(f"/v1.0/trunks/{made['id']}", extended).json()
    assert changed == made | extended | {"tm_update": changed["tm_update"]}


def test_an_access_key_shows_its_token_once(admin: Caller, customer: dict[str, Any]) -> None:
    made = admin.made("accesskeys", customer_id=customer["id"], name="reporting", expire=86_400)
    assert made["token"].startswith(made["token_prefix"])
    again = admin.get(f"/v1.0/accesskeys/{made['id']}").json()
    assert again == {name: value for name, value in made.items() if name != "token"}
    renamed = admin.put(f"/v1.0/accesskeys/{made['id']}", {"name": "other"}).json()
    assert "token" not in renamed
    assert renamed["tm_expire"] == made["tm_expire"]


@pytest.mark.parametrize("expire", [86_399, 0, -1, 1.0, "86400", 10**12])
def test_an_access_key_lives_at_least_a_day(admin: Caller, expire: Any) -> None:
    assert reason(admin.post("/v1.0/accesskeys", {"expire": expire})) == "INVALID_ARGUMENT"


def test_an_access_key_without_expire_lives_a_year(admin: Caller) -> None:
    made = admin.made("accesskeys")
    assert int(made["tm_expire"][:4]) - int(made["tm_create"][:4]) == 1


def test_an_agent_has_every_documented_field_and_its_password_never(admin: Caller, customer: dict[str, Any]) -> None:
    username = f"noc@{customer['id']}"
    made = admin.made(
        "agents", customer_id=customer["id"], username=username, password="long enough", permission="customer_manager"
    )
    assert list(made) == AGENT_FIELDS
    again = admin.post(
        "/v1.0/agents", {"username": username, "password": "long enough", "permission": "customer_manager"}
    )
    assert reason(again) == "ALREADY_EXISTS"
    assert again.json()["error"]["details"][0]["field"] == "username"


def test_the_last_administrator_stays(api: Api) -> None:
    me = api.admin.get("/v1.0/me").json()
    assert (me["kind"], me["username"], me["role"]) == ("agent", "admin@localhost", "project_super_admin")
    assert me["customer"]["id"] == me["customer_id"]
    assert reason(api.admin.delete(f"/v1.0/agents/{me['id']}")) == "PROTECTED_OBJECT"


def test_me_is_the_access_key_where_one_is_used(api: Api, customer: dict[str, Any]) -> None:
    me = api.caller_with("edge", customer["id"]).get("/v1.0/me").json()
    assert (me["kind"], me["role"], me["customer_id"]) == ("accesskey", "edge", customer["id"])
    assert "token" not in me


def test_a_put_changes_only_what_it_names(admin: Caller, make_provider: Make) -> None:
    made = make_provider(name="Carrier A", detail="first", tech_headers={"X-A": "1"}, metadata={"a": [1, {"b": None}]})
    changed = admin.put(f"/v1.0/providers/{made['id']}", {"name": "Carrier B"}).json()
    assert changed == made | {"name": "Carrier B", "tm_update": changed["tm_update"]}


@pytest.mark.parametrize("name", ["😀" * 255, "مزود الخدمة", "e\u0301", "‮abc", "\t\n", "x" * 255])
def test_text_is_kept_exactly(admin: Caller, make_provider: Make, name: str) -> None:
    made = make_provider(name=name)
    assert made["name"] == name
    assert admin.get(f"/v1.0/providers/{made['id']}").json()["name"] == name


def test_an_id_in_capitals_is_the_same_id(admin: Caller, provider: dict[str, Any]) -> None:
    assert admin.get(f"/v1.0/providers/{provider['id'].upper()}").json() == provider
    made = admin.made(
        "routes", customer_id=SYSTEM_DEFAULT, provider_id=provider["id"].upper(), priority=1, target="+82"
    )
    assert made["provider_id"] == provider["id"]


def test_a_customer_id_in_a_put_must_be_the_objects_own(
    admin: Caller, provider: dict[str, Any], customer: dict[str, Any]
) -> None:
    route = admin.made("routes", customer_id=SYSTEM_DEFAULT, provider_id=provider["id"], priority=1, target="+82")
    answer = admin.put(f"/v1.0/routes/{route['id']}", {"customer_id": customer["id"]})
    assert reason(answer) == "INVALID_ARGUMENT"
    assert answer.json()["error"]["details"][0]["field"] == "customer_id"


def test_a_route_needs_a_live_customer_and_a_live_provider(
    admin: Caller, make_provider: Make, customer: dict[str, Any]
) -> None:
    gone = make_provider()
    admin.delete(f"/v1.0/providers/{gone['id']}")
    route = {"customer_id": customer["id"], "provider_id": gone["id"], "priority": 1, "target": "+82"}
    assert reason(admin.post("/v1.0/routes", route)) == "PROVIDER_NOT_FOUND"
    unknown = {**route, "customer_id": "4dbeabd6-f397-4375-95d2-a38411e07ed1"}
    assert reason(admin.post("/v1.0/routes", unknown)) == "CUSTOMER_NOT_FOUND"


def test_a_deleted_object_is_found_by_id_and_cannot_be_changed(admin: Caller, make_provider: Make) -> None:
    made = make_provider()
    deleted = admin.delete(f"/v1.0/providers/{made['id']}").json()
    assert deleted["tm_update"] == deleted["tm_delete"] != NEVER
    assert admin.get(f"/v1.0/providers/{made['id']}").json() == deleted
    assert admin.delete(f"/v1.0/providers/{made['id']}").json() == deleted
    answer = admin.put(f"/v1.0/providers/{made['id']}", {"name": "x"})
    assert (answer.status_code, reason(answer)) == (409, "STATE_INVALID")
    assert made["id"] not in [item["id"] for item in admin.get("/v1.0/providers").json()["result"]]


def test_a_provider_in_use_goes_only_by_force_and_takes_its_routes_along(admin: Caller, make_provider: Make) -> None:
    made = make_provider()
    routes = [
        admin.made("routes", customer_id=SYSTEM_DEFAULT, provider_id=made["id"], priority=n, target="+82")["id"]
        for n in range(3)
    ]
    answer = admin.delete(f"/v1.0/providers/{made['id']}")
    assert (answer.status_code, reason(answer)) == (409, "PROVIDER_IN_USE")
    assert {detail["message"] for detail in answer.json()["error"]["details"]} == set(routes)
    forced = admin.delete(f"/v1.0/providers/{made['id']}?force=true")
    number = int(forced.headers["x-revision"])
    assert all(admin.get(f"/v1.0/routes/{route}").json()["tm_delete"] != NEVER for route in routes)
    revision = admin.get(f"/v1.0/revisions/{number}").json()
    assert {change["object_id"] for change in revision["changes"]} == {made["id"], *routes}


def test_an_etag_changes_with_the_object_and_a_stale_one_changes_nothing(admin: Caller, make_provider: Make) -> None:
    path = f"/v1.0/providers/{make_provider()['id']}"
    first = admin.get(path).headers["etag"]
    assert admin.get(path).headers["etag"] == first
    changed = admin.put(path, {"name": "one"}, headers={"If-Match": first})
    assert changed.status_code == 200
    assert changed.headers["etag"] == admin.get(path).headers["etag"] != first
    for stale in (
        admin.put(path, {"name": "two"}, headers={"If-Match": first}),
        admin.delete(path, headers={"If-Match": first}),
    ):
        assert (stale.status_code, reason(stale)) == (412, "VERSION_MISMATCH")
    assert admin.get(path).json()["name"] == "one"
    assert admin.put(path, {"name": "two"}, headers={"If-Match": "*"}).status_code == 200


def test_a_dialroute_lists_the_routes_in_the_order_they_are_tried(
    admin: Caller, make_provider: Make, customer: dict[str, Any]
) -> None:
    first, second = make_provider(tech_prefix="9011#", tech_headers={"X-A": "1"}), make_provider(transport="tcp")
    mine = {"customer_id": customer["id"]}
    late = admin.made("routes", **mine, provider_id=second["id"], priority=2, target="+82")
    early = admin.made("routes", **mine, provider_id=first["id"], priority=1, target="+82")
    again = admin.made("routes", **mine, provider_id=first["id"], priority=3, target="+8")
    query = {**mine, "target": "+821012345678"}
    answer = admin.get("/v1.0/dialroutes", params=query).json()
    assert answer["result"][:2] == [early, late]
    assert "candidates" not in answer
    places = admin.get("/v1.0/dialroutes", params={**query, "explain": "true"}).json()["candidates"]
    assert [(place["position"], place["route_id"]) for place in places[:2]] == [(1, early["id"]), (2, late["id"])]
    assert places[0]["uri"] == f"sip:9011%23+821012345678@{first['hostname']}"
    assert places[0]["headers"] == [{"name": "X-A", "value": "1"}]
    assert places[1]["uri"] == f"sip:+821012345678@{second['hostname']};transport=tcp"
    dropped = next(place for place in places if place["route_id"] == again["id"])
    assert (dropped["outcome"], dropped["position"]) == ("dropped", None)
    assert "provider_repeated" in dropped["reasons"]
    assert dropped["why"][-1].startswith("dropped: ")


FORM: dict[str, Any] = {
    "number_format": "national", "caller_format": "digits", "home_region": "GB",
    "digit_rules": [{"match": "+44.", "strip": 3, "prepend": "0"}], "caller_rules": [{"match": "+999.", "strip": 4}],
    "identity_headers": ["pai"], "trusted": True, "anonymous": "refuse", "diversion": "add", "sign": "pass",
    "portability": "rn",
}  # fmt: skip


def test_a_provider_shows_its_form_of_numbers_where_it_is_used(admin: Caller, make_provider: Make) -> None:
    made = make_provider()
    assert not set(FORM) & set(made)
    changed = admin.put(f"/v1.0/providers/{made['id']}", FORM).json()
    shown = FORM | {"caller_rules": [{"match": "+999.", "strip": 4, "prepend": ""}]}
    assert changed == made | shown | {"tm_update": changed["tm_update"]}
    defaults = dict.fromkeys(FORM)
    assert not set(FORM) & set(admin.put(f"/v1.0/providers/{made['id']}", defaults).json())


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"tech_prefix": "0+"}, "tech_prefix"),
        ({"number_format": "national"}, "home_region"),
        ({"number_format": "local"}, "number_format"),
        ({"home_region": "UK"}, "home_region"),
        ({"identity_headers": ["pai"]}, "identity_headers"),
        ({"identity_headers": ["from"]}, "identity_headers"),
        ({"digit_rules": [{"match": "(44)+"}]}, "digit_rules"),
        ({"digit_rules": {"match": "."}}, "digit_rules"),
        ({"anonymous": "rfc3323"}, "anonymous"),
    ],
)
def test_a_form_that_cannot_be_is_refused(
    admin: Caller, make_provider: Make, fields: dict[str, Any], field: str
) -> None:
    answer = admin.put(f"/v1.0/providers/{make_provider()['id']}", fields)
    assert reason(answer) == "INVALID_ARGUMENT"
    assert [detail["field"] for detail in answer.json()["error"]["details"]] == [field]


def test_a_dialroute_shows_what_each_provider_would_get(
    admin: Caller, make_provider: Make, customer: dict[str, Any]
) -> None:
    mine = {"customer_id": customer["id"]}
    trunk = admin.made("trunks", **mine, auth_types=["ip"], allowed_ips=["192.0.2.77"], caller_default="+442079460000")
    providers = [
        make_provider(number_format="national", home_region="GB", identity_headers=["pai"], trusted=True),
        make_provider(diversion="add", portability="rn"),
        make_provider(anonymous="refuse"),
        make_provider(digit_rules=[{"match": "+4479.", "prepend": "1" * 32}]),
    ]
    for place, provider in enumerate(providers):
        admin.made("routes", **mine, provider_id=provider["id"], priority=place, target="+44791")
    query = {**mine, "target": "+447911123456", "explain": "true"}

    def explained(**more: str) -> list[dict[str, Any]]:
        candidates: list[dict[str, Any]] = admin.get("/v1.0/dialroutes", params={**query, **more}).json()["candidates"]
        return [next(place for place in candidates if place["provider_id"] == provider["id"]) for provider in providers]

    plain = explained()
    assert [place["outcome"] for place in plain] == ["tried", "tried", "tried", "skipped"]
    assert plain[0]["uri"].startswith("sip:07911123456@")
    assert (plain[3]["uri"], plain[3]["reasons"][-1]) == (None, "number_unformattable")
    assert plain[0]["headers"] == []
    told = explained(caller="+15550001", trunk_id=trunk["id"])
    assert [header["name"] for header in told[0]["headers"]] == ["P-Asserted-Identity"]
    assert told[0]["headers"][0]["value"].startswith("<sip:+15550001@")
    assert told[1]["headers"][0]["value"].startswith("<sip:+442079460000@")
    anonymous = explained(caller="anonymous", trunk_id=trunk["id"])
    assert [header["name"] for header in anonymous[0]["headers"]] == ["P-Asserted-Identity", "Privacy"]
    assert anonymous[2]["reasons"][-1] == "anonymous_refused"
    elsewhere = admin.get("/v1.0/dialroutes", params={**query, "rn": "+13125550000"}).json()
    assert {place["target"] for place in elsewhere["candidates"]} <= {"all"}
    admin.made("routes", **mine, provider_id=providers[1]["id"], priority=1, target="+1312555")
    ported = admin.get("/v1.0/dialroutes", params={**query, "rn": "+13125550000"}).json()["candidates"]
    assert ";npdi;rn=+13125550000@" in ported[0]["uri"]
    foreign = admin.get("/v1.0/dialroutes", params={**query, "trunk_id": SYSTEM_DEFAULT})
    assert reason(foreign) == "TRUNK_NOT_FOUND"


@pytest.mark.parametrize("query", ["", "customer_id=" + SYSTEM_DEFAULT, "target=%2B82"])
def test_a_dialroute_needs_a_customer_and_a_number(admin: Caller, query: str) -> None:
    assert reason(admin.get(f"/v1.0/dialroutes?{query}")) == "INVALID_REQUEST_PARAMETER"


def test_a_revision_tells_who_changed_what_from_where(api: Api, make_provider: Make) -> None:
    made = make_provider(name="before", password="hidden-one")
    answer = api.admin.put(f"/v1.0/providers/{made['id']}", {"name": "after", "password": "hidden-two"})
    revision = api.admin.get(f"/v1.0/revisions/{answer.headers['x-revision']}").json()
    assert revision["operation"] == "provider.update"
    assert revision["actor_name"] == "admin@localhost"
    assert revision["source_ip"] == "127.0.0.1"
    assert revision["request_id"] == answer.headers["x-request-id"]
    assert revision["tm_create"] <= answer.json()["tm_update"]
    (change,) = revision["changes"]
    assert (change["kind"], change["object_id"], change["action"]) == ("provider", made["id"], "updated")
    fields = {item["field"]: (item["before"], item["after"]) for item in change["fields"]}
    assert fields["name"] == ("before", "after")
    assert fields["tm_update"] == (NEVER, answer.json()["tm_update"])
    assert "hidden" not in str(revision)


def test_revisions_are_found_by_object_and_time(api: Api, make_provider: Make) -> None:
    made = make_provider()
    api.admin.put(f"/v1.0/providers/{made['id']}", {"name": "x"})
    api.admin.delete(f"/v1.0/providers/{made['id']}")
    found = api.admin.get("/v1.0/revisions", params={"object_id": made["id"]}).json()["result"]
    assert [item["operation"] for item in found] == ["provider.delete", "provider.update", "provider.create"]
    since = api.admin.get("/v1.0/revisions", params={"since": found[1]["tm_create"], "page_size": "100"}).json()[
        "result"
    ]
    assert {item["number"] for item in since} >= {found[0]["number"], found[1]["number"]}
    assert found[2]["number"] not in {item["number"] for item in since}
