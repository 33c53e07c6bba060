"""Calls drawn by chance, carried once by Kamailio's script and once by Python: the record and the wire are the same."""

import asyncio
import json
import os
import random
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.ports import free_port
from tests.sip.edges import RunningEdge
from tests.sip.races import Behaviour, Caller, Carrier, header, in_parallel
from tests.sip.stage import Stage

CALLS = 1000 if os.environ.get("FAULTS") == "full" else 150
SEED = 20_261_126
AT_ONCE = 40
OVERRIDES = {486: "next", 503: "stop", 404: "stop", 603: "next"}
RACES = 600 if os.environ.get("FAULTS") == "full" else 120
CLOSE_S = 0.1
PROVISIONAL = {"SIP/2.0 100 Trying", "SIP/2.0 180 Because"}
STATUSES = (302, 401, 403, 404, 407, 408, 480, 481, 484, 486, 488, 500, 503, 504, 600, 603, 604, 608)
CARRIERS = 3


@dataclass(frozen=True)
class DrawnCall:
    """What each carrier does with it, and when its caller cancels."""

    carriers: tuple[Behaviour, ...]
    cancel_after_s: float | None = None


def draw_call(draw: random.Random) -> DrawnCall:
    """Nothing that decides happens at the same time as another such thing."""
    behaviours = []
    for _ in range(CARRIERS):
        rings = draw.choice((None, 0.0, 0.02))
        with_ = draw.choice((180, 180, 183))
        kind = draw.choice(
            ("refuses", "refuses", "refuses", "answers", "is silent", "tries for ever", "rings for ever")
        )
        if kind == "refuses":
            behaviours.append(Behaviour(rings, with_, refuses_with=draw.choice(STATUSES)))
        elif kind == "answers":
            behaviours.append(Behaviour(rings, with_, answers_after_s=draw.choice((0.05, 0.2))))
        elif kind == "is silent":
            behaviours.append(Behaviour())
        elif kind == "tries for ever":
            behaviours.append(Behaviour(0.0, 100))
        else:
            behaviours.append(Behaviour(0.02, with_))
    rings_for_ever = behaviours[0] == Behaviour(0.02, behaviours[0].rings_with)
    return DrawnCall(tuple(behaviours), 1.5 if rings_for_ever and draw.random() < 0.5 else None)


class HeardCarrier(Carrier):
    """Keeps each message that it gets, by Call-ID."""

    def __init__(self, *of: Any) -> None:
        super().__init__(*of)
        self.heard: dict[str, list[str]] = defaultdict(list)

    def _took(self, message: str, peer: tuple[str, int]) -> None:
        self.heard[header(message, "Call-ID")].append(message)
        super()._took(message, peer)


class HeardCaller(Caller):
    """Keeps each message that it gets, by Call-ID."""

    def __init__(self, edge_port: int) -> None:
        super().__init__(edge_port)
        self.heard: dict[str, list[str]] = defaultdict(list)

    def _took(self, message: str, peer: tuple[str, int]) -> None:
        self.heard[header(message, "Call-ID")].append(message)
        super()._took(message, peer)


def alike(message: str, edge: RunningEdge) -> str:
    """A message without what differs from call to call and from edge to edge: ports, branches, tags, masks."""
    message = re.sub(rf":{edge.port}\b", ":EDGE", message)
    message = re.sub(r"^(Contact: ).*$", r"\1MASKED", message, flags=re.M)
    message = re.sub(r"^(Via: SIP/2.0/UDP) .*?(;received=[0-9.]+)?.*$", r"\1\2", message, flags=re.M)
    message = re.sub(r"(;tag=|;ftag=|;dp=|;did=|z9hG4bK)[^;>\s]*", r"\1*", message)
    message = re.sub(r"^([A-Z]+ )sip:\S*;dpc=\S* ", r"\1MASKED ", message, flags=re.M)
    return re.sub(r"^(Call-ID: |X-Call: ).*$", r"\1*", message, flags=re.M)


def distinct(messages: Iterable[str]) -> list[str]:
    """Without those that were only sent again; two workers may send an ACK and a BYE in any order."""
    return sorted(set(messages))


def records(edge: RunningEdge) -> Mapping[str, list[dict[str, Any]]]:
    """The events of each call by the number that was called, without ids and instants."""
    numbers = {event["call"]: event["number"] for event in edge.events("call_started")}
    calls: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for event in edge.events():
        if "call" in event:
            own = ("id", "at", "mono", "call", "sip_call_id")
            calls[numbers[event["call"]]].append({name: value for name, value in event.items() if name not in own})
    return calls


async def carried(edge: RunningEdge, carriers: Sequence[HeardCarrier], drawn: Mapping[str, DrawnCall]) -> Any:
    """Place all calls; what each side heard of each number."""
    caller = HeardCaller(edge.port)
    await caller.open()
    try:
        places = (partial(caller.call, number, cancel_after_s=call.cancel_after_s) for number, call in drawn.items())
        seen = await in_parallel(places, most=AT_ONCE)
        await asyncio.sleep(1)
    finally:
        caller.close()
    return {
        number: [
            distinct(alike(message, edge) for message in heard[call.call_id])
            for heard in (caller.heard, *(carrier.heard for carrier in carriers))
        ]
        for number, call in zip(drawn, seen, strict=True)
    }


