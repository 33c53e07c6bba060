"""Who may come in, and that everybody else gets one and the same answer."""

import sqlite3
import statistics
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx2
import jwt
import pytest

from dialplane.control.login.sessions import rotate
from tests.api.serving import SYSTEM_DEFAULT, Api, serving, settings_for
from tests.databases import PASSWORD, REAL_HASHER, USERNAME, password_cost
from tests.faults.counts import times


def now() -> int:
    return time.time_ns() // 1000


def reason(answer: httpx2.Response) -> str:
    told: str = answer.json()["error"]["reason"]
    return told


def claims_of(token: str) -> dict[str, Any]:
    claims: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
    return claims


def signing_key(api: Api) -> tuple[str, bytes]:
    file = max(api.settings.secrets_folder.glob("*.session-key"))
    return file.name.removesuffix(".session-key"), file.read_bytes()


FORGERIES: dict[str, Callable[[dict[str, Any], str, bytes], str]] = {
    "expired": lambda claims, kid, key: jwt.encode({**claims, "exp": 1_600_000_000}, key, "HS256", {"kid": kid}),
    "foreign key": lambda claims, kid, key: jwt.encode(claims, b"x" * 32, "HS256", {"kid": kid}),
    "unknown key id": lambda claims, kid, key: jwt.encode(claims, key, "HS256", {"kid": "000099"}),
    "no key id": lambda claims, kid, key: jwt.encode(claims, key, "HS256"),
    "alg none": lambda claims, kid, key: jwt.encode(claims, "", "none", {"kid": kid}),
    "other algorithm": lambda claims, kid, key: jwt.encode(claims, key + key, "HS512", {"kid": kid}),
    "no exp": lambda claims, kid, key: jwt.encode(_without(claims, "exp"), key, "HS256", {"kid": kid}),
    "no sub": lambda claims, kid, key: jwt.encode(_without(claims, "sub"), key, "HS256", {"kid": kid}),
    "no stamp": lambda claims, kid, key: jwt.encode(_without(claims, "stamp"), key, "HS256", {"kid": kid}),
    "other stamp": lambda claims, kid, key: jwt.encode({**claims, "stamp": "x"}, key, "HS256", {"kid": kid}),
    "other issuer": lambda claims, kid, key: jwt.encode({**claims, "iss": "x"}, key, "HS256", {"kid": kid}),
    "unknown agent": lambda claims, kid, key: jwt.encode({**claims, "sub": SYSTEM_DEFAULT}, key, "HS256", {"kid": kid}),
    "not a token": lambda claims, kid, key: "a.b.c",
    "unknown access key": lambda claims, kid, key: "x" * 43,
    "too long": lambda claims, kid, key: "x" * 5000,
}


def _without(claims: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in claims.items() if key != name}


@pytest.mark.parametrize("how", FORGERIES)
def test_a_credential_that_is_not_good_gets_the_one_answer(sqlite_api: Api, how: str) -> None:
    token = FORGERIES[how](claims_of(sqlite_api.login(USERNAME, PASSWORD)), *signing_key(sqlite_api))
    headers = {"X-Request-Id": "the-same-for-all"}
    expected = sqlite_api.nobody.get("/v1.0/me", params={"accesskey": "wrong"}, headers=headers)
    for answer in (
        sqlite_api.with_token(token).get("/v1.0/me", headers=headers),
        sqlite_api.nobody.get("/v1.0/me", params={"token": token}, headers=headers),
    ):
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"].startswith("Bearer")
        assert answer.content == expected.content


@pytest.mark.parametrize("header", ["", "Bearer", "Basic YTpi", "bearer\tx", "Token x", "Bearer é"])
def test_an_authorization_header_of_another_form_is_refused(sqlite_api: Api, header: str) -> None:
    answer = httpx2.get(f"{sqlite_api.base_url}/v1.0/me", headers=[(b"Authorization", header.encode())])
    assert answer.status_code == 401


def test_two_credentials_that_disagree_are_refused(sqlite_api: Api) -> None:
    session = sqlite_api.login(USERNAME, PASSWORD)
    key = sqlite_api.admin.made("accesskeys", expire=86_400)["token"]
    for caller, params in (
        (sqlite_api.with_token(session), {"accesskey": key}),
        (sqlite_api.with_token(key), {"token": session}),
        (sqlite_api.with_token(session), {"token": "a.b.c"}),
        (sqlite_api.nobody, {"token": session, "accesskey": key}),
    ):
        assert reason(caller.get("/v1.0/me", params=params)) == "INVALID_CREDENTIALS"


