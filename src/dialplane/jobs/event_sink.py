"""Sends the events that wait to the operator's own engine, a portion after the other, as long as it takes them.

While the engine is away the round fails, and is tried again at the supervisor's intervals: at most a minute later.
"""

import time
from collections.abc import Sequence
from typing import Protocol

import structlog

from dialplane.control import outbox
from dialplane.control.outbox import Message, Waiting
from dialplane.control.units import Database
from dialplane.jobs.supervisor import Job

EVERY_S = 0.5
ROUND_S = 30.0
"""Longest round: what is left over is for the next one, at once."""

log = structlog.get_logger("dialplane.jobs")


class Sink(Protocol):
    """Where events go."""

    async def send(self, messages: Sequence[Message]) -> Sequence[str]:
        """Returns once all have arrived: the ids of those that it never takes. Raises DialplaneError if it is away."""
        ...


class SinkMetrics(Protocol):
    """Counts what becomes of events."""

    def count(self, outcome: str, events: int) -> None: ...

    def show(self, waiting: Waiting, *, now: int) -> None: ...


def event_sink_job(db: Database, sink: Sink, metrics: SinkMetrics, *, node: str, most_bytes: int) -> Job:
    """Of all nodes one sends, and another one at once when it stops. `node` names this one.

    `most_bytes` may wait, 0 for any number.
    """

    async def run_round() -> None:
        if most_bytes and (dropped := await outbox.keep_within(db, most_bytes=most_bytes, node=node)):
            metrics.count("dropped", dropped)
            log.error("events dropped unsent: too many wait", count=dropped, most_bytes=most_bytes)
        metrics.show(await outbox.waiting(db), now=db.now())
        deadline = time.monotonic() + ROUND_S
        while time.monotonic() < deadline and (portion := await outbox.next_portion(db, node=node)):
            refused = await sink.send(portion.messages)
            if refused:
                metrics.count("refused", len(refused))
                log.error("events refused by the sink for their size", ids=refused[:5], count=len(refused))
            await outbox.forget(db, portion, node=node)
            metrics.count("sent", len(portion.messages) - len(refused))

    async def when_stopped() -> None:
        await outbox.leave(db, node=node)

    return Job(name="event_sink", every_s=EVERY_S, run_round=run_round, largest_share=1.0, when_stopped=when_stopped)
