import asyncio
import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from dialplane.client import ApiError, AsyncClient, Client, Retries
from dialplane.client.request import ApiRequest
from dialplane.client.retries import NO_RETRIES
from dialplane.client.schemas import RouteCreate
from tests.ports import free_port

Answer = tuple[int, Mapping[str, str], bytes]
QUICK = Retries(tries=3, first_wait_s=0.01, longest_wait_s=0.5)
ROUTE: RouteCreate = {"customer_id": "c", "provider_id": "p", "priority": 1, "target": "+82"}


class Script:
    """Answers in turn, the last one for ever; counts the requests."""

    def __init__(self, *answers: Answer) -> None:
        self.answers = list(answers)
        self.requests: list[str] = []
        self.url = ""

    def next(self, line: str) -> Answer:
        self.requests.append(line)
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


@contextmanager
def scripted(*answers: Answer) -> Iterator[Script]:
    script = Script(*answers)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _answer(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            status, headers, body = script.next(f"{self.command} {self.path}")
            self.send_response(status)
            for name, value in {"Content-Length": str(len(body)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = do_PUT = do_DELETE = _answer

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    script.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=lambda: server.serve_forever(poll_interval=0.02), daemon=True)
    thread.start()
    try:
        yield script
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


def ok(body: Any = None) -> Answer:
    return 200, {}, json.dumps(body or {"id": "x"}).encode()


def busy(retry_after: str | None = None, status: int = 503) -> Answer:
    headers = {} if retry_after is None else {"Retry-After": retry_after}
    error = {"status": "UNAVAILABLE", "reason": "BUSY", "message": "later", "request_id": "r1"}
    return status, headers, json.dumps({"error": error}).encode()


def test_a_read_is_tried_again_when_the_api_is_busy() -> None:
    with scripted(busy("0"), busy("0"), ok()) as script, Client(script.url, retries=QUICK) as client:
        assert client.routes.get("x")["id"] == "x"
        assert len(script.requests) == 3


def test_tries_are_bounded() -> None:
    with scripted(busy("0")) as script, Client(script.url, retries=QUICK) as client:
        with pytest.raises(ApiError) as refused:
            client.routes.get("x")
        assert len(script.requests) == 3
        assert (refused.value.reason, refused.value.request_id) == ("BUSY", "r1")


def test_a_create_is_sent_once_unless_it_has_an_idempotency_key() -> None:
    with scripted(busy("0"), ok()) as script, Client(script.url, retries=QUICK) as client:
        with pytest.raises(ApiError):
            client.routes.create(**ROUTE)
        assert len(script.requests) == 1
    with scripted(busy("0"), ok()) as script, Client(script.url, retries=QUICK) as client:
        assert client.routes.create(**ROUTE, idempotency_key="k")
        assert len(script.requests) == 2


def test_a_refusal_before_the_work_is_tried_again_for_every_method() -> None:
    with scripted(busy("0", status=429), ok()) as script, Client(script.url, retries=QUICK) as client:
        assert client.routes.create(**ROUTE)
        assert len(script.requests) == 2


def test_a_retry_after_that_is_too_long_goes_to_the_caller() -> None:
    with scripted(busy("60")) as script, Client(script.url, retries=QUICK) as client:
        with pytest.raises(ApiError) as refused:
            client.routes.get("x")
        assert refused.value.retry_after_s == 60
        assert len(script.requests) == 1


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 412, 500])
def test_an_answer_that_will_not_change_is_not_asked_for_again(status: int) -> None:
    with scripted(busy(status=status)) as script, Client(script.url, retries=QUICK) as client:
        with pytest.raises(ApiError) as refused:
            client.routes.get("x")
        assert refused.value.http_status == status
        assert len(script.requests) == 1


def test_waits_double_and_stay_below_the_longest() -> None:
    retries = Retries(tries=5, first_wait_s=1.0, longest_wait_s=3.0)
    error = ApiError("", http_status=None, status="", reason="UNREACHABLE")
    read = ApiRequest(method="GET", path="/")

    waits = [retries.wait_s(read, tried=n, error=error) for n in range(1, 6)]

    assert waits == [1.0, 2.0, 3.0, 3.0, None]


def test_an_api_that_is_not_there_is_an_error_that_says_where() -> None:
    url = f"http://127.0.0.1:{free_port()}"
    with Client(url, retries=NO_RETRIES) as client, pytest.raises(ApiError) as refused:
        client.me()

    assert (refused.value.http_status, refused.value.reason) == (None, "UNREACHABLE")
    assert url in str(refused.value)


@pytest.mark.parametrize("body", [b"<html>", b"", b"\xff"])
def test_a_server_that_is_no_dialplane_is_an_error_that_says_so(body: bytes) -> None:
    with scripted((200, {}, body)) as script, Client(script.url, retries=QUICK) as client:
        with pytest.raises(ApiError, match="is this the address of a Dialplane API"):
            client.me()


@pytest.mark.parametrize("body", [b"<html>", b'{"error": 7}', b"[]", b'{"error": {"details": 7}}', b"\xff"])
def test_an_error_without_an_envelope_is_still_the_same_exception(body: bytes) -> None:
    with scripted((418, {}, body)) as script, Client(script.url, retries=QUICK) as client:
        with pytest.raises(ApiError) as refused:
            client.me()
        assert (refused.value.http_status, refused.value.reason) == (418, "UNEXPECTED_ANSWER")


def test_the_async_client_retries_and_gives_up_by_the_same_rules() -> None:
    async def ask(script: Script) -> Any:
        async with AsyncClient(script.url, retries=QUICK) as client:
            return await client.routes.get("x")

    with scripted(busy("0"), ok()) as script:
        assert asyncio.run(ask(script))["id"] == "x"
    with scripted(busy("0")) as script:
        with pytest.raises(ApiError):
            asyncio.run(ask(script))
        assert len(script.requests) == 3


def test_secrets_of_the_client_are_in_no_error_and_no_url() -> None:
    with scripted(busy(status=401)) as script, Client(script.url, token="a-secret-token", retries=QUICK) as client:
        with pytest.raises(ApiError) as refused:
            client.routes.get("x")
        assert "a-secret-token" not in str(refused.value) + repr(refused.value.__dict__) + "".join(script.requests)
