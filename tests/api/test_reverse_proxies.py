"""A reverse proxy before the API: whose word on a client's address is believed, and what that address is good for."""

import asyncio
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx2
import pytest
from structlog.testing import capture_logs

from dialplane.api.server.server import make_server
from tests.api.serving import Api, serving, settings_for
from tests.databases import PASSWORD, USERNAME

GUESSES = 10
GUESSER, OWNER = "203.0.113.9", "198.51.100.7"


@pytest.fixture
def behind(prepared_file: Path, tmp_path: Path) -> Iterator[Api]:
    """An API behind a proxy on the same machine, which it trusts."""
    with serving(settings_for(tmp_path, database=prepared_file, trusted_proxies="127.0.0.0/8, ::1")) as api:
        yield api


def login(api: Api, forwarded_for: str, password: str = "wrong") -> int:
    body = {"username": USERNAME, "password": password}
    status: int = api.nobody.post("/auth/login", body, headers={"X-Forwarded-For": forwarded_for}).status_code
    return status


def source_of_a_change(api: Api, forwarded_for: str) -> str:
    """The address that the revision of a change tells. Other headers in which proxies say one are nobody's word."""
    others = {"X-Real-IP": "192.0.2.77", "Forwarded": "for=192.0.2.77"}
    answer = api.admin.post("/v1.0/customers", {}, headers={"X-Forwarded-For": forwarded_for.encode(), **others})
    told: str = api.admin.get(f"/v1.0/revisions/{answer.headers['x-revision']}").json()["source_ip"]
    return told


@pytest.mark.parametrize(
    ("trusted", "told"),
    [
        ("127.0.0.1", GUESSER),
        ("127.0.0.0/8", GUESSER),
        ("192.0.2.1", "127.0.0.1"),
        ("", "127.0.0.1"),
    ],
)
def test_a_forwarded_address_is_believed_only_of_a_trusted_proxy(
    prepared_file: Path, tmp_path: Path, trusted: str, told: str
) -> None:
    with serving(settings_for(tmp_path, database=prepared_file, trusted_proxies=trusted)) as api:
        assert source_of_a_change(api, GUESSER) == told


def test_a_guesser_locks_out_nobody_at_another_address(behind: Api) -> None:
    guesses = [login(behind, GUESSER) for _ in range(GUESSES)]
    invented = login(behind, f"10.9.8.7, {GUESSER}")  # the last address is the proxy's word, those before it are not
    assert (set(guesses), invented) == ({401}, 429)
    assert login(behind, GUESSER, PASSWORD) == 429
    assert login(behind, OWNER, PASSWORD) == 200


def test_the_addresses_of_one_ipv6_network_are_one_guesser(behind: Api) -> None:
    guesses = [login(behind, f"2001:db8:0:1::{n:x}") for n in range(GUESSES)]
    assert set(guesses) == {401}
    assert login(behind, "2001:db8:0:1:ffff::1", PASSWORD) == 429
    assert login(behind, "2001:db8:0:2::1", PASSWORD) == 200


def test_a_proxy_that_passes_on_what_clients_invent_puts_no_text_into_the_audit_trail(behind: Api) -> None:
    for invented in ("evil\u00e9", "fe80::1%evil\u00e9", "x" * 600, "127.0.0.1, unix:"):
        assert source_of_a_change(behind, invented) in ("", "fe80::1")
    assert source_of_a_change(behind, "[2001:DB8::0:9]:4711") == "2001:db8::9"


def test_a_proxy_that_is_not_named_is_told_of_at_each_login(prepared_file: Path, tmp_path: Path) -> None:
    with capture_logs() as lines, serving(settings_for(tmp_path, database=prepared_file)) as api:
        assert login(api, OWNER, PASSWORD) == 200
    [line] = [line for line in lines if "DIALPLANE_TRUSTED_PROXIES" in line["event"]]
    assert line["proxy"] == "127.0.0.1"


def servers(api: Api, path: str = "/openapi.json", **headers: str) -> object:
    """Where the document says that the API is."""
    return api.nobody.get(path, headers=headers).json().get("servers")


