"""The stream: events come within a second, go on where they broke off, and show nobody what is not theirs."""

import json
import socket
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest

from dialplane.api.http.published import KEPT, Published
from dialplane.api.stream import endpoints
from dialplane.jobs import lost_calls, supervisor
from tests.api.serving import Api, Caller, serving, settings_for
from tests.api.world import EDGE_NAME, World, make_world
from tests.waiting import eventually

WITHIN_S = 10.0


@pytest.fixture(scope="module")
def world(api: Api) -> World:
    return make_world(api)


class Watching:
    """An open stream, read in a thread."""

    def __init__(self, answer: httpx2.Response) -> None:
        self.answer = answer
        self.events: list[tuple[str, str, Any]] = []
        self.text = ""
        self.all_text = ""
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        try:
            for piece in self.answer.iter_text():
                self.text += piece
                self.all_text += piece
                while "\n\n" in self.text:
                    block, self.text = self.text.split("\n\n", 1)
                    fields = dict(line.split(": ", 1) for line in block.splitlines() if line[:1] not in (":", ""))
                    if "data" in fields:
                        self.events.append((fields["id"], fields["event"], json.loads(fields["data"])))
        except httpx2.HTTPError:
            pass  # the test has closed it

    def close(self) -> None:
        """Close the connection, which another thread reads from."""
        self.answer.extensions["network_stream"].get_extra_info("socket").shutdown(socket.SHUT_RDWR)
        self._thread.join(WITHIN_S)

    def named(self, name: str) -> list[Any]:
        return [data for _, kind, data in list(self.events) if kind == name]

    @property
    def last_id(self) -> str:
        return self.events[-1][0]


@contextmanager
def watching(caller: Caller, *, last: str = "", **query: str) -> Iterator[Watching]:
    headers = {**caller.headers, **({"Last-Event-ID": last} if last else {})}
    with (
        httpx2.Client(timeout=30) as http,
        http.stream("GET", f"{caller.base_url}/v1.0/stream", params=query, headers=headers) as answer,
    ):
        assert answer.status_code == 200, answer.read()
        stream = Watching(answer)
        try:
            soon(lambda: stream.named("ready"), "the stream is open")
            yield stream
        finally:
            stream.close()


def report(world: World, kind: str, **fields: Any) -> None:
    at = time.time_ns() // 1_000
    event = {"v": 1, "id": str(uuid.uuid4()), "kind": kind, "edge": EDGE_NAME, "at": at, "mono": 1, **fields}
    assert world.api.admin.post("/v1.0/events", {"edge": EDGE_NAME, "events": [event]}).json() == {"accepted": 1}


def soon(is_so: Callable[[], object], what: str) -> None:
    eventually(is_so, within_s=WITHIN_S, what=what)


def start_call(world: World, customer: str) -> str:
    call = str(uuid.uuid4())
    report(world, "call_started", call=call, customer_id=customer, number="+8210")
    return call


def statuses(stream: Watching, call: str) -> list[str]:
    return [shown["status"] for shown in stream.named("call") if shown["id"] == call]


def test_what_happens_is_told_within_a_second(world: World) -> None:
    admin = world.api.admin
    with watching(admin) as stream:
        headers = stream.answer.headers
        assert headers["content-type"].startswith("text/event-stream")
        assert (headers["x-accel-buffering"], headers["cache-control"]) == ("no", "no-store")
        began = time.monotonic()
        call = start_call(world, world.own["customers"])
        soon(lambda: statuses(stream, call) == ["dialing"], "the call is told")
        assert time.monotonic() - began < WITHIN_S
        report(world, "attempt_ringing", call=call, n=1)
        soon(lambda: statuses(stream, call)[-1] == "ringing", "that it rings is told")
        provider = world.own["providers"]
        about = {"provider_id": provider, "hostname": "sip.carrier.example", "detail": ""}
        report(world, "provider_health", **about, status="unhealthy")
        report(world, "provider_breaker", **about, state="open")
        soon(lambda: [h["status"] for h in stream.named("health")] == ["unhealthy"], "health")
        soon(lambda: [b["state"] for b in stream.named("breaker")] == ["open"], "breakers")
        revision = int(admin.post("/v1.0/customers", {"name": "told"}).headers["x-revision"])
        soon(lambda: revision in [r["number"] for r in stream.named("revision")], "revisions")
    shown = admin.get("/v1.0/calls?number=%2B8210&page_size=1").json()["result"]
    assert set(stream.named("call")[0]) == set(shown[0])


