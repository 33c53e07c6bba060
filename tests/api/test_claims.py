"""Whose address it is, over HTTP: the refusal says what to mend, and nothing of the other customer."""

from typing import Any

from tests.api.serving import Api, Caller


def test_a_customer_cannot_take_the_address_of_another_ones_trunk(
    api: Api, admin: Caller, customer: dict[str, Any]
) -> None:
    held = admin.made("trunks", customer_id=customer["id"], name="canary", allowed_ips=["198.18.0.0/24"])
    rival = api.caller_with("customer_admin", admin.made("customers")["id"])
    own = rival.made("trunks", name="own")
    for refused in (
        rival.post("/v1.0/trunks", {"allowed_ips": ["198.18.0.7"]}),
        rival.put(f"/v1.0/trunks/{own['id']}", {"allowed_ips": ["198.18.0.7"]}),
    ):
        assert (refused.status_code, refused.json()["error"]["reason"]) == (409, "TRUNK_ADDRESS_TAKEN")
        assert [detail["field"] for detail in refused.json()["error"]["details"]] == ["allowed_ips"]
        assert not any(told in refused.text for told in (held["id"], customer["id"], "canary", "198.18"))
    large = rival.post("/v1.0/trunks", {"allowed_ips": ["0.0.0.0/0"]})
    assert (large.status_code, large.json()["error"]["reason"]) == (400, "INVALID_ARGUMENT")
    assert large.json()["error"]["details"][0]["field"] == "allowed_ips"
    assert rival.get(f"/v1.0/trunks/{own['id']}").json() == own
