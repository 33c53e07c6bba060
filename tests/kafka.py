"""The Kafka broker that librdkafka brings for tests, in a process of its own: it can be stopped, as a broker can.

As a program: it prints its address, and for each line that it reads all that was sent to the topic `TOPIC`.
"""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

TOPIC = "dialplane.events"
ROOT = Path(__file__).parents[1]


class Received(NamedTuple):
    """A message as a consumer gets it. `value` is an event."""

    partition: int
    key: str
    headers: dict[str, str]
    value: dict[str, Any]


class Broker:
    """A broker, and what it was sent."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process
        self.address = self._line().strip()

    def received(self) -> list[Received]:
        """All messages of the topic, those of each partition in their order."""
        assert self._process.stdin is not None
        self._process.stdin.write("read\n")
        self._process.stdin.flush()
        return [Received(*one) for one in json.loads(self._line())]

    def stand_still(self) -> None:
        """As a broker that is cut off: connections stay, nothing is answered."""
        self._process.send_signal(signal.SIGSTOP)
        os.waitid(os.P_PID, self._process.pid, os.WSTOPPED)  # its threads go on until they see the signal

    def go_on(self) -> None:
        self._process.send_signal(signal.SIGCONT)

    def _line(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline()


@contextmanager
def kafka_broker() -> Iterator[Broker]:
    """One for the block."""
    command = [sys.executable, "-m", "tests.kafka"]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield Broker(process)
        finally:
            process.kill()


def main() -> None:
    from confluent_kafka import Consumer

    consumer = Consumer({"test.mock.num.brokers": 1, "group.id": "tests", "enable.auto.commit": False})
    (broker,) = consumer.list_topics(timeout=10).brokers.values()
    sys.stdout.write(f"{broker.host}:{broker.port}\n")
    sys.stdout.flush()
    for _ in sys.stdin:
        sys.stdout.write(json.dumps(everything(consumer)) + "\n")
        sys.stdout.flush()


def everything(consumer: Any) -> list[Received]:
    from confluent_kafka import TopicPartition

    topic = consumer.list_topics(TOPIC, timeout=10).topics[TOPIC]
    ends = {n: consumer.get_watermark_offsets(TopicPartition(TOPIC, n), timeout=10)[1] for n in topic.partitions}
    consumer.assign([TopicPartition(TOPIC, n, 0) for n in ends])
    found: list[Received] = []
    deadline = time.monotonic() + 20
    while len(found) < sum(ends.values()) and time.monotonic() < deadline:
        message = consumer.poll(1)
        if message is not None and message.error() is None:
            headers = {name: value.decode() for name, value in message.headers()}
            found.append(Received(message.partition(), message.key().decode(), headers, json.loads(message.value())))
    return found


if __name__ == "__main__":
    main()