def test_a_call_that_is_closed_as_lost_is_told(world: World) -> None:
    with watching(world.api.admin, topics="calls") as stream:
        call = start_call(world, world.own["customers"])
        soon(lambda: statuses(stream, call) == ["dialing"], "the call is told")
        report(world, "edge_calls", since=0, before=time.time_ns() // 1_000, calls=[])
        soon(lambda: statuses(stream, call)[-1] == "hangup", "its end is told")
        assert stream.named("call")[-1]["reason"] == "not_going_on"


def test_a_call_that_no_edge_will_end_is_told(
    prepared_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisor, "LONGEST_PAUSE_S", 0.1)  # a round that took long on a busy machine
    monkeypatch.setattr(lost_calls, "EVERY_S", 0.1)
    with serving(settings_for(tmp_path, database=prepared_file)) as own_api:
        world = make_world(own_api)
        with watching(own_api.admin, topics="calls") as stream:
            call = start_call(world, world.own["customers"])
            soon(lambda: statuses(stream, call) == ["dialing"], "the call is told")
            report(world, "edge_status", kamailio_started=time.time_ns() // 1_000)
            soon(lambda: statuses(stream, call)[-1] == "hangup", "its end is told")
            assert stream.named("call")[-1]["reason"] == "edge_restarted"


def test_what_was_told_of_calls_that_are_erased_is_told_nobody_any_more(world: World) -> None:
    number = f"+82{uuid.uuid4().int % 10**10}"
    with watching(world.api.admin, topics="calls") as stream:
        last, call = stream.last_id, str(uuid.uuid4())
        report(world, "call_rejected", call=call, number=number, status=404, reason="no_route")
        soon(lambda: statuses(stream, call) == ["hangup"], "the call is told")
        assert world.api.admin.post("/v1.0/calls/erasures", {"number": number}).json()["erased"] == 1
        soon(lambda: stream.named("reset"), "whoever watches loads anew")
    with watching(world.api.admin, last=last, topics="calls") as stream:
        soon(lambda: stream.named("reset"), "the client must load anew")
        assert not statuses(stream, call)


def test_an_edges_new_revision_is_told_and_listed_at_once(world: World) -> None:
    admin = world.api.admin
    with watching(admin, topics="edges") as stream:
        revision = int(admin.post("/v1.0/customers", {"name": "news"}).headers["x-revision"])
        epoch = json.loads(admin.get("/v1.0/feed", params={"since": revision - 1}).text.splitlines()[0])["epoch"]
        admin.get("/v1.0/feed", params={"since": revision, "epoch": epoch, "edge": EDGE_NAME})
        assert admin.get(f"/v1.0/edges/{EDGE_NAME}").json()["revision"] == revision
        soon(lambda: [e["revision"] for e in stream.named("edge")][-1:] == [revision], "told")


def test_a_stream_goes_on_where_it_broke_off(world: World) -> None:
    customer = world.own["customers"]
    with watching(world.api.admin, topics="calls") as stream:
        first = start_call(world, customer)
        soon(lambda: statuses(stream, first), "the first call is told")
        last = stream.last_id
    missed = start_call(world, customer)
    with watching(world.api.admin, last=last, topics="calls") as stream:
        soon(lambda: statuses(stream, missed), "the missed call is told")
        assert not statuses(stream, first)
        assert not stream.named("reset")


@pytest.mark.parametrize("last", ["0-1", "nonsense", "{epoch}-999999999"])
def test_a_stream_that_cannot_go_on_says_so(world: World, last: str) -> None:
    with watching(world.api.admin, topics="calls") as stream:
        epoch = stream.last_id.partition("-")[0]
    with watching(world.api.admin, last=last.format(epoch=epoch), topics="calls") as stream:
        soon(lambda: len(stream.named("reset")) == 1, "the client must load anew")


def test_nobody_is_told_what_is_not_theirs(world: World) -> None:
    manager = world.callers["customer_manager"]
    with watching(manager) as own, watching(world.api.admin, customer_id=world.foreign["customers"]) as of_foreign:
        assert own.named("ready") == [{"topics": ["calls"]}]
        mine, foreign = (start_call(world, ids["customers"]) for ids in (world.own, world.foreign))
        sent = {"uri": "sip:+8210@sip.carrier.example", "why": [], "identity": ["P-Asserted-Identity: x"]}
        route = {"provider_id": world.own["providers"], "route_id": world.own["routes"]}
        report(world, "attempt_sent", call=mine, n=1, **sent, **route)
        soon(lambda: statuses(of_foreign, foreign), "the foreign call is told")
        soon(lambda: own.named("call")[-1:] and own.named("call")[-1]["attempts"], "own")
        assert not statuses(own, foreign)
        assert not statuses(of_foreign, mine)
        attempt = own.named("call")[-1]["attempts"][0]
        assert attempt["uri"] == ""
        assert "identity" not in attempt
    answer = manager.get("/v1.0/stream", params={"topics": "revisions"})
    assert answer.json()["error"]["reason"] == "PERMISSION_DENIED"


def test_a_caller_has_so_many_streams_and_gets_their_slots_back(
    sqlite_api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    caller = sqlite_api.with_token(sqlite_api.admin.made("accesskeys", expire=86_400)["token"])
    slots = sqlite_api.server.app.state.services.streams
    before = slots.held
    monkeypatch.setattr(slots, "each", 3)

    def open_all(left: int) -> None:
        if not left:
            answer = caller.get("/v1.0/stream")
            assert (answer.status_code, answer.json()["error"]["reason"]) == (429, "RATE_LIMIT_EXCEEDED")
            return
        with watching(caller):
            open_all(left - 1)

    open_all(3)
    soon(lambda: slots.held == before, "the slots are free again")


def test_a_heartbeat_is_a_comment_and_how_far_the_stream_has_come(
    sqlite_api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever watches little goes on from there, and not from what was told so long ago that it is forgotten."""
    assert f"each {endpoints.HEARTBEAT_S:.0f} s" == "each 15 s", "as the document says"
    monkeypatch.setattr(endpoints, "HEARTBEAT_S", 0.2)
    published = sqlite_api.server.app.state.services.published
    with watching(sqlite_api.admin, topics="jobs") as stream:
        published.add("calls", "call", b"{}")
        soon(lambda: stream.all_text.count("\n: \nid: ") >= 2, "heartbeats come")
        soon(
            lambda: f": \nid: {published.id_of(published.last)}\n\n" in stream.all_text, "one says how far it has come"
        )
        assert not stream.named("call")
    with watching(sqlite_api.admin, last=published.id_of(published.last), topics="jobs") as stream:
        assert not stream.named("reset")


def test_whoever_is_shut_out_is_told_nothing_more(sqlite_api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(endpoints, "HEARTBEAT_S", 0.2)
    key = sqlite_api.admin.made("accesskeys", expire=86_400)
    with watching(sqlite_api.with_token(key["token"])) as stream:
        soon(lambda: stream.answer.num_bytes_downloaded > 300, "heartbeats come")
        sqlite_api.admin.delete(f"/v1.0/accesskeys/{key['id']}")
        soon(lambda: not stream._thread.is_alive(), "the stream has ended")


def test_who_comes_back_is_told_some_at_a_time(sqlite_api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(endpoints, "SENT_AT_ONCE", 10)
    published = sqlite_api.server.app.state.services.published
    begin = published.id_of(published.last)
    for number in range(35):
        published.add("calls", "call", str(number).encode())
    sizes: list[int] = []
    after = published.after

    def counted(number: int, most: int) -> Any:
        events = after(number, most)
        sizes.append(len(events))
        return events

    monkeypatch.setattr(published, "after", counted)
    with watching(sqlite_api.admin, last=begin, topics="calls") as stream:
        soon(lambda: stream.named("call") == list(range(35)), "it is told all of them")
    assert sizes[:3] == [10, 10, 10]


def test_memory_holds_the_last_events_alone() -> None:
    published = Published()
    for number in range(KEPT + 10):
        published.add("calls", "call", str(number).encode())
    assert not published.has_all_after(9)
    assert published.has_all_after(10)
    assert [event.number for event in published.after(published.last - 2, 9)] == [KEPT + 9, KEPT + 10]
    assert published.number_of(published.id_of(7)) == 7
    assert published.number_of("7") is None
