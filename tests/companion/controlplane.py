"""A real HTTP server that speaks the feed and takes events, with faults to order. For the companion's own tests."""

import json
import threading
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from dialplane.domain.customer import Customer
from dialplane.domain.ids import SYSTEM_DEFAULT_CUSTOMER
from dialplane.domain.provider import Provider
from dialplane.domain.records import record_of
from dialplane.domain.route import Route

Answer = tuple[int, Mapping[str, str], bytes]


@dataclass
class ControlPlane:
    """What the server knows. `refuse` may answer a batch of events with a status; `cut_feed` breaks streams off."""

    epoch: str = field(default_factory=lambda: str(uuid.uuid4()))
    revision: int = 0
    changes: list[tuple[int, str, dict[str, Any]]] = field(default_factory=list)
    batches: list[list[dict[str, Any]]] = field(default_factory=list)
    agents: list[Any] = field(default_factory=list)
    asked: list[dict[str, str]] = field(default_factory=list)
    clocks: list[tuple[str, str | None]] = field(default_factory=list)
    cut_feed: bool = False
    down: bool = False
    refuse: Callable[[list[dict[str, Any]]], int | None] = lambda events: None
    changed: threading.Condition = field(default_factory=threading.Condition)
    url: str = ""

    def put(self, *objects: Customer | Provider | Route) -> None:
        """Change these objects in one revision."""
        with self.changed:
            self.revision += 1
            for item in objects:
                self.changes.append((self.revision, type(item).__name__.lower(), record_of(item)))
            self.changed.notify_all()

    @property
    def events(self) -> list[dict[str, Any]]:
        """All events taken, in order, doubles included."""
        return [event for batch in list(self.batches) for event in batch]

    def feed(self, query: Mapping[str, str]) -> bytes:
        """The answer to a feed request."""
        since, wait_s = int(query["since"]), float(query["wait"])
        with self.changed:
            self.asked.append(dict(query))
            full = since == 0 or query["epoch"] != self.epoch or since > self.revision
            if not full:
                self.changed.wait_for(lambda: self.revision > since or self.down, timeout=wait_s)
            begin = 0 if full else since
            newest = {record["id"]: (kind, record) for rev, kind, record in self.changes if rev > begin}
            lines: list[dict[str, Any]] = [{"epoch": self.epoch, "revision": self.revision, "full": full}]
            lines += [{"kind": kind, "record": record} for kind, record in newest.values()]
            lines.append({"end": self.revision, "count": len(newest)})
        body = b"".join(json.dumps(line, separators=(",", ":")).encode() + b"\n" for line in lines)
        return body[: len(body) * 2 // 3] if self.cut_feed else body

    def take(self, body: bytes) -> Answer:
        """The answer to a batch of events."""
        told = json.loads(body)
        events = told["events"]
        self.agents.append(told.get("agent"))
        status = self.refuse(events)
        if status is not None:
            return status, {}, json.dumps({"error": {"status": "X", "reason": "REFUSED", "message": "no"}}).encode()
        self.batches.append(events)
        return 200, {}, json.dumps({"accepted": len(events)}).encode()


def default_customer() -> Customer:
    """The one that always exists."""
    return Customer(id=SYSTEM_DEFAULT_CUSTOMER, name="default", tm_create=1)


@contextmanager
def running(plane: ControlPlane, *, port: int = 0) -> Iterator[ControlPlane]:
    """Serve on a free port of loopback, or on `port`."""
    server = ThreadingHTTPServer(("127.0.0.1", port), _handler(plane))
    server.daemon_threads = True
    plane.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=lambda: server.serve_forever(poll_interval=0.02), daemon=True)
    thread.start()
    try:
        yield plane
    finally:
        plane.down = True
        with plane.changed:
            plane.changed.notify_all()
        server.shutdown()
        server.server_close()
        thread.join(5)


def _handler(plane: ControlPlane) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            plane.clocks.append(("GET", self.headers["X-Dialplane-Clock"]))
            query = {name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()}
            if plane.down:
                self._answer(503, {"Retry-After": "0"}, b"{}")
            else:
                self._answer(200, {}, plane.feed({"epoch": "", **query}))

        def do_POST(self) -> None:
            plane.clocks.append(("POST", self.headers["X-Dialplane-Clock"]))
            body = self.rfile.read(int(self.headers["Content-Length"]))
            self._answer(*((503, {}, b"{}") if plane.down else plane.take(body)))

        def _answer(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            with suppress(ConnectionError):
                self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    return Handler