def test_two_credentials_of_the_same_caller_agree(sqlite_api: Api) -> None:
    first, second = sqlite_api.login(USERNAME, PASSWORD), sqlite_api.login(USERNAME, PASSWORD)
    answer = sqlite_api.with_token(first).get("/v1.0/me", params={"token": second})
    assert answer.status_code == 200


def test_query_parameters_take_only_their_own_kind_of_credential(sqlite_api: Api) -> None:
    session = sqlite_api.login(USERNAME, PASSWORD)
    key = sqlite_api.admin.made("accesskeys", expire=86_400)["token"]
    assert sqlite_api.nobody.get("/v1.0/me", params={"accesskey": session}).status_code == 401
    assert sqlite_api.nobody.get("/v1.0/me", params={"token": key}).status_code == 401


def test_a_deleted_access_key_is_refused_at_once(api: Api) -> None:
    key = api.admin.made("accesskeys", expire=86_400)
    caller = api.with_token(key["token"])
    assert caller.get("/v1.0/me").status_code == 200
    api.admin.delete(f"/v1.0/accesskeys/{key['id']}")
    assert reason(caller.get("/v1.0/me")) == "INVALID_CREDENTIALS"


def test_an_expired_access_key_is_refused(sqlite_api: Api) -> None:
    key = sqlite_api.admin.made("accesskeys", expire=86_400)
    with sqlite3.connect(sqlite_api.settings.database_file) as database:
        database.execute("UPDATE accesskeys SET tm_expire = ? WHERE id = ?", (now() - 1, key["id"]))
    database.close()
    assert reason(sqlite_api.with_token(key["token"]).get("/v1.0/me")) == "INVALID_CREDENTIALS"


def test_a_deleted_agent_is_refused_at_once(api: Api) -> None:
    agent = api.admin.made("agents", username="short@lived", password="long enough", permission="customer_manager")
    caller = api.with_token(api.login("short@lived", "long enough"))
    assert caller.get("/v1.0/me").json()["username"] == "short@lived"
    api.admin.delete(f"/v1.0/agents/{agent['id']}")
    assert reason(caller.get("/v1.0/me")) == "INVALID_CREDENTIALS"
    answer = api.nobody.post("/auth/login", {"username": "short@lived", "password": "long enough"})
    assert reason(answer) == "INVALID_CREDENTIALS"


def test_a_new_password_ends_the_sessions_of_the_old_one(api: Api) -> None:
    agent = api.admin.made("agents", username="changing@mind", password="long enough", permission="customer_manager")
    caller = api.with_token(api.login("changing@mind", "long enough"))
    api.admin.put(f"/v1.0/agents/{agent['id']}", {"password": "another one"})
    assert reason(caller.get("/v1.0/me")) == "INVALID_CREDENTIALS"
    assert api.login("changing@mind", "another one")


def test_a_key_of_a_deleted_customer_is_refused(api: Api) -> None:
    customer = api.admin.made("customers")["id"]
    caller = api.caller_with("customer_admin", customer)
    assert caller.get("/v1.0/customer").json()["id"] == customer
    assert api.admin.delete(f"/v1.0/customers/{customer}").status_code == 200
    assert reason(caller.get("/v1.0/customer")) == "INVALID_CREDENTIALS"


def test_a_rotated_signing_key_logs_nobody_out(tmp_path: Path, prepared_file: Path) -> None:
    settings = settings_for(tmp_path, database=prepared_file)
    with serving(settings) as before:
        token = before.login(USERNAME, PASSWORD)
    rotate(settings.secrets_folder)
    with serving(settings) as after:
        assert after.with_token(token).get("/v1.0/me").status_code == 200
        assert (
            jwt.get_unverified_header(after.login(USERNAME, PASSWORD))["kid"] != jwt.get_unverified_header(token)["kid"]
        )


def test_a_session_lasts_seven_days(sqlite_api: Api) -> None:
    claims = claims_of(sqlite_api.login(USERNAME, PASSWORD))
    assert claims["exp"] - claims["iat"] == 7 * 86_400


@pytest.mark.parametrize(
    ("username", "password"),
    [(USERNAME, "wrong"), ("nobody@anywhere", "wrong"), ("", ""), ("a b", "x"), (USERNAME, "")],
)
def test_a_wrong_login_has_one_answer(sqlite_api: Api, username: str, password: str) -> None:
    body = {"username": username, "password": password}
    answer = sqlite_api.nobody.post("/auth/login", body, headers={"X-Request-Id": "the-same-for-all"})
    expected = sqlite_api.nobody.get(
        "/v1.0/me", params={"accesskey": "wrong"}, headers={"X-Request-Id": "the-same-for-all"}
    )
    assert (answer.status_code, answer.content) == (401, expected.content)


