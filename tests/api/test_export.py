"""An export is one snapshot with its revision, whole or without its last line, and each sees what is theirs."""

import json
from typing import Any

import pytest

from tests.api.serving import Api, Caller
from tests.api.world import World, make_world

ROUTES = 1_200
"""More than are in memory at once."""


@pytest.fixture(scope="module")
def world(api: Api) -> World:
    return make_world(api)


def exported(caller: Caller, **query: str) -> tuple[dict[str, Any], list[dict[str, Any]], dict[str, Any]]:
    answer = caller.get("/v1.0/export", params=query)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/x-ndjson"
    head, *objects, end = map(json.loads, answer.text.splitlines())
    assert (answer.headers["x-revision"], end["end"], end["count"]) == (
        str(head["revision"]),
        head["revision"],
        len(objects),
    )
    return head, objects, end


def test_all_routes_of_a_customer_are_exported_as_lists_show_them(world: World) -> None:
    customer = world.api.admin.made("customers", name="exported")["id"]
    fields = {"customer_id": customer, "provider_id": world.own["providers"], "priority": 1}
    changes = [
        {"action": "create", "kind": "route", "fields": {**fields, "target": f"+1{number}"}} for number in range(ROUTES)
    ]
    answer = world.api.admin.post("/v1.0/changes", {"changes": changes})
    assert answer.status_code == 200, answer.text
    head, objects, _ = exported(world.api.admin, kind="route", customer_id=customer)
    assert head == {"kind": "route", "revision": head["revision"]}
    assert head["revision"] >= int(answer.headers["x-revision"])
    assert len({route["id"] for route in objects}) == ROUTES
    newest = world.api.admin.get("/v1.0/routes", params={"customer_id": customer, "page_size": "10"}).json()["result"]
    assert objects[-10:] == newest[::-1]


@pytest.mark.parametrize("kind", ["customer", "provider", "trunk"])
def test_every_kind_that_is_changed_in_bulk_is_exported(world: World, kind: str) -> None:
    _, objects, _ = exported(world.api.admin, kind=kind)
    own = world.own[f"{kind}s"]
    shown = world.api.admin.get(f"/v1.0/{kind}s/{own}").json()
    found = next(item for item in objects if item["id"] == own)
    reported = {"health_status", "health_checked_at"}
    assert {**shown, **dict.fromkeys(reported)} == {**found, **dict.fromkeys(reported)} or kind != "provider"
    assert "password" not in found


def test_others_export_their_customers_own_alone(world: World) -> None:
    manager = world.callers["customer_manager"]
    for kind in ("route", "trunk"):
        _, objects, _ = exported(manager, kind=kind)
        assert {item["customer_id"] for item in objects} == {world.own["customers"]}
        assert exported(manager, kind=kind, customer_id=world.foreign["customers"])[1] == []
    answer = manager.get("/v1.0/export", params={"kind": "provider"})
    assert answer.json()["error"]["reason"] == "PERMISSION_DENIED"


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"kind": "agent"},
        {"kind": "provider", "customer_id": "x"},
        {"kind": "trunk", "provider_id": "4dbeabd6-f397-4375-95d2-a38411e07ed1"},
    ],
    ids=str,
)
def test_what_cannot_be_exported_is_refused(sqlite_api: Api, query: dict[str, str]) -> None:
    assert sqlite_api.admin.get("/v1.0/export", params=query).status_code == 400
