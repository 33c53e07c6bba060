"""ETag and If-Match: served exactly where the OpenAPI document promises them."""

from typing import Any

import pytest

from tests.api.serving import Api
from tests.api.world import World, make_world

VERSIONED = {
    "/v1.0/customer",
    *(
        f"/v1.0/{noun}/{{id}}"
        for noun in ("customers", "agents", "accesskeys", "providers", "routes", "trunks", "calls")
    ),
    "/v1.0/revisions/{number}",
}
"""What docs/api/README.md says has an ETag."""


@pytest.fixture(scope="module")
def world(api: Api) -> World:
    return make_world(api)


@pytest.fixture(scope="module")
def document(api: Api) -> dict[str, Any]:
    told: dict[str, Any] = api.nobody.get("/openapi.json").json()
    return told


def test_a_get_answers_an_etag_exactly_where_the_document_promises_it(world: World, document: dict[str, Any]) -> None:
    served, promised = set(), set()
    for path, told in document["paths"].items():
        if "get" in told:
            answer = world.prepared("GET", path).sent_by(world.api.admin)
            assert answer.status_code == 200, (path, answer.text)
            served |= {path} if "etag" in answer.headers else set()
            promised |= {path} if "ETag" in told["get"]["responses"]["200"]["headers"] else set()
    assert served == promised == VERSIONED


def test_every_other_answer_has_an_etag_exactly_where_the_document_promises_it(
    world: World, document: dict[str, Any]
) -> None:
    checked = 0
    for path, told in document["paths"].items():
        for method in told.keys() - {"get"}:
            if "/auth/" not in path:
                answer = world.prepared(method.upper(), path).sent_by(world.api.admin)
                assert answer.status_code == 200, (method, path, answer.text)
                promised = "ETag" in told[method]["responses"]["200"]["headers"]
                assert ("etag" in answer.headers) == promised, (method, path)
                checked += 1
    assert checked > 15


def test_every_put_and_delete_takes_if_match_and_tells_how_it_can_be_wrong(
    world: World, document: dict[str, Any]
) -> None:
    checked = 0
    for path, told in document["paths"].items():
        for method in told.keys() & {"put", "delete"}:
            operation = told[method]
            if path in ("/v1.0/edges/{name}", "/auth/session"):  # they have no version
                continue
            assert "If-Match" in [parameter["name"] for parameter in operation["parameters"]], (method, path)
            for given, status, reason in (
                ('"1", "2"', 400, "INVALID_REQUEST_HEADER"),
                ('"999999999"', 412, "VERSION_MISMATCH"),
            ):
                asked = world.prepared(method.upper(), path)
                headers = {"If-Match": given}
                answer = world.api.admin(asked.method, asked.path, json=asked.body, headers=headers)
                assert (answer.status_code, answer.json()["error"]["reason"]) == (status, reason), (method, path)
                assert reason in operation["responses"][str(status)]["description"].split(", "), (method, path)
                checked += 1
    assert checked > 20


def test_a_calls_version_changes_when_an_edge_tells_more_of_it(world: World) -> None:
    path = world.path("/v1.0/calls/{id}", world.own)
    before = world.api.admin.get(path)
    assert world.api.admin.get(path).headers["etag"] == before.headers["etag"]
    world.report("attempt_sent", n=1, provider_id=world.own["providers"], route_id=world.own["routes"], why=[])
    after = world.api.admin.get(path)
    assert len(after.json()["attempts"]) == 1
    assert after.headers["etag"] != before.headers["etag"]
