"""A process killed between any two statements, or while it sends: each event arrives, those of a call in order."""

import asyncio
import os
import random
from collections.abc import Callable, Sequence
from typing import Any

from dialplane.control import events
from dialplane.control.outbox import Message, Waiting
from dialplane.jobs.event_sink import event_sink_job
from dialplane.jobs.kafka import Kafka
from tests.control.making import EDGE_ACTOR
from tests.control.seen import failed_over_call, uuid_of
from tests.databases import open_database
from tests.faults.counts import FULL, may_take_long, times
from tests.faults.dying import Step, run_and_die
from tests.kafka import TOPIC, Received, kafka_broker

CALLS_OF_A_BATCH = 2
POINTS = times(2, 10_000)
"""Steps before which a process is killed, each in a run of its own; all of them in `make faults`."""

Batch = list[dict[str, Any]]


class Uncounted:
    """Nobody looks at the metrics."""

    def count(self, outcome: str, events: int) -> None: ...

    def show(self, waiting: Waiting, *, now: int) -> None: ...


def batches(run: int) -> list[Batch]:
    """What an edge reports of some calls, in its order."""
    calls = iter(range(run * 100, run * 100 + 100))
    return [
        [part for _ in range(CALLS_OF_A_BATCH) for part in failed_over_call(uuid_of(next(calls)))] for _ in range(3)
    ]


async def take(url: str, address: str, told: Sequence[Batch], acknowledge: Callable[[], object]) -> None:
    """Store the batches, and send after each."""
    db = open_database(url)
    kafka = Kafka([address], topic=TOPIC, options={})
    job = event_sink_job(db, kafka, Uncounted(), node="the same", most_bytes=0)
    try:
        for batch in told:
            await events.ingest(db, EDGE_ACTOR, edge="edge-1", events=batch, hand_on=True)
            acknowledge()
            await job.run_round()
        await job.run_round()
    finally:
        await db.close()


def count_sending(step: Step) -> None:
    """Before Kafka is sent something, and once it has it."""
    send = Kafka.send

    async def counted(self: Kafka, messages: Sequence[Message]) -> Sequence[str]:
        step()
        refused = await send(self, messages)
        step()
        return refused

    Kafka.send = counted  # type: ignore[method-assign]  # in a process that dies


def acknowledged_before_its_death(url: str, address: str, told: Sequence[Batch], *, before: int) -> tuple[int, bool]:
    """Batches that were acknowledged to the edge, and whether the process was killed."""
    reading, writing = os.pipe()
    killed = run_and_die(
        lambda: take(url, address, told, lambda: os.write(writing, b".")), before=before, also=count_sending
    )
    os.close(writing)
    with open(reading, "rb") as pipe:
        return len(pipe.read()), killed


def check(received: Sequence[Received], told: Sequence[Batch]) -> None:
    """Each event is there, and of each call the first copies are in order."""
    sent = [part for batch in told for part in batch]
    first_copies: dict[str, list[str]] = {}
    for one in received:
        ids = first_copies.setdefault(one.key, [])
        if one.value["id"] not in ids:
            ids.append(one.value["id"])
    for call in {part["call"] for part in sent}:
        assert first_copies[call] == [part["id"] for part in sent if part["call"] == call]


@may_take_long
def test_a_process_killed_before_any_step_loses_no_event(fresh_database: Callable[[str | None], str]) -> None:
    chosen: Sequence[int] = range(1, POINTS) if FULL else sorted(random.sample(range(15, 60), POINTS))
    count = 0
    with kafka_broker() as broker:
        for before in chosen:
            url, told = fresh_database("prepared"), batches(before)
            acknowledged, killed = acknowledged_before_its_death(url, broker.address, told, before=before)
            asyncio.run(take(url, broker.address, told[acknowledged:], lambda: None))
            check(broker.received(), told)
            count += killed
            if not killed:
                break
    print(f"\nKilled before {count} different steps: each event arrived, those of a call in order")
    assert count
