"""The latency of requests: until a response is made, not for as long as it waits, is polled or is read."""

import asyncio
import time
from types import SimpleNamespace

import pytest
from starlette.types import Message, Receive, Scope, Send

from dialplane.api.metrics.registry import Metrics
from dialplane.api.middleware import RequestMiddleware
from dialplane.system.pace import Pace
from tests.api.serving import Api
from tests.api.test_monitoring import metric

LATENCY = "dialplane_http_request_seconds"
HELD_S = 0.2


class Held(Pace):
    """A pace at which each has to wait."""

    def delay_s(self, caller: str, size: float = 1.0) -> float:
        return HELD_S


async def refuse(scope: Scope, receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 403, "headers": []})
    await send({"type": "http.response.body", "body": b""})


@pytest.mark.anyio
async def test_how_long_a_refusal_is_held_back_is_not_its_latency() -> None:
    metrics = Metrics(version="test")
    held = Held(1, most_s=HELD_S)
    app = RequestMiddleware(refuse, metrics=metrics, requests_in_flight=9, caller_of=lambda scope: "", refusals=held)
    services = SimpleNamespace(state=SimpleNamespace(services=SimpleNamespace(stopping=asyncio.Event())))
    scope = {"type": "http", "method": "GET", "path": "/v1.0/routes", "headers": [], "app": services}

    async def receive() -> Message:
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        pass

    began = time.perf_counter()
    await app(scope, receive, send)
    took_s = time.perf_counter() - began

    assert metrics.registry.get_sample_value(f"{LATENCY}_count", {"method": "GET", "route": "none"}) == 1
    latency_s = metrics.registry.get_sample_value(f"{LATENCY}_sum", {"method": "GET", "route": "none"})
    assert latency_s is not None
    assert latency_s <= took_s - HELD_S


def test_long_polls_are_counted_and_have_no_latency(sqlite_api: Api) -> None:
    assert sqlite_api.admin.get("/v1.0/feed").status_code == 200
    assert sqlite_api.admin.get("/v1.0/me").status_code == 200
    assert metric(sqlite_api, f"{LATENCY}_count", route="/v1.0/me") > 0
    assert metric(sqlite_api, "dialplane_http_requests_total", route="/v1.0/feed") > 0
    assert metric(sqlite_api, f"{LATENCY}_count", route="/v1.0/feed") == 0
