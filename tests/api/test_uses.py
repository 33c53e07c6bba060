"""Whoever looks after keys and people sees when they were here last, and may end their sessions."""

from typing import Any

import pytest

from dialplane.domain.accesskey import EXPIRING_US
from dialplane.domain.instants import DAY_US
from dialplane.jobs import uses
from tests.api.serving import NEVER, Api, Caller, serving
from tests.waiting import eventually

PASSWORD = "long enough"
CONSOLE = {"X-Dialplane-Console": "1", "Sec-Fetch-Site": "same-origin"}


@pytest.fixture
def agent(api: Api, customer: dict[str, Any]) -> dict[str, Any]:
    username = f"{customer['id']}@seen.example"
    return api.admin.made(
        "agents", username=username, password=PASSWORD, customer_id=customer["id"], permission="customer_admin"
    )


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is noted is stored soon."""
    monkeypatch.setattr(uses, "EVERY_S", 0.05)


def listed(caller: Caller, collection: str, object_: dict[str, Any], **query: str) -> dict[str, Any]:
    """The object in the list of its customer's."""
    query = {"customer_id": object_["customer_id"], **query}
    found = caller.get(f"/v1.0/{collection}", params=query).json()["result"]
    one: dict[str, Any] = next(one for one in found if one["id"] == object_["id"])
    return one


def sessions_of(caller: Caller, agent: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = caller.get(f"/v1.0/agents/{agent['id']}/sessions").json()["result"]
    return found


def browser(api: Api, agent: dict[str, Any]) -> Caller:
    begun = api.nobody.post("/auth/session", {"username": agent["username"], "password": PASSWORD})
    return Caller(api.base_url, api.nobody.http, {"Cookie": begun.headers["set-cookie"].partition(";")[0], **CONSOLE})


def test_a_key_shows_its_last_use_where_that_is_wanted(api: Api, customer: dict[str, Any]) -> None:
    made = api.admin.made("accesskeys", customer_id=customer["id"], permission="customer_manager", expire=86_400)
    key = {name: value for name, value in made.items() if name != "token"}
    assert listed(api.admin, "accesskeys", key, expand="used") == key, "it was never used"
    assert api.with_token(made["token"]).get("/v1.0/me").status_code == 200
    used = listed(api.admin, "accesskeys", key, expand="used")
    assert used["used_from"] == "127.0.0.1"
    assert used["tm_used"] > key["tm_create"]
    assert listed(api.admin, "accesskeys", key) == key, "the contract's answer is as it was"


@pytest.mark.parametrize(("days", "state"), [(1, "expiring"), (14, "expiring"), (15, "live")])
def test_a_key_is_expiring_in_its_last_fortnight(api: Api, customer: dict[str, Any], days: int, state: str) -> None:
    assert EXPIRING_US == 14 * DAY_US
    key = api.admin.made("accesskeys", customer_id=customer["id"], permission="customer_manager", expire=86_400 * days)
    assert listed(api.admin, "accesskeys", key, expand="state,customer")["state"] == state


def test_sessions_are_listed_and_all_end_at_once_while_the_password_stays(api: Api, agent: dict[str, Any]) -> None:
    assert listed(api.admin, "agents", agent, expand="sessions") == {**agent, "tm_login": NEVER, "sessions": 0}
    program, person = api.with_token(api.login(agent["username"], PASSWORD)), browser(api, agent)
    assert [one["holder"] for one in sessions_of(api.admin, agent)] == ["browser", "program"]
    assert program.get("/v1.0/me", headers={"User-Agent": "deck-import/2"}).status_code == 200
    newest, other = sessions_of(api.admin, agent)
    assert (newest["holder"], newest["user_agent"], newest["source_ip"]) == ("program", "deck-import/2", "127.0.0.1")
    assert other["tm_login"] <= other["tm_used"] < other["tm_end"]
    seen = listed(api.admin, "agents", agent, expand="sessions")
    assert (seen["sessions"], seen["tm_login"]) == (2, max(newest["tm_login"], other["tm_login"]))
    ended = api.admin.post(f"/v1.0/agents/{agent['id']}/logout")
    assert ended.status_code == 200
    assert "X-Revision" in ended.headers
    assert [caller.get("/v1.0/me").status_code for caller in (program, person)] == [401, 401]
    assert sessions_of(api.admin, agent) == []
    assert listed(api.admin, "agents", agent, expand="sessions")["tm_login"] == seen["tm_login"]
    assert api.with_token(api.login(agent["username"], PASSWORD)).get("/v1.0/me").status_code == 200
    assert listed(api.admin, "agents", agent).keys() == agent.keys(), "the contract's answer is as it was"


def test_who_logs_out_of_a_browser_has_a_session_less(api: Api, agent: dict[str, Any]) -> None:
    first, second = browser(api, agent), browser(api, agent)
    assert len(sessions_of(second, agent)) == 2
    assert first.delete("/auth/session").status_code == 200
    assert len(sessions_of(second, agent)) == 1
    assert second.delete("/auth/session", headers={"Cookie": "dialplane=not-ours"}).status_code == 200


def test_sessions_are_for_administrators(api: Api, agent: dict[str, Any]) -> None:
    manager = api.caller_with("customer_manager", agent["customer_id"])
    assert manager.get("/v1.0/agents").status_code == 200
    assert manager.get("/v1.0/agents", params={"expand": "sessions"}).status_code == 403


@pytest.mark.usefixtures("at_once")
def test_what_was_seen_outlasts_a_restart(api: Api) -> None:
    with serving(api.settings) as other:
        key = other.admin.made("accesskeys", permission="customer_manager", expire=86_400)
        other.with_token(key["token"]).get("/v1.0/me")
        admin = other.admin.get("/v1.0/me").json()
        seen = {one["id"] for one in sessions_of(other.admin, admin)}
        # by the other process, which has seen neither
        eventually(lambda: "tm_used" in listed(api.admin, "accesskeys", key, expand="used"), within_s=10)
        eventually(lambda: seen <= {one["id"] for one in sessions_of(api.admin, admin)}, within_s=10)


@pytest.mark.usefixtures("at_once")
def test_of_many_logins_the_last_are_kept(api: Api, agent: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dialplane.store.queries.uses.MOST_KEPT", 2)
    with serving(api.settings) as other:
        last = [browser(other, agent) for _ in range(4)][-1]
        eventually(lambda: len(sessions_of(api.admin, agent)) == 2, within_s=10, what="the oldest are forgotten")
        assert last.get("/v1.0/me").status_code == 200
