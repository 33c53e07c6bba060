"""The contract's two pages, step by step, as a client written against them would call."""

import re
from typing import Any

import httpx2

from tests.api.serving import NEVER, SYSTEM_DEFAULT, Api

ROUTE_FIELDS = [
    "id", "customer_id", "name", "detail", "provider_id", "priority", "target", "tm_create", "tm_update", "tm_delete",
]  # fmt: skip
TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}")
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
TEXT_FIELDS = set(ROUTE_FIELDS) - {"priority"}


def documented(route: dict[str, Any]) -> dict[str, Any]:
    """The route itself, once it is seen to be exactly as the contract documents it."""
    assert list(route) == ROUTE_FIELDS
    assert all(isinstance(route[name], str) for name in TEXT_FIELDS)
    assert type(route["priority"]) is int
    assert all(UUID.fullmatch(route[name]) for name in ("id", "customer_id", "provider_id"))
    assert all(TIME.fullmatch(route[name]) for name in ("tm_create", "tm_update", "tm_delete"))
    return route


class Curl:
    """Requests as the tutorial's curl lines make them: the token in the query, JSON in the body."""

    def __init__(self, api: Api) -> None:
        answer = httpx2.post(
            f"{api.base_url}/auth/login",
            content=f'{{"username": "{api.settings.admin_username}", "password": "correct horse battery staple"}}',
            headers={"Content-Type": "application/json"},
        )
        assert answer.status_code == 200
        assert list(answer.json()) == ["username", "token"]
        self.token = answer.json()["token"]
        self.base_url = api.base_url

    def __call__(self, method: str, path: str, data: str | None = None) -> Any:
        joint = "&" if "?" in path else "?"
        answer = httpx2.request(
            method,
            f"{self.base_url}{path}{joint}token={self.token}",
            content=data,
            headers={"Content-Type": "application/json"} if data else {},
        )
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-type"] == "application/json"
        return answer.json()


def test_the_tutorial_works_step_by_step(api: Api) -> None:
    curl = Curl(api)
    provider_id = curl("POST", "/v1.0/providers", '{"type": "sip", "hostname": "sip.carrier.example"}')["id"]
    assert provider_id in [item["id"] for item in curl("GET", "/v1.0/providers")["result"]]
    assert SYSTEM_DEFAULT in [item["id"] for item in curl("GET", "/v1.0/customers")["result"]]
    assert "result" in curl("GET", "/v1.0/accesskeys")

    created = documented(
        curl(
            "POST",
            "/v1.0/routes",
            f"""{{
    "customer_id": "00000000-0000-0000-0000-000000000001",
    "provider_id": "{provider_id}",
    "priority": 1,
    "target": "+82"
}}""",
        )
    )
    assert created | {"id": "", "tm_create": ""} == {
        "id": "", "customer_id": SYSTEM_DEFAULT, "name": "", "detail": "", "provider_id": provider_id, "priority": 1,
        "target": "+82", "tm_create": "", "tm_update": NEVER, "tm_delete": NEVER,
    }  # fmt: skip

    listed = curl("GET", "/v1.0/routes?customer_id=00000000-0000-0000-0000-000000000001")
    assert list(listed) == ["result", "next_page_token"]
    assert documented(listed["result"][0]) == created
    assert listed["next_page_token"] == listed["result"][-1]["tm_create"]

    assert documented(curl("GET", f"/v1.0/routes/{created['id']}")) == created

    updated = documented(
        curl(
            "PUT",
            f"/v1.0/routes/{created['id']}",
            f"""{{
        "customer_id": "00000000-0000-0000-0000-000000000001",
        "provider_id": "{provider_id}",
        "priority": 2,
        "target": "+82"
    }}""",
        )
    )
    assert updated == created | {"priority": 2, "tm_update": updated["tm_update"]}
    assert created["tm_create"] < updated["tm_update"] < NEVER

    deleted = documented(curl("DELETE", f"/v1.0/routes/{created['id']}"))
    assert deleted == updated | {"tm_update": deleted["tm_delete"], "tm_delete": deleted["tm_delete"]}
    assert updated["tm_update"] < deleted["tm_delete"] < NEVER

    assert documented(curl("GET", f"/v1.0/routes/{created['id']}")) == deleted
    listed = curl("GET", "/v1.0/routes?customer_id=00000000-0000-0000-0000-000000000001")
    assert created["id"] not in [item["id"] for item in listed["result"]]


def test_a_route_with_every_documented_field_is_answered_as_it_was_sent(api: Api) -> None:
    curl = Curl(api)
    provider_id = curl("POST", "/v1.0/providers", '{"type": "sip", "hostname": "sip.carrier.example"}')["id"]
    route = documented(
        curl(
            "POST",
            "/v1.0/routes",
            f"""{{"customer_id": "{SYSTEM_DEFAULT}", "name": "Default route", "provider_id": "{provider_id}",
            "detail": "System default route for all destinations", "priority": 1, "target": "all"}}""",
        )
    )
    assert (route["name"], route["detail"]) == ("Default route", "System default route for all destinations")
    assert route["target"] == "all"


def test_an_access_key_may_be_used_in_the_query(api: Api) -> None:
    curl = Curl(api)
    key = curl("POST", "/v1.0/accesskeys", '{"name": "my-api-key", "detail": "API key for automated access"}')
    answer = httpx2.get(f"{api.base_url}/v1.0/routes?accesskey={key['token']}")
    assert answer.status_code == 200


def test_login_is_also_at_the_versioned_path(api: Api) -> None:
    body = {"username": api.settings.admin_username, "password": "correct horse battery staple"}
    answer = api.nobody.post("/v1.0/auth/login", body)
    assert answer.status_code == 200
    assert answer.json()["username"] == api.settings.admin_username


def test_pages_follow_each_other_without_loss_or_repetition(api: Api) -> None:
    provider = api.admin.made("providers", type="sip", hostname="sip.carrier.example")
    customer = api.admin.made("customers")
    made = [
        api.admin.made("routes", customer_id=customer["id"], provider_id=provider["id"], priority=n, target="+1")["id"]
        for n in range(7)
    ]
    seen, token = [], ""
    while page := api.admin.get(
        "/v1.0/routes", params={"customer_id": customer["id"], "page_size": "3", "page_token": token}
    ).json()["result"]:
        assert len(page) <= 3
        seen += [item["id"] for item in page]
        token = page[-1]["tm_create"]
    assert seen == made[::-1]


def test_an_empty_page_has_an_empty_token(api: Api) -> None:
    customer = api.admin.made("customers")
    answer = api.admin.get("/v1.0/routes", params={"customer_id": customer["id"]})
    assert answer.text == '{"result":[],"next_page_token":""}'
