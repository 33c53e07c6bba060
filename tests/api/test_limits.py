"""What one caller may take of the API: time, memory and slots are bounded for each, and the others notice nothing."""

import asyncio
import json
import socket
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from select import select as ready
from typing import Any

import pytest
from sqlalchemy import Engine, insert, select

from dialplane.api.server.protocol import MOST_PIPELINED
from dialplane.control.actor import SYSTEM, Actor
from dialplane.control.login import passwords
from dialplane.control.login.credentials import InvalidCredentials, actor_of_accesskey
from dialplane.control.units import EXPORTS, FEED, LISTS, REQUESTS, STATISTICS, Reading
from dialplane.domain.errors import Unavailable
from dialplane.domain.permission import CUSTOMER_ADMIN, CUSTOMER_MANAGER, EDGE, SUPER_ADMIN
from dialplane.store import tables
from dialplane.store.address import backend_at
from dialplane.system.shares import BUSY
from tests.api.serving import SYSTEM_DEFAULT, Api, Caller, serving, settings_for
from tests.api.test_monitoring import metric
from tests.databases import KINDS, PASSWORD, USERNAME, Server
from tests.store.endless import endless
from tests.waiting import eventually

JSON = {"Content-Type": "application/json"}


@contextmanager
def connection(api: Api, *, receive_buffer: int = 0) -> Iterator[socket.socket]:
    """Of bare bytes; with a small buffer, what is not read stays at the server."""
    with socket.socket() as wire:
        if receive_buffer:
            wire.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        wire.settimeout(20)
        wire.connect(("127.0.0.1", api.port))
        yield wire


def all_of(wire: socket.socket) -> bytes:
    got = b""
    try:
        while chunk := wire.recv(65_536):
            got += chunk
    except ConnectionResetError:
        pass
    return got


