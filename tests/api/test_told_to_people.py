"""What the API tells people in sentences: a call's timeline, a provider's absence, a trunk's snippets, the settings."""

import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dialplane.domain.permission import CUSTOMER_MANAGER
from tests.api.serving import Api, serving, settings_for

SECOND_US = 1_000_000


class FailedOver:
    """A call of an own customer that one own provider refused and the next one answered, as an edge reports it."""

    def __init__(self, api: Api, make_provider: Callable[..., dict[str, Any]]) -> None:
        self.began = time.time_ns() // 1_000 - 60 * SECOND_US
        self.customer = api.admin.made("customers", name="Told")["id"]
        self.first, self.second = (make_provider(name=name)["id"] for name in ("Alpha", "Bravo"))
        self.id = str(uuid.uuid4())
        decision = [
            {"route_id": str(uuid.uuid4()), "provider_id": one, "target": "+44", "priority": n, "outcome": "tried",
             "position": n, "reasons": ["own_route"]}
            for n, one in enumerate((self.first, self.second), 1)
        ]  # fmt: skip
        events = [
            self._event("call_started", 0, customer_id=self.customer, number="+442071234567", decision=decision),
            self._event("attempt_sent", 1, n=1, provider_id=self.first, route_id=decision[0]["route_id"], why=[]),
            self._event("attempt_ended", 2, n=1, status=503, verdict="carrier_error", action="next"),
            self._event("attempt_sent", 2, n=2, provider_id=self.second, route_id=decision[1]["route_id"], why=[]),
            self._event("attempt_answered", 5, n=2, status=200),
            self._event("call_ended", 35, status=200, hangup_by="caller"),
        ]
        answer = api.admin.post("/v1.0/events", {"edge": "edge-1", "events": events})
        assert answer.json() == {"accepted": len(events)}, answer.text

    def _event(self, kind: str, at_s: int, **fields: Any) -> dict[str, Any]:
        at = self.began + at_s * SECOND_US
        common = {"v": 1, "id": str(uuid.uuid4()), "kind": kind, "edge": "edge-1", "at": at, "mono": at_s * 10**9 + 1}
        return {**common, "call": self.id, **fields}


def test_a_call_is_told_as_sentences_and_as_messages(api: Api, make_provider: Callable[..., dict[str, Any]]) -> None:
    call = FailedOver(api, make_provider)
    told = api.admin.get(f"/v1.0/calls/{call.id}/timeline").json()
    assert told["summary"] == "Answered by Bravo, 5.00 s after the call arrived; Alpha had failed."
    assert told["lanes"][2:] == ["Alpha", "Bravo"]
    messages = [(message["source"], message["target"], message["text"]) for message in told["messages"]]
    assert (2, 1, "503 Service Unavailable") in messages
    assert messages[-1] == (1, 3, "BYE")


def test_whoever_may_not_see_providers_is_told_no_name(api: Api, make_provider: Callable[..., dict[str, Any]]) -> None:
    call = FailedOver(api, make_provider)
    manager = api.caller_with(CUSTOMER_MANAGER, call.customer)
    told = manager.get(f"/v1.0/calls/{call.id}/timeline")
    assert told.status_code == 200
    assert "Alpha" not in told.text
    stranger = api.caller_with(CUSTOMER_MANAGER, api.admin.made("customers", name="Other")["id"])
    assert stranger.get(f"/v1.0/calls/{call.id}/timeline").status_code == 404


def test_the_absence_of_a_provider_is_told_by_the_calls_it_had(
    api: Api, make_provider: Callable[..., dict[str, Any]]
) -> None:
    call = FailedOver(api, make_provider)
    told = api.admin.get(f"/v1.0/providers/{call.first}/absence").json()
    assert (told["calls"], told["stranded"], told["last_leg"]) == (1, 0, 1)
    assert told["next"] == [{"provider_id": call.second, "calls": 1}]
    assert "names" not in told
    api.admin.delete(f"/v1.0/providers/{call.second}")
    named = api.admin.get(f"/v1.0/providers/{call.first}/absence", params={"expand": "provider,customer"}).json()
    assert named == {**told, "names": {call.second: "Bravo"}}, "also one that is gone"


def test_a_switch_is_told_how_to_call_by_a_trunk(api: Api) -> None:
    customer = api.admin.made("customers", name="Told")["id"]
    by_address = api.admin.made("trunks", customer_id=customer, auth_types=["ip"], allowed_ips=["192.0.2.77"])
    named = {"username": f"u{uuid.uuid4().hex[:8]}", "domain_name": "pbx.example", "password": "a long password"}
    by_login = api.admin.made("trunks", customer_id=customer, auth_types=["basic"], **named)
    titles = ["Asterisk", "FreeSWITCH", "Kamailio"]
    for trunk, has_login in ((by_address, False), (by_login, True)):
        told = api.admin.get(f"/v1.0/trunks/{trunk['id']}/snippets").json()["result"]
        assert [one["title"] for one in told] == titles
        assert all("127.0.0.1:5060" in one["text"] for one in told)
        assert all((named["username"] in one["text"]) is has_login for one in told)
        assert "a long password" not in str(told)


@pytest.mark.parametrize(
    ("settings", "reached"),
    [
        ({"sip": "10.1.2.3:5070", "sip_advertised": "203.0.113.7"}, "203.0.113.7:5070"),
        ({"sip": "10.1.2.3:5070"}, "10.1.2.3:5070"),
        ({"sip": "[::]:5070", "sip_advertised": "2001:db8::7"}, "[2001:db8::7]:5070"),
    ],
    ids=str,
)
def test_switches_send_calls_where_they_reach_the_edge(
    prepared_file: Path, tmp_path: Path, settings: dict[str, str], reached: str
) -> None:
    with serving(settings_for(tmp_path, database=prepared_file, **settings)) as api:
        customer = api.admin.made("customers", name="Told")["id"]
        trunk = api.admin.made("trunks", customer_id=customer, auth_types=["ip"], allowed_ips=["192.0.2.9"])
        told = api.admin.get(f"/v1.0/trunks/{trunk['id']}/snippets").json()["result"]
        assert all(reached in one["text"] for one in told)


def test_settings_are_told_without_secrets(api: Api) -> None:
    told = {one["variable"]: one for one in api.admin.get("/v1.0/settings").json()["result"]}
    assert told["DIALPLANE_SIP"]["value"] == "127.0.0.1:5060"
    assert told["DIALPLANE_SIP"]["is_default"]
    assert not told["DIALPLANE_ADMIN_PASSWORD"]["is_default"]
    assert told["DIALPLANE_ADMIN_PASSWORD"]["value"] == told["DIALPLANE_DATABASE_URL"]["value"] == ""
    assert all(one["meaning"] for one in told.values())
