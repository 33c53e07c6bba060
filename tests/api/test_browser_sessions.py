"""Browsers' sessions: a cookie with the rights of its person, of no use to any other page, and a link for the demo."""

import time
from collections.abc import Iterator
from http.cookiejar import CookieJar, DefaultCookiePolicy
from pathlib import Path
from typing import Any

import httpx2
import pytest

from dialplane.api.http.request import is_loopback
from dialplane.control.login import link
from dialplane.control.login.sessions import RENEWED_AFTER_S, SessionKeys
from tests.api.serving import Api, Caller, serving, settings_for
from tests.databases import PASSWORD, USERNAME

CONSOLE = {"X-Dialplane-Console": "1"}
OF_OWN_PAGE = {"Sec-Fetch-Site": "same-origin"}


HTTP = httpx2.Client(cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())))
"""Keeps no cookie by itself: which one is sent is what the tests are about."""


@pytest.fixture(scope="session", autouse=True)
def _closed_at_the_end() -> Iterator[None]:
    with HTTP:
        yield


def nobody(api: Api) -> Caller:
    return Caller(api.base_url, HTTP, {})


def begin(api: Api, username: str = USERNAME, password: str = PASSWORD, **headers: str) -> Any:
    return nobody(api).post("/auth/session", {"username": username, "password": password}, headers=headers)


def browser(api: Api, cookie: str) -> Caller:
    """What the console's pages send."""
    return Caller(api.base_url, HTTP, {"Cookie": cookie.partition(";")[0], **CONSOLE, **OF_OWN_PAGE})


def cookie_of(answer: Any) -> str:
    cookie: str = answer.headers["set-cookie"]
    return cookie


def reason(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["reason"]


def test_a_session_is_a_cookie_that_no_script_and_no_other_site_gets(sqlite_api: Api) -> None:
    answer = begin(sqlite_api)
    cookie = cookie_of(answer)
    assert answer.json() == {"username": USERNAME, "idle_s": 43_200}
    assert {part.strip() for part in cookie.split(";")[1:]} == {
        "HttpOnly", "Max-Age=43200", "Path=/", "SameSite=strict",
    }  # fmt: skip
    assert cookie.partition("=")[2].partition(";")[0] not in answer.text


def test_wrong_passwords_of_browsers_count_like_all_others(tmp_path: Path, prepared_file: Path) -> None:
    settings = settings_for(tmp_path, database=prepared_file, login_failures_per_minute=2)
    with serving(settings) as api:
        assert [begin(api, "nobody@localhost", "guess").status_code for _ in range(3)] == [401, 401, 429]
        login = {"username": "nobody@localhost", "password": "guess"}
        assert api.nobody.post("/auth/login", login).status_code == 429


def test_a_session_has_the_rights_of_its_person(api: Api, customer: dict[str, Any]) -> None:
    person = {"username": f"{customer['id']}@own.example", "password": "long enough"}
    api.admin.made("agents", **person, customer_id=customer["id"], permission="customer_manager")
    manager = browser(api, cookie_of(begin(api, **person)))
    assert manager.get("/v1.0/me").json()["username"] == person["username"]
    assert manager.post("/v1.0/trunks", {"name": "made in a browser"}).status_code == 200
    assert reason(manager.get("/v1.0/providers")) == (403, "PERMISSION_DENIED")
    assert reason(manager.post("/v1.0/accesskeys", {"expire": 86_400})) == (403, "PERMISSION_DENIED")


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_what_changes_something_says_that_it_means_it(sqlite_api: Api, method: str) -> None:
    cookie = cookie_of(begin(sqlite_api))
    made = sqlite_api.admin.made("customers", name="before")
    path = "/v1.0/customers" if method == "POST" else f"/v1.0/customers/{made['id']}"
    forged = browser(sqlite_api, cookie)
    forged.headers = {**forged.headers, "X-Dialplane-Console": "yes"}
    answer = forged(method, path, json=None if method == "DELETE" else {"name": "after"})
    assert reason(answer) == (400, "INVALID_REQUEST_HEADER")
    assert answer.json()["error"]["details"][0]["field"] == "X-Dialplane-Console"
    assert sqlite_api.admin.get(f"/v1.0/customers/{made['id']}").json()["name"] == "before"


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "same-site", "Origin": "http://127.0.0.1:1"},
        {"Origin": "http://127.0.0.1:1"},
        {"Origin": "null"},
    ],
    ids=str,
)
def test_a_page_of_another_origin_has_no_session(sqlite_api: Api, headers: dict[str, str]) -> None:
    cookie = cookie_of(begin(sqlite_api)).partition(";")[0]
    answer = nobody(sqlite_api).get("/v1.0/me", headers={"Cookie": cookie, **CONSOLE, **headers})
    assert reason(answer) == (401, "AUTHENTICATION_REQUIRED")


