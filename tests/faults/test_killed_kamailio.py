"""kill -9 at Kamailio, main process or worker, in the middle of calls of a whole node."""

import os
import signal
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import pytest

from dialplane.client import ApiError
from tests.faults.counts import FULL, may_take_long, times
from tests.serve.instance import Instance, serving
from tests.sip.scenarios import ANSWER, RING_UNTIL_CANCELLED, Caller, refuse
from tests.sip.sipp import Call, running_carrier, start_calls
from tests.sip.wire import peer
from tests.waiting import eventually

ANSWERED, RINGING, BUSY = "+8210", "+8220", "+8230"
ROUNDS = times(1, 10)
TALK_MS = 4_000
BACK_WITHIN_S = 1.0


class Node:
    """A whole node whose carriers answer, ring for ever, and are busy."""

    def __init__(self, instance: Instance, folder: Path, stack: ExitStack) -> None:
        self.instance = instance
        self._folder = folder
        self._stack = stack
        self._calls = 0
        self._client = client = stack.enter_context(instance.client())
        customer = client.customers.create(name="customer")["id"]
        client.trunks.create(customer_id=customer, name="trunk", auth_types=["ip"], allowed_ips=["127.0.0.1"])
        for target, steps in ((ANSWERED, ANSWER), (RINGING, RING_UNTIL_CANCELLED), (BUSY, refuse(486))):
            carrier = stack.enter_context(running_carrier(folder / f"carrier{target}", steps, traced=False))
            provider = client.providers.create(type="sip", hostname=carrier.hostname)["id"]
            client.routes.create(customer_id=customer, provider_id=provider, priority=1, target=target)
        self.port = int(instance.running()["sip"].rpartition(":")[2])
        eventually(lambda: self.invite() == 486, within_s=60, what="the edge to have the table")

    def invite(self) -> int:
        """The final status of a new call to a busy number; 0 where none came at once."""
        with peer(self.port) as phone, suppress(OSError):
            request = phone.request("INVITE", uri=f"sip:{BUSY}1234567@127.0.0.1:{self.port}")
            answer = phone.ask(request, within_s=0.1)
            return int(answer.split()[1]) if answer else 0
        return 0

    def begin(self, caller: Caller) -> Any:
        """A call in the background."""
        self._calls += 1
        folder = self._folder / f"call-{self._calls}"
        process = start_calls(folder, caller, self.port, timeout_s=30)
        self._stack.callback(process.wait)
        self._stack.callback(process.kill)
        return process, Call(0, folder)

    def records(self) -> Mapping[str, Any]:
        """SIP Call-ID -> record; nothing where the API does not answer."""
        with suppress(ApiError):
            return {call["sip_call_id"]: call for call in self._client.calls.all()}
        return {}


@pytest.fixture
def node(tmp_path: Path) -> Iterator[Node]:
    with ExitStack() as stack:
        instance = stack.enter_context(serving(tmp_path / "data", environment={"DIALPLANE_PROBE_DOWN_AFTER": "100"}))
        yield Node(instance, tmp_path, stack)


def call_id(call: Call) -> str:
    return call.messages[0].header("Call-ID") or ""


def in_state(node: Node, call: Call, field: str) -> bool:
    """Whether a call's record has this moment."""
    record = node.records().get(call_id(call)) if call.messages else None
    return record is not None and not str(record[field]).startswith("9999")


@pytest.mark.alone
@may_take_long
@pytest.mark.parametrize("which", ["main", "worker"] if FULL else ["main"])
def test_a_killed_kamailio_is_back_in_a_second_with_its_answered_calls_and_the_others_closed(
    node: Node, which: str
) -> None:
    gaps = []
    for _ in range(ROUNDS):
        talking, answered = node.begin(Caller(number=f"{ANSWERED}1234567", talk_ms=TALK_MS))
        _, ringing = node.begin(Caller(number=f"{RINGING}1234567", expects=487))
        eventually(lambda: in_state(node, answered, "tm_progressing"), within_s=20, what="an answer")
        eventually(lambda: in_state(node, ringing, "tm_ringing"), within_s=20, what="ringing")

        main = node.instance.main_pid("kamailio.cfg")
        workers = [pid for pid in node.instance.pids("kamailio.cfg") if pid != main]
        os.kill(main if which == "main" else workers[0], signal.SIGKILL)
        began = time.monotonic()
        eventually(lambda: node.instance.main_pid("kamailio.cfg") != main, what="a new Kamailio")
        eventually(lambda: node.invite() == 486, what="a new INVITE to be served")
        gaps.append(time.monotonic() - began)

        assert talking.wait(30) == 0, answered.why()
        ended = [eventually(lambda: ended_record(node, one), within_s=60) for one in (answered, ringing)]
        assert (ended[0]["sip_status"], ended[0]["ended_by"]) == (200, "caller")
        assert (ended[1]["reason"], ended[1]["ended_by"]) == ("edge_restarted", "edge")
    worst = max(gaps)
    print(f"\nKamailio's {which} killed {ROUNDS} times: a new INVITE served after {worst:.2f} s at most")
    assert worst < BACK_WITHIN_S


def ended_record(node: Node, call: Call) -> Any:
    record = node.records().get(call_id(call))
    return record if record and record["status"] == "hangup" else None
