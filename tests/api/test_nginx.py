"""deploy/nginx.conf before a real API: HTTPS, the client's address, a path below which all works, a quiet log."""

import re
import socket
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.api.nginx import CLIENT, NAME, Front, client_of, nginx
from tests.databases import PASSWORD, USERNAME
from tests.waiting import eventually

SPOOFED = "203.0.113.9"


@pytest.fixture(scope="module")
def front(prepared_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Front]:
    with nginx(tmp_path_factory.mktemp("nginx"), prepared_file) as found:
        yield found


def test_plain_http_is_sent_on_to_https(front: Front) -> None:
    answer = front.http.get(f"{front.plain_url}/v1.0/me?x=1", follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (301, f"https://{NAME}/v1.0/me?x=1")


@pytest.mark.parametrize("prefix", ["", "/dialplane"])
def test_the_clients_own_word_on_its_address_is_not_believed(front: Front, prefix: str) -> None:
    changed = front.caller(prefix).post("/v1.0/customers", {}, headers={"X-Forwarded-For": SPOOFED})
    revision = front.api.admin.get(f"/v1.0/revisions/{changed.headers['x-revision']}").json()
    assert revision["source_ip"] == CLIENT


def test_it_is_reached_by_ipv6_too(front: Front) -> None:
    port = int(front.url.rpartition(":")[2])
    context = ssl.create_default_context(cafile=str(front.log.with_name("authority.pem")))
    with socket.create_connection(("::1", port), timeout=5) as plain:
        with context.wrap_socket(plain, server_hostname=NAME) as secured:
            secured.sendall(b"GET /healthz HTTP/1.0\r\n\r\n")
            assert secured.recv(100).startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize("page", ["/docs", "/redoc"])
@pytest.mark.parametrize("prefix", ["", "/dialplane"])
def test_all_that_a_page_of_the_documentation_links_to_is_there(front: Front, prefix: str, page: str) -> None:
    html = front.http.get(f"{front.url}{prefix}{page}").text
    links = re.findall(r"""(?:href|src|spec-url)="(/[^"]+)"|url: '(/[^']+)'""", html)
    paths = {path for found in links for path in found if path}
    assert f"{prefix}/openapi.json" in paths
    assert len(paths) >= 3
    for path in paths:
        assert path.startswith(f"{prefix}/")
        assert front.http.get(front.url + path).status_code == 200


def test_the_document_tells_where_the_api_is(front: Front) -> None:
    assert front.http.get(f"{front.url}/dialplane/openapi.json").json()["servers"] == [{"url": "/dialplane"}]
    assert front.http.get(f"{front.url}/dialplane/openapi-3.0.json").json()["servers"] == [{"url": "/dialplane"}]
    spoofed = front.http.get(f"{front.url}/openapi.json", headers={"X-Forwarded-Prefix": "/evil"}).json()
    assert spoofed.get("servers") != [{"url": "/evil"}]


def test_credentials_in_a_query_are_in_no_log(front: Front) -> None:
    token = front.api.admin.headers["Authorization"].removeprefix("Bearer ")
    assert front.http.get(f"{front.url}/v1.0/me", params={"token": token}).status_code == 200
    eventually(lambda: '"GET /v1.0/me" 200' in front.log.read_text(), what="the line of the request, after its answer")
    assert token not in front.log.read_text()


def test_the_feed_comes_through_as_a_stream(front: Front) -> None:
    assert front.caller("/dialplane").get("/v1.0/feed").text.splitlines()[-1].startswith('{"')


def test_what_happens_comes_through_as_it_happens(front: Front) -> None:
    admin = front.caller("/dialplane")
    url = f"{admin.base_url}/v1.0/stream?topics=revisions&for_s=30"
    with front.http.stream("GET", url, headers=admin.headers, timeout=20) as stream:
        events = (line for line in stream.iter_lines() if line.startswith("event:"))
        assert next(events) == "event: ready"
        admin.made("customers")
        assert next(events) == "event: revision"


def test_a_browser_keeps_its_session_whatever_the_path(front: Front) -> None:
    with client_of(front) as browser:
        body = {"username": USERNAME, "password": PASSWORD}
        answer = browser.post(f"{front.url}/dialplane/auth/session", json=body)
        assert answer.status_code == 200, answer.text
        assert re.search(r"; Secure\b", answer.headers["set-cookie"])
        assert browser.get(f"{front.url}/dialplane/v1.0/me").status_code == 200


def test_by_the_unix_socket_it_is_the_same(prepared_file: Path, tmp_path: Path) -> None:
    with nginx(tmp_path, prepared_file, unix=True) as front:
        changed = front.caller("/dialplane").post("/v1.0/customers", {}, headers={"X-Forwarded-For": SPOOFED})
        revision = front.api.admin.get(f"/v1.0/revisions/{changed.headers['x-revision']}").json()
        assert revision["source_ip"] == CLIENT
        assert front.http.get(f"{front.url}/dialplane/openapi.json").json()["servers"] == [{"url": "/dialplane"}]
