"""A job: work that takes longer than a request should."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class JobState(StrEnum):
    """QUEUED: it waits for its turn. INTERRUPTED: its process ended before it did; nothing of it was kept."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"
    INTERRUPTED = "interrupted"


OVER = frozenset({JobState.DONE, JobState.FAILED, JobState.CANCELLED, JobState.INTERRUPTED})
"""The states that a job stays in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """`done` of `total` rows; `total` is None while it is unknown. `node`: the process that carries it out.

    `result` of a job that is done; `error` of one that is over and not done: `reason` for programs, `message`. Instants
    are in us.
    """

    id: str
    kind: str
    parameters: Mapping[str, Any]
    state: JobState = JobState.QUEUED
    node: str
    actor_kind: str
    actor_id: str
    actor_name: str
    done: int = 0
    total: int | None = None
    result: Mapping[str, Any] | None = None
    error: Mapping[str, Any] | None = None
    tm_create: int
    tm_start: int | None = None
    tm_end: int | None = None
