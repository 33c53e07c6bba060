"""What a slow, large or broken client may hold, seen from a bare socket."""

import json
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from dialplane.control.units import FEED
from tests.api.serving import Api, serving, settings_for
from tests.ports import free_port
from tests.waiting import eventually


@pytest.fixture(scope="module")
def hurried(prepared_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """An API with short deadlines, so that tests of them are quick."""
    limits: dict[str, Any] = {"header_timeout_s": 1, "body_timeout_s": 1, "keep_alive_s": 1}
    with serving(settings_for(tmp_path_factory.mktemp("hurried"), database=prepared_file, **limits)) as running:
        yield running


class Wire:
    """A connection of bare bytes."""

    def __init__(self, api: Api) -> None:
        self.socket = socket.create_connection(("127.0.0.1", api.port), timeout=10)

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def read(self) -> bytes:
        """All that comes until the other side closes."""
        got = b""
        try:
            while chunk := self.socket.recv(65_536):
                got += chunk
        except ConnectionResetError:
            pass
        return got

    def __enter__(self) -> "Wire":
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()


def test_a_connection_that_says_nothing_is_closed(hurried: Api) -> None:
    with Wire(hurried) as wire:
        started = time.monotonic()
        assert wire.read() == b""
        assert 0.5 < time.monotonic() - started < 5


@pytest.mark.parametrize("head", [b"GET /healthz HTTP/1.1\r\n", b"\r\n", b"G"])
def test_a_head_that_comes_one_byte_at_a_time_is_cut_off(hurried: Api, head: bytes) -> None:
    with Wire(hurried) as wire:
        wire.send(head)
        started, closed = time.monotonic(), False
        while not closed and time.monotonic() - started < 5:
            try:
                wire.send(b"X")
                wire.socket.settimeout(0.1)
                closed = wire.socket.recv(1) == b""
            except TimeoutError:
                pass
            except OSError:
                closed = True
        assert closed
        assert time.monotonic() - started < 3


def test_an_idle_connection_that_sends_only_line_ends_after_an_answer_is_closed(hurried: Api) -> None:
    with Wire(hurried) as wire:
        wire.send(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        eventually(lambda: b'"ok"' in wire.socket.recv(65_536))
        wire.send(b"\r\n")
        started = time.monotonic()
        wire.read()
        assert time.monotonic() - started < 5


def test_a_body_that_comes_too_slowly_is_refused(hurried: Api) -> None:
    with Wire(hurried) as wire:
        wire.send(
            b"POST /auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"
        )
        answer = wire.read()
        assert answer.startswith(b"HTTP/1.1 408 ")
        assert b'"REQUEST_TIMEOUT"' in answer


HEADS = {
    "one header of 100 kB": b"GET /healthz HTTP/1.1\r\nHost: x\r\nX-Big: " + b"x" * 100_000 + b"\r\n\r\n",
    "10,000 headers": b"GET /healthz HTTP/1.1\r\nHost: x\r\n" + b"X-A: b\r\n" * 10_000 + b"\r\n",
    "a path of 100 kB": b"GET /" + b"x" * 100_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
    "a header name of 100 kB": b"GET /healthz HTTP/1.1\r\nHost: x\r\n" + b"x" * 100_000 + b": y\r\n\r\n",
    "a head of 10 MB without an end": b"GET /healthz HTTP/1.1\r\nX-Big: " + b"x" * 10_000_000,
}


@pytest.mark.parametrize("name", HEADS)
def test_a_head_that_is_too_large_is_refused(sqlite_api: Api, name: str) -> None:
    with Wire(sqlite_api) as wire:
        try:
            wire.send(HEADS[name])
        except OSError:
            assert "10 MB" in name
            return
        answer = wire.read()
        assert answer.startswith(b"HTTP/1.1 431 ") or (answer == b"" and "10 MB" in name)
        assert b'"HEADER_TOO_LARGE"' in answer or answer == b""


BROKEN = {
    "not HTTP": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    "no version": b"GET /healthz\r\n\r\n",
    "bad header": b"GET /healthz HTTP/1.1\r\nHost x\r\n\r\n",
    "bad length": b"POST /auth/login HTTP/1.1\r\nHost: x\r\nContent-Length: abc\r\n\r\n",
    "two lengths": b"POST /auth/login HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
    "length and chunks": b"POST /auth/login HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n"
    b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "negative length": b"POST /auth/login HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
    "bad chunk": b"POST /auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
    "CONNECT": b"CONNECT example.com:443 HTTP/1.1\r\nHost: example.com\r\n\r\n",
    "raw bytes in the path": b"GET /\xff\xfe HTTP/1.1\r\nHost: x\r\n\r\n",
    "no host": b"GET /healthz HTTP/1.1\r\n\r\n",
    "two hosts": b"GET /healthz HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n",
    "gzip and chunked": b"POST /auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    b"Transfer-Encoding: gzip, chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
    "folded header": b"GET /healthz HTTP/1.1\r\nHost: x\r\nX-A: b\r\n c\r\n\r\n",
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_not_http_is_refused_with_the_envelope(sqlite_api: Api, name: str) -> None:
    with Wire(sqlite_api) as wire:
        wire.send(BROKEN[name])
        wire.socket.shutdown(socket.SHUT_WR)
        answer = wire.read()
    assert answer.startswith((b"HTTP/1.1 400 ", b"HTTP/1.1 404 ", b"HTTP/1.1 405 ")), answer
    assert b'{"error":{"status":' in answer
    assert b"Traceback" not in answer


def test_a_body_without_a_declared_length_is_read_only_up_to_the_limit(sqlite_api: Api) -> None:
    head = (
        b"POST /v1.0/providers HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        b"Transfer-Encoding: chunked\r\nAuthorization: "
        + sqlite_api.admin.headers["Authorization"].encode()
        + b"\r\n\r\n"
    )
    chunk = b"10000\r\n" + b"x" * 65_536 + b"\r\n"
    sent = 0
    with Wire(sqlite_api) as wire:
        wire.send(head)
        try:
            while sent < 50 * 1_048_576:
                wire.send(chunk)
                sent += len(chunk)
        except OSError:
            pass
        answer = wire.read()
    assert sent < 20 * 1_048_576
    assert answer == b"" or answer.startswith(b"HTTP/1.1 413 ")


def test_a_declared_body_of_50_mb_is_refused_before_it_is_sent(sqlite_api: Api) -> None:
    with Wire(sqlite_api) as wire:
        wire.send(
            b"POST /v1.0/providers HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nExpect: 100-continue\r\n"
            b"Content-Length: 52428800\r\nAuthorization: "
            + sqlite_api.admin.headers["Authorization"].encode()
            + b"\r\n\r\n"
        )
        answer = wire.read()
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b'"BODY_TOO_LARGE"' in answer


def test_the_next_request_of_a_connection_is_not_harmed_by_a_refused_body(sqlite_api: Api) -> None:
    with Wire(sqlite_api) as wire:
        wire.send(
            b"POST /v1.0/nothing HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello"
            b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
        )
        answer = wire.read()
    assert answer.count(b"HTTP/1.1 ") == 2
    assert answer.rindex(b"HTTP/1.1 200 ") > answer.index(b"HTTP/1.1 404 ")


def test_head_is_answered_like_get_without_a_body(sqlite_api: Api) -> None:
    got = sqlite_api.admin.get("/v1.0/customer")
    head = sqlite_api.admin("HEAD", "/v1.0/customer")
    assert head.status_code == 200
    assert head.content == b""
    assert head.headers["content-length"] == got.headers["content-length"]


def test_more_requests_than_can_be_served_in_time_are_told_to_come_back(tmp_path: Path, prepared_file: Path) -> None:
    with serving(settings_for(tmp_path, database=prepared_file, requests_in_flight=1)) as api, Wire(api) as slow:
        slow.send(
            b"POST /auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{"
        )
        eventually(lambda: has_begun(api, slow), what="the slot is taken")
        answer: Any = api.admin.get("/v1.0/me")
        assert answer.json()["error"]["reason"] == "OVERLOADED"
        assert answer.headers["retry-after"] == "1"
        assert api.nobody.get("/healthz").status_code == 200
        assert api.nobody.get("/readyz").status_code == 200


def has_begun(api: Api, wire: Wire) -> bool:
    """Whether the server is at a request of this connection: others may be there, too, from before."""
    own = wire.socket.getsockname()
    known = [one for one in list(api.server.server_state.connections) if getattr(one, "cycle", None) is not None]
    return any(one.transport.get_extra_info("peername") == own for one in known)


def test_a_request_in_flight_is_finished_when_the_api_stops(tmp_path: Path, prepared_file: Path) -> None:
    with serving(settings_for(tmp_path, database=prepared_file)) as api, Wire(api) as wire:
        body = b'{"username": "admin@localhost", "password": "correct horse battery staple"}'
        wire.send(
            b"POST /auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: "
            + str(len(body)).encode()
            + b"\r\n\r\n"
            + body[:10]
        )
        eventually(lambda: has_begun(api, wire), what="the server to have taken the request up")
        api.server.should_exit = True
        eventually(lambda: api.server.app.state.services.stopping.is_set())
        wire.send(body[10:])
        answer = wire.read()
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert b'"token":' in answer


def test_a_long_poll_ends_when_the_api_stops(tmp_path: Path, prepared_file: Path) -> None:
    with serving(settings_for(tmp_path, database=prepared_file)) as api:
        lines = api.admin.get("/v1.0/feed").text.splitlines()
        epoch, since = json.loads(lines[0])["epoch"], json.loads(lines[-1])["end"]
        answers: list[Any] = []
        poll = threading.Thread(
            target=lambda: answers.append(
                api.admin.get("/v1.0/feed", params={"since": since, "epoch": epoch, "wait": "30"})
            )
        )
        poll.start()
        eventually(lambda: api.server.app.state.services.slots[FEED].held == 1)
        api.server.should_exit = True
        poll.join(timeout=10)
        assert not poll.is_alive()
        assert answers[0].status_code == 200
        assert answers[0].text.splitlines()[-1].startswith('{"end":')


def test_a_follower_that_goes_away_frees_its_slot_at_once(sqlite_api: Api) -> None:
    lines = sqlite_api.admin.get("/v1.0/feed").text.splitlines()
    epoch, since = json.loads(lines[0])["epoch"], json.loads(lines[-1])["end"]
    services = sqlite_api.server.app.state.services
    with Wire(sqlite_api) as wire:
        wire.send(
            f"GET /v1.0/feed?since={since}&epoch={epoch}&wait=30 HTTP/1.1\r\nHost: x\r\n"
            f"Authorization: {sqlite_api.admin.headers['Authorization']}\r\n\r\n".encode()
        )
        eventually(lambda: services.slots[FEED].held == 1)
    eventually(lambda: services.slots[FEED].held == 0, within_s=5)


def test_all_addresses_of_ipv6_are_those_of_ipv4_too(prepared_file: Path, tmp_path: Path) -> None:
    settings = settings_for(tmp_path, database=prepared_file, http=f"[::]:{free_port()}")
    with serving(settings), httpx2.Client() as http:
        for host in ("127.0.0.1", "[::1]"):
            assert http.get(f"http://{host}:{settings.http.port}/healthz").status_code == 200
