"""Events that Kamailio's script writes: whole lines, each once, in the file of the hour, whatever dies."""

import asyncio
import json
import os
import re
import signal
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TypeVar

from tests.sip.edges import RunningEdge
from tests.sip.process_group import members
from tests.sip.races import Behaviour, Caller, CallSeen, Carrier, header, in_parallel
from tests.sip.stage import Stage
from tests.waiting import eventually

CALLS = 200
AT_ONCE = 60
WORKERS = 2
ONCE_A_CALL = {"call_started", "attempt_answered", "call_ended"}
ANSWERS, REFUSES = Behaviour(0.0, answers_after_s=0.0), Behaviour(0.0, refuses_with=503)
SCRIPTS = re.compile(rb"(?: ?\d+\(\d+\) ALERT: )?<[0-9a-f]{24}>\d+ -?\d+ (\{.*\})")
"""A line of the script's; the second of one write has no process and level in front."""
KAMAILIOS = re.compile(rb" ?\d+\(\d+\) CRITICAL: [^{}]*")
T = TypeVar("T")


class Listener(Caller):
    """Notes the calls of which it heard a 200; such a call need not end, as its edge may."""

    def __init__(self, edge_port: int) -> None:
        super().__init__(edge_port)
        self.connected: set[str] = set()

    def _took(self, message: str, peer: tuple[str, int]) -> None:
        if message.startswith("SIP/2.0 200 ") and header(message, "CSeq").endswith("INVITE"):
            self.connected.add(header(message, "Call-ID"))
        super()._took(message, peer)

    async def attempt(self, number: str) -> CallSeen:
        with suppress(TimeoutError):
            return await self.call(number, within_s=3)
        return CallSeen("")


async def connected(edge_port: int) -> set[str]:
    """The Call-IDs of those of so many calls that were answered."""
    caller = Listener(edge_port)
    await caller.open()
    try:
        await in_parallel((partial(caller.attempt, f"+4930{n:06d}") for n in range(CALLS)), most=AT_ONCE)
        return caller.connected
    finally:
        caller.close()


async def with_carriers(stage: Stage, then: Callable[[Sequence[Carrier]], Awaitable[T]]) -> T:
    """Two providers, of which the first refuses; `then` is done beside their carriers."""
    stage.table.trunk()
    carriers = [Carrier(lambda number: REFUSES), Carrier(lambda number: ANSWERS)]
    for carrier in carriers:
        await carrier.open()
        stage.table.provider(carrier.hostname)
    try:
        return await then(carriers)
    finally:
        for carrier in carriers:
            carrier.close()


def is_whole(line: bytes) -> bool:
    """Whether a line is one event, of the script's or of Python's, or Kamailio's own."""
    if KAMAILIOS.fullmatch(line):
        return True
    match = SCRIPTS.fullmatch(line)
    with suppress(ValueError):
        return isinstance(json.loads(match[1] if match else line), dict)
    return False


def lines(edge: RunningEdge) -> list[bytes]:
    return [line for path in sorted(edge.config.events.glob("*.jsonl")) for line in path.read_bytes().splitlines()]


def test_lines_of_workers_that_write_at_once_are_whole(stage: Stage) -> None:
    async def calls(carriers: Sequence[Carrier]) -> tuple[RunningEdge, set[str]]:
        edge = await asyncio.to_thread(stage.edge, workers=4)
        return edge, await connected(edge.port)

    edge, answered = asyncio.run(with_carriers(stage, calls))

    edge.await_events("call_ended", CALLS)
    assert len(answered) == CALLS
    written = lines(edge)
    assert [line for line in written if not is_whole(line)] == []
    assert sum(bool(SCRIPTS.fullmatch(line)) for line in written) > 5 * CALLS
    kinds = Counter(event["kind"] for event in edge.events())
    assert kinds.pop("attempt_ringing") <= 2 * CALLS  # two workers may overtake each other: a 180 behind its 503
    once = ("call_started", "attempt_ended", "attempt_answered", "call_ended")
    assert kinds == {"attempt_sent": 2 * CALLS, **dict.fromkeys(once, CALLS)}
    assert len({event["id"] for event in edge.events()}) == len(edge.events())


def test_a_call_over_the_change_of_the_hour_is_in_both_files(stage: Stage) -> None:
    """The one worker enters Python neither for the BYE nor for what follows, but to change the file."""
    stage.table.trunk()
    with stage.by_hand(script=Path(__file__).with_name("next_hour_script.py"), workers=1) as (edge, caller, carrier):
        caller.send(caller.request("INVITE"))
        carrier.answer(carrier.receive_request("INVITE"), 200, tag="b")
        answer = caller.receive_final()
        caller.send(caller.request_within(answer, "ACK", cseq=1))
        carrier.receive_request("ACK")
        [first] = edge.config.events.glob("*.jsonl")
        before = first.read_bytes()
        (edge.config.run / "next-hour").touch()
        eventually(lambda: has_looked(edge), what="the hour to be noticed")
        caller.send(caller.request_within(answer, "BYE", cseq=2))
        carrier.answer(carrier.receive_request("BYE"), 200)
        [ended] = edge.await_events("call_ended")

    earlier, later = sorted(edge.config.events.glob("*.jsonl"))
    assert (earlier, earlier.read_bytes()) == (first, before)
    [line] = later.read_bytes().splitlines()
    match = SCRIPTS.fullmatch(line)
    assert match is not None
    assert json.loads(match[1])["id"] == ended["id"]
    assert edge.kinds() == ["call_started", "attempt_sent:1", "attempt_answered:1", "call_ended"]


def has_looked(edge: RunningEdge) -> bool:
    """Whether the process that looks at the hour has done so more than once since it changed."""
    return any(len(readings.read_text()) > 3 for readings in edge.config.run.glob("next-hour-read-by-*"))


def test_what_was_written_before_a_worker_was_killed_is_there_once_and_agrees_with_the_callers(stage: Stage) -> None:
    async def calls(carriers: Sequence[Carrier]) -> tuple[RunningEdge, set[str]]:
        edge = await asyncio.to_thread(stage.edge, workers=WORKERS)
        first = asyncio.create_task(connected(edge.port))
        await asyncio.to_thread(edge.await_events, "attempt_answered", CALLS // 4)
        os.kill(sorted(members(edge.group))[1], signal.SIGKILL)  # the first that main forked: it receives UDP
        await asyncio.to_thread(eventually, lambda: not members(edge.group), what="Kamailio's end")
        await asyncio.to_thread(edge.kill)
        await asyncio.to_thread(edge.start)
        return edge, await first | await connected(edge.port)

    edge, answered = asyncio.run(with_carriers(stage, calls))

    events = edge.events()
    call_ids = {event["call"]: event["sip_call_id"] for event in events if event["kind"] == "call_started"}
    recorded = {call_ids[event["call"]] for event in events if event["kind"] == "attempt_answered"}
    assert len(answered) >= CALLS + CALLS // 8
    assert answered <= recorded
    assert len(recorded - answered) <= WORKERS  # a worker that dies may have written what it did not send any more
    assert len({event["id"] for event in events}) == len(events)
    once = Counter((event["kind"], event["call"]) for event in events if event["kind"] in ONCE_A_CALL)
    assert set(once.values()) == {1}
    assert len([line for line in lines(edge) if not is_whole(line)]) <= WORKERS