def request_of(caller: Caller, method: str, path: str, *headers: str) -> bytes:
    lines = [f"{method} {path} HTTP/1.1", "Host: x", *(f"{k}: {v}" for k, v in caller.headers.items()), *headers]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def refusal(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["reason"]


def test_who_does_not_read_holds_no_slot_and_is_cut_off(tmp_path: Path, prepared_file: Path) -> None:
    settings = settings_for(tmp_path, database=prepared_file, requests_in_flight=4, write_timeout_s=2)
    with serving(settings) as api, ExitStack() as stack:
        api.nobody.get("/openapi.json")  # the first time it is made; whoever waits for that is carried out meanwhile
        wires = [stack.enter_context(connection(api, receive_buffer=4_096)) for _ in range(8)]
        for wire in wires:
            wire.sendall(b"GET /openapi.json HTTP/1.1\r\nHost: x\r\n\r\n" * 14)
        began = time.monotonic()
        while time.monotonic() - began < 1.5:
            assert api.admin.get("/v1.0/me").status_code == 200
            assert api.nobody.post("/auth/login", {"username": USERNAME, "password": PASSWORD}).status_code == 200
        connections = api.server.server_state.connections
        eventually(lambda: len(connections) <= 1, what="those who do not read are cut off")
        assert all(all_of(wire).count(b"HTTP/1.1 200 ") < 14 for wire in wires)


def test_what_is_left_unread_at_the_end_of_a_connection_is_cut_off(tmp_path: Path, prepared_file: Path) -> None:
    settings = settings_for(tmp_path, database=prepared_file, write_timeout_s=1, keep_alive_s=1)
    with serving(settings) as api, connection(api, receive_buffer=4_096) as wire:
        wire.sendall(b"GET /openapi.json HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        eventually(lambda: len(api.server.server_state.connections) == 2, what="it is there")
        eventually(lambda: len(api.server.server_state.connections) <= 1, what="it is cut off")


def test_an_address_has_so_many_connections(tmp_path: Path, prepared_file: Path) -> None:
    with (
        serving(settings_for(tmp_path, database=prepared_file, connections_per_address=3)) as api,
        ExitStack() as stack,
    ):
        had = [stack.enter_context(connection(api)) for _ in range(2)]
        for wire in had:
            wire.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
            assert wire.recv(65_536).startswith(b"HTTP/1.1 200 ")
        with connection(api) as wire:
            answer = all_of(wire)
        assert answer.startswith(b"HTTP/1.1 503 ")
        assert b"retry-after: 1" in answer.lower()
        assert b'"OVERLOADED"' in answer
        had[0].close()
        eventually(lambda: len(api.server.server_state.connections) == 2)
        with connection(api) as wire:
            wire.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
            assert wire.recv(65_536).startswith(b"HTTP/1.1 200 ")


def test_a_bad_second_request_does_not_take_the_answer_of_the_first_away(sqlite_api: Api) -> None:
    good = request_of(sqlite_api.admin, "GET", "/v1.0/calls")
    for bad in (b"nonsense\r\n\r\n", b"GET / HTTP/1.1\r\n\r\n", b"GET /" + b"x" * 100_000 + b" HTTP/1.1\r\n\r\n"):
        for count in (1, 3):
            with connection(sqlite_api) as wire:
                wire.sendall(good * count + bad)
                answer = all_of(wire)
            assert answer.count(b"HTTP/1.1 200 ") == count, answer
            assert answer.count(b"HTTP/1.1 4") == 1
            assert answer.rindex(b"HTTP/1.1 4") > answer.rindex(b"HTTP/1.1 200 ")


def test_a_connection_has_so_many_requests_waiting(sqlite_api: Api) -> None:
    with connection(sqlite_api) as wire:
        wire.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n" * 2_000)
        got = all_of(wire)
    assert MOST_PIPELINED < got.count(b"HTTP/1.1 200 ") < 1_000
    assert got.count(b"HTTP/1.1 503 ") == 1


def test_a_broken_body_behind_a_request_does_not_take_its_answer_away(sqlite_api: Api) -> None:
    good = request_of(sqlite_api.admin, "GET", "/v1.0/calls")
    broken = b"POST /auth/login HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"
    with connection(sqlite_api) as wire:
        wire.sendall(good + broken)
        answer = all_of(wire)
    assert (answer.count(b"HTTP/1.1 200 "), answer.count(b"HTTP/1.1 400 ")) == (1, 1)


def names(count: int) -> str:
    return "{" + ",".join(f'"{n}":1' for n in range(count)) + "}"


def batch(events: str) -> str:
    return f'{{"edge":"e","events":[{events}]}}'


LEVELS = "[" * 15 + "]" * 15
BODIES = {
    "a login with a body of a megabyte": ("/auth/login", names(100_000), 413),
    "a login of as many names as it may hold": ("/auth/login", names(900), 400),
    "an object of 100,000 names": ("/v1.0/customers", names(100_000), 400),
    "an object of 4,000 names": ("/v1.0/customers", names(4_000), 400),
    "a list of a million lists": ("/v1.0/events", batch("[]," * 1_000_000 + "[]"), 400),
    "events with 15 levels": ("/v1.0/events", batch(f"{LEVELS}," * 90_000 + "1"), 400),
    "a companion with 50,000 loops": (
        "/v1.0/events",
        f'{{"edge":"e","events":[],"agent":{{"backlog_bytes":1,"loops":{names(50_000)}}}}}',
        400,
    ),
    "events of five megabytes": ("/v1.0/events", batch(f'"{"x" * 5_000_000}"'), 413),
    "changes that are all wrong": ("/v1.0/changes", f'{{"changes":[{names(20)}{("," + names(20)) * 20_000}]}}', 400),
}


@pytest.mark.parametrize("name", BODIES)
def test_a_body_is_refused_soon_whatever_it_holds(sqlite_api: Api, name: str) -> None:
    path, body, status = BODIES[name]
    began = time.process_time()
    answer = sqlite_api.admin("POST", path, content=body, headers=JSON)
    seconds = time.process_time() - began
    assert answer.status_code == status, answer.text
    assert len(answer.json()["error"].get("details", ())) <= 20
    assert seconds < 1.0, f"{seconds:.2f} s of processor time"


def test_an_event_batch_of_the_size_that_edges_send_is_taken(sqlite_api: Api) -> None:
    candidate = {"route_id": str(uuid.uuid4()), "provider_id": str(uuid.uuid4()), "target": "+49", "priority": 1}
    decision = [{**candidate, "outcome": "tried", "position": 1, "reasons": ["priority"]}] * 3
    event = {"v": 1, "kind": "call_started", "edge": "e", "at": 1, "mono": 1, "source": ":::::", "decision": decision}
    events = [{**event, "id": str(uuid.uuid4()), "call": str(uuid.uuid4())} for _ in range(2_000)]
    answer = sqlite_api.admin.post("/v1.0/events", {"edge": "e", "events": events})
    assert answer.json() == {"accepted": 2_000}


def test_who_is_refused_again_and_again_is_answered_once_a_second_and_others_at_once(
    tmp_path: Path, prepared_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dialplane.api.limits.LATEST_REFUSAL_S", 600.0)
    with serving(settings_for(tmp_path, database=prepared_file, refusals_at_once=2)) as api, ExitStack() as stack:
        greedy, other = (api.caller_with(EDGE, SYSTEM_DEFAULT) for _ in range(2))
        wires = [stack.enter_context(connection(api)) for _ in range(60)]
        began = time.monotonic()
        for wire in wires:
            wire.sendall(request_of(greedy, "GET", "/v1.0/customers"))
        assert greedy.get("/v1.0/me").status_code == 200, "what is no refusal does not wait"
        assert refusal(other.get("/v1.0/customers")) == (403, "PERMISSION_DENIED")
        eventually(lambda: api.server.app.state.services.slots[REQUESTS].held == 0, what="refusals hold no slot")
        assert len(ready(wires, [], [], 0)[0]) <= 2 + time.monotonic() - began
        refused: list[socket.socket] = eventually(
            lambda: found if len(found := ready(wires, [], [], 0)[0]) >= 3 else [], what="one more a second"
        )
        assert b'"PERMISSION_DENIED"' in refused[-1].recv(65_536)


def test_a_caller_has_so_many_requests_in_flight(tmp_path: Path, prepared_file: Path) -> None:
    settings = settings_for(tmp_path, database=prepared_file, requests_in_flight_per_caller=2)
    with serving(settings) as api, ExitStack() as stack:
        greedy, modest = (api.caller_with(EDGE, SYSTEM_DEFAULT) for _ in range(2))
        head = request_of(greedy, "POST", "/v1.0/events", "Content-Type: application/json", "Content-Length: 100")
        for _ in range(2):
            stack.enter_context(connection(api)).sendall(head)
        slots = api.server.app.state.services.slots[REQUESTS]
        eventually(lambda: slots.held == 2, within_s=20, what="it has its share")  # another request could take a part
        answer = greedy.get("/v1.0/me")
        assert refusal(answer) == (429, "RATE_LIMIT_EXCEEDED")
        assert answer.headers["retry-after"] == "1"
        assert modest.get("/v1.0/me").status_code == 200
        stack.close()
        eventually(lambda: greedy.get("/v1.0/me").status_code == 200, what="its slots are free again")


def test_credentials_that_nobody_has_leave_room_for_others(
    tmp_path: Path, prepared_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked_at = threading.Event()

    async def look(unit: Reading, token: str, **rest: Any) -> Actor:
        if not token.startswith("nobody"):
            return await actor_of_accesskey(unit, token, **rest)
        await asyncio.to_thread(looked_at.wait, 60)
        raise InvalidCredentials

    monkeypatch.setattr("dialplane.api.http.request.actor_of_accesskey", look)
    monkeypatch.setattr("dialplane.api.http.credentials.CACHE_S", 0.0)
    settings = settings_for(tmp_path, database=prepared_file, requests_in_flight=8, requests_in_flight_per_caller=2)
    with serving(settings) as api, ExitStack() as stack:
        somebody = api.caller_with(EDGE, SYSTEM_DEFAULT)
        assert somebody.get("/v1.0/me").status_code == 200
        api.nobody.get("/openapi.json")  # made at its first request; a stranger waits 1.8 s for its look-up, no longer
        strangers = [api.with_token(f"nobody-has-this-key-{n}") for n in range(10)]
        wires = [stack.enter_context(connection(api)) for _ in strangers]
        for wire, stranger in zip(wires, strangers, strict=True):
            wire.sendall(request_of(stranger, "GET", "/v1.0/me", "Connection: close"))
        refused = ready(wires, [], [], 5)[0]
        assert b" 429 " in all_of(refused[0])
        assert api.nobody.get("/openapi.json").status_code == 200
        assert somebody.get("/v1.0/me").status_code == 200, "one of the same address, whose key is looked up again"
        looked_at.set()
        assert sum(b" 401 " in all_of(wire) for wire in wires) >= 2


def test_while_others_are_there_one_caller_has_one_piece_of_long_work_at_a_time(
    tmp_path: Path, prepared_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of whatever kind: its export waits for its figures, and another's does not."""
    goes_on = threading.Event()

    async def overview(unit: Reading, *rest: Any) -> Any:
        await asyncio.to_thread(goes_on.wait, 60)
        raise Unavailable("busy")

    monkeypatch.setattr("dialplane.control.stats.overview", overview)
    monkeypatch.setattr("dialplane.system.shares.THERE_S", 600.0)
    with serving(settings_for(tmp_path, database=prepared_file)) as api, ExitStack() as stack:
        many, other = (api.caller_with(SUPER_ADMIN, SYSTEM_DEFAULT) for _ in range(2))
        assert other.get("/v1.0/me").status_code == 200
        shares = api.server.app.state.services.db.shares

        def is_wanted(pieces: int) -> bool:
            return bool(shares.wanted == pieces)

        *figures, export = (stack.enter_context(connection(api)) for _ in range(BUSY + 2))
        stack.callback(goes_on.set)
        for number, wire in enumerate(figures, start=1):
            wire.sendall(request_of(many, "GET", "/v1.0/stats/overview", "Connection: close"))
            eventually(partial(is_wanted, number), within_s=20, what="they are looked at")
        export.sendall(request_of(many, "GET", "/v1.0/export?kind=route", "Connection: close"))
        eventually(partial(is_wanted, BUSY + 2), within_s=20, what="and the export is")
        assert other.get("/v1.0/export?kind=route").status_code == 200
        assert not ready([export], [], [], 0)[0], "it waits for its turn"
        goes_on.set()
        assert b" 200 " in all_of(export)


def test_bodies_have_so_much_memory_and_a_caller_its_share(tmp_path: Path, prepared_file: Path) -> None:
    megabytes: dict[str, Any] = dict.fromkeys(
        ("body_limit_bytes", "events_body_limit_bytes", "bulk_body_limit_bytes"), 1 << 20
    )
    settings = settings_for(tmp_path, database=prepared_file, body_memory_bytes=3 << 19, **megabytes)
    with serving(settings) as api, ExitStack() as stack:
        first, second = (api.caller_with(EDGE, SYSTEM_DEFAULT) for _ in range(2))
        for caller, size in ((first, 700_000), (second, 600_000)):
            head = request_of(
                caller, "POST", "/v1.0/events", "Content-Type: application/json", f"Content-Length: {size}"
            )
            stack.enter_context(connection(api)).sendall(head)
        eventually(lambda: api.server.app.state.services.body_memory.held == 1_300_000)
        body = json.dumps({"edge": "e", "events": ["x" * 400_000]})
        assert refusal(first("POST", "/v1.0/events", content=body, headers=JSON)) == (429, "RATE_LIMIT_EXCEEDED")
        assert refusal(second("POST", "/v1.0/events", content=body, headers=JSON)) == (503, "OVERLOADED")
        assert second.post("/v1.0/events", {"edge": "e", "events": []}).status_code == 200
        stack.close()
        eventually(lambda: second("POST", "/v1.0/events", content=body, headers=JSON).status_code == 200)


def edge_key(api: Api, **fields: Any) -> Caller:
    key = api.admin.made("accesskeys", customer_id=SYSTEM_DEFAULT, permission=EDGE, expire=86_400, **fields)
    return api.with_token(key["token"])


def test_one_edge_does_not_have_all_long_polls(tmp_path: Path, prepared_file: Path) -> None:
    settings = settings_for(tmp_path, database=prepared_file, feed_followers=12, feed_followers_per_key=6)
    with serving(settings) as api, ExitStack() as stack:
        bound, other, unbound = edge_key(api, edge="a"), edge_key(api, edge="b"), edge_key(api)
        lines = api.admin.get("/v1.0/feed").text.splitlines()
        poll = f"/v1.0/feed?since={json.loads(lines[-1])['end']}&epoch={json.loads(lines[0])['epoch']}&wait=30"
        for caller, count in ((bound, 4), (unbound, 6)):
            for _ in range(count):
                stack.enter_context(connection(api)).sendall(request_of(caller, "GET", poll))
        slots = api.server.app.state.services.slots[FEED]
        eventually(lambda: slots.held == 10, what="all of them wait")
        for caller in (bound, unbound):
            assert refusal(caller.get(poll)) == (429, "RATE_LIMIT_EXCEEDED")
        assert other.get(poll.replace("wait=30", "wait=1")).status_code == 200


def test_edges_that_read_slowly_keep_no_other_from_following(tmp_path: Path, prepared_file: Path) -> None:
    settings = settings_for(tmp_path, database=prepared_file)
    with serving(settings) as api, ExitStack() as stack:
        store_routes(backend_at(f"sqlite:///{settings.database_file}").writer_engine(), api, count=8_000)
        head = json.loads(api.admin.get("/v1.0/feed").text.splitlines()[0])
        wires = [stack.enter_context(connection(api, receive_buffer=4_096)) for _ in range(4)]  # as there are readers

        def ask(number: int) -> None:
            """For everything, whether it says so or not."""
            path = f"/v1.0/feed?since={number % 2}&epoch={uuid.uuid4()}"
            wires[number].sendall(request_of(edge_key(api, edge=f"e{number}"), "GET", path, "Connection: close"))

        large = api.server.app.state.services.large_feeds
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("dialplane.api.feed.endpoints.LARGE_FEED_S", 0.0)
            ask(0)
            ask(1)
            eventually(lambda: large.held == 2, what="two are sent")
        ask(2)
        eventually(lambda: large.is_waited_for, what="the next one waits")
        ask(3)
        api.admin.made("customers", name="new")
        news = f"/v1.0/feed?since={head['revision']}&epoch={head['epoch']}"
        assert '"new"' in edge_key(api, edge="follows").get(news).text
        assert b'"end"' not in all_of(wires[0]), "it has had its time"
        wires[2].setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)  # from here on it reads as fast as it can
        assert b'"end"' in all_of(wires[2]), "its turn has come"


def test_who_reads_an_export_slowly_keeps_no_edge_from_following_and_is_cut_off(
    tmp_path: Path, prepared_file: Path
) -> None:
    settings = settings_for(tmp_path, database=prepared_file)
    with serving(settings) as api, ExitStack() as stack, pytest.MonkeyPatch.context() as patch:
        store_routes(backend_at(f"sqlite:///{settings.database_file}").writer_engine(), api, count=8_000)
        callers = [api.admin, *(api.caller_with(SUPER_ADMIN, SYSTEM_DEFAULT) for _ in range(3))]
        wires = [stack.enter_context(connection(api, receive_buffer=4_096)) for _ in callers]
        for wire, caller in zip(wires, callers, strict=True):
            wire.sendall(request_of(caller, "GET", "/v1.0/export?kind=route", "Connection: close"))
        slots = api.server.app.state.services.slots[EXPORTS]
        eventually(lambda: slots.held == 2, what="two are sent, the others wait")
        patch.setattr("dialplane.api.http.streamed.READ_WITHIN_S", 0.0)
        patch.setattr("dialplane.api.http.streamed.SLOWEST_BYTES_PER_S", 1 << 40)
        lines = edge_key(api, edge="follows").get("/v1.0/feed").text.splitlines()
        assert "end" in json.loads(lines[-1])
        assert b'"end"' not in all_of(wires[0]), "it has had its time"


def test_the_keys_of_one_customer_are_one_caller(tmp_path: Path, prepared_file: Path) -> None:
    with serving(settings_for(tmp_path, database=prepared_file)) as api, ExitStack() as stack:
        api.server.app.state.services.streams.each = 2
        first, second = (api.admin.made("customers", name=name)["id"] for name in ("many keys", "one key"))
        keys = [api.caller_with(CUSTOMER_MANAGER, first) for _ in range(3)]
        for key in keys[:2]:
            stack.enter_context(connection(api)).sendall(request_of(key, "GET", "/v1.0/stream"))
        eventually(lambda: api.server.app.state.services.streams.held == 2, what="two watch")
        assert refusal(keys[2].get("/v1.0/stream?for_s=0")) == (429, "RATE_LIMIT_EXCEEDED")
        for other in (api.caller_with(CUSTOMER_MANAGER, second), api.admin):
            assert other.get("/v1.0/stream?for_s=0").status_code == 200


def store_routes(engine: Engine, api: Api, *, count: int) -> None:
    """Live routes with long texts, all of the present revision."""
    provider = api.admin.made("providers", type="sip", hostname="sip.carrier.example")["id"]
    made = api.admin.made("routes", customer_id=SYSTEM_DEFAULT, provider_id=provider, priority=1, target="+49")
    with engine.begin() as connection:
        (row,) = connection.execute(select(tables.routes).where(tables.routes.c.id == made["id"])).mappings()
        more = [
            {**row, "id": str(uuid.uuid4()), "detail": "x" * 1_000, "tm_create": row["tm_create"] - n}
            for n in range(1, count + 1)
        ]
        connection.execute(insert(tables.routes), more)
    engine.dispose()


@pytest.fixture(params=KINDS)
def busy_api(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[Api, Callable[[], int]]]:
    """An API whose statistics, but the survey's, take until somebody ends them."""
    source = "sqlite_folder" if request.param == "sqlite" else "postgresql_server"
    databases: Server = request.getfixturevalue(source)
    running: list[None] = []

    async def list_(unit: Reading, actor: Actor, *_: Any, **__: Any) -> Any:
        if actor is SYSTEM:
            return []
        running.append(None)
        try:
            await unit.run(endless)
        finally:
            running.pop()

    monkeypatch.setattr("dialplane.api.stats.endpoints.stats.list_", list_)
    with databases.lent("prepared") as url, serving(settings_for(tmp_path, url=url)) as api:
        yield api, lambda: len(running)


def test_statistics_of_one_customer_stop_nobody_and_end_with_their_requests(
    busy_api: tuple[Api, Callable[[], int]],
) -> None:
    api, running = busy_api
    customers = [api.admin.made("customers", name=name)["id"] for name in ("Curious", "Other")]
    curious, other = (api.caller_with(CUSTOMER_MANAGER, customer) for customer in customers)
    edge = edge_key(api, edge="a")
    with ExitStack() as stack:
        for _ in range(8):
            stack.enter_context(connection(api)).sendall(request_of(curious, "GET", "/v1.0/stats/customers"))
        eventually(lambda: running() == 1, what="one is carried out")
        eventually(lambda: api.server.app.state.services.slots[STATISTICS].held == 8, what="the others wait")
        assert refusal(curious.get("/v1.0/stats/customers")) == (429, "RATE_LIMIT_EXCEEDED")
        for _ in range(5):
            for caller, path in ((api.nobody, "/readyz"), (curious, "/v1.0/me"), (other, "/v1.0/calls")):
                assert caller.get(path).status_code == 200
            assert api.nobody.post("/auth/login", {"username": USERNAME, "password": PASSWORD}).status_code == 200
            assert edge.post("/v1.0/events", {"edge": "a", "events": []}).status_code == 200
        stack.enter_context(connection(api)).sendall(request_of(other, "GET", "/v1.0/stats/customers"))
        eventually(lambda: running() == 2, what="another caller's are carried out beside it")
    eventually(lambda: running() == 0, what="they end with their requests")
    eventually(lambda: api.server.app.state.services.slots[STATISTICS].held == 0)


def test_a_list_that_its_caller_no_longer_waits_for_ends(sqlite_api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    async def list_(unit: Reading, *_: Any, **__: Any) -> Any:
        await unit.run(endless)

    monkeypatch.setattr("dialplane.api.calls.endpoints.calls.list_", list_)
    slots = sqlite_api.server.app.state.services.slots[LISTS]
    with connection(sqlite_api) as wire:
        wire.sendall(request_of(sqlite_api.admin, "GET", "/v1.0/calls"))
        eventually(lambda: slots.held == 1)
    eventually(lambda: slots.held == 0, within_s=3, what="it ends")


def test_a_query_that_takes_too_long_is_told_so(busy_api: tuple[Api, Callable[[], int]]) -> None:
    api, _ = busy_api
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("dialplane.api.stats.endpoints.stats.list_", _for_a_moment)
        assert refusal(api.admin.get("/v1.0/stats/providers")) == (503, "QUERY_TOO_LONG")


async def _for_a_moment(unit: Reading, *_: Any, **__: Any) -> Any:
    await unit.run(endless, within_s=0.2)


def test_guesses_from_many_addresses_keep_nobody_out_who_has_been_in(tmp_path: Path, prepared_file: Path) -> None:
    settings = settings_for(
        tmp_path, database=prepared_file, trusted_proxies="127.0.0.1", name_login_failures_per_minute=20
    )
    with serving(settings) as api:
        right, wrong = ({"username": USERNAME, "password": word} for word in (PASSWORD, "wrong"))

        def login(body: dict[str, str], address: str) -> int:
            status: int = api.nobody.post("/auth/login", body, headers={"X-Forwarded-For": address}).status_code
            return status

        assert login(right, "192.0.2.1") == 200
        statuses: list[int] = []
        guesses = [
            threading.Thread(target=lambda n=n: statuses.append(login(wrong, f"198.51.100.{n}"))) for n in range(1, 41)
        ]
        for guess in guesses:
            guess.start()
        assert login(right, "192.0.2.1") == 200
        for guess in guesses:
            guess.join()
        assert statuses.count(401) <= 20
        assert set(statuses) <= {401, 429, 503}
        assert login(right, "203.0.113.1") == 429
        assert login(right, "192.0.2.1") == 200


def test_a_strangers_wrong_password_is_followed_by_a_rest_that_only_strangers_wait_for(
    tmp_path: Path, prepared_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in (("REST", 1e9), ("LONGEST_REST_S", 600.0), ("WAIT_S", 0.1)):
        monkeypatch.setattr(f"dialplane.api.http.hashing.{name}", value)
    with serving(settings_for(tmp_path, database=prepared_file, trusted_proxies="127.0.0.1")) as api:
        api.server.app.state.services.hashing.strangers.total = 1

        def login(password: str, address: str) -> int:
            body = {"username": USERNAME, "password": password}
            status: int = api.nobody.post("/auth/login", body, headers={"X-Forwarded-For": address}).status_code
            return status

        assert [login(PASSWORD, f"192.0.2.{n}") for n in (1, 2)] == [200, 200], "a right one is followed by none"
        assert login("wrong", "198.51.100.1") == 401
        assert login(PASSWORD, "198.51.100.2") == 503
        assert login(PASSWORD, "192.0.2.1") == 200


class Noted:
    """Hashes as another does, and notes which passwords it looks at, or makes, one after the other. GATE's takes until
    `gate` is set."""

    def __init__(self, hasher: Any) -> None:
        self._hasher = hasher
        self.passwords: list[str] = []
        self.gate = threading.Event()

    def verify(self, password: str, password_hash: str) -> bool:
        self._note(password)
        return bool(self._hasher.verify(password, password_hash))

    def hash(self, password: str) -> str:
        self._note(password)
        return str(self._hasher.hash(password))

    def _note(self, password: str) -> None:
        self.passwords.append(password)
        if password == GATE:
            assert self.gate.wait(timeout=60)


@pytest.fixture
def noted(monkeypatch: pytest.MonkeyPatch) -> Noted:
    noted = Noted(passwords.HASHER)
    noted.gate.set()
    monkeypatch.setattr(passwords, "HASHER", noted)
    return noted


GATE = "the password of whoever comes first"
OTHERS = "the password of others"


def logged_in(api: Api, username: str, password: str, address: str) -> None:
    body = {"username": username, "password": password}
    assert api.nobody.post("/auth/login", body, headers={"X-Forwarded-For": address}).status_code == 200


def order_of_places(api: Api, noted: Noted, others: Sequence[Callable[[], Any]]) -> list[str]:
    """The order in which passwords are hashed while one takes long: others come first, and then the administrator."""
    first = partial(logged_in, api, USERNAME, PASSWORD, "192.0.2.1")
    gate = partial(logged_in, api, "gate", GATE, "192.0.2.2")
    api.admin.made("agents", customer_id=SYSTEM_DEFAULT, username="gate", password=GATE, permission=SUPER_ADMIN)
    for known in (first, gate):
        known()
    noted.passwords.clear()
    noted.gate.clear()
    waiting = list[threading.Thread]()
    for some in ([gate], others, [first]):
        threads = [threading.Thread(target=work) for work in some]
        for thread in threads:
            thread.start()
        waiting += threads
        eventually(lambda: requests_in_flight(api) == len(waiting), within_s=30, what="all of them wait")
    assert noted.passwords[:1] == [GATE]
    noted.gate.set()
    for thread in waiting:
        thread.join()
    assert len(noted.passwords) == len(waiting)
    return noted.passwords[1:]


def requests_in_flight(api: Api) -> int:
    return int(metric(api, "dialplane_http_requests_in_flight"))


def test_who_logs_in_from_many_addresses_has_one_turn_among_others(
    tmp_path: Path, prepared_file: Path, noted: Noted
) -> None:
    with serving(settings_for(tmp_path, database=prepared_file, trusted_proxies="127.0.0.1")) as api:
        customer = api.admin.made("customers", name="Many")["id"]
        api.admin.made("agents", customer_id=customer, username="many", password=OTHERS, permission=CUSTOMER_MANAGER)
        many = [partial(logged_in, api, "many", OTHERS, f"198.51.100.{n}") for n in range(4)]
        for known in many:
            known()
        assert order_of_places(api, noted, many).index(PASSWORD) <= 1


def test_who_sets_many_passwords_has_one_turn_among_logins(tmp_path: Path, prepared_file: Path, noted: Noted) -> None:
    with serving(settings_for(tmp_path, database=prepared_file, trusted_proxies="127.0.0.1")) as api:
        customer = api.admin.made("customers", name="Many")["id"]
        key = api.caller_with(CUSTOMER_ADMIN, customer)
        whose = {"customer_id": customer, "permission": CUSTOMER_MANAGER}
        many = [partial(key.made, "agents", username=f"many{number}", password=OTHERS, **whose) for number in range(4)]
        assert order_of_places(api, noted, many).index(PASSWORD) <= 1


@pytest.mark.parametrize(("networks", "status"), [("", 200), ("127.0.0.0/8,2001:db8::/32", 200), ("192.0.2.0/24", 403)])
def test_metrics_may_be_for_some_networks_alone(
    tmp_path: Path, prepared_file: Path, networks: str, status: int
) -> None:
    with serving(settings_for(tmp_path, database=prepared_file, metrics_networks=networks)) as api:
        assert api.nobody.get("/metrics").status_code == status
        assert api.nobody.get("/readyz").status_code == 200
