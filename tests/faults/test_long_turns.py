"""No request keeps the event loop for long, however much it is about: in each turn all others wait for it.

Measured in processor time of the loop's own thread, which a busy machine does not lengthen as it does the time of a
clock. On SQLite, whose short statements are carried out there.
"""

import asyncio
import gc
import itertools
import random
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from dialplane.control.routes import MOST_OF_A_TARGET
from dialplane.engine.dialroute import TRIED
from tests.api.serving import SYSTEM_DEFAULT, Api, serving, settings_for

LONGEST_S = 0.05
"""A few milliseconds are usual, thrice as many on a busy machine; what is done at once for a thousand objects or events
takes 0.05 to 0.4 s."""

OBJECTS = 1_000
EVENTS_OF_A_CALL = 4
DECIDED = 30


class Turns:
    """The longest turn of a loop, in seconds of its thread's processor time."""

    def __init__(self) -> None:
        self.longest_s = 0.0

    async def watch(self) -> None:
        """Has a turn of the loop each millisecond: what lies between two of them is a long turn, or some short ones."""
        before = time.thread_time()
        while True:
            await asyncio.sleep(0.001)
            now = time.thread_time()
            self.longest_s, before = max(self.longest_s, now - before), now


@contextmanager
def no_long_turn(api: Api, what: str) -> Iterator[None]:
    """Within it no turn of the API's loop is too long."""
    turns = Turns()
    gc.disable()  # a collection looks at all that the tests of this process have made
    watching = asyncio.run_coroutine_threadsafe(turns.watch(), api.server.servers[0].get_loop())
    try:
        yield
    finally:
        watching.cancel()
        gc.enable()
    assert turns.longest_s < LONGEST_S, f"{what}: {turns.longest_s * 1_000:.1f} ms in one turn"


@pytest.fixture
def api(tmp_path: Path, prepared_file: Path) -> Iterator[Api]:
    with serving(settings_for(tmp_path, database=prepared_file)) as api:
        yield api


def carried_out(api: Api, what: str, ask: Callable[[], Any]) -> Any:
    with no_long_turn(api, what):
        answer = ask()
    assert answer.status_code == 200, answer.text
    return answer


def test_a_thousand_objects(api: Api) -> None:
    admin, customer = api.admin, api.admin.made("customers", name="Many trunks")["id"]
    changes = [
        {"action": "create", "kind": "trunk", "fields": {"customer_id": customer, "username": f"u{n}", "password": "x"}}
        for n in range(OBJECTS)
    ]
    made = carried_out(api, "a change", lambda: admin.post("/v1.0/changes", {"changes": changes}))
    revision = f"/v1.0/revisions/{made.headers['x-revision']}"
    carried_out(api, "a revision", lambda: admin.get(revision))
    carried_out(api, "the feed", lambda: admin.get("/v1.0/feed"))
    gone = carried_out(api, "a customer's end", lambda: admin.delete(f"/v1.0/customers/{customer}"))
    undone = f"/v1.0/revisions/{gone.headers['x-revision']}/undo"
    carried_out(api, "an undo", lambda: admin.post(undone))


def test_two_thousand_events(api: Api) -> None:
    provider = api.admin.made("providers", type="sip", hostname=f"{uuid.uuid4()}.example")["id"]
    events = [event for _ in range(2_000 // EVENTS_OF_A_CALL) for event in story(provider)]
    batch = {"edge": "edge-1", "events": events}
    assert carried_out(api, "events", lambda: api.admin.post("/v1.0/events", batch)).json() == {"accepted": 2_000}
    carried_out(api, "the same events", lambda: api.admin.post("/v1.0/events", batch))
    events[-1] = {**events[-1], "at": -1}
    answer = carried_out(api, "events that are looked at one by one", lambda: api.admin.post("/v1.0/events", batch))
    assert answer.json() == {"accepted": 1_999, "refused": 1}
    carried_out(api, "a list of calls", lambda: api.admin.get("/v1.0/calls"))
    absence = carried_out(api, "an absence", lambda: api.admin.get(f"/v1.0/providers/{provider}/absence"))
    assert absence.json()["calls"] == 2_000 // EVENTS_OF_A_CALL


def test_a_body_of_a_quarter_megabyte(api: Api) -> None:
    with no_long_turn(api, "a body"):
        answer = api.admin.post("/v1.0/routes", {str(n): 1 for n in range(18_000)})
    assert answer.status_code == 400


def test_a_filter_with_a_name_that_a_thousand_are_a_little_like(api: Api) -> None:
    names = ("".join(random.Random(n).choices("abcdefgh ", k=64)) for n in range(OBJECTS))
    changes = [{"action": "create", "kind": "customer", "fields": {"name": name}} for name in names]
    assert api.admin.post("/v1.0/changes", {"changes": changes}).status_code == 200
    unknown = "".join(random.Random("unknown").choices("abcdefgh ", k=64))
    with no_long_turn(api, "a filter"):
        answer = api.admin.get("/v1.0/routes", params={"filter": f'customer:"{unknown}"'})
    assert answer.status_code == 400


def test_a_route_that_moves_all_others_to_its_target(api: Api) -> None:
    provider = api.admin.made("providers", type="sip", hostname="sip.carrier.example")["id"]
    common = {"customer_id": SYSTEM_DEFAULT, "provider_id": provider, "target": "+49"}
    changes = [
        {"action": "create", "kind": "route", "fields": {**common, "priority": max(0, n - 1)}}
        for n in range(MOST_OF_A_TARGET)
    ]
    assert api.admin.post("/v1.0/changes", {"changes": changes}).status_code == 200
    first = api.admin.get("/v1.0/routes", params={"priority": 0}).json()["result"][0]["id"]
    moved = carried_out(api, "a move", lambda: api.admin.post(f"/v1.0/routes/{first}/move", {"to": "later"}))
    revision = api.admin.get(f"/v1.0/revisions/{moved.headers['x-revision']}").json()
    assert revision["change_count"] == MOST_OF_A_TARGET - 1


def test_documents_that_nobody_has_asked_for_before(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == "fastapi"]:
        monkeypatch.delitem(sys.modules, name)
    for path in ("/openapi.json", "/docs", "/openapi-3.0.json", "/redoc"):
        carried_out(api, path, partial(api.nobody.get, path))


def story(provider: str) -> Iterator[dict[str, Any]]:
    """A call with a long decision, as its edge reports it."""
    at, ids = time.time_ns() // 1_000 - 60_000_000, {"call": str(uuid.uuid4()), "edge": "edge-1", "v": 1}
    to = {"provider_id": provider, "route_id": str(uuid.uuid4())}
    place = {**to, "target": "+49", "outcome": TRIED, "reasons": ["x"]}
    decision = [{**place, "priority": n, "position": n + 1} for n in range(DECIDED)]
    parts: list[dict[str, Any]] = [
        {"kind": "call_started", "customer_id": SYSTEM_DEFAULT, "number": "+4930123", "decision": decision},
        {"kind": "attempt_sent", "n": 1, **to, "uri": "sip:a", "why": []},
        {"kind": "attempt_answered", "n": 1, "status": 200},
        {"kind": "call_ended", "status": 200, "hangup_by": "caller"},
    ]
    for seconds, part in zip(itertools.count(), parts, strict=False):
        yield {**ids, "id": str(uuid.uuid4()), "at": at + seconds, "mono": at + seconds, **part}