def test_a_browser_that_says_so_is_on_our_page_whatever_host_its_proxy_names(sqlite_api: Api) -> None:
    own = browser(sqlite_api, cookie_of(begin(sqlite_api)))
    answer = own.get("/v1.0/me", headers={"Origin": "https://console.example", "Host": "backend:8080"})
    assert answer.status_code == 200


def test_over_https_the_cookie_is_secure_and_this_hosts_alone(prepared_file: Path, tmp_path: Path) -> None:
    with serving(settings_for(tmp_path, database=prepared_file, trusted_proxies="127.0.0.0/8")) as api:
        https = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "203.0.113.9"}
        cookie = cookie_of(begin(api, **https))
        assert cookie.startswith("__Host-dialplane=")
        assert "Secure" in cookie
        assert browser(api, cookie).get("/v1.0/me", headers=https).status_code == 200
        planted = cookie.removeprefix("__Host-")  # as another host of the domain could set it
        assert reason(browser(api, planted).get("/v1.0/me", headers=https)) == (401, "AUTHENTICATION_REQUIRED")


def keys_of(api: Api) -> SessionKeys:
    return SessionKeys.in_folder(api.settings.secrets_folder)


def aged(api: Api, *, age_s: int, login_age_s: int) -> str:
    """The cookie of a session that was issued so long ago, to somebody who logged in so long ago."""
    now = time.time_ns() // 1_000
    claims = keys_of(api).verify(token_of(begin(api)), now=now)
    token = keys_of(api).issue_to_browser(
        claims.agent_id, claims.stamp, now=now - age_s * 1_000_000, logged_in_at=now - login_age_s * 1_000_000
    )
    return f"dialplane={token}"


def token_of(answer: Any) -> str:
    return cookie_of(answer).partition("=")[2].partition(";")[0]


def test_a_session_in_use_is_renewed_and_an_unused_one_ends_after_twelve_hours(sqlite_api: Api) -> None:
    fresh = browser(sqlite_api, cookie_of(begin(sqlite_api))).get("/v1.0/me")
    assert "set-cookie" not in fresh.headers
    answer = browser(sqlite_api, aged(sqlite_api, age_s=RENEWED_AFTER_S + 1, login_age_s=86_400)).get("/v1.0/me")
    now = time.time_ns() // 1_000
    renewed = keys_of(sqlite_api).verify(token_of(answer), now=now)
    assert 43_190 < (renewed.expires_at - now) / 1e6 <= 43_200
    assert 86_390 < (now - (renewed.logged_in_at or 0)) / 1e6 < 86_410
    old = aged(sqlite_api, age_s=43_201, login_age_s=43_201)
    assert reason(browser(sqlite_api, old).get("/v1.0/me")) == (401, "INVALID_CREDENTIALS")


def test_no_use_keeps_a_session_for_longer_than_seven_days(sqlite_api: Api) -> None:
    answer = browser(sqlite_api, aged(sqlite_api, age_s=3_600, login_age_s=7 * 86_400 - 60)).get("/v1.0/me")
    now = time.time_ns() // 1_000
    assert (keys_of(sqlite_api).verify(token_of(answer), now=now).expires_at - now) / 1e6 <= 60


