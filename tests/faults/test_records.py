"""Records when processes are killed: nothing lost, nothing doubled, nothing torn."""

import os
import random
import signal
import time
import uuid
from collections import Counter
from contextlib import suppress
from pathlib import Path
from threading import Event, Thread
from typing import Any

from dialplane.client import ApiError
from dialplane.eventlog.writer import EventLog
from tests.companion.companion_process import companion_process
from tests.companion.controlplane import ControlPlane, default_customer, running
from tests.ports import free_port
from tests.serve.instance import serving
from tests.waiting import eventually

PROVIDER = "4dbeabd6-f397-4375-95d2-a38411e07ed1"
ROUTE = "491b6858-5357-11ed-b753-8fd49cd36340"


def write_call(events: EventLog, call: str, *, number: str) -> None:
    """The events of a call whose first carrier refuses and whose second answers."""
    events.call_started(call, {"dialled": number, "number": number, "source": "+15550100", "revision": 1})
    events.write()
    for n, status in ((1, 503), (2, 200)):
        uri = f"sip:{number}@127.0.0.1"
        events.attempt_sent(call, n, provider_id=PROVIDER, route_id=ROUTE, uri=uri, why=())
        events.write()
        if status == 200:
            events.attempt_ringing(call, n, status=180)
            events.write()
            events.attempt_answered(call, n, status=status, tag="")
        else:
            events.attempt_ended(call, n, status=status, reason="no", verdict="carrier_error", action="next")
        events.write()
    events.call_ended(call, status=200, reason="OK", hangup_by="caller")
    events.write()


def of_calls(plane: ControlPlane) -> list[dict[str, Any]]:
    """What the control plane was told of calls; the companion tells of its edge too."""
    return [event for event in plane.events if "call" in event]


class Traffic:
    """Calls written to an event log at a steady rate, in a thread."""

    def __init__(self, folder: Path, *, edge: str, rate: float) -> None:
        self.calls: list[str] = []
        self._events = EventLog(folder, edge=edge)
        self._pause_s = 1 / rate
        self._stopped = Event()
        self._thread = Thread(target=self._run)

    def _run(self) -> None:
        while not self._stopped.wait(self._pause_s):
            call = str(uuid.uuid4())
            write_call(self._events, call, number="+821021656521")
            self.calls.append(call)

    def __enter__(self) -> "Traffic":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped.set()
        self._thread.join(5)


def test_a_companion_killed_at_any_moment_loses_no_event(tmp_path: Path) -> None:
    (tmp_path / "edge" / "events").mkdir(parents=True)
    moments = random.Random(7)
    with running(ControlPlane()) as plane:
        plane.put(default_customer())
        with Traffic(tmp_path / "edge" / "events", edge="here", rate=100) as traffic:
            for _ in range(6):
                with companion_process(plane, tmp_path):
                    taken = len(plane.batches)
                    eventually(lambda: len(plane.batches) > taken, within_s=20)
                    time.sleep(moments.uniform(0, 0.3))
        with companion_process(plane, tmp_path):
            eventually(lambda: len({event["id"] for event in of_calls(plane)}) == 7 * len(traffic.calls), within_s=20)
    seen = Counter(event["id"] for event in of_calls(plane))
    again = seen.total() - len(seen)
    print(
        f"\nCompanion killed 6 times: {7 * len(traffic.calls)} events written, {len(seen)} arrived, {again} of them "
        f"again under the same id"
    )
    assert len(seen) == 7 * len(traffic.calls)
    assert again <= 6 * 2000, "more was sent again than one batch for each kill"
    assert not (tmp_path / "edge" / "events" / "refused.jsonl").exists()


def test_records_are_complete_and_single_when_api_and_companion_are_killed_again_and_again(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with serving(data, environment={"DIALPLANE_EDGE_NAME": "here"}) as instance:
        with Traffic(data / "edge" / "events", edge="here", rate=40) as traffic:
            for part in ("dialplane.api", "dialplane.companion") * 3:
                eventually(lambda: len(traffic.calls) % 20 == 0, within_s=5)
                with suppress(ProcessLookupError):
                    os.kill(instance.main_pid(part), signal.SIGKILL)
                time.sleep(0.3)
        with instance.client() as client:
            eventually(client.ready, within_s=30)

            def stored() -> list[str]:
                with suppress(ApiError):
                    return [call["id"] for call in client.calls.all() if call["status"] == "hangup"]
                return []

            eventually(lambda: len(stored()) >= len(traffic.calls), within_s=40, what="all calls stored")
            kept = Counter(stored())
            print(
                f"\nAPI and companion killed 3 times each: {len(traffic.calls)} calls placed, {kept.total()} recorded, "
                f"{len(kept)} of them distinct"
            )
            assert kept == Counter(traffic.calls)
            for call in client.calls.all():
                verdicts = [(item["number"], item["sip_status"], item["verdict"]) for item in call["attempts"]]
                assert verdicts == [(1, 503, "carrier_error"), (2, 200, "answered")], call
        assert len(traffic.calls) > 20


def test_events_wait_while_the_control_plane_is_dead_and_arrive_when_it_returns(tmp_path: Path) -> None:
    """Without an API the companion keeps the log; the API that comes back gets it all."""
    (tmp_path / "edge" / "events").mkdir(parents=True)
    events = EventLog(tmp_path / "edge" / "events", edge="here")
    port = free_port()
    plane = ControlPlane(url=f"http://127.0.0.1:{port}")
    plane.put(default_customer())
    calls = [str(uuid.uuid4()) for _ in range(50)]
    with companion_process(plane, tmp_path) as companion:
        for call in calls:
            write_call(events, call, number="+821021656521")
        eventually(lambda: b"kept until it is" in (tmp_path / "companion.log").read_bytes())
        assert companion.poll() is None
        with running(plane, port=port):
            eventually(lambda: len(of_calls(plane)) == 7 * len(calls), within_s=20)
    arrived = {event["call"] for event in of_calls(plane)}
    print(f"\nControl plane dead: {len(calls)} calls waited, {len(arrived)} arrived after its return")
    assert arrived == set(calls)
