"""A number by the table as it was after an older revision, over HTTP; that it is exact: tests/control."""

from typing import Any

import pytest

from tests.api.serving import SYSTEM_DEFAULT, Api

NUMBER = "+99811"


def tried(api: Api, customer: str, **more: str) -> list[str]:
    query = {"customer_id": customer, "target": NUMBER, "health": "ignore", **more}
    answer: dict[str, Any] = api.admin.get("/v1.0/dialroutes", params=query).json()
    return [route["target"] for route in answer["result"]]


def test_what_was_changed_since_is_taken_back(api: Api) -> None:
    admin = api.admin
    customer = admin.made("customers", name="Then")["id"]
    one, two = (admin.made("providers", type="sip", hostname=f"{name}.example")["id"] for name in ("one", "two"))
    fields = {"customer_id": customer, "priority": 1}
    admin.made("routes", **fields, provider_id=one, target="+998")
    before = admin.get("/v1.0/revisions", params={"page_size": "1"}).json()["result"][0]["number"]
    admin.made("routes", **fields, provider_id=two, target="+9981")
    admin.put(f"/v1.0/providers/{one}", {"enabled": False})
    assert tried(api, customer) == ["+9981"]
    assert tried(api, customer, revision=str(before)) == ["+998"]


@pytest.mark.parametrize(
    ("revision", "expected"),
    [("999999999", (404, "REVISION_NOT_FOUND")), ("-1", (400, "INVALID_REQUEST_PARAMETER"))],
)
def test_a_revision_that_there_is_not_is_refused(api: Api, revision: str, expected: tuple[int, str]) -> None:
    query = {"customer_id": SYSTEM_DEFAULT, "target": NUMBER, "revision": revision}
    answer = api.admin.get("/v1.0/dialroutes", params=query)
    assert (answer.status_code, answer.json()["error"]["reason"]) == expected