@pytest.fixture(scope="module")
def guessed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """An API on which wrong passwords do no harm to other tests."""
    limits: dict[str, Any] = {"login_failures_per_minute": 12, "address_login_failures_per_minute": 1000}
    limits |= {"trusted_proxies": "127.0.0.1"}
    with password_cost(REAL_HASHER), serving(settings_for(tmp_path_factory.mktemp("guessed"), **limits)) as running:
        yield running


def test_an_unknown_user_costs_the_same_time_as_a_wrong_password(guessed: Api) -> None:
    """Processor time of this process, server included: the wall clock would measure what else the machine does.

    To a stranger, who guesses from an address where neither has logged in.
    """
    taken: dict[str, list[float]] = {USERNAME: [], "nobody@anywhere": []}
    for _ in range(times(5, 9)):
        for username, each_s in taken.items():
            started = time.process_time()
            body = {"username": username, "password": "wrong"}
            guessed.nobody.post("/auth/login", body, headers={"X-Forwarded-For": "192.0.2.1"})
            each_s.append(time.process_time() - started)
    known, unknown = (statistics.median(each_s) for each_s in taken.values())
    assert min(known, unknown) > 0.02
    assert 0.8 < known / unknown < 1.25


def test_wrong_logins_by_the_thousand_end_in_429_and_hurt_nobody_else(guessed: Api) -> None:
    guessed.admin.made("agents", username="the@victim", password="long enough", permission="customer_manager")
    body = {"username": "the@victim", "password": "wrong"}
    codes = []
    for _ in range(times(200, 2_000)):
        answer = guessed.nobody.post("/auth/login", body)
        codes.append(answer.status_code)
    assert set(codes[:12]) == {401}
    assert set(codes[100:]) == {429}
    assert reason(answer) == "RATE_LIMIT_EXCEEDED"
    assert 1 <= int(answer.headers["retry-after"]) <= 60
    assert guessed.login(USERNAME, PASSWORD)
    assert guessed.admin.get("/v1.0/me").status_code == 200


def test_an_address_has_so_many_wrong_logins_a_minute_whatever_the_names(tmp_path: Path, prepared_file: Path) -> None:
    settings = settings_for(
        tmp_path, database=prepared_file, address_login_failures_per_minute=5, trusted_proxies="127.0.0.1"
    )
    with serving(settings) as api:

        def login(username: str, password: str, address: str) -> int:
            body = {"username": username, "password": password}
            status: int = api.nobody.post("/auth/login", body, headers={"X-Forwarded-For": address}).status_code
            return status

        guesses = [login(f"name-{n}", "wrong", "203.0.113.9") for n in range(8)]
        assert guesses == [401] * 5 + [429] * 3
        assert login(USERNAME, PASSWORD, "203.0.113.9") == 429
        assert login(USERNAME, PASSWORD, "198.51.100.7") == 200


def test_a_right_login_clears_the_count_of_wrong_ones(tmp_path: Path, prepared_file: Path) -> None:
    with serving(settings_for(tmp_path, database=prepared_file, login_failures_per_minute=3)) as api:
        for _ in range(3):
            assert api.nobody.post("/auth/login", {"username": USERNAME, "password": "x"}).status_code == 401
            assert api.nobody.post("/auth/login", {"username": USERNAME, "password": "x"}).status_code == 401
            assert api.login(USERNAME, PASSWORD)


def test_a_caller_over_the_rate_limit_is_told_when_to_come_back(tmp_path: Path, prepared_file: Path) -> None:
    with serving(settings_for(tmp_path, database=prepared_file, requests_per_second=20)) as api:
        other = api.caller_with("customer_manager", SYSTEM_DEFAULT)
        answers = [api.admin.get("/v1.0/me") for _ in range(60)]
        refused = [answer for answer in answers if answer.status_code == 429]
        assert refused
        assert refused[0].headers["retry-after"] == "1"
        assert other.get("/v1.0/me").status_code == 200


def test_query_credentials_can_be_turned_off(tmp_path: Path, prepared_file: Path) -> None:
    with serving(settings_for(tmp_path, database=prepared_file, query_credentials=False)) as api:
        token = api.login(USERNAME, PASSWORD)
        assert reason(api.nobody.get("/v1.0/me", params={"token": token})) == "AUTHENTICATION_REQUIRED"
        assert reason(api.admin.get("/v1.0/me", params={"token": token})) == "INVALID_REQUEST_PARAMETER"
