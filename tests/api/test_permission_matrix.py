"""Every endpoint x every kind of caller, generated from the table of `control.permissions`."""

import pytest

from dialplane.api import app
from dialplane.control.permissions import TABLE, Scope
from dialplane.domain.permission import CUSTOMER_ADMIN, EDGE, PERMISSIONS, SUPER_ADMIN
from tests.api.serving import SYSTEM_DEFAULT, Api
from tests.api.world import ABSENT, BOUND_EDGE, EDGE_NAME, World, make_world

ENDPOINTS = [(endpoint.method, endpoint.path, endpoint.permission) for endpoint in app.ENDPOINTS]
GUARDED = [(method, path, permission) for method, path, permission in ENDPOINTS if permission]
OPEN = {
    ("POST", "/auth/login"),
    ("POST", "/v1.0/auth/login"),
    ("POST", "/auth/session"),
    ("DELETE", "/auth/session"),
    ("GET", "/healthz"),
    ("GET", "/readyz"),
    ("GET", "/metrics"),
}


@pytest.fixture(scope="module")
def world(api: Api) -> World:
    return make_world(api)


def test_every_endpoint_needs_a_permission_or_is_known_to_be_open() -> None:
    assert {(method, path) for method, path, permission in ENDPOINTS if permission is None} == OPEN
    assert {permission for _, _, permission in GUARDED} <= set(TABLE)


@pytest.mark.parametrize(("method", "path", "permission"), GUARDED, ids=str)
def test_nobody_gets_nothing(world: World, method: str, path: str, permission: str) -> None:
    answer = world.prepared(method, path).sent_by(world.api.nobody)
    assert (answer.status_code, answer.json()["error"]["reason"]) == (401, "AUTHENTICATION_REQUIRED")


@pytest.mark.parametrize("role", [*PERMISSIONS, BOUND_EDGE])
@pytest.mark.parametrize(("method", "path", "permission"), GUARDED, ids=str)
def test_a_role_is_refused_exactly_what_the_table_does_not_give_it(
    world: World, method: str, path: str, permission: str, role: str
) -> None:
    answer = world.prepared(method, path).sent_by(world.callers[role])
    if (EDGE if role == BOUND_EDGE else role) in TABLE[permission]:
        assert answer.status_code == 200, answer.text
    else:
        assert (answer.status_code, answer.json()["error"]["reason"]) == (403, "PERMISSION_DENIED")


OF_EDGES = [
    (method, path, permission)
    for method, path, permission in GUARDED
    if EDGE in TABLE[permission] and permission != "me.get"
]


@pytest.mark.parametrize("role", [EDGE, BOUND_EDGE])
@pytest.mark.parametrize(("method", "path", "permission"), OF_EDGES, ids=str)
def test_a_bound_key_speaks_for_its_own_edge_alone_and_any_other_key_of_an_edge_for_all(
    world: World, method: str, path: str, permission: str, role: str
) -> None:
    for edge in (EDGE_NAME, "edge-elsewhere", EDGE_NAME.upper()):
        named = {"edge": edge}
        params, body = (named, None) if method == "GET" else ({}, {**named, "events": []})
        answer = world.callers[role](method, path, params=params, json=body)
        if role == EDGE or edge == EDGE_NAME:
            assert answer.status_code == 200, answer.text
        else:
            assert (answer.status_code, answer.json()["error"]["reason"]) == (403, "PERMISSION_DENIED")


@pytest.mark.parametrize(
    ("method", "path", "permission", "role"),
    [
        (method, path, permission, role)
        for method, path, permission in GUARDED
        for role, scope in TABLE[permission].items()
        if scope is Scope.OWN and "{id}" in path and role != EDGE
    ],
)
def test_another_customers_object_is_answered_exactly_like_an_absent_one(
    world: World, method: str, path: str, permission: str, role: str
) -> None:
    absent = dict.fromkeys(world.foreign, ABSENT)
    headers = {"X-Request-Id": "the-same-for-both"}
    body = world.body(method, path) if method == "PUT" else None
    answers = [
        world.callers[role](method, world.path(path, ids), json=body, headers=headers)
        for ids in (world.foreign, absent)
    ]
    assert answers[0].status_code == 404
    assert answers[0].content == answers[1].content
    whole = path.partition("/{id}")[0] + "/{id}"
    assert world.api.admin.get(world.path(whole, world.foreign)).status_code == 200


def test_another_customers_id_in_a_body_is_answered_like_an_absent_one(world: World) -> None:
    caller = world.callers[CUSTOMER_ADMIN]
    headers = {"X-Request-Id": "the-same-for-both"}
    for plural, rest in (
        ("trunks", {}),
        ("accesskeys", {"expire": 86_400, "permission": "customer_manager"}),
        ("agents", {"username": "someone", "password": "long enough", "permission": "customer_manager"}),
    ):
        answers = [
            caller.post(f"/v1.0/{plural}", {**rest, "customer_id": id_}, headers=headers)
            for id_ in (world.foreign["customers"], ABSENT)
        ]
        assert answers[0].json()["error"]["reason"] == "CUSTOMER_NOT_FOUND"
        assert answers[0].content == answers[1].content


@pytest.mark.parametrize("plural", ["routes", "trunks", "accesskeys", "agents", "calls"])
def test_another_customers_id_as_a_filter_finds_nothing(world: World, plural: str) -> None:
    caller = world.callers[CUSTOMER_ADMIN]
    answers = [
        caller.get(f"/v1.0/{plural}", params={"customer_id": id_}, headers={"X-Request-Id": "the-same-for-both"})
        for id_ in (world.foreign["customers"], ABSENT)
    ]
    assert answers[0].content == answers[1].content
    own = caller.get(f"/v1.0/{plural}", params={"customer_id": world.own["customers"]}).json()["result"]
    assert {item["customer_id"] for item in own} == {world.own["customers"]}


def test_a_list_without_a_filter_shows_only_the_callers_own(world: World) -> None:
    caller = world.callers[CUSTOMER_ADMIN]
    for plural in ("routes", "trunks", "accesskeys", "agents", "calls"):
        found = caller.get(f"/v1.0/{plural}").json()["result"]
        assert {item["customer_id"] for item in found} == {world.own["customers"]}


def test_a_dialroute_of_another_customer_is_not_found(world: World) -> None:
    caller = world.callers[CUSTOMER_ADMIN]
    for customer in (world.foreign["customers"], SYSTEM_DEFAULT, ABSENT):
        answer = caller.get("/v1.0/dialroutes", params={"customer_id": customer, "target": "+821012345678"})
        assert answer.json()["error"]["reason"] == "CUSTOMER_NOT_FOUND"


def test_nobody_can_grant_more_than_they_have(world: World) -> None:
    caller = world.callers[CUSTOMER_ADMIN]
    for plural, rest, permission in (
        ("accesskeys", {"expire": 86_400}, SUPER_ADMIN),
        ("accesskeys", {"expire": 86_400}, EDGE),
        ("agents", {"username": "climber", "password": "long enough"}, SUPER_ADMIN),
    ):
        answer = caller.post(f"/v1.0/{plural}", {**rest, "permission": permission})
        assert answer.json()["error"]["reason"] == "PERMISSION_DENIED"
