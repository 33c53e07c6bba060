"""Many changes in one request, and revisions undone."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.api.serving import NEVER, SYSTEM_DEFAULT, Api, Caller

Make = Callable[..., dict[str, Any]]


def refused(answer: Any) -> tuple[str, str]:
    error = answer.json()["error"]
    return error["reason"], error["details"][0]["field"] if "details" in error else ""


def newest(caller: Caller) -> int:
    number: int = caller.get("/v1.0/revisions?page_size=1").json()["result"][0]["number"]
    return number


@pytest.fixture
def mixed(make_provider: Make) -> dict[str, Any]:
    """A create, an update and a delete, one of them for an object that an earlier one makes."""
    updated, deleted = make_provider(name="old"), make_provider()
    return {
        "updated": updated["id"],
        "deleted": deleted["id"],
        "changes": [
            {"action": "create", "kind": "provider", "ref": "b", "fields": {"type": "sip", "hostname": "b.example"}},
            {
                "action": "create",
                "kind": "route",
                "fields": {"customer_id": SYSTEM_DEFAULT, "provider_id": "@b", "priority": 1, "target": "+82"},
            },
            {"action": "update", "kind": "provider", "id": updated["id"].upper(), "fields": {"name": "new"}},
            {"action": "delete", "kind": "provider", "id": deleted["id"]},
        ],
    }


def test_all_changes_are_one_revision(admin: Caller, mixed: dict[str, Any]) -> None:
    answer = admin.post("/v1.0/changes", {"changes": mixed["changes"]})
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert told["revision"] == int(answer.headers["x-revision"]) == newest(admin)
    assert told["ids"][2:] == [mixed["updated"], mixed["deleted"]]
    assert admin.get(f"/v1.0/routes/{told['ids'][1]}").json()["provider_id"] == told["ids"][0]
    assert admin.get(f"/v1.0/providers/{mixed['updated']}").json()["name"] == "new"
    revision = admin.get(f"/v1.0/revisions/{told['revision']}").json()
    assert revision["operation"] == "changes.apply"
    assert {(change["object_id"], change["action"]) for change in revision["changes"]} == {
        (told["ids"][0], "created"), (told["ids"][1], "created"), (mixed["updated"], "updated"),
        (mixed["deleted"], "deleted"),
    }  # fmt: skip


def test_a_dry_run_tells_the_difference_and_changes_nothing(admin: Caller, mixed: dict[str, Any]) -> None:
    before = newest(admin)
    answer = admin.post("/v1.0/changes?dry_run=true", {"changes": mixed["changes"]})
    assert answer.status_code == 200, answer.text
    assert answer.json()["revision"] is None
    assert "x-revision" not in answer.headers
    changes = {change["object_id"]: change for change in answer.json()["changes"]}
    assert {"field": "name", "before": "old", "after": "new"} in changes[mixed["updated"]]["fields"]
    assert changes[mixed["deleted"]]["action"] == "deleted"
    assert newest(admin) == before
    assert admin.get(f"/v1.0/providers/{mixed['updated']}").json()["name"] == "old"
    assert admin.get(f"/v1.0/providers/{answer.json()['ids'][0]}").status_code == 404


@pytest.mark.parametrize(
    ("bad", "expected"),
    [
        ({"action": "create", "kind": "route", "fields": {"priority": "1"}}, ("INVALID_ARGUMENT", "changes[4].")),
        ({"action": "create", "kind": "provider", "fields": {"id": "x"}}, ("INVALID_ARGUMENT", "changes[4].")),
        ({"action": "update", "kind": "route", "id": "{x}", "fields": {}}, ("INVALID_ID", "changes[4].id")),
        ({"action": "update", "kind": "route", "fields": {}}, ("INVALID_ARGUMENT", "changes[4].id")),
        ({"action": "delete", "kind": "route", "id": "@nobody"}, ("INVALID_ARGUMENT", "changes[4].id")),
        (
            {"action": "delete", "kind": "route", "id": "4dbeabd6-f397-4375-95d2-a38411e07ed1"},
            ("ROUTE_NOT_FOUND", ""),
        ),
        ({"action": "delete", "kind": "customer", "id": SYSTEM_DEFAULT}, ("PROTECTED_OBJECT", "")),
        ({"action": "create", "kind": "agent", "fields": {}}, ("INVALID_ARGUMENT", "changes")),
        ({"action": "explode", "kind": "route"}, ("INVALID_ARGUMENT", "changes")),
        ({"action": "create", "kind": "route", "foo": 1}, ("INVALID_ARGUMENT", "changes")),
        ("x", ("INVALID_ARGUMENT", "changes")),
    ],
    ids=str,
)
def test_one_bad_change_refuses_them_all_and_is_named(
    admin: Caller, mixed: dict[str, Any], bad: Any, expected: tuple[str, str]
) -> None:
    before = newest(admin)
    answer = admin.post("/v1.0/changes", {"changes": [*mixed["changes"], bad]})
    reason, field = refused(answer)
    assert reason == expected[0], answer.text
    assert field.startswith(expected[1])
    if reason.endswith(("NOT_FOUND", "OBJECT")):
        assert answer.json()["error"]["message"].startswith("changes[4]: ")
    assert newest(admin) == before


@pytest.mark.parametrize("body", [{}, {"changes": []}, {"changes": None}, {"changes": {}}, {"changes": [], "x": 1}])
def test_a_list_of_changes_has_at_least_one(admin: Caller, body: Any) -> None:
    assert refused(admin.post("/v1.0/changes", body))[0] == "INVALID_ARGUMENT"


def test_a_stale_version_in_one_change_refuses_them_all(admin: Caller, make_provider: Make) -> None:
    made = make_provider()
    version = int(admin.get(f"/v1.0/providers/{made['id']}").headers["etag"].strip('"'))
    change = {"action": "update", "kind": "provider", "id": made["id"], "fields": {"name": "x"}}
    assert (
        refused(admin.post("/v1.0/changes", {"changes": [{**change, "if_version": version - 1}]}))[0]
        == "VERSION_MISMATCH"
    )
    assert admin.post("/v1.0/changes", {"changes": [{**change, "if_version": version}]}).status_code == 200


def test_thousands_of_routes_go_in_as_one_revision_and_are_read_in_parts(admin: Caller, make_provider: Make) -> None:
    provider, customer = make_provider()["id"], admin.made("customers")["id"]
    fields = {"customer_id": customer, "provider_id": provider, "priority": 1}
    changes = [
        {"action": "create", "kind": "route", "fields": {**fields, "target": f"+{n}"}} for n in range(10_000, 12_500)
    ]
    answer = admin.post("/v1.0/changes", {"changes": changes})
    assert answer.status_code == 200, answer.text
    assert len(set(answer.json()["ids"])) == 2500
    seen, after = 0, dict[str, int]()
    while True:
        part = admin.get(f"/v1.0/revisions/{answer.json()['revision']}", params=after).json()
        assert part["change_count"] == 2500
        seen += len(part["changes"])
        if "next_after" not in part:
            break
        after = {"after": part["next_after"]}
    assert seen == 2500


def test_an_undo_restores_what_was_before_as_a_new_revision(admin: Caller, make_provider: Make) -> None:
    made = make_provider(name="before")
    changed = admin.put(f"/v1.0/providers/{made['id']}", {"name": "after"})
    undone = admin.post(f"/v1.0/revisions/{changed.headers['x-revision']}/undo")
    assert undone.status_code == 200, undone.text
    assert undone.json()["operation"] == "revision.undo"
    assert undone.json()["number"] == int(undone.headers["x-revision"]) == newest(admin)
    fields = {item["field"]: (item["before"], item["after"]) for item in undone.json()["changes"][0]["fields"]}
    assert fields["name"] == ("after", "before")
    assert admin.get(f"/v1.0/providers/{made['id']}").json()["name"] == "before"


def test_a_deletion_is_undone_with_everything_that_went_along(admin: Caller, make_provider: Make) -> None:
    made = make_provider()
    route = admin.made("routes", customer_id=SYSTEM_DEFAULT, provider_id=made["id"], priority=1, target="+82")
    deleted = admin.delete(f"/v1.0/providers/{made['id']}?force=true")
    assert admin.post(f"/v1.0/revisions/{deleted.headers['x-revision']}/undo").status_code == 200
    assert admin.get(f"/v1.0/providers/{made['id']}").json()["tm_delete"] == NEVER
    assert admin.get(f"/v1.0/routes/{route['id']}").json()["tm_delete"] == NEVER


def test_an_undo_of_what_has_changed_since_names_it(admin: Caller, make_provider: Make) -> None:
    made = make_provider()
    first = admin.put(f"/v1.0/providers/{made['id']}", {"name": "one"}).headers["x-revision"]
    second = admin.put(f"/v1.0/providers/{made['id']}", {"name": "two"}).headers["x-revision"]
    answer = admin.post(f"/v1.0/revisions/{first}/undo")
    assert (answer.status_code, refused(answer)) == (409, ("CHANGED_SINCE", f"provider {made['id']}"))
    assert second in answer.json()["error"]["details"][0]["message"]


def test_an_undo_sent_again_is_done_once(admin: Caller, make_provider: Make) -> None:
    made = make_provider(name="before")
    number = admin.put(f"/v1.0/providers/{made['id']}", {"name": "after"}).headers["x-revision"]
    headers = {"Idempotency-Key": f"undo-{number}-{made['id']}"}
    answers = [admin.post(f"/v1.0/revisions/{number}/undo", headers=headers) for _ in range(2)]
    assert answers[0].content == answers[1].content


@pytest.mark.parametrize("number", ["0", "99999999", "-1", "x", "1.0", "01", "9" * 30])
def test_an_unknown_revision_is_not_found(api: Api, number: str) -> None:
    for answer in (api.admin.get(f"/v1.0/revisions/{number}"), api.admin.post(f"/v1.0/revisions/{number}/undo")):
        if number in ("0", "99999999"):
            assert refused(answer)[0] == "REVISION_NOT_FOUND"
        else:
            assert refused(answer) == ("INVALID_REQUEST_PARAMETER", "number")
