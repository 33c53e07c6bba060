"""Revisions name what they refer to, also what is gone."""

from typing import Any

import pytest

from tests.api.serving import Api


@pytest.fixture
def gone(api: Api) -> dict[str, Any]:
    """A provider that was deleted along with its route."""
    made = {"type": "sip", "hostname": "gone.example", "name": "Gone Telecom"}
    provider: dict[str, Any] = api.admin.post("/v1.0/providers", made).json()
    route = {"customer_id": "00000000-0000-0000-0000-000000000001", "provider_id": provider["id"]}
    assert api.admin.post("/v1.0/routes", route | {"priority": 1, "target": "+4479"}).status_code == 200
    assert api.admin.delete(f"/v1.0/providers/{provider['id']}?force=true").status_code == 200
    return provider


def test_a_revision_and_a_comparison_have_the_names_of_what_is_gone(api: Api, gone: dict[str, Any]) -> None:
    number = api.admin.get("/v1.0/revisions?page_size=1").json()["result"][0]["number"]
    for path in (
        f"/v1.0/revisions/{number}?expand=provider",
        f"/v1.0/revisions/{number}/difference?to={number - 1}&expand=provider",
    ):
        assert api.admin.get(path).json()["names"] == {gone["id"]: "Gone Telecom"}


def test_names_come_only_where_they_are_wanted(api: Api, gone: dict[str, Any]) -> None:
    number = api.admin.get("/v1.0/revisions?page_size=1").json()["result"][0]["number"]
    assert "names" not in api.admin.get(f"/v1.0/revisions/{number}").json()
    assert api.admin.get(f"/v1.0/revisions/{number}?expand=route").status_code == 400