@dataclass(frozen=True)
class Carried:
    """One edge, and by number what the caller and each carrier heard."""

    edge: RunningEdge
    heard: Mapping[str, list[list[str]]]


async def both_ways(stage: Stage, folder: Path, drawn: Mapping[str, DrawnCall]) -> Sequence[Carried]:
    """The same calls carried by the script and by Python."""
    carriers = [HeardCarrier(partial(lambda n, number: drawn[number].carriers[n], n)) for n in range(CARRIERS)]
    stage.table.trunk()
    for n, carrier in enumerate(carriers):
        await carrier.open()
        stage.table.provider(
            carrier.hostname,
            no_response_timeout_s=1,
            progress_timeout_s=2,
            ring_timeout_s=3,
            failover=OVERRIDES if n == 1 else {},
        )
    natively = await asyncio.to_thread(stage.edge, breaker_failures=0)
    by_python = RunningEdge(folder / "python", stage.table, port=free_port(), script_carries=False)
    stage.at_end(by_python.kill)
    await asyncio.to_thread(by_python.start)
    try:
        return [Carried(edge, await carried(edge, carriers, drawn)) for edge in (natively, by_python)]
    finally:
        for carrier in carriers:
            carrier.close()


@pytest.mark.alone
@pytest.mark.timeout(900)
def test_the_script_and_python_carry_calls_alike(stage: Stage, tmp_path: Path) -> None:
    draw = random.Random(SEED)
    drawn = {f"+4930{place:06d}": draw_call(draw) for place in range(CALLS)}

    one_way, other_way = asyncio.run(both_ways(stage, tmp_path, drawn))

    natively, by_python = one_way.edge, other_way.edge
    for number, heard in one_way.heard.items():
        for side, (these, those) in enumerate(zip(heard, other_way.heard[number], strict=True)):
            assert these == those, (number, side, drawn[number])
    for edge in (natively, by_python):
        edge.await_events("call_ended", CALLS)
    one, other = records(natively), records(by_python)
    assert one.keys() == other.keys() == drawn.keys()
    for number in drawn:
        assert one[number] == other[number], (number, drawn[number])
    marks = [path.read_bytes().count(b" ALERT: ") for path in natively.config.events.glob("*.jsonl")]
    assert sum(marks) > CALLS
    assert not any(b" ALERT: " in path.read_bytes() for path in by_python.config.events.glob("*.jsonl"))
    print(f"\n{CALLS} calls carried both ways: {sum(map(len, one.values()))} events, each field alike")


def draw_race(draw: random.Random) -> DrawnCall:
    """A CANCEL at the very moment at which a carrier answers, refuses or rings, or close to it.

    A second later some calls are answered before it, however busy the machine is.
    """
    decides = draw.choice((Behaviour(0.0, answers_after_s=CLOSE_S), Behaviour(CLOSE_S, refuses_with=486)))
    first = draw.choice((decides, Behaviour(0.0, refuses_with=503)))
    cancel_after_s = CLOSE_S + draw.choice((-0.05, -0.002, 0.0, 0.002, 0.05, 0.2, 1.0))
    return DrawnCall((first, decides, Behaviour(0.0)), cancel_after_s)


def end_of(call: DrawnCall, heard: Sequence[Sequence[str]], number: str) -> tuple[str, ...]:
    """How a race ended, as all sides saw it: what the carriers were to do, which requests and final answers came."""
    lines = ({message.split("\n")[0].replace(number, "NUMBER") for message in side} for side in heard)
    return str(call.carriers), *("\n".join(sorted(side - PROVISIONAL)) for side in lines)


def by_end(way: Carried, drawn: Mapping[str, DrawnCall]) -> Mapping[tuple[str, ...], set[str]]:
    """For each way in which races ended, the records of such calls; two workers may write two events in any order."""
    found: dict[tuple[str, ...], set[str]] = defaultdict(set)
    for number, events in records(way.edge).items():
        lines = sorted(json.dumps(event, sort_keys=True).replace(number, "NUMBER") for event in events)
        found[end_of(drawn[number], way.heard[number], number)].add("\n".join(lines))
    return found


@pytest.mark.alone
@pytest.mark.timeout(300)
def test_cancels_that_race_are_recorded_alike_where_they_end_alike(stage: Stage, tmp_path: Path) -> None:
    draw = random.Random(SEED)
    drawn = {f"+4930{place:06d}": draw_race(draw) for place in range(RACES)}

    one_way, other_way = asyncio.run(both_ways(stage, tmp_path, drawn))

    for way in (one_way, other_way):
        way.edge.await_events("call_ended", RACES)
    one, other = by_end(one_way, drawn), by_end(other_way, drawn)
    both = one.keys() & other.keys()
    for end in both:
        assert one[end] & other[end], (end, one[end], other[end])
    alike = "".join(record for end in both for record in one[end])
    for part in ('"verdict": "cancelled"', '"kind": "attempt_answered"', '"status": 486'):
        assert part in alike, (part, len(both), len(one), len(other))
    print(f"\n{RACES} races both ways: {len(one)} and {len(other)} ends, {len(both)} of them in both")
