"""Idempotency-Key: whatever is sent again is done once and answered alike."""

import asyncio
import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from dialplane.control import routes
from tests.api.serving import SYSTEM_DEFAULT, Api, Caller
from tests.faults.counts import times


def key() -> dict[str, str]:
    return {"Idempotency-Key": str(uuid.uuid4())}


def reason(answer: Any) -> str:
    told: str = answer.json()["error"]["reason"]
    return told


BODIES: dict[str, dict[str, Any]] = {
    "providers": {"type": "sip", "hostname": "a.example"},
    "customers": {"name": "again"},
    "trunks": {"name": "again"},
    "accesskeys": {"expire": 86_400},
    "agents": {"password": "long enough", "permission": "customer_manager"},
}


@pytest.mark.parametrize("plural", BODIES)
def test_a_create_that_is_sent_again_gets_its_first_answer_again(admin: Caller, plural: str) -> None:
    body = {**BODIES[plural], **({"username": str(uuid.uuid4())} if plural == "agents" else {})}
    headers = key()
    first, second = (admin.post(f"/v1.0/{plural}", body, headers=headers) for _ in range(2))
    assert first.status_code == second.status_code == 200
    assert first.content == second.content
    assert first.headers["etag"] == second.headers["etag"]
    assert first.headers["x-revision"] == second.headers["x-revision"]
    assert "idempotent-replay" not in first.headers
    assert second.headers["idempotent-replay"] == "true"


def test_a_route_is_moved_once_however_often_that_is_sent(admin: Caller) -> None:
    customer, provider = admin.made("customers")["id"], admin.made("providers", **BODIES["providers"])["id"]
    common = {"customer_id": customer, "provider_id": provider, "target": "+49"}
    first, *_ = (admin.made("routes", **common, priority=priority)["id"] for priority in (1, 2, 3))
    headers = key()
    answers = [admin.post(f"/v1.0/routes/{first}/move", {"to": "later"}, headers=headers) for _ in range(2)]
    assert [answer.json()["priority"] for answer in answers] == [2, 2]
    assert answers[0].headers["x-revision"] == answers[1].headers["x-revision"]
    assert admin.get(f"/v1.0/routes/{first}").json()["priority"] == 2


def test_another_body_under_the_same_key_is_refused(admin: Caller) -> None:
    headers = key()
    assert admin.post("/v1.0/customers", {"name": "one"}, headers=headers).status_code == 200
    answer = admin.post("/v1.0/customers", {"name": "two"}, headers=headers)
    assert (answer.status_code, reason(answer)) == (422, "IDEMPOTENCY_KEY_REUSED")
    elsewhere = admin.post("/v1.0/trunks", {"name": "one"}, headers=headers)
    assert reason(elsewhere) == "IDEMPOTENCY_KEY_REUSED"


def test_a_key_belongs_to_its_caller(api: Api) -> None:
    headers = key()
    other = api.caller_with("project_super_admin", SYSTEM_DEFAULT)
    ids = {caller.post("/v1.0/customers", {}, headers=headers).json()["id"] for caller in (api.admin, other)}
    assert len(ids) == 2


def test_a_refused_request_may_be_mended_and_sent_again(admin: Caller) -> None:
    headers = key()
    assert admin.post("/v1.0/customers", {"name": 1}, headers=headers).status_code == 400
    assert admin.post("/v1.0/customers", {"name": "one"}, headers=headers).status_code == 200


@pytest.mark.parametrize("given", ["x" * 256, "é", "a\tb"])
def test_a_key_of_another_form_is_refused(admin: Caller, given: str) -> None:
    answer = admin.post("/v1.0/customers", {}, headers={"Idempotency-Key": given.encode()})
    assert (answer.status_code, reason(answer)) == (400, "INVALID_REQUEST_HEADER")


def test_the_same_key_while_the_first_is_under_way_is_told_so(
    api: Api, provider: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    inside, go_on = threading.Event(), threading.Event()
    create = routes.Routes.create

    async def slow(*arguments: Any) -> Any:
        inside.set()
        await asyncio.to_thread(go_on.wait, 10)
        return await create(*arguments)

    monkeypatch.setattr(routes.Routes, "create", slow)
    body = {"customer_id": SYSTEM_DEFAULT, "provider_id": provider["id"], "priority": 1, "target": "+82"}
    headers = key()
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(api.admin.post, "/v1.0/routes", body, headers=headers)
        assert inside.wait(10)
        second = api.admin.post("/v1.0/routes", body, headers=headers)
        go_on.set()
        assert (second.status_code, reason(second)) == (409, "IDEMPOTENCY_KEY_IN_PROGRESS")
        assert first.result().status_code == 200


def test_many_duplicates_at_once_make_one_object_each(api: Api, customer: dict[str, Any]) -> None:
    keys = [key() for _ in range(20)]

    def post(headers: dict[str, str]) -> tuple[int, str]:
        answer = api.admin.post("/v1.0/trunks", {"customer_id": customer["id"]}, headers=headers)
        return answer.status_code, answer.json().get("id", "")

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(post, keys * 10))
    assert {status for status, _ in answers} <= {200, 409}
    made = api.admin.get("/v1.0/trunks", params={"customer_id": customer["id"]}).json()["result"]
    assert len(made) == 20
    assert {id_ for status, id_ in answers if status == 200} == {item["id"] for item in made}


def test_concurrent_updates_with_if_match_lose_none(api: Api, provider: dict[str, Any]) -> None:
    path = f"/v1.0/providers/{provider['id']}"
    api.admin.put(path, {"metadata": {"count": 0}})
    updates = times(24, 600)

    def add_one(_: int) -> int:
        tries = 0
        while True:
            tries += 1
            found = api.admin.get(path)
            body = {"metadata": {"count": found.json()["metadata"]["count"] + 1}}
            if api.admin.put(path, body, headers={"If-Match": found.headers["etag"]}).status_code == 200:
                return tries

    with ThreadPoolExecutor(6) as pool:
        tries = list(pool.map(add_one, range(updates)))
    assert api.admin.get(path).json()["metadata"] == {"count": updates}
    assert sum(tries) >= updates