def test_logging_out_and_a_new_password_end_sessions(sqlite_api: Api, admin_of_its_own: dict[str, str]) -> None:
    person = browser(sqlite_api, cookie_of(begin(sqlite_api, **admin_of_its_own)))
    assert "Max-Age=0" in cookie_of(person.delete("/auth/session"))
    agent = person.get("/v1.0/me").json()["id"]
    sqlite_api.admin.put(f"/v1.0/agents/{agent}/password", {"password": "another long one"})
    assert reason(person.get("/v1.0/me")) == (401, "INVALID_CREDENTIALS")


@pytest.fixture
def admin_of_its_own(sqlite_api: Api) -> dict[str, str]:
    person = {"username": "second@own.example", "password": "long enough"}
    sqlite_api.admin.made("agents", **person, permission="project_super_admin")
    return person


def test_a_token_in_the_header_counts_before_a_session(sqlite_api: Api) -> None:
    key = sqlite_api.admin.made("accesskeys", expire=86_400, name="of a program")
    stale = sqlite_api.with_token(key["token"])
    answer = stale.post("/v1.0/customers", {"name": "made"}, headers={"Cookie": "dialplane=a.b.c"})
    assert answer.status_code == 200


@pytest.fixture
def demo(prepared_file: Path, tmp_path: Path) -> Iterator[Api]:
    with serving(settings_for(tmp_path, database=prepared_file, demo=True)) as api:
        yield api


def follow(api: Api, code: str, **headers: str) -> Any:
    return nobody(api).get(f"{link.PATH}?code={code}", headers=headers)


def test_the_link_of_the_demo_logs_in_once(demo: Api) -> None:
    code = link.make(demo.settings.folder.login_link, username=USERNAME)
    assert "set-cookie" not in follow(demo, "wrong").headers
    first = follow(demo, code)
    assert (first.status_code, first.headers["location"]) == (303, "/ui/")
    assert browser(demo, cookie_of(first)).get("/v1.0/me").json()["username"] == USERNAME
    again = follow(demo, code)
    assert again.status_code == 303
    assert "set-cookie" not in again.headers


def test_a_new_link_takes_the_place_of_the_one_before(demo: Api) -> None:
    older, newer = (link.make(demo.settings.folder.login_link, username=USERNAME) for _ in range(2))
    assert "set-cookie" not in follow(demo, older).headers
    assert "set-cookie" in follow(demo, newer).headers


ELSEWHERE = [
    {"Host": "rebound.example"}, {"X-Forwarded-For": "127.0.0.1"}, {"Forwarded": "for=127.0.0.1"}, {"Via": "1.1 p"},
]  # fmt: skip
"""Headers of requests that do not come straight from this machine."""


@pytest.mark.parametrize("headers", ELSEWHERE, ids=str)
def test_the_link_is_for_this_machine_alone(demo: Api, headers: dict[str, str]) -> None:
    code = link.make(demo.settings.folder.login_link, username=USERNAME)
    assert reason(follow(demo, code, **headers)) == (404, "ENDPOINT_NOT_FOUND")
    assert "set-cookie" in follow(demo, code).headers


def test_without_the_demo_there_is_no_link(sqlite_api: Api) -> None:
    code = link.make(sqlite_api.settings.folder.login_link, username=USERNAME)
    assert reason(follow(sqlite_api, code)) == (404, "ENDPOINT_NOT_FOUND")


@pytest.mark.parametrize(
    ("host", "is_here"),
    [("127.0.0.1", True), ("127.9.9.9", True), ("::1", True), ("localhost", True), ("192.0.2.1", False), ("", False)],
)
def test_which_hosts_are_this_machine(host: str, is_here: bool) -> None:
    assert is_loopback(host) is is_here
