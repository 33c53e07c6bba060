"""Kafka as the sink of events, by librdkafka: https://docs.confluent.io/platform/current/clients/librdkafka/html.

The producer is idempotent (acks of all replicas in sync), and no message times out by itself: so of each partition a
beginning of what was sent has arrived, whenever it is given up, and nothing behind a gap.
"""

import asyncio
import threading
import time
from collections.abc import Mapping, Sequence

from confluent_kafka import KafkaError, KafkaException, Producer
from confluent_kafka import Message as Delivered

from dialplane.control.outbox import Message
from dialplane.domain.errors import DialplaneError

SEND_WITHIN_S = 20.0
"""How long a portion may take to arrive, of a second or so, before Kafka counts as away: below the lease's time."""

POLL_S = 0.2

_TOO_LARGE = (KafkaError.MSG_SIZE_TOO_LARGE, KafkaError.INVALID_MSG_SIZE)


class KafkaAway(DialplaneError):
    """Not all events have arrived; they are to be sent again."""


class Kafka:
    """A topic. The connection is made by the first `send`, and anew after one that has failed."""

    def __init__(self, brokers: Sequence[str], *, topic: str, options: Mapping[str, str], password: str = "") -> None:
        """`options`: of librdkafka, as they are; `password`: of SASL."""
        self._topic = topic
        self._settings: dict[str, str | int | bool | object] = {
            "client.id": "dialplane",
            "compression.type": "lz4",
            "log_level": 2,  # what goes wrong is in the error of `send`
            **options,
            **({"sasl.password": password} if password else {}),
            "bootstrap.servers": ",".join(brokers),
            "enable.idempotence": True,
            "message.timeout.ms": 0,
            "error_cb": self._note_error,
        }
        self._producer: Producer | None = None
        self._last_error = "no answer"

    async def send(self, messages: Sequence[Message]) -> Sequence[str]:
        """Returns once all have arrived: the ids of those that are too large for Kafka. Raises KafkaAway."""
        given_up = threading.Event()
        try:
            return await asyncio.to_thread(self._send, messages, given_up)
        except asyncio.CancelledError:
            given_up.set()
            raise

    def _send(self, messages: Sequence[Message], given_up: threading.Event) -> Sequence[str]:
        """A message that came back with others is sent alone once more: it was their batch that was too large."""
        together = self._refused(messages, given_up)
        return [message.id for message in together if self._refused([message], given_up)]

    def _refused(self, messages: Sequence[Message], given_up: threading.Event) -> list[Message]:
        """All others have arrived. Raises KafkaAway."""
        producer = self._producer = self._producer or Producer(self._settings)
        portion = _Portion(producer, self._topic, deadline=time.monotonic() + SEND_WITHIN_S, given_up=given_up)
        try:
            portion.send(messages)
        except TimeoutError:
            self._producer = None
            producer.purge()
            producer.flush(POLL_S)
            raise KafkaAway(f"Kafka has not taken the events in {SEND_WITHIN_S:.0f} s: {self._last_error}") from None
        if portion.failed is not None:
            self._producer = None
            raise KafkaAway(f"Kafka has not taken the events: {portion.failed}")
        return portion.refused

    def _note_error(self, error: KafkaError) -> None:
        self._last_error = error.str()


class _Portion:
    """Messages on their way: `refused` are too large, in a batch or alone; `failed` is any other error."""

    def __init__(self, producer: Producer, topic: str, *, deadline: float, given_up: threading.Event) -> None:
        self.refused: list[Message] = []
        self.failed: KafkaError | None = None
        self._producer = producer
        self._topic = topic
        self._deadline = deadline
        self._given_up = given_up

    def send(self, messages: Sequence[Message]) -> None:
        """Returns once each has arrived or failed. Raises TimeoutError."""
        for message in messages:
            self._produce(message)
        while self._producer.flush(POLL_S):
            self._check_time()

    def _produce(self, message: Message) -> None:
        def note(error: KafkaError | None, _: Delivered) -> None:
            self._note(message, error)

        headers: dict[str, str | bytes | None] = {"id": message.id, "kind": message.kind}
        while True:
            try:
                self._producer.produce(
                    self._topic, message.value, message.key.encode(), headers=headers, on_delivery=note
                )
                self._producer.poll(0)
                return
            except BufferError:
                self._check_time()
                self._producer.poll(POLL_S)
            except KafkaException as error:
                return self._note(message, error.args[0])

    def _note(self, message: Message, error: KafkaError | None) -> None:
        if error is not None and error.code() in _TOO_LARGE:
            self.refused.append(message)
        elif error is not None and self.failed is None:
            self.failed = error

    def _check_time(self) -> None:
        if self._given_up.is_set() or time.monotonic() > self._deadline:
            raise TimeoutError
