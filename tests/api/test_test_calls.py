"""`/v1.0/testcalls` where no edge runs: what is refused, and what is said instead. With an edge: tests/console."""

from typing import Any

import pytest

from tests.api.serving import Api


@pytest.fixture(scope="module")
def trunk(sqlite_api: Api) -> dict[str, Any]:
    customer = sqlite_api.admin.made("customers", name="Calls")["id"]
    made = sqlite_api.admin.made(
        "trunks", customer_id=customer, name="Main", auth_types=["ip"], allowed_ips=["127.0.0.1"], default_region="GB"
    )
    return dict(made)


def test_without_an_edge_the_command_that_places_it_is_said(sqlite_api: Api, trunk: dict[str, Any]) -> None:
    wanted = {"trunk_id": trunk["id"], "number": "020-7123-4567"}
    planned = sqlite_api.admin.get("/v1.0/testcalls", params=wanted).json()
    assert (planned["is_possible"], planned["number"]) == (False, "+442071234567")
    assert "No edge runs on the machine" in planned["meaning"]
    assert "`dialplane call +442071234567`" in planned["meaning"]
    placed = sqlite_api.admin.post("/v1.0/testcalls", wanted).json()
    assert (placed["is_placed"], placed["meaning"], placed["sip_status"]) == (False, planned["meaning"], None)


@pytest.mark.parametrize(("number", "code"), [("999", "emergency_number"), ("nobody", "invalid_number")])
def test_an_emergency_number_is_not_tried(sqlite_api: Api, trunk: dict[str, Any], number: str, code: str) -> None:
    refused = sqlite_api.admin.post("/v1.0/testcalls", {"trunk_id": trunk["id"], "number": number})
    assert refused.status_code == 400
    [detail] = refused.json()["error"]["details"]
    assert (detail["field"], detail["code"]) == ("number", code)


@pytest.mark.parametrize("caller", ["1>\r\nP-Asserted-Identity: <sip:+1@x", "a b", '"', "é", "x" * 65])
def test_a_caller_is_no_more_than_one(sqlite_api: Api, trunk: dict[str, Any], caller: str) -> None:
    """It stands in From and Contact as it is."""
    wanted = {"trunk_id": trunk["id"], "number": "020-7123-4567", "caller": caller}
    refused = sqlite_api.admin.post("/v1.0/testcalls", wanted)
    assert refused.status_code == 400
    [detail] = refused.json()["error"]["details"]
    assert (detail["field"], detail["code"]) == ("caller", "invalid_caller")
    assert sqlite_api.admin.post("/v1.0/testcalls", wanted | {"caller": "+4420.a-b_c"}).status_code == 200
