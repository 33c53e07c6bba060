"""Events arrive in Kafka, at librdkafka's own broker: all of them, in order, whatever the broker does."""

import asyncio
from collections.abc import Iterator, Sequence

import pytest

from dialplane.control import events, outbox
from dialplane.control.outbox import Message, Waiting
from dialplane.control.units import Database
from dialplane.jobs import kafka as kafka_module
from dialplane.jobs.event_sink import event_sink_job
from dialplane.jobs.kafka import Kafka, KafkaAway
from dialplane.jobs.supervisor import Supervisor
from tests.control.making import EDGE_ACTOR
from tests.control.seen import failed_over_call, uuid_of
from tests.kafka import TOPIC, Broker, kafka_broker

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def broker() -> Iterator[Broker]:
    with kafka_broker() as one:
        yield one


class Counts:
    """What a job has counted."""

    def __init__(self) -> None:
        self.outcomes: dict[str, int] = {}
        self.waiting = Waiting(0, 0, None)

    def count(self, outcome: str, events: int) -> None:
        self.outcomes[outcome] = self.outcomes.get(outcome, 0) + events

    def show(self, waiting: Waiting, *, now: int) -> None:
        self.waiting = waiting


def kafka(broker: Broker) -> Kafka:
    return Kafka([broker.address], topic=TOPIC, options={"topic.metadata.refresh.interval.ms": "1000"})


def message(number: int, *, of: str, size: int = 0) -> Message:
    return Message(f"{of}-{number}", "call_ended", of, b'{"n":%d,"text":"%s"}' % (number, b"a" * size))


def received(broker: Broker, of: str) -> list[int]:
    return [one.value["n"] for one in broker.received() if one.key == of]


async def test_what_was_ingested_arrives_with_its_id_and_waits_no_longer(db: Database, broker: Broker) -> None:
    calls = [uuid_of(5_000 + n) for n in range(20)]
    told = [part for call in calls for part in failed_over_call(call)]
    await events.ingest(db, EDGE_ACTOR, edge="edge-1", events=told, hand_on=True)
    counts = Counts()
    job = event_sink_job(db, kafka(broker), counts, node="node", most_bytes=0)
    await job.run_round()
    assert counts.outcomes == {"sent": len(told)}
    assert counts.waiting.events == len(told)
    await job.run_round()
    assert counts.waiting == Waiting(0, 0, None)
    got = [one for one in broker.received() if one.value["id"] in {part["id"] for part in told}]
    for call in calls:
        assert [one.value for one in got if one.key == call] == [
            one.value | {"id": part["id"], "kind": part["kind"], "at": part["at"]}
            for one, part in zip(
                [one for one in got if one.key == call], [part for part in told if part["call"] == call], strict=True
            )
        ]
    assert all(one.headers == {"id": one.value["id"], "kind": one.value["kind"]} for one in got)


async def test_a_broker_that_stands_still_gets_all_in_order_once_it_goes_on(
    broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    to = kafka(broker)
    await to.send([message(0, of="still")])
    monkeypatch.setattr(kafka_module, "SEND_WITHIN_S", 1.0)
    broker.stand_still()
    try:
        for _ in range(2):
            with pytest.raises(KafkaAway):
                await to.send([message(n, of="still") for n in range(1, 50)])
    finally:
        broker.go_on()
    monkeypatch.undo()
    assert not await to.send([message(n, of="still") for n in range(1, 50)])
    assert list(dict.fromkeys(received(broker, "still"))) == list(range(50))


async def test_what_is_too_large_for_kafka_holds_up_nothing_else(broker: Broker) -> None:
    messages = [message(n, of="large", size=2_000_000 if n == 3 else 0) for n in range(6)]
    assert await kafka(broker).send(messages) == ["large-3"]
    assert received(broker, "large") == [0, 1, 2, 4, 5]


async def test_a_portion_larger_than_the_queue_arrives(broker: Broker) -> None:
    narrow = Kafka([broker.address], topic=TOPIC, options={"queue.buffering.max.messages": "10"})
    assert not await narrow.send([message(n, of="narrow") for n in range(300)])
    assert received(broker, "narrow") == list(range(300))


async def test_a_process_that_stops_waits_for_no_broker() -> None:
    nobody = Kafka(["127.0.0.1:1"], topic=TOPIC, options={})
    sending = asyncio.create_task(nobody.send([message(1, of="nobody")]))
    await asyncio.sleep(0.1)
    sending.cancel()
    with pytest.raises(asyncio.CancelledError):
        await sending
    async with asyncio.timeout(10):
        await asyncio.get_running_loop().shutdown_default_executor()


class Slow:
    """A sink that is sending for as long as nobody stops it."""

    def __init__(self) -> None:
        self.is_sending = asyncio.Event()

    async def send(self, messages: Sequence[Message]) -> Sequence[str]:
        self.is_sending.set()
        return await asyncio.Future()


async def test_a_node_that_is_stopped_while_it_sends_leaves_it_to_another_at_once(db: Database) -> None:
    await events.ingest(db, EDGE_ACTOR, edge="edge-1", events=failed_over_call(uuid_of(1)), hand_on=True)
    slow = Slow()
    async with (
        asyncio.timeout(30),
        Supervisor([event_sink_job(db, slow, Counts(), node="node 1", most_bytes=0)]).running(),
    ):
        await slow.is_sending.wait()
        assert await outbox.next_portion(db, node="node 2") is None
    assert await outbox.next_portion(db, node="node 2") is not None


class Away:
    """A sink that takes nothing."""

    async def send(self, messages: Sequence[Message]) -> Sequence[str]:
        raise KafkaAway("away")


async def test_while_kafka_is_away_events_are_stored_wait_and_are_shown(db: Database) -> None:
    counts = Counts()
    job = event_sink_job(db, Away(), counts, node="node", most_bytes=2_000)
    for n in range(10):
        await events.ingest(db, EDGE_ACTOR, edge="edge-1", events=failed_over_call(uuid_of(n)), hand_on=True)
    with pytest.raises(KafkaAway):
        await job.run_round()
    waiting = await outbox.waiting(db)
    assert 0 < waiting.bytes <= 2_000
    assert counts.outcomes["dropped"] + waiting.events == 70
    assert counts.waiting == waiting