def test_a_path_below_which_a_proxy_serves_the_api_is_in_its_pages(behind: Api) -> None:
    assert servers(behind, **{"X-Forwarded-Prefix": "/a/dialplane/"}) == [{"url": "/a/dialplane"}]
    assert '"/a/static-offline-docs/' in behind.nobody.get("/docs", headers={"X-Forwarded-Prefix": "/a"}).text
    assert '"/static-offline-docs/' in behind.nobody.get("/docs").text


@pytest.mark.parametrize("sent", ["//evil.example", "/a b", "/<script>", "evil", "/x" * 9, "/é", "/../a/.."])
def test_what_is_no_path_is_no_prefix(behind: Api, sent: str) -> None:
    answer = behind.nobody.get("/docs", headers={"X-Forwarded-Prefix": sent.encode()})
    assert (answer.status_code, '"/static-offline-docs/' in answer.text) == (200, True)


def test_a_prefix_of_anybody_else_is_not_believed(prepared_file: Path, tmp_path: Path) -> None:
    with serving(settings_for(tmp_path, database=prepared_file, trusted_proxies="192.0.2.1")) as api:
        assert servers(api, **{"X-Forwarded-Prefix": "/evil"}) is None


def test_a_proxy_need_not_cut_the_path_off_that_is_set(prepared_file: Path, tmp_path: Path) -> None:
    with serving(settings_for(tmp_path, database=prepared_file, root_path="/dialplane/")) as api:
        for path in ("/openapi.json", "/dialplane/openapi.json"):
            assert servers(api, path) == [{"url": "/dialplane"}]
        assert api.nobody.get("/dialplane/healthz").status_code == api.nobody.get("/healthz").status_code == 200
        assert api.nobody.get("/dialplanes/healthz").status_code == 404
        assert api.nobody.get("/dialplane").headers["location"] == "/dialplane/ui/"


def test_a_unix_socket_is_for_its_group_alone_and_takes_the_place_of_one_that_was_left(
    prepared_file: Path, tmp_path: Path
) -> None:
    path = tmp_path / "api.sock"
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(path))
    with serving(settings_for(tmp_path, database=prepared_file, http_socket=path)):
        assert oct(path.stat().st_mode & 0o7777) == "0o660"
        with httpx2.Client(transport=httpx2.HTTPTransport(uds=str(path), verify=False)) as by_socket:
            assert by_socket.get("http://api/healthz").status_code == 200


def test_connections_by_the_unix_socket_are_not_counted_as_one_address(prepared_file: Path, tmp_path: Path) -> None:
    path = tmp_path / "api.sock"
    settings = settings_for(tmp_path, database=prepared_file, http_socket=path, connections_per_address=2)
    with serving(settings), ExitStack() as held:
        for _ in range(5):
            connection = held.enter_context(socket.socket(socket.AF_UNIX))
            connection.connect(str(path))
            connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
            assert connection.recv(100).startswith(b"HTTP/1.1 200")


def test_without_a_word_of_the_proxy_a_client_of_the_unix_socket_has_no_address(
    prepared_file: Path, tmp_path: Path
) -> None:
    path = tmp_path / "api.sock"
    with serving(settings_for(tmp_path, database=prepared_file, http_socket=path)) as api:
        with httpx2.Client(transport=httpx2.HTTPTransport(uds=str(path), verify=False)) as by_socket:
            answer = by_socket.post("http://api/v1.0/customers", json={}, headers=api.admin.headers)
        revision = api.admin.get(f"/v1.0/revisions/{answer.headers['x-revision']}").json()
        assert (answer.status_code, revision["source_ip"]) == (200, "")


def test_a_unix_socket_that_cannot_be_is_said(tmp_path: Path) -> None:
    path = tmp_path / "nowhere" / "api.sock"
    with capture_logs() as lines, pytest.raises(SystemExit):
        asyncio.run(make_server(settings_for(tmp_path, http_socket=path), on_first_start=lambda _: None).serve())
    assert lines[-1]["why"] == "No such file or directory"
